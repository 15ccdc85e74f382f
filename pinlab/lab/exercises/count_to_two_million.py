"""The exercises of lesson 04."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import ENOMEM
from itertools import accumulate, product

from pinlab.lab.callers import CALLS, refused
from pinlab.lab.exercises.draw import Draw
from pinlab.lab.exercises.exercise import (
    IT_IS,
    Choice,
    Exercise,
    Number,
    Numbers,
    Program,
    Selection,
    besides,
)
from pinlab.lab.powers import digits
from pinlab.lab.writes import PAGES, WRITES, Writes
from pinlab.machine.limits import limits
from pinlab.machine.predictions.process import PAGES_AT_ONCE
from pinlab.model.counter import (
    GUP_PIN_COUNTING_BIAS,
    INT_MAX,
    INT_MIN,
    R0,
    last_grab,
    last_pin,
    last_reference,
    refcount_with,
    wrap,
)
from pinlab.model.dio import DirectIO
from pinlab.model.ends import ENDS, climb_and_return
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_PIN
from pinlab.model.kernel import Kernel

LESSON = "04_count_to_two_million"
WITHOUT_PATCH = "without the patch that exempts the zero page from pins"
ON_THE_FEARED = f"On Linux 6.5 {WITHOUT_PATCH} (no such kernel was released),"


def feared() -> Kernel:
    """Return the kernel they feared: pinned direct I/O without the patch. None was released."""
    return Kernel("6.5", zero_page_pins="counted")


def which_hold() -> Choice:
    """Choose the kind of hold of which 2^21 are too many."""
    return Choice(
        id="which-hold",
        lesson=LESSON,
        gives=IT_IS,
        right="pins",
        wrong={
            "references": "pins-and-references-are-the-same",
            "both": "pins-and-references-are-the-same",
            "neither": "a-counter-has-64-bits",
        },
        because="2^21 pins add 2^31; with the 1 that is there, that is two more than it can hold.",
        hints=(
            "What does one hold of each kind add to the refcount?",
            "A reference adds 1 and a pin 1024. Multiply both by 2^21, and compare with 2^31 - 1.",
        ),
    )


def last_pin_of_all() -> Number:
    """Predict the number of the last pin that succeeds."""
    right = last_pin(R0)
    return Number(
        id="last-pin",
        lesson=LESSON,
        right=right,
        wrong={
            right - 1: "the-last-pin-fails",
            last_reference(R0): "pins-and-references-are-the-same",
            last_reference(R0) + 1: "pins-and-references-are-the-same",
            last_grab(R0, GUP_PIN_COUNTING_BIAS, bits=64): "a-counter-has-64-bits",
            2 * right: "That would fit a counter without a sign; this one has a sign",
            right + 1: "That pin finds the refcount below zero already and is refused",
        },
        because="It finds the refcount above zero, so it is allowed, and takes it below.",
        hints=(
            "The kernel looks at the refcount before it adds. What does the pin that would go past "
            "the end find there?",
            "After 2^21 - 1 pins the refcount is 1 + (2^21 - 1) * 1024 = 2^31 - 1023: still above "
            "zero. What happens to whoever comes next, and to the one after?",
        ),
    )


def what_it_reads() -> Choice:
    """Choose what the refcount reads after pin 2^21."""
    writes = Writes()
    return Choice(
        id="what-it-reads",
        lesson=LESSON,
        right=str(writes.after(2**21)),
        wrong={
            "0": "overflow-wraps-to-zero-and-frees",
            str(writes.after(2**21 - 1)): "the-last-pin-fails",
            str(INT_MAX): "A counter that stops at its largest value saturates; this one wraps",
            str(R0 + 2**31): "a-counter-has-64-bits",
            "anything": "signed-overflow-is-undefined",
        },
        because="1 + 2^31 is 2^31 - 1 and two more steps, and the step after 2^31 - 1 is -2^31.",
        hints=(
            "Which number follows 2147483647 in a signed integer of 32 bits that wraps around?",
            "The numbers go round in a circle of 2^32. Take 2^32 away from 1 + 2^31.",
        ),
    )


def digits_that_change() -> Number:
    """Predict how many binary digits of the refcount change with pin 2^21."""
    writes = Writes()
    last = writes.room
    changed = (writes.after(last - 1) ^ writes.after(last)) % 2**writes.bits
    return Number(
        id="digits-that-change",
        lesson=LESSON,
        right=changed.bit_count(),
        wrong={
            1: "The sign alone cannot change: the carry that reaches it has run through every "
            "digit of the pins",
            changed.bit_length() - changed.bit_count() + 1: "The digits that a pin turns begin at "
            "the eleventh from the right; the carry goes on from there",
            changed.bit_count() - 1: "Those are the digits of the pins; the sign changes, too",
            writes.bits: "The ten digits on the right stay: a pin adds 2^10",
        },
        because="All 21 digits of the pins go from 1 to 0, and the sign from 0 to 1.",
        hints=(
            "How does 2^31 - 1023 look in binary? Which digits of it are 1?",
            "It is a 0 for the sign, then 21 ones, then 0000000001. Add 2^10: where does the carry "
            "go?",
        ),
    )


def one_after_another(seed: int) -> Number:
    """Predict the highest refcount if each write completes before the next begins."""
    draw = Draw("one-after-another", seed)
    writes, pages = (
        (2 ** draw.one(range(12, 18)), 2 ** draw.one(range(1, 9))) if seed else (WRITES, PAGES)
    )
    apart, together = Writes(writes, pages, together=False), Writes(writes, pages)
    right = apart.refcount
    wrong = {
        together.refcount: "writes-add-up-after-they-finish",
        R0 + together.wanted * apart.bias: "writes-add-up-after-they-finish",
        together.wanted * apart.bias: "writes-add-up-after-they-finish",
        R0: "That is what it comes back to between two writes; while one is in flight it is higher",
        R0 + apart.bias: "That is one pin for each write; a pin is taken for each page",
        R0 + pages: "pins-and-references-are-the-same",
        right - R0: "The refcount begins at 1",
        pages: "That is the number of pins; each of them adds 1024 to the refcount, which begins "
        "at 1",
    }
    return Number(
        id="one-after-another",
        lesson=LESSON,
        question=f"{ON_THE_FEARED} {writes} direct writes of {pages} never-written pages each go "
        "to disk. Each write completes before the next one begins. The refcount of the zero page "
        "is 1 before the first of them, and nobody else holds it. **Which is the highest value "
        "that it reads?**",
        right=right,
        low=INT_MIN,
        wrong=besides(right, wrong),
        because=f"One write holds {pages} pins, and gives them back before the next one begins.",
        hints=(
            "How many writes are in flight at the same time, and how many pins does that make?",
            "No more than the pins of one write are held at once. Each of them adds 1024 to the 1 "
            "that is there.",
        ),
    )


def who_is_refused() -> Selection:
    """Select the calls of other processes that fail while the refcount is negative."""
    mapped = (
        "Mapping the zero page takes no reference, so plain reads of fresh memory go on, and so "
        "does fork"
    )
    guarded = (
        "Not only pins are refused: whoever takes a reference to the page by way of GUP meets the "
        "same guard"
    )
    right = refused()
    return Selection(
        id="who-is-refused",
        lesson=LESSON,
        options=tuple(CALLS),
        right=right,
        wrong={
            frozenset(): "only-the-culprit-suffers",
            frozenset({"process_vm_readv"}): guarded,
            frozenset(CALLS): mapped,
        },
        extra=dict.fromkeys((call for call in CALLS if call not in right), mapped),
        missing=dict.fromkeys(
            (call for call in CALLS if call in right),
            "Whatever takes a hold of the shared page, be it a pin or a reference, meets the guard",
        ),
        because="All of these ask the guard for a hold on the shared page. Page faults and fork "
        "take none.",
        hints=(
            "Which of these have to hold the frame itself, and which only map it?",
            "Each call that reaches a process's memory by way of get_user_pages() or "
            "pin_user_pages() needs a hold. A page fault that maps the zero page takes none.",
        ),
    )


def first_refused_reader(seed: int) -> Number:
    """Predict which reader of many pages is the first to be refused."""
    draw = Draw("first-refused-reader", seed)
    each, before = PAGES_AT_ONCE, 0
    if seed:
        each, before = 2 ** draw.one(range(4, 11)), draw.one(range(4)) * 2**19
    right = (last_pin(R0) - before) // each + 1
    one_each = f"That is the number of the pin; each reader wants {each} of them"
    wrong = {
        last_pin(R0) // each + 1: "That forgets the pins that others hold before",
        last_pin(R0) - before: one_each,
        last_pin(R0) - before + 1: one_each,
        right - 1: "the-last-pin-fails",
        right - 2: "That reader gets all its pins, and the refcount is still above zero",
    }
    held = f"Others hold {digits(before)} pins of it, and keep them. " if before else ""
    return Number(
        id="first-refused-reader",
        lesson=LESSON,
        question=f"On Linux 6.1 {WITHOUT_PATCH}, the refcount of the zero page is 1 while nobody "
        f"holds it. {held}Now readers come, one after another. Each is stopped in the middle of a "
        f"`process_vm_readv` of {each} never-written pages, and so holds {each} pins of the zero "
        "page. **Which reader is the first to be refused? Give its number.**",
        right=right,
        wrong=besides(right, wrong),
        because=f"With {right - 1} readers 2^21 pins are held, and all of those succeed.",
        hints=(
            "How many readers does it take until 2^21 pins are held?",
            "Pin 2^21 still succeeds. So the last reader that gets all it wants is the one that "
            "takes the refcount below zero; the next one is refused.",
        ),
    )


PATCHED = "6.5 has the patch: a pin of the zero page changes nothing"


def three_kernels() -> Numbers:
    """Predict the refcount with the mail's writes in flight, on three kernels."""
    pins, references, none = Writes().refcount, Writes(bias=1).refcount, R0
    return Numbers(
        id="three-kernels",
        lesson=LESSON,
        low=INT_MIN,
        parts={
            "6.4": (
                references,
                {
                    pins: "pins-and-references-are-the-same",
                    none: "The patch came with 6.5; in 6.4 each reference to the zero page counts",
                },
            ),
            "6.5": (
                none,
                {
                    pins: PATCHED,
                    references: PATCHED,
                    R0 + PAGES: PATCHED,
                    0: "It begins at 1, and the patch leaves it there",
                },
            ),
            "feared": (
                pins,
                {
                    references: "pins-and-references-are-the-same",
                    R0 + 2**31: "a-counter-has-64-bits",
                    0: "overflow-wraps-to-zero-and-frees",
                    R0: "The kernel they feared is 6.5 without the patch: it counts these pins",
                },
            ),
        },
        because="References on 6.4, no hold at all on 6.5, pins on the kernel they feared.",
        hints=(
            "Which kind of hold does direct I/O take on each of them, and is it counted?",
            "1 + 2^21 references; nothing is added; 1 + 2^21 * 1024, wrapped around.",
        ),
    )


