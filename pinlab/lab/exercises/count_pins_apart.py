"""The exercises of lesson 06."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import ENOMEM
from itertools import product

from pinlab.lab.draw import Draw
from pinlab.lab.exercise import IT_IS, Exercise, Number, Numbers, Program, Selection
from pinlab.lab.figures.folio import Pinned
from pinlab.lab.powers import plural
from pinlab.machine.buffers import PAGES
from pinlab.machine.predictions.calls import buffer_in, huge_buffer_in
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, INT_MAX, INT_MIN, last_grab, last_pin, wrap
from pinlab.model.fault import PTRS_PER_PMD
from pinlab.model.folio import HPAGE_ORDER, MAX_ORDER, PAGE_SIZE, Folio, Page
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

LESSON = "06_count_pins_apart"
R0 = 1
"""The refcount of a fresh folio."""

WRITES = 100
BEGAN_AT_1 = "The refcount begins at 1"
NO_PINCOUNT = "This release keeps no pincount for a folio of this order"
ALWAYS_COUNTED = "A pin always goes into the refcount, too: else the folio could be freed"
EACH_PAGE = "Each page that is pinned adds to the folio's counters, and not each call"
HAS_PINCOUNT = "This folio keeps its pins in a pincount"
OWN_COUNT = "each-subpage-has-its-own-count"


def one_madvise() -> Number:
    """Predict the pins of 100 writes of never-written memory in huge pages."""
    right = WRITES * _pins_of_a_write()
    return Number(
        id="one-madvise",
        lesson=LESSON,
        right=right,
        wrong={
            0: "the-huge-zero-page-is-exempt",
            WRITES: "Pins are counted by the page, not by the folio: 64 for each write",
            PTRS_PER_PMD: "That is how many pages a huge page has; each write pins 64",
            WRITES * PTRS_PER_PMD: "Only the pages of the write are pinned, 64 of the 512",
            right // WRITES: "That is for one write; every write takes its pins anew",
            right * GUP_PIN_COUNTING_BIAS: "/proc/vmstat counts pins, whatever they add to the "
            "refcount",
        },
        because="Each write pins 64 pages of the huge zero folio, and these pins are counted.",
        hints=(
            "The patch exempts one page. Is that what stands behind these pages?",
            "A huge page that was never written has a folio of zeros of its own, which is pinned "
            "like any other: 64 pages, 100 times.",
        ),
    )


def _pins_of_a_write() -> int:
    kernel = Kernel("6.18")
    mm, addr = huge_buffer_in(kernel)
    kernel.submit_dio_write(mm, addr, PAGES)
    return kernel.vmstat["nr_foll_pin_acquired"]


def page_7() -> Numbers:
    """Predict what is read through page 7 after pages 0 and 511 were pinned."""
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio(HPAGE_ORDER)
    for _ in (0, 511):
        kernel.try_grab_folio(folio, 1, FOLL_PIN)
    page = folio.page(7)
    return Numbers(
        id="page-7",
        lesson=LESSON,
        parts={
            "refcount": (
                page.refcount,
                {
                    R0: ALWAYS_COUNTED,
                    2: BEGAN_AT_1,
                    R0 + 2 * GUP_PIN_COUNTING_BIAS: "every-pin-adds-1024",
                    R0 + PTRS_PER_PMD: "Each pin is of one page, and adds 1",
                },
            ),
            "pincount": (
                page.pincount or 0,
                {
                    0: HAS_PINCOUNT,
                    1: "There are two pins, of two pages of the folio",
                    2 * GUP_PIN_COUNTING_BIAS: "every-pin-adds-1024",
                    PTRS_PER_PMD: "Each pin is of one page, and adds 1",
                },
            ),
        },
        together=[({"refcount": R0, "pincount": 0}, OWN_COUNT)],
        because="Page 7 shows its folio's counters, and two pages of the folio are pinned.",
        hints=(
            "Whose are the two counters that page 7 shows?",
            "They are the folio's. Each of the two pins has added 1 to the refcount and 1 to the "
            "pincount.",
        ),
    )


RELEASES = ("5.6", "5.7", "5.10", "5.15", "5.17", "5.18", "6.1", "6.5", "6.12", "6.18")


def pin_pages(seed: int) -> Numbers:
    """Predict both counters after some pages of a folio were pinned, on some release."""
    draw = Draw("pin-pages", seed)
    release, order = draw.one(RELEASES), draw.one((0, 1, 1, 4, 9, 9))
    some = range((order + 1) // 2, order + 1)
    pinned = Pinned(release, order, 1 << draw.one(some))
    n, size, apart = pinned.pages, 1 << order, pinned.pincount is not None
    (_, refcount), (_, pincount) = pinned.refcount, pinned.pincount or (0, 0)
    # The likelier idea comes later, where two lead to the same number.
    ideas = {
        "refcount": {
            refcount - R0: BEGAN_AT_1,
            R0: ALWAYS_COUNTED,
            R0 + GUP_PIN_COUNTING_BIAS: EACH_PAGE,
            R0 + 1: EACH_PAGE,
            R0 + n: "Without a pincount the pin of a page adds 1024, since Linux 5.7",
            R0 + GUP_PIN_COUNTING_BIAS * n: "every-pin-adds-1024"
            if apart
            else "On Linux 5.6 a pin is a reference; the 1024 came with 5.7",
        },
        "pincount": {
            refcount: "The pincount begins at 0, and the refcount at 1",
            1: EACH_PAGE if apart else NO_PINCOUNT,
            0: HAS_PINCOUNT,
            n: NO_PINCOUNT,
            GUP_PIN_COUNTING_BIAS * n: "every-pin-adds-1024" if apart else NO_PINCOUNT,
        },
    }
    right = {"refcount": refcount, "pincount": pincount}
    return Numbers(
        id="pin-pages",
        lesson=LESSON,
        parts={
            name: (number, {other: idea for other, idea in ideas[name].items() if other != number})
            for name, number in right.items()
        },
        question=(
            f"On Linux {release} with 64 bits a fresh folio of order {order} ({size} "
            f"{plural(size, 'page')}) has the refcount 1 and no pins. A driver pins {n} "
            f"{plural(n, 'page')} of it in one call. **What do the folio's refcount and its "
            "pincount read then?** If this release keeps no pincount for that order, write 0."
        ),
        because=_why(release, order),
        hints=(
            "Does this release keep a pincount for that order?",
            "From 5.7 on orders above 1 have one, from 5.18 on orders above 0. With it the pin of "
            "a page adds 1 and 1, without it 1024; in 5.6 a pin adds 1, as a reference does.",
        ),
    )


def _why(release: str, order: int) -> str:
    rules = Kernel(release).rules
    if rules.has_pincount(order):
        return f"Order {order} has a pincount on Linux {release}: 1 and 1 for each page."
    if rules.pin_bias == GUP_PIN_COUNTING_BIAS:
        return f"Order {order} has no pincount on Linux {release}: 1024 for each page."
    return f"On Linux {release} a pin is a reference: 1 for each page."


def orders_apart(seed: int) -> Selection:
    """Select the orders that keep a pincount on some release."""
    draw = Draw("orders-apart", seed)
    release = draw.one(RELEASES)
    others = sorted(draw.shuffled(range(3, MAX_ORDER + 1))[:2])
    options = tuple(map(str, (0, 1, 2, *others)))
    right = _apart(release, options)
    wrong = {
        frozenset(options): "A single page has nowhere to put a pincount",
        frozenset(options[-1:]): "It is not a matter of 2 MiB: smaller folios can have one as well",
        _apart("5.18", options): "Order 1 has one only from Linux 5.18 on",
        _apart("5.7", options): "Since Linux 5.18 order 1 has one, too",
        _apart("5.6", options): "every-pin-adds-1024",
    }
    if not right:
        early = "Linux 5.6 has no pincount at all; it came with 5.7"
        wrong |= dict.fromkeys((_apart("5.7", options), _apart("5.18", options)), early)
    return Selection(
        id="orders-apart",
        lesson=LESSON,
        options=options,
        right=right,
        wrong={orders: idea for orders, idea in wrong.items() if orders != right},
        question=(
            f"**Which of the orders {', '.join(options)} keep their pins in a pincount of their "
            f"own on Linux {release} with 64 bits?** Answer with a set of strings, or with `set()`."
        ),
        because="None before 5.7; from 5.7 on orders above 1; from 5.18 on all above 0.",
        hints=(
            "Find the row of the release: each holds until the next one begins.",
            "5.6 has none. From 5.7 on there is one from order 2 on, and from 5.18 on from order "
            "1 on.",
        ),
    )


def _apart(release: str, orders: tuple[str, ...]) -> frozenset[str]:
    rules = Kernel(release).rules
    return frozenset(order for order in orders if rules.has_pincount(int(order)))


MAYBES = (("6.18", 0), ("6.18", 9), ("5.17", 1), ("5.18", 1), ("5.7", 2))


def maybe_pinned() -> Selection:
    """Select the folios that 1023 extra references make look pinned."""
    options = {f"order {order} on Linux {release}": (release, order) for release, order in MAYBES}
    right = frozenset(words for words, folio in options.items() if _looks_pinned(*folio))
    exact = "has a pincount, which no reference touches: 0 pins are 0"
    fuzzy = "has no pincount, and a refcount of 1024 looks like one pin"
    return Selection(
        id="maybe-pinned",
        lesson=LESSON,
        options=tuple(options),
        right=right,
        wrong={
            frozenset(): "Without a pincount the refcount is all there is to look at",
            frozenset(options): "Three of them have a pincount, and there nobody looks at the "
            "refcount",
        },
        missing={
            words: f"Order{words.removeprefix('order')} {fuzzy}"
            for words in options
            if words in right
        },
        extra={
            words: f"Order{words.removeprefix('order')} {exact}"
            for words in options
            if words not in right
        },
        because="These two have no pincount; the refcount has to do for both kinds.",
        hints=(
            "Which of them have a pincount?",
            "Order 0 never has one, and order 1 only from Linux 5.18 on. There the refcount is "
            "compared with 1024.",
        ),
    )


def _looks_pinned(release: str, order: int) -> bool:
    kernel = Kernel(release)
    folio = kernel.alloc_folio(order)
    kernel.try_grab_folio(folio, GUP_PIN_COUNTING_BIAS - R0, FOLL_GET)
    return kernel.folio_maybe_dma_pinned(folio)


def folio_limit() -> Number:
    """Predict the last pin of a large folio that succeeds."""
    right = Pinned("6.18", HPAGE_ORDER).last
    too_early = "large-folios-overflow-at-2^21"
    return Number(
        id="folio-limit",
        lesson=LESSON,
        right=right,
        wrong={
            last_pin(R0): too_early,
            last_pin(R0) - 1: too_early,
            PTRS_PER_PMD * last_pin(R0): OWN_COUNT,
            right - 1: "the-last-pin-fails",
            right + 1: "That one finds the refcount at -2^31, and is refused",
            last_grab(R0, 1, bits=64): "a-counter-has-64-bits",
        },
        because="Each pin adds 1 to the refcount, and this one still finds it above zero.",
        hints=(
            "What does a pin add to the refcount here, and which counter does the guard look at?",
            "It adds 1, so with P pins the refcount is 1 + P. The last pin that finds it above "
            "zero finds 2^31 - 1.",
        ),
    )


def two_zero_pages() -> Numbers:
    """Predict the counters of both zero pages while a write of each is in flight."""
    kernel = Kernel("6.18")
    for mm, addr in (buffer_in(kernel, ()), huge_buffer_in(kernel)):
        kernel.submit_dio_write(mm, addr, PAGES)
    huge = kernel.huge_zero_folio
    exempt = "Since Linux 6.5 a pin of the small zero page changes nothing"
    biased = R0 + PAGES * GUP_PIN_COUNTING_BIAS
    return Numbers(
        id="two-zero-pages",
        lesson=LESSON,
        parts={
            "refcount of the zero page": (
                kernel.zero_page.refcount,
                {biased: exempt, R0 + PAGES: exempt, 0: BEGAN_AT_1},
            ),
            "refcount of the huge zero folio": (
                huge.refcount,
                {
                    R0: ALWAYS_COUNTED,
                    biased: "every-pin-adds-1024",
                    R0 + 1: EACH_PAGE,
                    PAGES: BEGAN_AT_1,
                },
            ),
            "pincount of the huge zero folio": (
                huge.pincount or 0,
                {
                    0: HAS_PINCOUNT,
                    PAGES * GUP_PIN_COUNTING_BIAS: "every-pin-adds-1024",
                    1: EACH_PAGE,
                    PTRS_PER_PMD: "Only the pages of the write are pinned, 64 of the 512",
                },
            ),
        },
        together=[
            (
                {"refcount of the huge zero folio": R0, "pincount of the huge zero folio": 0},
                "the-huge-zero-page-is-exempt",
            )
        ],
        because="One is exempt; the other is a large folio with 64 of its pages pinned.",
        hints=(
            "Which of the two does the patch test for? And what is the other one, if not exempt?",
            "The small one stays as it is. The pin of each page of the huge one adds 1 to its "
            "refcount and 1 to its pincount.",
        ),
    )


def two_counters(seed: int) -> Numbers:
    """Read from a trace how many extra references and pins of a large folio are left."""
    draw = Draw("two-counters", seed)
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    addr = mm.mmap(PTRS_PER_PMD * PAGE_SIZE, order=HPAGE_ORDER)
    mm.write(addr, b"x")
    sizes = draw.shuffled((3, 5, 12, 20, 40, 64))
    pins = [mm.pin_user_pages(addr, sizes[0])]
    references = [mm.get_user_pages(addr, sizes[1])]
    for size, pin in zip(sizes[2:5], draw.shuffled((True, True, False)), strict=True):
        (pins if pin else references).append((_pin if pin else _get)(mm, addr, size))
    kernel.unpin_user_pages(pins.pop(draw.one(range(len(pins)))))
    folio = kernel.folios[-1]
    right_pins, held = folio.pincount or 0, folio.refcount
    right_references = held - R0 - right_pins
    taken = kernel.vmstat["nr_foll_pin_acquired"]
    parts = {
        "pins": (
            right_pins,
            {
                held // GUP_PIN_COUNTING_BIAS: "every-pin-adds-1024",
                taken: "Some of these were released again",
                held - R0: "Those are the pins and the extra references together",
                len(pins): "That counts calls; each of them pins several pages",
            },
        ),
        "extra references": (
            right_references,
            {
                held - R0: "The refcount has the pins in it as well, 1 for each page",
                held - right_pins: "One of these is the mapping's",
                held: "The refcount has the pins in it as well, and the mapping's reference",
                0: "get is a reference, and none of these was put",
                len(references): "That counts calls; each of them takes several references",
            },
        ),
    }
    return Numbers(
        id="two-counters",
        lesson=LESSON,
        given=kernel.trace,
        parts={
            name: (right, {number: idea for number, idea in wrong.items() if number != right})
            for name, (right, wrong) in parts.items()
        },
        question=(
            "A folio of order 9 on Linux 6.5, mapped once. **How many pins are held after the last "
            "line of this trace, and how many extra references (beyond the mapping's)?**"
        ),
        because="The pincount has the pins; the refcount has these, the mapping and the rest.",
        hints=(
            "Which of the two counters has the pins alone?",
            "The last pincount is the number of pins. The last refcount is 1 for the mapping, 1 "
            "for each pin, and 1 for each extra reference.",
        ),
    )


def _pin(mm: Mm, addr: int, pages: int) -> list[Page]:
    return mm.pin_user_pages(addr, pages)


def _get(mm: Mm, addr: int, pages: int) -> list[Page]:
    return mm.get_user_pages(addr, pages)


NAMES = ("A", "B", "C", "D", "E")


def find_the_put(seed: int) -> Number:
    """Find in a trace which program has released its pins as if they were references."""
    draw = Draw("find-the-put", seed)
    kernel = Kernel("6.5")
    kinds = draw.shuffled((FOLL_PIN, FOLL_PIN, FOLL_PIN, FOLL_GET, FOLL_GET))
    sizes = draw.shuffled((2, 3, 5, 8, 13, 21))[: len(NAMES)]
    for name, kind, size in zip(NAMES, kinds, sizes, strict=True):
        mm = kernel.new_mm(name)
        addr = mm.mmap(PTRS_PER_PMD * PAGE_SIZE, order=HPAGE_ORDER)
        (_pin if kind == FOLL_PIN else _get)(mm, addr, size)
    culprit = draw.one([n for n, kind in enumerate(kinds) if kind == FOLL_PIN])
    released = {}
    for n in draw.shuffled(range(len(NAMES))):
        kind = FOLL_GET if n == culprit else kinds[n]
        released[n] = len(kernel.trace)
        put = kernel.unpin_user_page if kind == FOLL_PIN else kernel.put_page
        put(kernel.huge_zero_folio.page(0), sizes[n], NAMES[n])
    names = {FOLL_PIN: "pins, and unpins", FOLL_GET: "references, and puts"}
    return Number(
        id="find-the-put",
        lesson=LESSON,
        gives=IT_IS,
        given=kernel.trace,
        right=released[culprit],
        wrong={
            step: f"{NAMES[n]} took {sizes[n]} {names[kinds[n]]} as many"
            for n, step in released.items()
            if n != culprit
        },
        question=(
            "Five programs hold pages of the huge zero folio on Linux 6.5 and release them. One "
            "of them has pins and releases them with `put_page()`, as if they were references. "
            "**In which step of this trace?** The refcount is 1 again afterwards, as if nothing "
            "was wrong."
        ),
        because="What was pinned was put: the refcount is back at 1, and the pincount is not at 0.",
        hints=(
            "Each program takes one kind of hold. Which one releases the other kind?",
            "The last pincount is the number of pins that were never unpinned. Which program took "
            "that many?",
        ),
    )


def grab_a_folio() -> Program:
    """Write the grab for folios with a pincount and without."""
    million = 1 << 21
    draw = Draw("grab-a-folio", 0)
    small = (1, 2, 1023, 1025, INT_MAX, INT_MAX - 1022, INT_MAX - 1023, 0, -1, 1 - 2**31, INT_MIN)
    large = (
        (1, 0), (2, 1), (2, 0), (65, 64), (1025, 0), (1025, 1024), (million, million - 1),
        (million + 1, million), (INT_MAX - 600, 1000), (INT_MAX - 511, 0), (INT_MAX, 7),
        (0, 0), (-1, 3), (INT_MIN, 9),
    )  # fmt: skip
    drawn = [(draw.one(range(2, INT_MAX)), draw.one(range(2**20))) for _ in range(5)]
    folios = [*large, *((refcount, None) for refcount in small), *drawn]
    return Program(
        id="grab-a-folio",
        lesson=LESSON,
        name="grab",
        arguments=("refcount", "pincount", "refs"),
        states=tuple((*folio, refs) for folio, refs in product(folios, (1, 64, 512))),
        model=grab_in_the_model,
        trace=lambda *state: str(_grabbed(*state)[0].trace[1:]),
        wrong=(
            ("every-pin-adds-1024", _adds_1024_always),
            ("every-pin-adds-1024", _adds_1024_alone),
            (EACH_PAGE, _adds_1_for_a_call),
            ("large-folios-overflow-at-2^21", _refuses_at_2_21),
            (
                "The refcount goes up, too: else the folio could be freed under the pin",
                _leaves_the_refcount,
            ),
            ("The pincount is there to be counted up", _leaves_the_pincount),
            ("A pincount of 0 is a pincount; None means that there is none", _takes_0_for_none),
            ("pins-and-references-are-the-same", _without_bias),
            ("the-last-pin-fails", _looks_at_the_new_value),
            ("A refcount that is not above zero is refused first, whatever the order", _unguarded),
        ),
        because="One look at the refcount, then 1 and 1 for each page, or 1024.",
        hints=(
            "First the guard of lesson 04. Then two cases: is there a pincount, or not?",
            "If refcount is not above zero, return -ENOMEM and both counters as they were. "
            "Without a pincount add refs * 1024 to the refcount; with one add refs to both. "
            "wrap() the refcount.",
        ),
    )


Counters = tuple[int, int, int | None]
"""What a grab returns: 0 or minus an errno, the refcount, the pincount."""


def grab_in_the_model(refcount: int, pincount: int | None, refs: int) -> Counters:
    """Return what the model's try_grab_folio() answers, and both counters after it."""
    _, folio, error = _grabbed(refcount, pincount, refs)
    return error, folio.refcount, folio.pincount


