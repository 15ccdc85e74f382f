"""One exercise of each kind, most of them made up, with what may be answered to it."""

from pinlab.lab.exercise import Choice, Exercise, Number, Numbers, Program, Selection
from pinlab.lab.problems import exercise

IDEA = "the-last-pin-fails"


def double(a: int) -> int:
    return 2 * a


def _forgets_the_end(a: int) -> int:
    return 2 * a if a < 3 else a


NUMBER = Number(
    id="sum", lesson="00_start_here", hints=("Think.", "Think harder."), because="1 + 2.",
    right=3, wrong={2: IDEA, 4: "That counts one twice"}, unlisted="Count what is held.",
)  # fmt: skip
NUMBERS = Numbers(
    id="parts", lesson="00_start_here", hints=("Think.", "Think harder."), because="So.",
    parts={"a": (1, {2: IDEA}), "b": (5, {6: "That is b and one"}), "c": (2**21, {})},
    together=[({"a": 3, "b": 7}, "Both are too large")], unlisted="Count what is held.",
)  # fmt: skip
CHOICE = Choice(
    id="kind", lesson="00_start_here", hints=("Think.", "Think harder."), because="So.",
    right="pins", wrong={"references": IDEA, "both": "That is one too many", "-1": "Less"},
)  # fmt: skip
SELECTION = Selection(
    id="some", lesson="00_start_here", hints=("Think.", "Think harder."), because="So.",
    options=("x", "y", "z"), right=frozenset("xz"), wrong={frozenset(): IDEA},
    extra={"y": "Not that"}, missing={"z": "And another"}, unlisted="Count what is held.",
)  # fmt: skip
PROGRAM = Program(
    id="lines", lesson="00_start_here", hints=("Think.", "Think harder."), because="So.",
    name="double", arguments=("a",), states=((0,), (1,), (3,), (4,)), model=double,
    trace=lambda a: f"the model at {a}", wrong=[(IDEA, _forgets_the_end)],
    source="def double(a):\n    return 2 * a\n",
)  # fmt: skip

KINDS: dict[str, Exercise] = {
    "number": NUMBER,
    "numbers": NUMBERS,
    "choice": CHOICE,
    "selection": SELECTION,
    "program": PROGRAM,
    "worded": exercise("adequate"),
}


def mistaken(found: Exercise) -> list[tuple[object, str]]:
    """Each wrong answer that an exercise knows, as a reader would give it, and its idea."""
    if not isinstance(found, Numbers):
        return list(found.mistakes())
    right = {name: number for name, (number, _) in found.parts.items()}
    slips = [
        (right | {name: number}, idea)
        for name, (_, wrong) in found.parts.items()
        for number, idea in wrong.items()
    ]
    return [*slips, *((right | dict(those), idea) for those, idea in found.together)]
