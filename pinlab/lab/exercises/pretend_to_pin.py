"""The exercises of lesson 05."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import ENOMEM
from itertools import count, product

from pinlab.lab.draw import Draw
from pinlab.lab.exercise import (
    IT_IS,
    Choice,
    Exercise,
    Number,
    Numbers,
    Program,
    Selection,
)
from pinlab.lab.powers import plural
from pinlab.lab.rounds import (
    BALANCED,
    EVERY,
    EXEMPT,
    LEAKING,
    OUTCOMES,
    STUCK,
    TESTS,
    Switches,
    outcome,
    run,
)
from pinlab.model.counter import (
    GUP_PIN_COUNTING_BIAS,
    INT_MAX,
    INT_MIN,
    R0,
    last_pin,
    last_reference,
    wrap,
)
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_GET, FOLL_LONGTERM, FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace

LESSON = "05_pretend_to_pin"

PAGES = 64
"""Pages of the write that three kernels are asked about."""

ROUNDS = 100
"""Rounds that the lesson speaks of."""

PAGES_HANDED_OVER = 512
"""Pages that the exercise hands to a device at a time: 2 MiB."""

MOVING = tuple(each for each in EVERY if outcome(each) != EXEMPT)
"""Kernels on which a round moves the zero page's refcount."""

FIX_6_1 = "6.1.192"
"""A 6.1 with the patch and the repair; try_grab_page() returns bool there."""


def what_the_caller_gets() -> Choice:
    """Choose what pin_user_pages() returns for never-written pages since 6.5."""
    return Choice(
        id="what-the-caller-gets",
        lesson=LESSON,
        gives=IT_IS,
        right="64 pages",
        wrong={
            "0 pages": "skipping-returns-an-error",
            "ENOMEM": "skipping-returns-an-error",
            "64 new frames": "A pin for reading that is not for long leaves the page as it is, and "
            "the zero page is what it maps",
        },
        because="The caller gets its pages and cannot tell that nothing was counted.",
        hints=(
            "The caller is to do with these pages what it always did. What does it need for that?",
            "The title of the patch speaks of not pinning. The caller is not to notice, so that "
            "none of the callers has to be changed.",
        ),
    )


def reached_tests() -> Selection:
    """Select the tests that a direct write of never-written memory goes past."""
    reached = run(Switches(), 1).reached
    right = frozenset(test for test, number in reached.items() if number)
    return Selection(
        id="reached-tests",
        lesson=LESSON,
        options=tuple(TESTS),
        right=right,
        wrong={
            frozenset(TESTS): "all-ifs-are-reached",
            frozenset({"fast", "release"}): "all-ifs-are-reached",
        },
        extra={"fast": "all-ifs-are-reached"},
        missing={
            "slow": "Somebody has to find the page, and the fast path does not",
            "release": "When the write completes, its page is released, and that goes through "
            "gup_put_folio()",
        },
        because="The fast path turns back at the special entry; the slow path serves the page.",
        hints=(
            "What does the fast path do when it meets an entry that is marked special?",
            "It turns back before it grabs anything. Who finds the page then, and who gives it "
            "back at the end?",
        ),
    )


def deleted_if() -> Choice:
    """Choose the test without which the zero page cannot be pinned after one round."""
    outcomes = {test: outcome(Switches(**{test: False})) for test in TESTS}
    (right,) = (test for test, kind in outcomes.items() if kind == STUCK)
    return Choice(
        id="deleted-if",
        lesson=LESSON,
        right=right,
        wrong={
            "slow": "Then pins are counted again, and their releases are not: the refcount rises "
            "by 1024 with each round, and it takes two million rounds until that hurts",
            "fast": "all-ifs-are-reached",
            "none of them": "skip-the-pin-only",
        },
        because="Its pin adds nothing and its release takes 1024 away: 1 - 1024 is below zero.",
        hints=(
            "The guard refuses when the refcount is not above zero. Which of the four calls could "
            "bring it there in one round?",
            "A pin can only raise the refcount. So it is a release that takes away what nobody has "
            "added. Which test keeps it from doing so?",
        ),
    )