def five_ends() -> Selection:
    """Select the ends at which a counter reads 1 after 200 gets and all puts."""
    left = {end: climb_and_return(end, gets=200, bits=8)[-1].value for end in ENDS}
    right = frozenset(end for end, value in left.items() if value == R0)
    return Selection(
        id="five-ends",
        lesson=LESSON,
        options=tuple(ENDS),
        right=right,
        wrong={
            frozenset({"exempt"}): "Whatever goes up and comes down by the same steps is back at "
            "1, even past the end",
        },
        extra={
            "saturate": "A saturated counter stays where it is, whatever is given back",
            "abort": "After an abort there is no program left to read it",
        },
        missing={
            "wrap": "A wrap is undone by wrapping back: 200 up and 200 down",
            "refuse": "Who was refused holds nothing and gives nothing back",
            "exempt": "What is never changed reads 1 all the time",
        },
        because="These come down by the steps that they went up.",
        hints=(
            "Follow each counter up to its end, and then down by one for each holder that got in.",
            "saturate never comes back from its fixed value, and abort ends the program. The "
            "others?",
        ),
    )


def which_end() -> Choice:
    """Choose the end at which one program's leak makes other programs' calls fail."""
    return Choice(
        id="which-end",
        lesson=LESSON,
        gives=IT_IS,
        right="refuse",
        wrong={
            "wrap": "No call fails there: the object is freed while others hold it, which is worse",
            "saturate": "No call fails there: the object is never freed, that is all",
            "abort": "There the program that leaks ends; others have counters of their own",
            "exempt": "There is nothing to leak: the counter is not changed",
        },
        because="Whoever shares the page is refused, until somebody lets go.",
        hints=(
            "What does each of the five do to somebody who comes when the counter is at its end?",
            "Think of the calls that fail while the zero page's refcount is negative.",
        ),
    )


