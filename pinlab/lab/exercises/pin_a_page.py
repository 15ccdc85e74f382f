"""The exercises of lesson 03."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
from pinlab.lab.mapped_once import looks_pinned, mapped_once
from pinlab.machine.buffers import PAGES
from pinlab.machine.recordings import recording
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, INT_MAX, INT_MIN, split_refcount
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel

LESSON = "03_pin_a_page"

BIAS = GUP_PIN_COUNTING_BIAS
ALIKE = "A reference adds 1, and a pin of a single page adds 1024"
MAPPED = "The page is mapped, and the mapping's reference is one of those that add up"


def one_number() -> Choice:
    """Choose what a refcount of 2 tells on a kernel where a pin adds 1, too."""
    reference = mapped_once(references=1, release="5.6")
    pin = mapped_once(pins=1, release="5.6")
    return Choice(
        id="one-number",
        lesson=LESSON,
        gives=IT_IS,
        right="cannot be told" if pin.refcount == reference.refcount else "no",
        wrong={
            "yes": "pinned-means-refcount-above-one",
            "no": "It may be: on 5.6 a pin adds 1, just as a reference does",
        },
        because="A reference and a pin both leave a 2 there, and the number is all there is.",
        hints=(
            "Which holds can have made a 2 out of the mapping's 1?",
            "On 5.6 a pin adds 1 and a reference adds 1. Is there any difference afterwards?",
        ),
    )


BIT, SECOND, LIST, TABLE, STEP = "bit", "second counter", "list", "table", "large step"


def encoding() -> Selection:
    """Select the encodings that leave the record as large as it is and keep two pinners apart."""
    larger = "The record of a single frame has no room: it would be larger, for every frame"
    return Selection(
        id="encoding",
        lesson=LESSON,
        options=(BIT, SECOND, LIST, TABLE, STEP),
        right=frozenset({TABLE, STEP}),
        wrong={frozenset({BIT}): "pin-is-a-bit"},
        extra={
            BIT: "pin-is-a-bit",
            SECOND: larger,
            LIST: f"{larger}, if only by where the list begins",
        },
        missing={
            TABLE: "A table costs a search at each pin and each question, and memory, but it "
            "stands outside of the record and counts",
            STEP: "A large step needs no room at all: the number is there already, and two steps "
            "are twice as far as one",
        },
        because="One costs memory and a search; the other costs certainty, as you will see.",
        hints=(
            "Take them one by one. Where would it be stored? What is there when one of two "
            "pinners has let go?",
            "Three of them need room in the record, and one of these three does not even count.",
        ),
    )


def pins_and_references() -> Number:
    """Predict the refcount of a page with 3 pins and 2 extra references."""
    right = mapped_once(3, 2).refcount
    return Number(
        id="three-pins",
        lesson=LESSON,
        right=right,
        wrong={
            right - 1: MAPPED,
            mapped_once(1, 2).refcount: "Each of the three pins adds 1024",
            mapped_once(3, 0).refcount: "The extra references add up, too",
            3 * BIAS: "The mapping and the two extra references are in the refcount as well",
            1 + 2 + 3: ALIKE,
            2 + 3: ALIKE,
            1 + 3000 + 2: "A pin adds 2^10 = 1024, not 1000",
        },
        because="1 for the mapping, 2 for the extra references, and 3 times 1024.",
        hints=(
            "What does each hold add, and what was there before?",
            "The mapping has 1. Two references add 2. Three pins add 3 * 1024.",
        ),
    )


def what_it_tells() -> Choice:
    """Choose what a refcount of 2050 tells about the pins."""
    most, _ = split_refcount(mapped_once(2, 1).refcount)
    return Choice(
        id="what-it-tells",
        lesson=LESSON,
        gives=IT_IS,
        right=f"0 to {most}",
        wrong={
            f"{most}": "maybe-means-certainly",
            f"1 to {most}": "maybe-means-certainly",
            "any number": f"{most + 1} pins alone would be {BIAS * (most + 1)}, more than there is",
        },
        because="2 * 1024 + 2, 1024 + 1026 and 2050 references are the same number.",
        hints=(
            "In how many ways can 2050 be a sum of 1024s and 1s?",
            "With 2 pins 2 are left for references, with 1 pin 1026. And with no pin at all?",
        ),
    )


def false_positive(seed: int) -> Number:
    """Predict from how many extra references on a page that nobody has pinned looks pinned."""
    draw = Draw("false-positive", seed)
    mappings = draw.one(range(2, 1000)) if seed else 1
    right = next(n for n in range(BIAS + 1) if looks_pinned(mappings + n))
    wrong = {
        1: "pinned-means-refcount-above-one",
        right + 1: "At 1024 the answer is yes already: the comparison is ≥, not >",
        right - 1: "That leaves the refcount at 1023, one short",
        BIAS + mappings: "That is 1024 above what the mappings have; what is compared is the sum",
        BIAS: f"{MAPPED}: {mappings} of the 1024 there already" if mappings > 1 else MAPPED,
        BIAS - 1: "Each mapping holds a reference, not the first one alone",
    }
    times = "once" if mappings == 1 else f"by {mappings} page tables"
    return Number(
        id="false-positive",
        lesson=LESSON,
        right=right,
        wrong={number: idea for number, idea in wrong.items() if number != right},
        because=f"With the references of the mappings that makes {mappings} + {right} = {BIAS}.",
        question=(
            f"Linux 6.18. A single page is mapped {times}, and each mapping holds one reference; "
            "what is held beyond these is extra. Nobody has pinned it. **What is the smallest "
            "number of extra references with which `folio_maybe_dma_pinned()` says yes?**"
        ),
        hints=(
            "What does the refcount have to read, and how much of that is there already?",
            "It says yes from a refcount of 1024 on. Take away what the mappings hold.",
        ),
    )


def one_more() -> Choice:
    """Choose what one more reference does to a page that has 1023 extra ones."""
    return Choice(
        id="one-more",
        lesson=LESSON,
        right=str(mapped_once(0, BIAS).refcount),
        wrong={
            "refused": "1024-is-the-limit",
            "a pin": "maybe-means-certainly",
            "0": "1024-is-the-limit",
        },
        because="It is one addition like any other. Nothing in the kernel turns over at 1024.",
        hints=(
            "How many bits does the refcount have?",
            "The groups of digits are ours. The kernel adds 1 to 1024.",
        ),
    )


def fork_asks() -> Number:
    """Predict the extra references from which on fork copies where it counts itself first."""
    right = next(n for n in range(BIAS + 1) if looks_pinned(1 + n + 1))
    return Number(
        id="fork-asks",
        lesson=LESSON,
        right=right,
        wrong={
            right + 1: "That is without fork's own reference, as on 5.10",
            right + 2: f"{MAPPED}, and so is fork's own",
            right - 1: "That makes 1023 with the mapping's reference and fork's own, one short",
            1: "pinned-means-refcount-above-one",
        },
        because="The mapping's reference, fork's own and 1022 more make 1024.",
        hints=(
            "Which references are in the refcount when fork asks about this page?",
            "The mapping's 1 and fork's own 1. What is missing to 1024?",
        ),
    )


def put_for_unpin() -> Number:
    """Predict the refcount after a pin was released by a put."""
    folio = mapped_once(1, 0)
    folio.kernel.put_page(folio.page(0))
    return Number(
        id="put-for-unpin",
        lesson=LESSON,
        right=folio.refcount,
        low=INT_MIN,
        wrong={
            1: "unpin-is-put",
            0: "unpin-is-put",
            1 + BIAS: "A put takes away 1, whatever was meant",
            BIAS - 1: "One put takes away 1, and the mapping's reference is still there",
            1 - BIAS: "That is an unpin of a page that has no pin",
        },
        because="1 + 1024 - 1. Of these, 1023 belong to nobody.",
        hints=(
            "What did the pin add, and what does put_page() take away?",
            "1 for the mapping, 1024 for the pin, and then 1 less.",
        ),
    )


READ, WRITE, DEVICE, PIN, UNMAP, MOVE = (
    "program reads", "program writes", "device writes", "another pin", "unmap", "move",
)  # fmt: skip


def still_works() -> Selection:
    """Select what goes on while a page is pinned."""
    locks = "a-pin-locks-the-page"
    right = frozenset({READ, WRITE, DEVICE, PIN, UNMAP})
    return Selection(
        id="still-works",
        lesson=LESSON,
        options=(READ, WRITE, DEVICE, PIN, UNMAP, MOVE),
        right=right,
        wrong={frozenset(): locks, frozenset({READ}): locks, frozenset({DEVICE}): locks},
        extra={
            MOVE: "A hold is there to prevent a move: the device would go on with a frame that "
            "has been given to somebody else"
        },
        missing={
            READ: locks,
            WRITE: locks,
            DEVICE: "It is for the device that the page was pinned",
            PIN: "Any number of holders may have pinned it, each adds 1024",
            UNMAP: "The mapping's reference goes; the pin keeps the frame",
        },
        because="A pin keeps the frame where it is. It keeps nobody from its content.",
        hints=(
            "What does a pin promise to whoever took it?",
            "That the frame stays this frame and is not freed. Only one of the six breaks that.",
        ),
    )


MLOCKS = 100


def mlocked() -> Number:
    """Predict the pins of 100 calls of mlock on 64 written pages."""
    found = recording("6.18.44", "mlocked_pages", f"mlock:times={MLOCKS}")
    return Number(
        id="mlocked",
        lesson=LESSON,
        gives="the recording gives",
        right=int(found["acq"]),
        wrong={
            MLOCKS * PAGES: "pinned-is-mlocked",
            PAGES: "pinned-is-mlocked",
            MLOCKS: "pinned-is-mlocked",
            BIAS * PAGES: "pinned-is-mlocked",
        },
        because="mlock keeps the pages in RAM. Nobody is announced who works on the frames.",
        hints=(
            "Who is going to access the content of these frames, other than the program itself?",
            "mlock is about RAM and swap. No device is involved, and it takes no pin.",
        ),
    )


def split(seed: int) -> Numbers:
    """Split a refcount: the most pins that may be behind it, and the references then."""
    draw = Draw("split", seed)
    pins, references = draw.one(range(2, 10)), draw.one(range(2, 1000))
    refcount = mapped_once(pins, references - 1).refcount
    most, rest = split_refcount(refcount)
    slips = {
        "pins": {
            most + 1: f"{most + 1} pins alone would be {BIAS * (most + 1)}",
            most - 1: "One more fits",
            0: "None is possible, too, but it is not the largest",
            refcount: ALIKE,
        },
        "references": {
            rest - 1: MAPPED,
            refcount: "That is with no pin at all",
            rest + BIAS: "Another pin fits into that",
        },
    }
    if refcount // 1000 not in (most, *slips["pins"]):
        slips["pins"][refcount // 1000] = "A pin adds 2^10 = 1024, not 1000"
    return Numbers(
        id="split-a-refcount",
        lesson=LESSON,
        parts={"pins": (most, slips["pins"]), "references": (rest, slips["references"])},
        because=f"{most} * 1024 + {rest} = {refcount}. With fewer pins it is 1024 references more "
        "for each.",
        question=(
            f"Linux 6.18. The refcount of a single page reads {refcount}, and nothing else is "
            "known. **What is the largest number of pins that can be behind it, and how many "
            "references are there in that case (the mapping's among them)?**"
        ),
        hints=(
            "Think of the odometer: how often does 1024 fit?",
            "Divide by 1024: the quotient is pins, the remainder references.",
        ),
    )


def pins_left(seed: int) -> Number:
    """Tell from a row of refcounts how many pins are held at the end."""
    draw = Draw("pins-still-held", seed)
    first, second = draw.one(range(2, 6)), draw.one(range(1, 6))
    released = draw.one(range(1, first + second))
    references = draw.shuffled((521, 640, 707, 778, 850, 902, 945, 983))[:3]
    taken = draw.shuffled(
        [(FOLL_PIN, first), (FOLL_PIN, second), *((FOLL_GET, n) for n in references)]
    )
    folio = mapped_once()
    refcounts = [folio.refcount]
    for kind, holds in taken:
        folio.kernel.try_grab_folio(folio, holds, kind)
        refcounts.append(folio.refcount)
    for kind, holds in draw.shuffled([(FOLL_PIN, released), (FOLL_GET, references[0])]):
        put = folio.kernel.unpin_user_page if kind == FOLL_PIN else folio.kernel.put_page
        put(folio.page(0), holds)
        refcounts.append(folio.refcount)
    right = first + second - released
    naive, _ = split_refcount(refcounts[-1])
    wrong = {
        first + second: "Pins were released, too",
        naive: "maybe-means-certainly",
        0: "The steps of whole 1024s are pins, and not all of them were released",
        refcounts[-1]: "That is the refcount",
    }
    return Number(
        id="pins-left",
        lesson=LESSON,
        gives=IT_IS,
        given=tuple(refcounts),
        right=right,
        wrong={number: idea for number, idea in wrong.items() if number != right},
        because=f"{first + second} were taken and {released} released. By the last refcount alone "
        f"it might be up to {naive}.",
        question=(
            "Linux 6.18. A single page is mapped once. In each step one holder takes or releases "
            "some holds of one kind, and never more than 1000 references. These numbers are what "
            "the refcount reads, before the first step and after each one. **How many pins are "
            "held at the end?**"
        ),
        hints=(
            "Look at the steps from one number to the next, not at the numbers.",
            "A step of 1024, 2048, 3072 and so on is pins; the others are references. Add up the "
            "steps of pins.",
        ),
    )


HOLDERS = ("A", "B", "C", "D", "E", "F")


def wrong_release(seed: int) -> Number:
    """Find in a trace the release that was of the wrong kind."""
    draw = Draw("the-fault", seed)
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    folio = kernel.folios[-1]
    kinds = dict(zip(draw.shuffled(HOLDERS), [FOLL_GET, FOLL_PIN] * 3, strict=True))
    fault = draw.one(HOLDERS)
    for holder in draw.shuffled(HOLDERS):
        take = mm.pin_user_pages if kinds[holder] == FOLL_PIN else mm.get_user_pages
        take(addr, 1, owner=holder)
    for holder in draw.shuffled(HOLDERS):
        unpins = (kinds[holder] == FOLL_PIN) != (holder == fault)
        put = kernel.unpin_user_page if unpins else kernel.put_page
        put(folio.page(0), owner=holder)
    trace = kernel.trace[1:]
    steps = {event.actor: event.step for event in trace}  # the last of each is its release
    names = {FOLL_GET: "a reference", FOLL_PIN: "a pin"}
    should = {FOLL_GET: "put", FOLL_PIN: "unpin"}[kinds[fault]]
    return Number(
        id="wrong-release",
        lesson=LESSON,
        gives=IT_IS,
        given=trace,
        right=steps[fault],
        low=1,
        wrong={
            steps[holder]: f"{holder} took {names[kinds[holder]]}, and that is what it releases"
            for holder in HOLDERS
            if holder != fault
        },
        because=f"{fault} took {names[kinds[fault]]}, so it should have been {should}. The "
        f"refcount ends at {folio.refcount} and not at 1.",
        question=(
            "Linux 6.18. Six holders, A to F, each take one hold of the same page, and each of "
            "them releases it. One of them calls the wrong function. **In which step?**"
        ),
        hints=(
            "Look for what each holder took: get or pin? Its release has to be put or unpin.",
            "The refcount should end at 1. If it ends 1023 too high, a pin was put; if it ends "
            "1023 too low, a reference was unpinned.",
        ),
    )


def maybe_dma_pinned() -> Program:
    """Write the guess of a single page, negative refcounts and all."""
    edges = (0, 1, 2, 3, 512, 1022, 1023, 1024, 1025, 2047, 2048, 2050, 3071, 3072, INT_MAX,
             INT_MAX - 1023, -1, -2, -127, -1023, -1024, -1025, 1 - 2**31, INT_MIN)  # fmt: skip
    draw = Draw("maybe-dma-pinned", 0)
    drawn = [draw.one(range(INT_MIN, INT_MAX)) for _ in range(40)]
    small = [draw.one(range(4 * BIAS)) for _ in range(16)]
    return Program(
        id="maybe-dma-pinned",
        lesson=LESSON,
        name="maybe_dma_pinned",
        arguments=("refcount",),
        states=[(refcount,) for refcount in (*edges, *drawn, *small)],
        model=looks_pinned,
        trace=_as_the_kernel_reads_it,
        wrong=(
            ("pinned-means-refcount-above-one", _above_one),
            ("pin-is-a-bit", _tests_a_bit),
            ("A refcount past its end reads negative; as an unsigned number it is large, and the "
             "kernel takes it for pinned", _without_the_cast),
            ("A page that is pinned once and mapped nowhere reads 1024, and has to be found",
             _above_1024),
            ("1024 itself has to be found, and so has a negative refcount, which is past its end",
             _above_1024_without_the_cast),
            ("Without its sign -1 would be 1; as an unsigned number it is 2^32 - 1", _of_the_size),
        ),
        because="One comparison, with the sign read as one more digit.",
        hints=(
            "One line is enough. What does C make of a negative int that is cast to unsigned?",
            "`refcount % 2**32` is the unsigned number. Compare that with 1024.",
        ),
    )  # fmt: skip


def _as_the_kernel_reads_it(refcount: int) -> str:
    sign = ">=" if looks_pinned(refcount) else "<"
    return f"(unsigned int){refcount} = {refcount % 2**32}, and {refcount % 2**32} {sign} {BIAS}"


def _above_one(refcount: int) -> bool:
    return refcount > 1


def _tests_a_bit(refcount: int) -> bool:
    return bool(refcount & BIAS)


def _without_the_cast(refcount: int) -> bool:
    return refcount >= BIAS


def _above_1024(refcount: int) -> bool:
    return refcount % 2**32 > BIAS


def _above_1024_without_the_cast(refcount: int) -> bool:
    return refcount > BIAS


def _of_the_size(refcount: int) -> bool:
    return abs(refcount) >= BIAS


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "one-number": one_number,
    "encoding": encoding,
    "three-pins": pins_and_references,
    "what-it-tells": what_it_tells,
    "one-more": one_more,
    "fork-asks": fork_asks,
    "put-for-unpin": put_for_unpin,
    "still-works": still_works,
    "mlocked": mlocked,
    "maybe-dma-pinned": maybe_dma_pinned,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "false-positive": false_positive,
    "split-a-refcount": split,
    "pins-left": pins_left,
    "wrong-release": wrong_release,
}