def hundred_rounds() -> Numbers:
    """Predict the refcount after a hundred rounds, and after a hundred pins held together."""
    stuck = Switches(release=False)
    apart, together = (run(stuck, ROUNDS, together=each).end for each in (False, True))
    return Numbers(
        id="hundred-rounds",
        lesson=LESSON,
        low=INT_MIN,
        parts={
            "one after another": (
                apart,
                {
                    together: "a-hundred-rounds-run",
                    R0: "skip-the-pin-only",
                    apart - R0: "The refcount begins at 1",
                },
            ),
            "held together": (
                together,
                {
                    apart: "The guard stands before the pins, and these were all taken while the "
                    "refcount was 1. No guard stands before a release",
                    R0: "skip-the-pin-only",
                    together - R0: "The refcount begins at 1",
                },
            ),
        },
        because="The guard looks at pins and not at releases, so it depends on the order.",
        hints=(
            "Go through the calls: which of them looks at the refcount first, and what is it then?",
            "After one round it is 1 - 1024, and no further pin gets through. Of a hundred pins "
            "taken before, each has a release that takes 1024.",
        ),
    )


def below_zero() -> Selection:
    """Select the calls that go well for the zero page of 6.5 with its refcount below zero."""
    right = frozenset(call for call in BELOW_ZERO if _goes_well(call))
    return Selection(
        id="below-zero",
        lesson=LESSON,
        options=tuple(BELOW_ZERO),
        right=right,
        wrong={
            frozenset(BELOW_ZERO): "The slow path looks at the refcount before it asks whether "
            "this is the zero page, and a reference meets the guard on every path",
            frozenset({"slow pin", "fast pin", "unpin"}): "The slow path looks at the refcount "
            "before it asks whether this is the zero page",
            frozenset(): "The fast path asks for the zero page before it looks at any refcount, "
            "and a release never looks",
        },
        extra={
            "slow pin": "The slow path looks at the refcount before it asks whether this is the "
            "zero page",
            "reference": "the-patch-covers-references",
        },
        missing={
            "fast pin": "The fast path asks for the zero page before it looks at any refcount",
            "unpin": "A release never looks at the refcount, and this one does nothing",
        },
        because="In the slow path the guard comes before the patch's test, in the fast one after.",
        hints=(
            "For each call: what comes first, the guard or the test for the zero page?",
            "The table of the tests says where each one stands. References meet no such test.",
        ),
    )


BELOW_ZERO: Mapping[str, Callable[[Kernel], object]] = {
    "slow pin": lambda kernel: kernel.try_grab_folio(kernel.zero_page.folio, 1, FOLL_PIN),
    "fast pin": lambda kernel: kernel.try_grab_folio_fast(kernel.zero_page.folio, 1, FOLL_PIN),
    "reference": lambda kernel: kernel.try_grab_folio(kernel.zero_page.folio, 1, FOLL_GET),
    "unpin": lambda kernel: kernel.unpin_user_page(kernel.zero_page),
}
"""Calls for the zero page; the fast one is made by hand, as no walk ever gets that far."""


def _goes_well(call: str) -> bool:
    """Whether a call is not refused on 6.5 once the last reference has turned the refcount."""
    kernel = Kernel("6.5")
    kernel.try_grab_folio(kernel.zero_page.folio, last_reference(R0), FOLL_GET)
    try:
        return BELOW_ZERO[call](kernel) is not False
    except OSError:
        return False


def gets_and_pins(seed: int) -> Number:
    """Predict the refcount of 6.5's zero page with some references and pins held."""
    draw = Draw("gets-and-pins", seed)
    gets, pins = draw.one(range(8, 64)), draw.one(range(8, 64))
    puts, unpins = draw.one(range(1, 8)), draw.one(range(1, 8))
    right = _held(Kernel("6.5"), gets, pins, puts, unpins)
    pins_too = _held(Kernel("6.4"), gets, pins, puts, unpins)
    wrong = {
        R0: "the-patch-covers-references",
        pins_too: "That counts the pins as 6.4 does; since 6.5 neither they nor their releases "
        "change the zero page's refcount",
        right - GUP_PIN_COUNTING_BIAS * unpins: "skip-the-pin-only",
        right + puts: "put_page() takes a reference away again, of whatever page",
        right - R0: "The refcount begins at 1",
        right + pins - unpins: "A skipped pin adds nothing, not even 1",
    }
    return Number(
        id="gets-and-pins",
        lesson=LESSON,
        question=f"On Linux 6.5 the zero page's refcount is 1. {gets} references to it are taken "
        f"with `get_user_pages()` and {pins} pins with `pin_user_pages()`. Then {puts} "
        f"{plural(puts, 'reference')} and {unpins} {plural(unpins, 'pin')} are released. **What "
        "does the refcount of the zero page read now?**",
        right=right,
        low=INT_MIN,
        wrong={number: idea for number, idea in wrong.items() if number != right},
        because="Each reference that is left counts 1, and the pins count nothing.",
        hints=(
            "Which of the four calls change the refcount of the zero page on 6.5?",
            "Take 1, add the references, take away those that were put. Pins and unpins change "
            "nothing.",
        ),
    )