def full_queues() -> Number:
    """Predict how many full queues of 256 requests hold 2^21 pins."""
    writes = Writes()
    depth = next(limit.value for limit in limits() if limit.id == "queue-scheduler") or 1
    right = writes.room // (writes.pages * depth)
    return Number(
        id="full-queues",
        lesson=LESSON,
        gives=IT_IS,
        right=right,
        wrong={
            writes.room // depth: "Each request holds 64 pins, one for each page of the write",
            writes.room: "That is the number of pins",
            writes.writes: "That is the number of writes; a queue takes 256 of them",
        },
        because="2^8 requests of 2^6 pages hold 2^14 pins, and 2^21 / 2^14 = 2^7.",
        hints=(
            "How many pins does one full queue hold?",
            "2^8 * 2^6 = 2^14 pins. Divide 2^21 by that.",
        ),
    )


def feared_releases() -> Number:
    """Predict in how many releases direct I/O pins and the zero page's pins are counted."""
    rules = [Kernel(release).rules for release in Kernel.releases()]
    pinning = [rule for rule in rules if rule.dio_hold == "pin"]
    return Number(
        id="feared-releases",
        lesson=LESSON,
        right=sum(rule.zero_page_grab == "counted" for rule in pinning),
        wrong={
            len(pinning): "Those pin in direct I/O, and have the patch as well",
            sum(rule.zero_page_grab == "counted" for rule in rules): "Those count pins of the "
            "zero page, but their direct I/O takes references",
            1: "6.5 made direct I/O pin, and brought the patch at the same time",
        },
        because="Where direct I/O pins, the patch is in.",
        hints=(
            "In which release did direct I/O begin to take pins, and in which did the patch come?",
            "Both are in 6.5. Before it direct I/O takes references.",
        ),
    )


