"""The exercises of lesson 12."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from pinlab.lab.draw import Draw
from pinlab.lab.exercise import (
    IT_IS,
    Choice,
    Exercise,
    Number,
    Program,
    Selection,
    besides,
)
from pinlab.lab.powers import plural
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, last_grab
from pinlab.model.folio import HPAGE_ORDER, Folio
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.words.thread import MAIL, WITH_A_CONDITION, turns

LESSON = "12_read_the_thread"
R0 = 1
"""The refcount of a fresh folio, and of the zero page."""

MAILS_WRITES, MAILS_PAGES = 32768, 64
LETTERS = ("A", "B", "C", "D", "E")

SMALL, LARGE = "a small folio", "a large folio"
ZERO, HUGE_ZERO = "the zero page", "the huge zero folio"
HOLDS = {"pin": FOLL_PIN, "reference": FOLL_GET}


def the_exception() -> Selection:
    """Select the holds that leave the refcount as it was."""
    cases = {f"{hold} of {what}": (hold, what) for hold, what in product(HOLDS, FOLIOS)}
    right = {name for name, case in cases.items() if _held("6.18", *case).refcount == 0}
    return Selection(
        id="the-exception",
        lesson=LESSON,
        options=tuple(cases),
        right=frozenset(right),
        wrong={
            frozenset(): "He reviews the patch that makes an exception",
            frozenset({f"{hold} of {ZERO}" for hold in HOLDS}): "the-patch-covers-references",
            frozenset({f"pin of {ZERO}", f"pin of {HUGE_ZERO}"}): "the-huge-zero-page-is-exempt",
        },
        extra={
            f"pin of {HUGE_ZERO}": "the-huge-zero-page-is-exempt",
            f"reference of {ZERO}": "the-patch-covers-references",
            f"reference of {HUGE_ZERO}": "the-patch-covers-references",
            f"pin of {LARGE}": "Its pin is in the pincount, and in the refcount, too: 1 in each",
        },
        because="It is the one that this patch makes.",
        hints=(
            "What does the patch skip: which kind of hold, of which page?",
            "Pins of the small zero page are skipped. References to it are not, and the huge zero "
            "folio is no zero page to the patch.",
        ),
    )


class Change(NamedTuple):
    """What an operation adds to the two counters; pincount is 0 where there is none."""

    refcount: int
    pincount: int


FOLIOS: Mapping[str, Callable[[Kernel], Folio]] = {
    SMALL: lambda kernel: kernel.alloc_folio(),
    LARGE: lambda kernel: kernel.alloc_folio(HPAGE_ORDER),
    ZERO: lambda kernel: kernel.zero_page.folio,
    HUGE_ZERO: lambda kernel: kernel.huge_zero_folio,
}
"""The four kinds of folio that the thread is about."""


def _held(release: str, hold: str, what: str, order: int | None = None) -> Change:
    """What one hold of one page adds; `order` is that of a folio which is neither zero page."""
    kernel = Kernel(release)
    folio = FOLIOS[what](kernel) if order is None else kernel.alloc_folio(order)
    before = folio.refcount, folio.pincount or 0
    kernel.try_grab_folio(folio, 1, HOLDS[hold])
    return Change(folio.refcount - before[0], (folio.pincount or 0) - before[1])


def the_landed_text() -> Choice:
    """Choose which sentence has stood above `pin_user_pages()` since Linux 6.5."""
    changed = "the-review-changed-the-text"
    return Choice(
        id="the-landed-text",
        lesson=LESSON,
        gives=IT_IS,
        right="the patch's note",
        wrong={
            "the reviewer's sentence": changed,
            "both of them": changed,
            "a third sentence": changed,
            "neither": changed,
        },
        because="It landed as version 4 had it, and 6.18 still has it, four times.",
        hints=(
            "Versions 1 to 4 were sent within 30 hours. When was the discussion?",
            "There was no version 5. What landed is the one that was under review.",
        ),
    )


NAMES = ("Ada", "Ben", "Cem", "Dan", "Eve", "Fay")
SENTENCES = (
    "A pin adds 1024.",
    "Only where there is no pincount.",
    "What about the zero page?",
    "It is exempt since 6.5.",
    "And the huge one?",
    "That one is counted.",
    "Does fork see it?",
)


ASKED = "   <-- this line"
"""Behind the line of a mail that is asked about: a mail is shown without its question, too."""


def whose_words(seed: int) -> Choice:
    """Tell from the marks at a line of a mail who has written it."""
    draw = Draw("whose-words", seed)
    two = draw.shuffled(NAMES)
    chain = [two[0], two[1], two[0] if draw.one((True, False)) else two[2], two[3]]
    levels = draw.shuffled((0, 1, 1, 2, 2, 3, 3))
    asked = draw.one([n for n, level in enumerate(levels) if level])
    right = chain[levels[asked]]
    lines = [
        f"{'>' * level}{' ' * bool(level)}{sentence}"
        for level, sentence in zip(levels, draw.shuffled(SENTENCES), strict=True)
    ]
    said = lines[asked].lstrip("> ")
    lines[asked] += ASKED
    given = "\n".join(
        [
            f"From: {chain[0]}",
            f"Cc: {two[4]}",
            "",
            f"{chain[1]} wrote:",
            f"> {chain[2]} wrote:",
            f">> {chain[3]} wrote:",
            *lines,
        ]
    )
    wrong = {
        name: f"{name} wrote the lines with {_marks(chain, name)}" for name in dict.fromkeys(chain)
    }
    wrong |= {
        chain[0]: "quoted-words-are-the-senders",
        two[4]: f"{two[4]} gets a copy, and wrote nothing here",
    }
    return Choice(
        id="whose-words",
        lesson=LESSON,
        gives=IT_IS,
        given=given,
        right=right,
        wrong={name: idea for name, idea in wrong.items() if name != right},
        question=(
            "A mail of a list, about a pin of a page in Linux 6.5. **Who wrote the line "
            f"“{said}”?**"
        ),
        because=f"The line has {_many(levels[asked])} before it.",
        hints=(
            "Each > in front of a line is one mail further back.",
            "No mark: whoever sends the mail. One mark: the mail that is answered, two marks: the "
            "one which that answers. The first lines say who these are from.",
        ),
    )


def _marks(chain: Sequence[str], name: str) -> str:
    return " or ".join(_many(level) for level, one in enumerate(chain) if one == name)


def _many(level: int) -> str:
    return f"{level or 'no'} {plural(level, 'mark')}"


KERNELS = {
    "Linux 6.5 as it would be without the patch (direct I/O takes pins)": GUP_PIN_COUNTING_BIAS,
    "Linux 6.4 (direct I/O takes references)": 1,
}


def only_takes(seed: int) -> Number:
    """Say how many writes it takes until the refcount of the zero page is negative."""
    draw = Draw("only-takes", seed)
    kernel, step = draw.one(list(KERNELS.items()))
    pages = 1 << draw.one([n for n in range(10) if 1 << n != MAILS_PAGES])
    other = GUP_PIN_COUNTING_BIAS if step == 1 else 1
    holds, right = last_grab(R0, step), _writes(step, pages)
    return Number(
        id="only-takes",
        lesson=LESSON,
        right=right,
        wrong=besides(
            right,
            {
                _writes(other, pages): "pins-and-references-are-the-same",
                MAILS_WRITES: "That is the mail's number, for pins and 64 pages a write",
                holds: "Each write takes a hold for each of its pages",
                right - 1: "the-last-pin-fails",
                right + 1: "The refcount is negative before that one",
            },
        ),
        question=(
            f"{kernel}. The refcount of the zero page is {R0}. *“It only takes”* **how many direct "
            f"writes of {pages} never-written {plural(pages, 'page')} each, all in flight at once, "
            "until that refcount is negative?**"
        ),
        because=f"That makes {holds} holds of {step} each, and the last one passes 2^31 - 1.",
        hints=(
            "How much does one hold add, and how many holds are needed to pass 2^31 - 1?",
            "Pins: 2^21, references: 2^31 - 1. Divide by the pages of a write, and round up.",
        ),
    )


def _writes(step: int, pages: int) -> int:
    """How many writes it takes; the last one need not be used up."""
    return -(-last_grab(R0, step) // pages)


class Claim(NamedTuple):
    """A claim of the thread as a test of a run: whether `change` is as it says."""

    words: str
    holds: Callable[[str, str, Change], bool]
    reason: str


CLAIMS = (
    Claim(
        "A pin adds 1024 to the refcount.",
        lambda hold, what, change: hold != "pin" or change.refcount == GUP_PIN_COUNTING_BIAS,
        "A claims 1024 of every pin, and nothing of references",
    ),
    Claim(
        "A pin and a reference change the refcount in any case.",
        lambda hold, what, change: change.refcount != 0,
        "B is contradicted by a hold that leaves the refcount as it was, and by nothing else",
    ),
    Claim(
        "A pin of a zero page, small or huge, changes no pincount.",
        lambda hold, what, change: (
            hold != "pin" or what not in (ZERO, HUGE_ZERO) or not change.pincount
        ),
        "C speaks of pins of the two zero pages, and of their pincount",
    ),
    Claim(
        "A pin of a folio with order > 0 changes its pincount.",
        lambda hold, what, change: hold != "pin" or what in (SMALL, ZERO) or change.pincount > 0,
        "D speaks of pins of folios with more than one page, and of their pincount",
    ),
    Claim(
        "A pin of the small zero page does not change its refcount.",
        lambda hold, what, change: hold != "pin" or what != ZERO or change.refcount == 0,
        "E speaks of pins of the small zero page, and of its refcount",
    ),
)

RUNS = (
    ("5.10", "pin", LARGE, 1), ("5.17", "pin", LARGE, 1), ("5.10", "pin", LARGE, 9),
    ("6.1", "pin", LARGE, 1), ("6.18", "pin", LARGE, 9), ("5.15", "pin", ZERO, None),
    ("6.4", "pin", ZERO, None), ("6.5", "pin", ZERO, None), ("6.18", "pin", ZERO, None),
    ("6.4", "pin", HUGE_ZERO, None), ("6.18", "pin", HUGE_ZERO, None),
    ("6.18", "reference", ZERO, None), ("6.12", "reference", HUGE_ZERO, None),
    ("6.18", "reference", LARGE, 9), ("6.18", "pin", SMALL, 0), ("5.7", "reference", SMALL, 0),
)  # fmt: skip


def which_claims_fail(seed: int) -> Selection:
    """Select the claims of the thread that a run contradicts."""
    draw = Draw("which-claims-fail", seed)
    release, hold, what, order = draw.one(RUNS)
    change = _held(release, hold, what, order)
    letters = dict(zip(LETTERS, draw.shuffled(CLAIMS), strict=True))
    right = [letter for letter, claim in letters.items() if not claim.holds(hold, what, change)]
    reasons = {letter: _renamed(claim.reason, letter) for letter, claim in letters.items()}
    return Selection(
        id="which-claims-fail",
        lesson=LESSON,
        given="\n".join(
            [
                _told(release, hold, what, order, change),
                "",
                *(f"{letter}  {claim.words}" for letter, claim in letters.items()),
            ]
        ),
        options=LETTERS,
        right=frozenset(right),
        wrong={},
        missing={letter: reasons[letter] for letter in right},
        extra={letter: reasons[letter] for letter in LETTERS if letter not in right},
        question=(
            f"One run on Linux {release}, and five claims from the thread. **Which of the claims "
            "does this run contradict?** A set of letters; it may be empty, `set()`. A claim about "
            "something else is not contradicted."
        ),
        because=f"The run is a {hold} of {_named(what, order)}.",
        hints=(
            "Go through the claims one by one: is it about such a run at all?",
            "If it is, compare the two changes with what it says.",
        ),
    )


def _renamed(reason: str, letter: str) -> str:
    """A reason begins with the letter that its claim has in the file."""
    return f"{letter}{reason[1:]}"


def _named(what: str, order: int | None) -> str:
    return what if order is None else f"a folio of order {order}"


def _told(release: str, hold: str, what: str, order: int | None, change: Change) -> str:
    return (
        f"Linux {release}, a {hold} of one page of {_named(what, order)}:\n"
        f"the refcount changes by {change.refcount}, the pincount by {change.pincount} "
        "(0 if there is none)."
    )


def missing_condition(seed: int) -> Choice:
    """Find the condition that a claim of the mail lacks."""
    draw = Draw("missing-condition", seed)
    conditioned = [turn for turn in turns(MAIL) if turn.verdict == WITH_A_CONDITION]
    chosen = draw.shuffled(conditioned)[:4]
    claim = draw.one(chosen)
    letters = dict(zip(LETTERS, chosen, strict=False))
    (right,) = (letter for letter, turn in letters.items() if turn is claim)
    return Choice(
        id="missing-condition",
        lesson=LESSON,
        gives=IT_IS,
        given="\n".join(
            [
                f"{claim.surname}: {claim.claim}.",
                "",
                *(f"{letter}  {turn.condition}" for letter, turn in letters.items()),
            ]
        ),
        right=right,
        wrong={
            letter: f"That goes with turn {turn.number}: “{turn.claim}”"
            for letter, turn in letters.items()
            if turn is not claim
        },
        question=(
            "A claim of the mail, about Linux 6.5 unless it says otherwise, is right with a "
            "condition. **Which of these four is it?**"
        ),
        because=f"That is turn {claim.number}.",
        hints=(
            "What is the claim about: how many, which page, which counter, or a word?",
            "Three of them speak of something that the claim does not mention.",
        ),
    )


OPERATIONS = ("get", "put", "pin", "unpin")


def what_changes() -> Program:
    """Write what each operation adds to the two counters, on Linux 6.18."""
    states = tuple(product(OPERATIONS, (False, True), (False, True), (1, 64)))
    return Program(
        id="what-changes",
        lesson=LESSON,
        name="adds",
        arguments=("operation", "zero", "large", "pages"),
        states=states,
        model=change_in_the_model,
        trace=lambda *state: str(_operated(*state)[0].trace),
        wrong=(
            ("the-patch-covers-references", _exempts_references),
            ("the-huge-zero-page-is-exempt", _exempts_the_huge_one),
            ("every-pin-adds-1024", _adds_1024_always),
            ("Each page that is pinned or held counts, and not each call", _adds_1_for_a_call),
            ("skip-the-pin-only", _skips_the_pin_only),
            ("unpin-is-put", _puts_for_unpin),
            ("Where there is a pincount a pin changes the refcount, too", _leaves_the_refcount),
            ("pins-and-references-are-the-same", _without_bias),
            ("The zero page is exempt since Linux 6.5", _without_the_patch),
        ),
        because="That is what both of them mean, in a few lines and without the word.",
        hints=(
            "First the exception. Then: is it a pin, and is there a pincount? The sign comes last.",
            "A pin or unpin with zero and not large changes nothing. Otherwise get and put are "
            "pages and 0, pin and unpin pages and pages if large, else 1024 * pages and 0; put and "
            "unpin with a minus.",
        ),
    )


Counters = tuple[int, int]
"""What is added to the refcount and to the pincount."""


def change_in_the_model(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    """Return what an operation adds to the refcount and to the pincount of a folio."""
    _, change = _operated(operation, zero, large, pages)
    return change.refcount, change.pincount


def _operated(operation: str, zero: bool, large: bool, pages: int) -> tuple[Kernel, Change]:
    """Do one operation on a folio; what is released was held before."""
    kernel = Kernel("6.18")
    what = {(False, False): SMALL, (False, True): LARGE, (True, False): ZERO}
    folio = FOLIOS[what.get((zero, large), HUGE_ZERO)](kernel)
    kind = FOLL_PIN if operation in ("pin", "unpin") else FOLL_GET
    if operation in ("put", "unpin"):
        kernel.try_grab_folio(folio, pages, kind)
    before = folio.refcount, folio.pincount or 0
    if operation in ("put", "unpin"):
        put = kernel.unpin_user_page if operation == "unpin" else kernel.put_page
        put(folio.page(0), pages)
    else:
        kernel.try_grab_folio(folio, pages, kind)
    return kernel, Change(folio.refcount - before[0], (folio.pincount or 0) - before[1])


def _sign(operation: str) -> int:
    return -1 if operation in ("put", "unpin") else 1


def _is_pin(operation: str) -> bool:
    return operation in ("pin", "unpin")


def _exempts_references(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return (0, 0) if zero and not large else change_in_the_model(operation, zero, large, pages)


def _exempts_the_huge_one(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    exempt = zero and _is_pin(operation)
    return (0, 0) if exempt else change_in_the_model(operation, zero, large, pages)


def _adds_1024_always(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    if not (_is_pin(operation) and large):
        return change_in_the_model(operation, zero, large, pages)
    sign = _sign(operation)
    return sign * GUP_PIN_COUNTING_BIAS * pages, sign * pages


def _adds_1_for_a_call(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return change_in_the_model(operation, zero, large, 1)


def _skips_the_pin_only(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return change_in_the_model(operation, zero and operation == "pin", large, pages)


def _puts_for_unpin(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    if operation == "unpin" and not (zero and not large):
        return -pages, 0
    return change_in_the_model(operation, zero, large, pages)


def _leaves_the_refcount(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    refcount, pincount = change_in_the_model(operation, zero, large, pages)
    return (0, pincount) if pincount else (refcount, pincount)


def _without_bias(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    refcount, pincount = change_in_the_model(operation, zero, large, pages)
    return (_sign(operation) * pages if refcount else 0), pincount


def _without_the_patch(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return change_in_the_model(operation, False, large, pages)


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "the-exception": the_exception,
    "the-landed-text": the_landed_text,
    "what-changes": what_changes,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "whose-words": whose_words,
    "only-takes": only_takes,
    "which-claims-fail": which_claims_fail,
    "missing-condition": missing_condition,
}