def _held(kernel: Kernel, gets: int, pins: int, puts: int, unpins: int) -> int:
    """The zero page's refcount with these holds taken, and some of them released."""
    mm = kernel.new_mm()
    addr = mm.mmap(max(gets, pins) * PAGE_SIZE)
    for page in mm.get_user_pages(addr, gets)[:puts]:
        kernel.put_page(page)
    kernel.unpin_user_pages(mm.pin_user_pages(addr, pins)[:unpins])
    return kernel.zero_page.refcount


def one_write_three_kernels() -> Numbers:
    """Predict the refcount with one direct write in flight, on three kernels."""
    references, pins, none = (
        _in_flight(Kernel("6.4")),
        _in_flight(Kernel("6.5", zero_page_pins="counted")),
        _in_flight(Kernel("6.5")),
    )
    has_one = "the-zero-page-is-never-counted"
    return Numbers(
        id="one-write-three-kernels",
        lesson=LESSON,
        parts={
            "6.4": (
                references,
                {none: has_one, pins: "Up to 6.4 direct I/O takes references, of 1 each"},
            ),
            "feared": (
                pins,
                {none: has_one, references: "There direct I/O takes pins, of 1024 each"},
            ),
            "6.5": (
                none,
                {
                    references: "Since 6.5 direct I/O to disks takes pins, not references, and "
                    "those of the zero page are exempt",
                    pins: "That is the kernel they feared: 6.5 has the patch",
                },
            ),
        },
        because="References count 1, pins count 1024, and exempt pins nothing.",
        hints=(
            "Which kind of hold does direct I/O take on each, and does that kind count here?",
            f"1 + {PAGES} * 1, 1 + {PAGES} * 1024, and 1.",
        ),
    )


def _in_flight(kernel: Kernel) -> int:
    mm = kernel.new_mm()
    kernel.submit_dio_write(mm, mm.mmap(PAGES * PAGE_SIZE), PAGES)
    return kernel.zero_page.refcount


def vfio_leak() -> Number:
    """Predict which hand-over to a device is the first to be refused by the leaking vfio."""
    right = _first_refused(Kernel("5.15"))
    pins = last_pin(R0)
    return Number(
        id="vfio-leak",
        lesson=LESSON,
        right=right,
        low=1,
        wrong={
            right - 1: "the-last-pin-fails",
            pins: "That is the number of pins; each hand-over takes 512",
            pins + 1: "That is the number of the pin; each hand-over takes 512",
            last_reference(R0) // PAGES_HANDED_OVER + 1: "pins-and-references-are-the-same",
        },
        because="4096 hand-overs take 2^12 * 2^9 = 2^21 pins, and the next finds it below zero.",
        hints=(
            "Which pin is the last to succeed, and in which hand-over is it?",
            "Pin 2^21 is the last. 2^21 / 512 = 4096 hand-overs take exactly that many.",
        ),
    )


def _first_refused(kernel: Kernel) -> int:
    """The number of the first hand-over that gets nothing, if no pin is ever released."""
    mm = kernel.new_mm()
    addr = mm.mmap(PAGES_HANDED_OVER * PAGE_SIZE)
    for number in count(1):
        try:
            mm.pin_user_pages(addr, PAGES_HANDED_OVER, FOLL_LONGTERM)
        except OSError:
            return number
    raise AssertionError("a count has no end")