def _grabbed(refcount: int, pincount: int | None, refs: int) -> tuple[Kernel, Folio, int]:
    """Try to pin a folio that has these counters."""
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio(0 if pincount is None else HPAGE_ORDER)
    folio.refcount, folio.pincount = refcount, pincount
    try:
        kernel.try_grab_folio(folio, refs, FOLL_PIN)
    except OSError as error:
        return kernel, folio, -int(error.errno or 0)
    return kernel, folio, 0


def _grab(refcount: int, pincount: int | None, refcount_up: int, pincount_up: int) -> Counters:
    """Guard and addition, for functions that are wrong in what they add."""
    if refcount <= 0:
        return -ENOMEM, refcount, pincount
    return 0, wrap(refcount + refcount_up), None if pincount is None else pincount + pincount_up


def _adds_1024_always(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS, refs)


def _adds_1024_alone(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS, 0)


def _adds_1_for_a_call(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, GUP_PIN_COUNTING_BIAS if pincount is None else 1, 1)


def _refuses_at_2_21(refcount: int, pincount: int | None, refs: int) -> Counters:
    if pincount is not None and pincount + refs > last_pin(R0):
        return -ENOMEM, refcount, pincount
    return grab_in_the_model(refcount, pincount, refs)


def _leaves_the_refcount(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS if pincount is None else 0, refs)


