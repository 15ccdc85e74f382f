"""Apart: the frozen results by release, and that each example does what it says."""

from functools import cache
from itertools import permutations

import pytest

from pinlab import PAGE_SIZE, Kernel, Mm, words
from pinlab.words import SENSES, senses

PIN, GET, MANY = "pin_user_pages p x", "get_user_pages g x", "get_user_pages many x times=1023"
MLOCK, BUFFER = "mlock x", "register_buffer b x"
F, R, M, C, U, V = SENSES

apart = cache(words.apart)
"""Of a release, once: where huge zero memory splits (5.8 to 6.12), it takes seconds."""

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
    ("release", "expected", "patterns"),
    [("5.6", IN_5_6, 14), ("5.7", FROM_5_7, 18), ("6.4", FROM_5_7, 18), ("6.18", FROM_5_7, 18)],
)
def test_the_frozen_results(
    release: str, expected: dict[tuple[str, str], tuple[str, str] | None], patterns: int
) -> None:
    found = apart(release)
    short = {pair: e and (e.memory, *e.steps) for pair, e in found.found.items()}
    assert short == expected
    assert set(short) == set(permutations(SENSES, 2))
    assert found.implied == [pair for pair, example in expected.items() if example is None]
    assert (found.release, found.states, len(found.patterns)) == (release, 1164, patterns)


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
