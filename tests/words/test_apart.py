"""Apart: the frozen results by release, and that each example does what it says."""

from functools import cache
from importlib import import_module
from itertools import permutations

import pytest

from pinlab import PAGE_SIZE, Kernel, Mm, words
from pinlab.words import SENSES, senses
from pinlab.words.apart import STEPS

PIN, GET, MANY = "pin_user_pages p x", "get_user_pages g x", "get_user_pages many x times=1023"
MLOCK, BUFFER = "mlock x", "register_buffer b x"
F, R, M, C, U, V = SENSES

apart = cache(words.apart)
FEWER = tuple(step for step in STEPS if step not in ("submit_dio_write r x", "exit"))
"""Where huge zero memory splits (5.8 to 6.12), two steps more would take ten seconds."""

# By hand: what the first without the second takes, small pages first.
FROM_5_7 = {
    (F, R): None, (F, M): ("huge", PIN), (F, C): ("A", PIN), (F, U): ("A", PIN), (F, V): ("A", PIN),
    (R, F): ("A", GET), (R, M): ("A", GET), (R, C): ("A", PIN), (R, U): ("A", PIN),
    (R, V): ("A", PIN),
    (M, F): ("A", MANY), (M, R): None, (M, C): ("A", PIN), (M, U): ("A", PIN), (M, V): ("A", PIN),
    (C, F): None, (C, R): None, (C, M): ("huge", PIN), (C, U): ("huge", PIN), (C, V): ("huge", PIN),
    **{(U, other): ("A", MLOCK) for other in (F, R, M, C, V)},
    (V, F): None, (V, R): None, (V, M): ("huge", BUFFER), (V, C): ("A", BUFFER),
    (V, U): ("A", BUFFER),
}  # fmt: skip
# In 5.6 a pin adds 1 and nothing has a pincount.
IN_5_6 = FROM_5_7 | {
    (F, M): ("A", PIN), (R, M): ("A", PIN), (V, M): ("A", BUFFER),
    (M, C): ("A", MANY), (M, U): ("A", MANY), (M, V): ("A", MANY),
    **{(C, other): None for other in (M, U, V)},
}  # fmt: skip


@pytest.mark.parametrize(
    ("release", "steps", "expected", "states", "patterns"),
    [
        ("5.6", STEPS, IN_5_6, 1164, 14), ("5.7", STEPS, FROM_5_7, 1164, 18),
        ("6.4", FEWER, FROM_5_7, 210, 18), ("6.18", STEPS, FROM_5_7, 1164, 18),
    ],
)  # fmt: skip
def test_the_frozen_results(
    release: str, steps: tuple[str, ...], expected: dict[tuple[str, str], tuple[str, str] | None],
    states: int, patterns: int, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(import_module("pinlab.words.apart"), "STEPS", steps)
    found = apart(release)
    short = {pair: e and (e.memory, *e.steps) for pair, e in found.found.items()}
    assert short == expected
    assert set(short) == set(permutations(SENSES, 2))
    assert found.implied == [pair for pair, example in expected.items() if example is None]
    assert (found.release, found.states, len(found.patterns)) == (release, states, patterns)


def done(steps: tuple[str, ...], memory: str) -> Kernel:
    """Do an example's steps on a machine, by calling the model."""
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE, 9 if memory == "huge" else 0)
    if memory == "A":
        mm.write(addr, b"A")
    for step in steps:
        do(mm, addr, 512 * PAGE_SIZE if memory == "huge" else PAGE_SIZE, step)
    return kernel


def do(mm: Mm, addr: int, nbytes: int, step: str) -> None:
    match step.split():
        case ["pin_user_pages", *_]:
            mm.pin_user_pages(addr, 1)
        case ["get_user_pages", *rest]:
            for _ in range(1023 if "times=1023" in rest else 1):
                mm.get_user_pages(addr, 1)
        case ["mlock", *_]:
            mm.mlock(addr, nbytes)
        case ["register_buffer", *_]:
            mm.register_buffer(addr, 1)
        case _:
            raise AssertionError(step)


def test_every_example_does_what_it_says() -> None:
    found = apart("6.18")
    for lit, example in found.patterns.items():
        kernel = done(example.steps, example.memory)
        shown = {folio.name: frozenset(senses(folio.page(0)).lit) for folio in kernel.folios}
        assert shown[example.folio] == lit


def test_how_it_looks() -> None:
    found = apart("6.18")
    assert (len(found.found), len(found.implied)) == (30, 6)
    lines = str(found).splitlines()
    assert lines[0] == "Linux 6.18, 1164 states"
    assert lines[1].split() == [f"{F},", "not", R, "in", "none", "of", "these", "states"]
    assert lines[2].endswith(f"  a 2 MiB folio: {PIN}")
    assert repr(found) == str(found)