def return_zero() -> Choice:
    """Choose what a pin of the zero page gets on 6.1.130."""
    return Choice(
        id="return-zero",
        lesson=LESSON,
        gives=IT_IS,
        right="refused",
        wrong={
            "not counted": "That was meant. In a function that returns a bool, 0 is false, and "
            "false says that the page could not be grabbed",
            "counted": "It returns before it adds anything",
            "counted, then refused": "It returns before it adds anything, so the refcount stays 1",
        },
        because="0 is false, and the caller makes ENOMEM of that.",
        hints=(
            "What does `false` say to the caller of a function whose name begins with try?",
            "The caller tests the result as a condition. In C 0 is false.",
        ),
    )


def whose_outcome(seed: int) -> Choice:
    """Choose what becomes of the refcount on one of the eight kernels."""
    draw = Draw("four-outcomes", seed)
    switches, rounds = draw.one(EVERY), draw.one((10, 50, 100, 500))
    right = outcome(switches)
    return Choice(
        id="whose-outcome",
        lesson=LESSON,
        question=f"This kernel has some of the patch's tests: {_spelled(switches)}. A program "
        f"sends one never-written page to disk by direct I/O, {rounds} times, one write after "
        "another. **What becomes of the zero page's refcount?** Choose: `balanced` (counted and "
        "back at 1 each time), `leaking` (higher with each write), `stuck` (negative, and "
        "further pins are refused) or `exempt` (it never moves).",
        right=right,
        wrong={kind: _mistaken(switches, kind) for kind in OUTCOMES if kind != right},
        because=f"Here {OUTCOMES[right]}.",
        hints=(
            "Two of the three rules matter here. Which of the tests does a write of never-written "
            "memory never get to?",
            "Look at zero_page_grab for the pin and at zero_page_unpin for the release: does each "
            "of them count?",
        ),
    )


def _spelled(switches: Switches) -> str:
    """The kernel as Python makes it."""
    rules = ", ".join(f'{rule}="{value}"' for rule, value in switches.rules().items())
    return f'`Kernel("6.5", {rules})`'


def _mistaken(switches: Switches, kind: str) -> str:
    """Why somebody may expect this outcome of a kernel that has another one."""
    right = outcome(switches)
    if outcome(Switches(slow=switches.fast, release=switches.release)) == kind:
        return "all-ifs-are-reached"
    if (right, kind) == (STUCK, EXEMPT):
        return "skip-the-pin-only"
    if kind == EXEMPT:
        return "the-zero-page-is-never-counted"
    return {
        BALANCED: "Balanced needs a pin and a release that both count",
        LEAKING: "It leaks where a pin counts and its release does not",
        STUCK: "It gets stuck where a release counts and its pin does not",
    }[kind]


def after_n_rounds(seed: int) -> Numbers:
    """Predict the refcount after some rounds in both orders, on one of the eight kernels."""
    draw = Draw("after-n-rounds", seed)
    switches, rounds = draw.one(MOVING), draw.one((2, 3, 5, 8, 10, 16, 20, 50, 64, 100))
    apart, together = (run(switches, rounds, together=each).end for each in (False, True))
    up, down = (R0 + each * GUP_PIN_COUNTING_BIAS * rounds for each in (1, -1))
    ideas = {
        R0: {LEAKING: "the-zero-page-is-never-counted", STUCK: "skip-the-pin-only"},
        up: dict.fromkeys(
            (BALANCED, EXEMPT, STUCK), "Only a pin that counts adds 1024, and only a release that "
            "does not count leaves it there",
        ),
        down: dict.fromkeys(
            (BALANCED, EXEMPT, LEAKING), "Only a release that counts takes 1024 away, and only "
            "where its pin has added nothing does that bring the refcount below 1",
        )
        | {STUCK: "a-hundred-rounds-run"},
        R0 - GUP_PIN_COUNTING_BIAS: {
            STUCK: "The guard looks at pins and not at releases; here all pins were taken before"
        },
    }  # fmt: skip
    kind = outcome(switches)

    def wrong(right: int) -> dict[int, str]:
        return {n: found[kind] for n, found in ideas.items() if kind in found and n != right}

    return Numbers(
        id="after-n-rounds",
        lesson=LESSON,
        question=f"This kernel has some of the patch's tests: {_spelled(switches)}. Its zero "
        f"page's refcount is 1. First: {rounds} direct writes of one never-written page, one after "
        f"another. Second, on another such machine: {rounds} of them in flight together, and then "
        "all complete. A write that is refused is not repeated. **What does the refcount read at "
        "the end, each time?** Answer with the names `one after another` and `held together`.",
        low=INT_MIN,
        parts={
            "one after another": (apart, wrong(apart)),
            "held together": (together, wrong(together)),
        },
        because=f"The outcome is {kind}: {OUTCOMES[kind]}.",
        hints=(
            "First decide for the pin and for the release whether each counts on this kernel.",
            "Then go through the calls in order. The guard looks before each pin and before no "
            "release.",
        ),
    )