def last_reference_of_all() -> Number:
    """Predict the number of the last reference that succeeds, with no pins."""
    right = last_reference(R0)
    return Number(
        id="last-reference",
        lesson=LESSON,
        right=right,
        wrong={
            right - 1: "the-last-pin-fails",
            right + 1: "That one finds the refcount at -2^31, and is refused",
            last_pin(R0): "pins-and-references-are-the-same",
            last_grab(R0, 1, bits=64): "a-counter-has-64-bits",
        },
        because="It finds the refcount at 2^31 - 1, above zero, and takes it to -2^31.",
        hints=(
            "What does the refcount read when the last one comes that still finds it above zero?",
            "After G references it is 1 + G. The largest value above zero is 2^31 - 1.",
        ),
    )


def references_first(seed: int) -> Number:
    """Predict the last pin if references are held before."""
    draw = Draw("references-first", seed)
    start = 2 * GUP_PIN_COUNTING_BIAS
    if seed:
        start = draw.one(range(1, 10)) * GUP_PIN_COUNTING_BIAS + draw.one((0, 1, 500, 1023))
    extra, right = start - R0, last_pin(start)
    found = refcount_with(R0, extra, right - 1)
    wrong = {
        last_pin(R0): "That is the last one if nobody else holds the page",
        last_pin(R0) - extra: "pins-and-references-are-the-same",
        last_grab(start, GUP_PIN_COUNTING_BIAS, bits=64): "a-counter-has-64-bits",
        right + 1: "That pin finds the refcount below zero already: the references and the 1 of "
        "the start are there as well",
        right - 1: "the-last-pin-fails",
    }
    return Number(
        id="references-first",
        lesson=LESSON,
        question=f"{ON_THE_FEARED} {extra} extra references to the zero page are held when the "
        f"first pin comes, so that its refcount is {start}. Then it is pinned again and again, "
        "and nothing is released. **Which pin is the last to succeed? Give its number.**",
        right=right,
        wrong=besides(right, wrong),
        because=f"It finds the refcount at {digits(found)}, above zero, and takes it past the end.",
        hints=(
            "Write down r0 + G + 1024 P for these holds. For which P is it 2^31 or more?",
            "r0 + G is there before the first pin: as much as how many pins, rounded down?",
        ),
    )


