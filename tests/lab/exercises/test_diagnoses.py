"""What a wrong answer is told: the idea that it rests on, and not another one beside it."""

from collections.abc import Callable

import pytest

from pinlab import lab
from pinlab.lab.exercise import Choice, Number, Numbers, Program
from pinlab.lab.problems import EXERCISES, exercise
from tests.lab.made_up import mistaken
from tests.lab.solved import RIGHT

SMALL, HUGE, APART = (
    "refcount of the zero page",
    "refcount of the huge zero folio",
    "pincount of the huge zero folio",
)
EXEMPT, OWN = "the-huge-zero-page-is-exempt", "each-subpage-has-its-own-count"
NEVER_WRITTEN = {"read": 64, "both": 1, "written": 4, "from_disk": 64, "copied": 0}
UNPATCHED = {"6.4": 2**21 + 1, "6.5": 1, "feared": 1}
CALLS = {"process_vm_readv", "O_DIRECT write", "/proc/self/mem", "vmsplice"}
MAYBES = {f"order {n} on Linux {v}" for n, v in
          ((0, "6.18"), (9, "6.18"), (1, "5.17"), (1, "5.18"), (2, "5.7"))}  # fmt: skip


def fork_is_all(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return mapcount == 1


def zero_page_first(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    right: Callable[[int, bool, bool], tuple[bool, int]] = RIGHT["backport"]  # type: ignore[assignment]
    return (True, refcount) if is_zero and pin else right(refcount, is_zero, pin)


@pytest.mark.parametrize(
    ("id", "answer", "idea", "words"),
    [
        ("two-zero-pages", {SMALL: 1, HUGE: 1, APART: 64}, None, "always goes into the refcount"),
        ("two-zero-pages", {SMALL: 1, HUGE: 65, APART: 0}, None, "keeps its pins in a pincount"),
        ("two-zero-pages", {SMALL: 1, HUGE: 1, APART: 0}, EXEMPT, "asks for the small zero page"),
        ("two-zero-pages", {SMALL: 1, HUGE: 2, APART: 1}, None, "and not each call"),
        ("page-7", {"refcount": 1, "pincount": 0}, OWN, "for all of its pages"),
        ("page-7", {"refcount": 1, "pincount": 2}, None, "always goes into the refcount"),
        ("page-7", {"refcount": 3, "pincount": 0}, None, "keeps its pins in a pincount"),
        ("pin-pages", {"refcount": 2, "pincount": 1}, None, "and not each call"),
        ("maybe-pinned", MAYBES, None, "there nobody looks at the refcount"),
        ("five-questions", NEVER_WRITTEN, "64-pages-64-frames", "share one frame, the zero page ("),
        (
            "five-questions",
            NEVER_WRITTEN | {"read": 1, "written": 67},
            "64-pages-64-frames",
            "share",
        ),
        ("three-kernels", UNPATCHED, None, "it counts these pins"),
        ("encoding", {"large step"}, None, "A table costs a search"),
        ("backport", zero_page_first, None, "a refcount that is not above zero"),
        ("reuses", fork_is_all, None, "The mapcount alone decides up to 5.8"),
        ("orders-of-a-test", 2, None, "between any two steps of the child"),
        ("who-is-refused", CALLS - {"process_vm_readv"}, None, "be it a pin or a reference"),
    ],
)
def test_an_answer_is_told_what_it_rests_on(
    id: str, answer: object, idea: str | None, words: str
) -> None:
    reply = lab.check(id, answer)
    assert (reply.right, reply.misconception) == (False, idea)
    assert words in reply.text


@pytest.mark.parametrize("id", ["five-questions", "page-fault", "own-frames"])
def test_before_pins_have_come_no_reply_speaks_of_one(id: str) -> None:
    told = [lab.check(id, answer).text for answer, _ in mistaken(exercise(id))]
    assert [text for text in told if "pin" in text.replace("`lab", "").split("(mistaken")[0]] == []


NO_KERNEL = {
    "how-many-orders", "ten-good-runs", "equal-states", "missing-rule", "explored",
    "who-has-the-patch", "one-release-number", "zero-of-what", "find-the-flaw", "through-noise",
    "pins-per-write", "which-kernels", "the-landed-text", "whose-words", "missing-condition",
    "encoding", "mlocked", "which-end", "where-it-went", "true-enough", "mark-the-word",
}  # fmt: skip
"""What is counted, read, recorded or reasoned out: no model of a kernel is asked."""


@pytest.mark.parametrize("id", sorted(NO_KERNEL))
def test_where_no_model_is_asked_no_reply_says_so(id: str) -> None:
    told = [lab.check(id, RIGHT[id]), *(lab.check(id, a) for a, _ in mistaken(exercise(id)))]
    assert [reply.text for reply in told if "model" in reply.text.split("(mistaken")[0]] == []


def test_elsewhere_it_does() -> None:
    asked = [exercise(id) for id in EXERCISES if id not in NO_KERNEL]
    asked = [each for each in asked if isinstance(each, Choice | Number | Numbers | Program)]
    assert sum("the model" in each.check(mistaken(each)[0][0]).text for each in asked) > 50