def which_tests(seed: int) -> Selection:
    """Read from a trace which of the tests the kernel must have."""
    draw = Draw("which-tests", seed)
    switches, gets = draw.one(EVERY), draw.one(range(2, 10))
    pages, others = draw.one((1, 2, 4, 8, 16)), draw.one((1, 2, 3))
    told = ("slow", "release")
    right = frozenset(test for test in told if getattr(switches, test))
    counted = "In the trace that call does change the zero page's refcount"
    return Selection(
        id="which-tests",
        lesson=LESSON,
        question="The kernel that left this trace is a Linux 6.5 that may lack some of the patch's "
        "tests for the zero page: `slow` (where the slow path grabs a page), `fast` (where the "
        "fast path grabs one) and `release` (where a pin is released). The notes about what was "
        "not counted have been taken out. **Which of the tests must this kernel have, by the "
        "trace?** Answer with a set of these names; for none of them write `set()`.",
        given=_trace(switches, gets, pages, others),
        options=tuple(TESTS),
        right=right,
        wrong={
            frozenset(TESTS): "all-ifs-are-reached",
            **({frozenset(told): "the-zero-page-is-never-counted"} if len(right) < 2 else {}),
        },
        extra={"fast": "all-ifs-are-reached"}
        | {test: counted for test in told if test not in right},
        missing={
            test: "In the trace that call leaves the zero page's refcount as it is, where a "
            "counted one changes it by 1024"
            for test in told
            if test in right
        },
        because="Where the refcount of the zero page stays, the test is there; nothing in the "
        "trace tells about the fast test.",
        hints=(
            "Look at the lines of the zero page only: does the pin change its refcount, and does "
            "the unpin?",
            "The fast pin in the trace is of another frame. Does any line tell what the fast path "
            "would do with the zero page?",
        ),
    )


def _trace(switches: Switches, gets: int, pages: int, others: int) -> Trace:
    """References and a direct write of the zero page, and a write of written pages between."""
    kernel = switches.kernel()
    reader, writer = kernel.new_mm("reader"), kernel.new_mm("writer")
    fresh, written = writer.mmap(pages * PAGE_SIZE), writer.mmap(others * PAGE_SIZE)
    held = reader.get_user_pages(reader.mmap(gets * PAGE_SIZE), gets)
    writer.write(written, bytes(others * PAGE_SIZE))
    requests = [
        kernel.submit_dio_write(writer, fresh, pages),
        kernel.submit_dio_write(writer, written, others),
    ]
    for request in requests:
        request.complete()
    kernel.put_page(held[0])
    notes = {"not counted": ""}
    return Trace(event._replace(note=notes.get(event.note, event.note)) for event in kernel.trace)