def most_at_once(seed: int) -> Number:
    """Read from a trace how many pins were held at the same time, at most."""
    draw = Draw("most-at-once", seed)
    kernel = feared()
    sizes = draw.shuffled((2, 4, 8, 16, 32))[:4]
    requests = [_submit(kernel, size) for size in sizes[:2]]
    for size in sizes[2:]:
        requests.pop(draw.one((0, 1))).complete()
        requests.append(_submit(kernel, size))
    events = [e for e in kernel.trace if e.operation in ("pin", "unpin")]
    held = list(accumulate(e.pages if e.operation == "pin" else -e.pages for e in events))
    right = max(held)
    wrong = {
        R0 + GUP_PIN_COUNTING_BIAS * right: "That is the refcount, with 1024 for each pin",
        len(requests): "That counts writes; each of them holds a pin for every page",
        max(sizes): "That is the largest write alone",
        held[-1]: "That is what is held at the end",
        sum(sizes): "writes-add-up-after-they-finish",
    }
    return Number(
        id="most-at-once",
        lesson=LESSON,
        question=f"{ON_THE_FEARED} four direct writes of never-written memory are submitted. Some "
        "complete before others begin. Each event in the trace is about as many pages as the "
        "column `pages` says, and a pin is taken for each page. **What is the highest number of "
        "pins (not the refcount) that are held at the same time?**",
        given=kernel.trace,
        right=right,
        wrong=besides(right, wrong),
        because="These were in flight together; what was complete before had given its pins back.",
        hints=(
            "Go down the trace line by line: a pin adds its pages, an unpin takes them away.",
            "The column refcount has the answer: take its highest value, less 1, in units of 1024.",
        ),
    )


def find_the_leak(seed: int) -> Number:
    """Find in a trace which of six requests has never given its pins back."""
    draw = Draw("the-leak", seed)
    kernel = feared()
    requests = [_submit(kernel, size) for size in draw.shuffled((1, 2, 4, 8, 16, 32))]
    leak = draw.one(range(len(requests)))
    for place in draw.shuffled([n for n in range(len(requests)) if n != leak]):
        requests[place].complete()
    steps = {e.actor: e.step for e in kernel.trace if e.operation == "unpin"}
    return Number(
        id="find-the-leak",
        lesson=LESSON,
        gives=IT_IS,
        question=f"{ON_THE_FEARED} six direct writes of never-written memory have completed, says "
        "the disk. For one of them the driver has forgotten to release the pins. **For which DIO? "
        "Give its number.**",
        given=kernel.trace,
        right=leak + 1,
        low=1,
        wrong={
            number: f"DIO {number} gives its pins back in step {steps[request.name]}"
            for number, request in enumerate(requests, start=1)
            if request.name in steps
        },
        because="Its pins are never released, and the refcount stays above 1 by 1024 for each.",
        hints=(
            "Each pin needs an unpin of as many pages by the same actor. Tick them off.",
            "The last refcount tells how many pins are left: take away 1, and divide by 1024. "
            "Which request took that many?",
        ),
    )


def _submit(kernel: Kernel, pages: int) -> DirectIO:
    mm = kernel.new_mm()
    return kernel.submit_dio_write(mm, mm.mmap(pages * PAGE_SIZE), pages)


