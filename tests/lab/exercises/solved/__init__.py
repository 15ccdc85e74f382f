"""The right answers, worked out here and not with the exercises, and one of each other kind."""

from collections.abc import Callable

from pinlab.lab.exercise import (
    Choice,
    Exercise,
    Number,
    Numbers,
    Program,
    Selection,
    Worded,
    Written,
)
from pinlab.lab.problems import EXERCISES, exercise
from tests.lab.exercises.solved import (
    ask_a_real_kernel,
    count_pins_apart,
    pretend_to_pin,
    read_the_thread,
    say_what_pinned_means,
    try_every_interleaving,
)
from tests.lessons import (
    test_count_to_two_million,
    test_draw_a_page,
    test_fork_during_direct_io,
    test_hold_a_page,
    test_pin_a_page,
    test_start_here,
    test_word_the_note,
)

Errors = type[Exception] | tuple[type[Exception], ...]
EITHER = (TypeError, ValueError)

RIGHT: dict[str, object] = {
    **test_start_here.RIGHT,
    **test_draw_a_page.RIGHT,
    **test_hold_a_page.RIGHT,
    **test_pin_a_page.RIGHT,
    **test_count_to_two_million.RIGHT,
    **pretend_to_pin.RIGHT,
    **count_pins_apart.RIGHT,
    **test_fork_during_direct_io.RIGHT,
    **try_every_interleaving.RIGHT,
    **say_what_pinned_means.RIGHT,
    **test_word_the_note.RIGHT,
    **ask_a_real_kernel.RIGHT,
    **read_the_thread.RIGHT,
}


def program(id: str) -> Callable[..., object]:
    """The right program that stands in the text of an exercise."""
    found = exercise(id)
    assert isinstance(found, Program)
    names: dict[str, Callable[..., object]] = {}
    exec(found.source, names)
    return names[found.name]


PROGRAMS = [id for id in EXERCISES if getattr(exercise(id), "source", "")]
RIGHT |= {id: program(id) for id in PROGRAMS}


def stubs(id: str) -> list[object]:
    """What stands in the place of an answer that nobody has given yet."""

    def body_to_write(*state: int) -> None: ...

    match exercise(id, 0):
        case Numbers(parts=parts):
            return [None, ..., dict.fromkeys(parts), dict.fromkeys(parts, ...)]
        case Program():
            return [None, ..., body_to_write, lambda *state: ...]
    return [None, ...]


def nonsense(id: str) -> list[tuple[object, object, Errors]]:
    """What cannot be an answer, the part of it that is named, and the exception that does so."""
    match exercise(id, 0):
        case Number(low=low):
            return [(bad, bad, error) for bad, error in _no_numbers(low)]
        case Numbers(parts=parts, low=low):
            empty = dict.fromkeys(parts)
            inside: list[tuple[object, object, Errors]] = [
                (empty | {name: bad}, bad, error)
                for name in parts
                for bad, error in _no_numbers(low)
            ]
            others: list[object] = [{}, {next(iter(parts)): 1}, empty | {"another": 1}, [1], 1]
            return inside + [(bad, bad, EITHER) for bad in others]
        case Choice():
            texts = [(bad, bad, ValueError) for bad in ("nothing of that", "")]
            return [*texts, *((bad, bad, EITHER) for bad in (3, True, {"a"}))]
        case Selection(options=options):
            known = options[0]
            whole = [(bad, bad, TypeError) for bad in (known, 3, True)]
            inside = [({"nobody"}, "nobody", ValueError), ([known, "nobody"], "nobody", ValueError)]
            return [*whole, *inside, ([[known]], [known], EITHER)]
        case Written():
            no_step = (
                'mine\n"Why?"\nmemory\n    x = A\nparent\n    jump x\nexists v = P\n6.5 Never x\n'
            )
            return [*((bad, bad, TypeError) for bad in (3, True, ["a"])),
                    (no_step, "jump x", ValueError)]  # fmt: skip
        case Worded():
            return [(bad, bad, TypeError) for bad in ("a pin", 3, True)]
        case Program(name=name):
            return [(bad, bad, TypeError) for bad in (name, 3, (0, 1025))]
    raise AssertionError(f"{id} is of a new kind")


def _no_numbers(low: int | None) -> list[tuple[object, Errors]]:
    assert low is not None
    kinds: list[object] = ["many", "64", True, 1.5, 64.0, {1, 2}]
    return [*((bad, TypeError) for bad in kinds), (low - 1, ValueError)]


def mistaken(found: Exercise) -> list[tuple[object, str]]:
    """Each wrong answer that an exercise knows, as a reader would give it, and its idea."""
    if isinstance(found, Numbers):
        right = {name: number for name, (number, _) in found.parts.items()}
        slips = [
            (right | {name: number}, idea)
            for name, (_, wrong) in found.parts.items()
            for number, idea in wrong.items()
        ]
        return [*slips, *((right | dict(those), idea) for those, idea in found.together)]
    return list(found.mistakes())


def each(what: Callable[[str], list[object]]) -> list[tuple[str, object]]:
    """Pairs of an exercise's id and one of its answers."""
    return [(id, answer) for id in EXERCISES for answer in what(id)]