def backport() -> Program:
    """Write try_grab_page() for a 6.1, where it returns a bool."""
    edges = (1, 2, 1023, 1025, INT_MAX, INT_MAX - 1, INT_MAX - 1022, INT_MAX - 1023,
             INT_MAX - 1024, 0, -1, -1023, 1 - 2**31, INT_MIN)  # fmt: skip
    draw = Draw("backport", 0)
    drawn = tuple(draw.one(range(1, INT_MAX)) for _ in range(6))
    return Program(
        id="backport",
        lesson=LESSON,
        name="try_grab_page",
        arguments=("refcount", "is_zero", "pin"),
        states=tuple(product((*edges, *drawn), (True, False), (True, False))),
        model=grab_in_the_model,
        trace=lambda *state: str(_grabbed(*state)[0].trace[-1:]),
        meaning=_as_a_bool,
        wrong=(
            (
                "This is the backport of Linux 6.1.130: it returned 0 for the zero page, and in a "
                "function that returns a bool 0 says that the page could not be grabbed",
                _returns_zero,
            ),
            ("the-patch-covers-references", _references_too),
            (
                "In the slow path the guard comes first: with a refcount that is not above zero a "
                "pin of the zero page is refused, too",
                _zero_page_first,
            ),
            (
                "It says True, and adds all the same: for a pin of the zero page return before the "
                "addition",
                _without_the_test,
            ),
            ("Only the zero page is exempt; pins of other pages count", _no_pin_counts),
            (
                "In C a bool is true for everything but 0: -ENOMEM would say that the page was "
                "grabbed",
                _returns_errors,
            ),
            ("overflow-wraps-to-zero-and-frees", _without_guard),
            ("a-counter-has-64-bits", _without_wrap),
            ("pins-and-references-are-the-same", _adds_references),
        ),
        because="The guard, then the test with `True`, then the addition.",
        hints=(
            "Write the function without the patch first: the guard, then 1024 for a pin and 1 for "
            "a reference. Where does the test go, and what does it return?",
            "After the guard: if it is a pin of the zero page, return True and the refcount as it "
            "was. In a function that returns a bool, True is success.",
        ),
    )


def grab_in_the_model(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    """Return whether 6.1.192 grabs a page with this refcount, and the refcount after that."""
    _, folio, grabbed = _grabbed(refcount, is_zero, pin)
    return grabbed, folio.refcount


def _grabbed(refcount: int, is_zero: bool, pin: bool) -> tuple[Kernel, Folio, bool]:
    kernel = Kernel(FIX_6_1)
    folio = kernel.zero_page.folio if is_zero else kernel.alloc_folio()
    folio.refcount = refcount
    try:
        kernel.try_grab_folio(folio, 1, FOLL_PIN if pin else FOLL_GET)
    except OSError:
        return kernel, folio, False
    return kernel, folio, True


def _as_a_bool(result: object) -> object:
    """What C makes of it: a bool is true for everything but 0."""
    match result:
        case (grabbed, refcount):
            return bool(grabbed), refcount
    return result


def _returns_zero(refcount: int, is_zero: bool, pin: bool) -> tuple[int, int]:
    skipped = is_zero and pin and refcount > 0
    return (0, refcount) if skipped else grab_in_the_model(refcount, is_zero, pin)


def _references_too(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    return grab_in_the_model(refcount, is_zero, pin or is_zero)


def _zero_page_first(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    return (True, refcount) if is_zero and pin else grab_in_the_model(refcount, is_zero, pin)


def _without_the_test(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    return grab_in_the_model(refcount, False, pin)


def _no_pin_counts(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    return grab_in_the_model(refcount, True, pin)


def _returns_errors(refcount: int, is_zero: bool, pin: bool) -> tuple[int, int]:
    grabbed, after = grab_in_the_model(refcount, is_zero, pin)
    return (True if grabbed else -ENOMEM), after


def _without_guard(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    return True, wrap(refcount + _added(is_zero, pin))


def _without_wrap(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    return (True, refcount + _added(is_zero, pin)) if refcount > 0 else (False, refcount)


def _adds_references(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    skipped = is_zero and pin
    return (
        (True, refcount) if skipped and refcount > 0 else grab_in_the_model(refcount, False, False)
    )


def _added(is_zero: bool, pin: bool) -> int:
    if pin:
        return 0 if is_zero else GUP_PIN_COUNTING_BIAS
    return 1


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "what-the-caller-gets": what_the_caller_gets,
    "reached-tests": reached_tests,
    "deleted-if": deleted_if,
    "hundred-rounds": hundred_rounds,
    "below-zero": below_zero,
    "one-write-three-kernels": one_write_three_kernels,
    "vfio-leak": vfio_leak,
    "return-zero": return_zero,
    "backport": backport,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "gets-and-pins": gets_and_pins,
    "whose-outcome": whose_outcome,
    "after-n-rounds": after_n_rounds,
    "which-tests": which_tests,
}