def _leaves_the_pincount(refcount: int, pincount: int | None, refs: int) -> Counters:
    error, after, _ = grab_in_the_model(refcount, pincount, refs)
    return error, after, pincount


def _takes_0_for_none(refcount: int, pincount: int | None, refs: int) -> Counters:
    if pincount:
        return grab_in_the_model(refcount, pincount, refs)
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS, 0)


def _without_bias(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs, refs)


def _looks_at_the_new_value(refcount: int, pincount: int | None, refs: int) -> Counters:
    error, after, apart = grab_in_the_model(refcount, pincount, refs)
    return (-ENOMEM, refcount, pincount) if error or after <= 0 else (0, after, apart)


def _unguarded(refcount: int, pincount: int | None, refs: int) -> Counters:
    if pincount is None:
        return 0, wrap(refcount + refs * GUP_PIN_COUNTING_BIAS), None
    return 0, wrap(refcount + refs), pincount + refs


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "one-madvise": one_madvise,
    "page-7": page_7,
    "maybe-pinned": maybe_pinned,
    "folio-limit": folio_limit,
    "two-zero-pages": two_zero_pages,
    "grab-a-folio": grab_a_folio,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "pin-pages": pin_pages,
    "orders-apart": orders_apart,
    "two-counters": two_counters,
    "find-the-put": find_the_put,
}