def try_grab() -> Program:
    """Write the grab of a small page: the guard, then the addition."""
    edges = (1, 2, 1023, 1024, 1025, INT_MAX, INT_MAX - 1, INT_MAX - 1022, INT_MAX - 1023,
             INT_MAX - 1024, INT_MAX - 2**16, 0, -1, -127, -128, 1 - 2**31, INT_MIN)  # fmt: skip
    draw = Draw("try-grab", 0)
    drawn = tuple(draw.one(range(1, INT_MAX)) for _ in range(8))
    return Program(
        id="try-grab",
        lesson=LESSON,
        name="try_grab",
        arguments=("refcount", "refs"),
        states=tuple(product((*edges, *drawn), (1, 64, 512))),
        model=grab_in_the_model,
        trace=lambda *state: str(_grabbed(*state)[0].trace[1:]),
        wrong=(
            ("the-last-pin-fails", _looks_at_both_values),
            ("the-last-pin-fails", _looks_at_the_new_value),
            ("overflow-wraps-to-zero-and-frees", _without_guard),
            ("a-counter-has-64-bits", _without_wrap),
            ("pins-and-references-are-the-same", _adds_references),
            (
                "A refcount of 0 is refused as well: nobody holds the page, and it is being freed",
                _lets_zero_pass,
            ),
            ("The kernel looks once for the whole call, however many pins it adds", _one_by_one),
            ("The kernel returns errors as negative numbers", _positive_error),
            ("What is wanted is a pair, the error and the refcount as it was", _error_alone),
        ),
        because="One look at the old value, one addition that wraps.",
        hints=(
            "Two lines are enough: one that refuses, one that adds. Which value does the guard "
            "look at?",
            "If refcount is not above zero, return -ENOMEM and the refcount as it was. Otherwise "
            "return 0 and wrap(refcount + refs * 1024).",
        ),
    )


def grab_in_the_model(refcount: int, refs: int) -> tuple[int, int]:
    """Return what the model's try_grab_folio() answers, and the refcount after it."""
    _, folio, error = _grabbed(refcount, refs)
    return error, folio.refcount


def _grabbed(refcount: int, refs: int) -> tuple[Kernel, Folio, int]:
    """Try to pin an order-0 folio that has this refcount."""
    kernel = Kernel()
    folio = kernel.alloc_folio()
    folio.refcount = refcount
    try:
        kernel.try_grab_folio(folio, refs, FOLL_PIN)
    except OSError as error:
        return kernel, folio, -int(error.errno or 0)
    return kernel, folio, 0


def _looks_at_both_values(refcount: int, refs: int) -> tuple[int, int]:
    after = wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)
    return (-ENOMEM, refcount) if refcount <= 0 or after <= 0 else (0, after)


def _looks_at_the_new_value(refcount: int, refs: int) -> tuple[int, int]:
    after = wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)
    return (-ENOMEM, refcount) if after <= 0 else (0, after)


def _one_by_one(refcount: int, refs: int) -> tuple[int, int]:
    for _ in range(refs):
        if refcount <= 0:
            return -ENOMEM, refcount
        refcount = wrap(refcount + GUP_PIN_COUNTING_BIAS)
    return 0, refcount


def _positive_error(refcount: int, refs: int) -> tuple[int, int]:
    error, after = grab_in_the_model(refcount, refs)
    return -error, after


def _error_alone(refcount: int, refs: int) -> int | tuple[int, int]:
    error, after = grab_in_the_model(refcount, refs)
    return error or (0, after)


def _without_guard(refcount: int, refs: int) -> tuple[int, int]:
    return 0, wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)


def _without_wrap(refcount: int, refs: int) -> tuple[int, int]:
    after = refcount + refs * GUP_PIN_COUNTING_BIAS
    return (-ENOMEM, refcount) if refcount <= 0 else (0, after)


def _adds_references(refcount: int, refs: int) -> tuple[int, int]:
    return (-ENOMEM, refcount) if refcount <= 0 else (0, wrap(refcount + refs))


def _lets_zero_pass(refcount: int, refs: int) -> tuple[int, int]:
    if refcount < 0:
        return -ENOMEM, refcount
    return 0, wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "which-hold": which_hold,
    "last-pin": last_pin_of_all,
    "what-it-reads": what_it_reads,
    "digits-that-change": digits_that_change,
    "who-is-refused": who_is_refused,
    "three-kernels": three_kernels,
    "five-ends": five_ends,
    "which-end": which_end,
    "feared-releases": feared_releases,
    "full-queues": full_queues,
    "last-reference": last_reference_of_all,
    "try-grab": try_grab,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "one-after-another": one_after_another,
    "most-at-once": most_at_once,
    "first-refused-reader": first_refused_reader,
    "references-first": references_first,
    "find-the-leak": find_the_leak,
}
