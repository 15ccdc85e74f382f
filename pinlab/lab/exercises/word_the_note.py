"""The exercises of lesson 10."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from pinlab.explore.reach import HUGE_ZERO, PIN, UNPIN, ZERO, Reached, Transition, reach
from pinlab.lab.draw import Draw
from pinlab.lab.exercise import (
    ENOUGH,
    IT_IS,
    ONE_THING,
    Choice,
    Exercise,
    Number,
    Program,
    Selection,
    Worded,
    besides,
)
from pinlab.lab.powers import plural
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, INT_MIN
from pinlab.model.folio import PAGE_SIZE, Page
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace
from pinlab.words import SENTENCES, WRONG_KERNELS, clause, judge, sentence
from pinlab.words.sentences import counterexample, missed_by

LESSON = "10_word_the_note"
RELEASE = "6.5"
NOTHING: Mapping[str, object] = {}


def true_enough() -> Choice:
    """Say what follows from a sentence that is wrong about no step."""
    return Choice(
        id="true-enough",
        lesson=LESSON,
        gives=IT_IS,
        right="Linux 6.5 obeys it",
        wrong={
            "it is good documentation": ENOUGH,
            "what obeys it is Linux 6.5": "Other kernels can obey it as well, even wrong ones",
            "nothing": "Every step of the machine was looked at, and that is something",
        },
        because="No step contradicts it. What other kernels do has not been asked yet.",
        hints=(
            "Only one kernel was looked at.",
            "Would a kernel that forgets to skip something have been found out?",
        ),
    )


def two_readings() -> Number:
    """Count the steps after which a zero page has references in it."""
    found = judge("patch-note/any-reference", RELEASE).counterexample
    assert found is not None, "a test says that this reading is false"
    right = len(found.steps)
    return Number(
        id="two-readings",
        lesson=LESSON,
        right=right,
        wrong={
            0: "At first there is no page that was returned by pin_user_pages()",
            1: "A pin adds none here, and the 1 that a zero page starts with is no extra reference",
            1024: "One reference is enough: that is no question of what looks like a pin",
        },
        because="Somebody takes a reference, and somebody pins: the page is returned, and has one.",
        hints=(
            "References to the zero page are counted, pins are not.",
            "The page has to be returned by pin_user_pages(), and has to have a reference then. "
            "How many calls are that?",
        ),
    )


TRUE_READINGS = tuple(
    name for name in SENTENCES if name not in ("patch-note/any-reference",
                                               "patch-note/refcount-says-maybe")
)  # fmt: skip
"""Sentences that Linux 6.5 obeys; a test says so, too."""


def who_slips(seed: int) -> Selection:
    """Select the wrong kernels that a sentence lets through."""
    draw = Draw("who-slips", seed)
    names = [draw.one(TRUE_READINGS), draw.one(("refcount-sentence", "landed-rst"))]
    asked = SENTENCES[draw.one(names)]
    slips = missed_by(asked, RELEASE)
    caught = [name for name in WRONG_KERNELS if name not in slips]
    few = {*draw.shuffled(slips)[:3], *draw.shuffled(caught)[:2]}
    options = [name for name in WRONG_KERNELS if name in few]
    right = [name for name in options if name in slips]
    kernels = "\n".join(f"- `{name}`: {WRONG_KERNELS[name].text}" for name in options)
    return Selection(
        id="who-slips",
        lesson=LESSON,
        options=tuple(options),
        right=frozenset(right),
        wrong={frozenset(): ENOUGH},
        missing={name: _why_true(name, asked.id) for name in right},
        extra={name: _why_false(name, asked.id) for name in options if name not in right},
        question=(
            f"A sentence says: *{asked.text}*. Linux {RELEASE} obeys it. Each of these kernels is "
            f"one rule away from Linux {RELEASE}:\n\n{kernels}\n\n**Which of them slip through: of "
            "which is the sentence true as well?** Answer with a set of their names."
        ),
        because="No step of theirs contradicts the sentence.",
        hints=(
            "Take the kernels one by one. What do they do to a zero page that Linux 6.5 does not, "
            "and does the sentence speak of that?",
            "A sentence speaks of some counters, some calls and one page. What changes something "
            "else, or returns nothing, slips through.",
        ),
    )


def _why_true(kernel: str, asked: str) -> str:
    """Why a sentence is true of a wrong kernel."""
    if (kernel, asked) in {
        ("pincount-still-counted", "refcount-sentence"),
        ("pincount-still-counted", "patch-note/any-reference-by-this-call"),
        ("refcount-still-counted", "patch-note/foll-pin"),
        ("refcount-still-counted", "patch-note/pincount-above-zero"),
    }:
        return ONE_THING
    if kernel == "zero-page-refused":
        return (
            "Nothing is returned there, so there is nothing that the sentence could be wrong about"
        )
    return f"The sentence does not speak of what is wrong with {kernel}"


def _why_false(kernel: str, asked: str) -> str:
    """Which steps show that a sentence is false of a wrong kernel."""
    found = counterexample(asked, RELEASE, WRONG_KERNELS[kernel].rules)
    steps = "" if found is None else "; ".join(found.steps)
    return f"Of {kernel} it is false: {steps}"


def refcount_left(seed: int) -> Number:
    """Predict the refcount of the zero page on a wrong kernel."""
    draw = Draw("refcount-left", seed)
    name = draw.one(tuple(MOVES))
    gets, pins = draw.one(range(1, 6)), draw.one(range(3, 7))
    unpins = draw.one(range(1, pins - 1))
    by_gets, by_pins = gets * (name != "get-skipped-too"), MOVES[name](pins, unpins)
    right = 1 + by_gets + by_pins
    left = pins - unpins
    wrong = {
        1 + gets + GUP_PIN_COUNTING_BIAS * left: "That is Linux 6.4, which counts everything",
        1 + gets + left: ONE_THING
        if name == "pincount-still-counted"
        else "That gives each pin the 1 of a reference",
        1 + gets: "That is Linux 6.5: pins and unpins are skipped, both of them",
        1: "That is a kernel which skips references, too",
        right - 1: "The zero page has a 1 of its own to begin with",
    }
    kernel = WRONG_KERNELS[name]
    return Number(
        id="refcount-left",
        lesson=LESSON,
        right=right,
        wrong=besides(right, wrong),
        low=INT_MIN,
        question=(
            f"A kernel is one rule away from Linux {RELEASE}: {kernel.text}. The refcount of its "
            f"zero page is 1. Somebody takes {gets} {plural(gets, 'reference')} to that page, then "
            f"somebody pins it {pins} times, and then unpins it {unpins} {plural(unpins, 'time')}. "
            "**What is the refcount now?**"
        ),
        because=(
            f"It is 1 to begin with; the references change it by {by_gets}, the pins and unpins "
            f"by {by_pins}."
        ),
        hints=(
            "Take the three kinds of calls one by one: which of them moves the refcount here?",
            "A pin that is counted adds 1024 where a page has no pincount of its own, and 1 where "
            "it has one.",
        ),
    )


MOVES: Mapping[str, Callable[[int, int], int]] = {
    "unpin-still-counted": lambda pins, unpins: -GUP_PIN_COUNTING_BIAS * unpins,
    "pin-still-counted": lambda pins, unpins: GUP_PIN_COUNTING_BIAS * pins,
    "pincount-still-counted": lambda pins, unpins: 0,
    "refcount-still-counted": lambda pins, unpins: pins - unpins,
    "get-skipped-too": lambda pins, unpins: 0,
}
"""What pins and unpins of the zero page do to its refcount on some wrong kernels."""


def which_kernel(seed: int) -> Choice:
    """Find out from a trace which rule is wrong."""
    draw = Draw("which-kernel", seed)
    name = draw.one(tuple(WRONG_KERNELS))
    calls = _calls(draw)
    told = {other: str(play(calls, WRONG_KERNELS[other].rules)) for other in WRONG_KERNELS}
    others = [other for other in WRONG_KERNELS if told[other] != told[name]]
    confused = {"pincount-still-counted": "refcount-still-counted"}
    confused |= {other: one for one, other in confused.items()}
    ideas = {other: SHOWS[other] for other in others}
    if name in confused:
        ideas[confused[name]] = ONE_THING
    return Choice(
        id="which-kernel",
        lesson=LESSON,
        gives=IT_IS,
        given=play(calls, WRONG_KERNELS[name].rules),
        right=name,
        wrong=ideas | {"none of them": "Linux 6.5 itself has another trace"},
        question=(
            f"The trace is of a kernel that is one rule away from Linux {RELEASE}. **Which of the "
            f'wrong kernels is it?** ({", ".join(told)}, or "none of them")'
        ),
        because=f"Here {WRONG_KERNELS[name].text}.",
        hints=(
            "Go through the calls on the zero page: get, put, pin, unpin. What should each of them "
            "change on Linux 6.5? Then the huge zero folio.",
            "On Linux 6.5 a reference changes the refcount by 1, a pin of the zero page changes "
            "nothing, and one of the huge zero folio adds 1 to both of its counters.",
        ),
    )


SHOWS: Mapping[str, str] = {
    "unpin-still-counted": "On that kernel an unpin of the zero page takes 1024 from its refcount",
    "pin-still-counted": "On that kernel a pin of the zero page adds 1024 to its refcount",
    "pincount-still-counted": "On that kernel a pin of the zero page adds 1 to its pincount",
    "refcount-still-counted": "On that kernel a pin of the zero page adds 1 to its refcount",
    "vmstat-still-counted": "On that kernel a pin of the zero page shows in the column acquired",
    "get-skipped-too": "On that kernel a reference to the zero page changes nothing",
    "zero-page-refused": "On that kernel a pin of the zero page is refused",
    "huge-zero-skipped-too": "On that kernel a pin of the huge zero folio changes nothing",
}
"""What the trace of each wrong kernel has that others do not."""

CALLS = (("get", ZERO), (PIN, ZERO), (PIN, HUGE_ZERO))


def _calls(draw: Draw) -> list[tuple[str, str]]:
    """Takes in some order, one or two of them twice, and then a release of each."""
    takes = draw.shuffled([*CALLS, draw.one(CALLS)])
    releases = {"get": "put", PIN: UNPIN}
    return [*takes, *((releases[verb], page) for verb, page in draw.shuffled(takes))]


def play(calls: list[tuple[str, str]], rules: Mapping[str, object]) -> Trace:
    """Make calls on a kernel and return their trace; who was refused has nothing to release."""
    kernel = Kernel(RELEASE, **rules)
    mm = kernel.new_mm("A")
    addr = {ZERO: mm.mmap(PAGE_SIZE), HUGE_ZERO: mm.mmap(PAGE_SIZE, order=9)}
    for place in addr.values():
        mm.read(place, 1)
    begun = len(kernel.trace)
    held: dict[tuple[str, str], list[Page]] = {}
    take = {"get": mm.get_user_pages, PIN: mm.pin_user_pages}
    release = {"put": ("get", kernel.put_page), UNPIN: (PIN, kernel.unpin_user_page)}
    for verb, page in calls:
        if verb in take:
            try:
                held.setdefault((verb, page), []).extend(take[verb](addr[page], 1))
            except OSError:
                continue
        else:
            kind, give_back = release[verb]
            if held.get((kind, page)):
                give_back(held[kind, page].pop())
    events = kernel.trace[begun:]
    return Trace(event._replace(step=step) for step, event in enumerate(events))


def adequate() -> Worded:
    """Word an adequate sentence."""
    at_pin = clause("pin", ZERO, "refcount", "not by this call")
    return Worded(
        id="adequate",
        lesson=LESSON,
        release=RELEASE,
        examples=(
            sentence(at_pin, clause("unpin", ZERO, "refcount", "not by this call")),
            sentence(clause("pin or unpin", ZERO, "pincount", "not by this call")),
            sentence(clause("pin", ZERO, "refcount", "never")),
        ),
        because="It is true of Linux 6.5 and of none of the eight wrong kernels.",
        hints=(
            "Begin with what pins and unpins must not change, and look which wrong kernels are "
            "left. Each of them does something that Linux 6.5 does not, or fails to do something.",
            "You need a clause about success, one about references to the zero page, and one about "
            "pins of the huge zero folio.",
        ),
    )


class Shown(NamedTuple):
    """The two counters of a page; pincount is None where it has none."""

    refcount: int
    pincount: int | None


Call = tuple[str, str, bool, Shown, Shown]
"""A step as `obeys` gets it: verb, page, refused, before, after."""


class Met(NamedTuple):
    """Where a step was met first: on which kernel, as which transition."""

    kernel: str
    reached: Reached
    transition: Transition


@cache
def _met() -> dict[Call, Met]:
    """The different steps of the right kernel and the wrong ones."""
    kernels = {f"Linux {RELEASE}": NOTHING} | {
        name: wrong.rules for name, wrong in WRONG_KERNELS.items()
    }
    met: dict[Call, Met] = {}
    for name, rules in kernels.items():
        reached = reach(RELEASE, rules)
        for t in reached.transitions:
            page = t.step.page
            before, after = (Shown(*state.pages[page][:2]) for state in (t.before, t.after))
            call = (t.step.verb, page, t.step.error is not None, before, after)
            met.setdefault(call, Met(name, reached, t))
    return met


def obeys() -> Program:
    """Write the landed sentence as a function of one step."""
    return Program(
        id="obeys",
        lesson=LESSON,
        name="obeys",
        arguments=("verb", "page", "refused", "before", "after"),
        states=tuple(_met()),
        model=obeys_landed,
        trace=_shown_trace,
        wrong=(
            (ONE_THING, _refcount_only),
            ("unpin_user_page() is spoken of as well", _pins_only),
            ("Pretending to pin is no refusal: the caller has to notice nothing", _refusal_allowed),
            ("It is the zero page that is spoken of; other pages are counted", _every_page),
            ("References are not spoken of: get and put are counted", _references_too),
            ("The huge zero folio is no zero page: its pins are counted", _huge_zero_too),
            (ENOUGH, _says_yes),
        ),
        because="That is the sentence as a function; every kernel that it rejects breaks it.",
        hints=(
            "Which steps does the sentence speak of? Of all others it is not wrong: True.",
            "For a pin of the zero page: not refused, and before == after. For an unpin of it: "
            "before == after.",
        ),
    )


def obeys_landed(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    """Return whether the landed sentence is wrong about no part of a step."""
    t = _met()[verb, page, refused, before, after].transition
    return SENTENCES["landed-rst"].says(t.before, t.step, t.after) is not False


def _shown_trace(*call: object) -> str:
    met = _met()[call]  # type: ignore[index]
    way = "\n".join(map(str, met.reached.way(met.transition)))
    return f"{met.kernel}\n{way}\n\n{met.reached.trace(met.transition)}"


def _spoken_of(verb: str, page: str) -> bool:
    return page == ZERO and verb in (PIN, UNPIN)


def _refcount_only(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    same = before.refcount == after.refcount and not refused
    return same or not _spoken_of(verb, page)


def _pins_only(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    return (before == after and not refused) or (verb, page) != (PIN, ZERO)


def _refusal_allowed(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    return before == after or not _spoken_of(verb, page)


def _every_page(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    return (before == after and not refused) or verb not in (PIN, UNPIN)


def _references_too(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    return (before == after and not refused) or page != ZERO


def _huge_zero_too(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    spoken_of = page in (ZERO, HUGE_ZERO) and verb in (PIN, UNPIN)
    return (before == after and not refused) or not spoken_of


def _says_yes(verb: str, page: str, refused: bool, before: Shown, after: Shown) -> bool:
    return True


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "true-enough": true_enough,
    "two-readings": two_readings,
    "obeys": obeys,
    "adequate": adequate,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "refcount-left": refcount_left,
    "who-slips": who_slips,
    "which-kernel": which_kernel,
}
