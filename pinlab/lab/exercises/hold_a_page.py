"""The exercises of lesson 02."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

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
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Folio, Page
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm
from pinlab.model.trace import Event, Trace

LESSON = "02_hold_a_page"
RELEASE = "6.4"
"""The last release whose block direct I/O holds its pages with references; then come pins."""


def written(pages: int) -> tuple[Kernel, Mm, int]:
    """Return a kernel, a process, and the address of a buffer that it has written to."""
    kernel = Kernel(RELEASE)
    mm = kernel.new_mm()
    addr = mm.mmap(pages * PAGE_SIZE)
    mm.write(addr, bytes(pages * PAGE_SIZE))
    return kernel, mm, addr


def where_it_writes() -> Choice:
    """Choose where the device writes after the buffer was unmapped."""
    kernel, mm, addr = written(1)
    request = kernel.submit_dio_read(mm, addr, 1)
    mm.munmap(addr, PAGE_SIZE)
    outcomes = {False: "the same frame", True: "somebody else's frame"}
    return Choice(
        id="where-it-writes",
        lesson=LESSON,
        right=outcomes.pop(request.pages[0].folio.freed),
        wrong={
            **dict.fromkeys(outcomes.values(), "munmap-frees-the-frame"),
            "nowhere": "Nobody calls the device back: it knows the frame by its place in RAM, and "
            "unmapping changes a page table",
        },
        because="The request holds the frame until it completes, whoever maps it meanwhile.",
        hints=(
            "What does the device know about the buffer: its address in the program, or the frame?",
            "It knows the frame. So the question is whether the frame can be given to somebody "
            "else. Who holds it after the unmapping?",
        ),
    )


def which_put_frees() -> Number:
    """Predict which put frees a frame that was allocated and got twice."""
    kernel = Kernel(RELEASE)
    page = kernel.alloc_folio().page(0)
    for _ in range(2):
        kernel.get_page(page)
    puts = 0
    while not page.folio.freed:
        kernel.put_page(page)
        puts += 1
    return Number(
        id="which-put-frees",
        lesson=LESSON,
        right=puts,
        low=1,
        wrong={
            1: "put-frees",
            puts - 1: "Whoever allocates the frame has a reference as well: the refcount begins at "
            "1",
        },
        because="The refcount goes from 1 to 3, and it takes as many puts to leave 0.",
        hints=(
            "What does the refcount read after the allocation, and after the two calls of "
            "get_page()?",
            "It reads 3. Each put takes 1 away, and the frame is freed when that leaves 0.",
        ),
    )


def refcount_after(seed: int) -> Number:
    """Predict the refcount of one frame of a buffer after a few calls."""
    draw = Draw("refcount-after", seed)
    pages, gets, submitted = draw.one((4, 8)), draw.one((4, 5, 6)), draw.one((3, 4, 5))
    puts, completed = draw.one((1, 2, 3)), draw.one((1, 2))
    kernel, mm, addr = written(pages)
    first = [mm.get_user_pages(addr, 1)[0] for _ in range(gets)]
    for page in first[:puts]:
        kernel.put_page(page)
    for request in [kernel.submit_dio_write(mm, addr, pages) for _ in range(submitted)][:completed]:
        request.complete()
    right = first[0].refcount
    wrong = {
        1: "refcount-counts-processes",
        right - 1: "The mapping holds the frame, too",
        1 + gets + submitted: "What was put and what has completed no longer counts",
        0: "put-frees",
        1 + (gets - puts) + pages * (submitted - completed): "A request takes one reference on "
        "each page, and each page here has a frame with a refcount of its own",
        1 + gets + pages * (submitted - completed): "What was put no longer counts, and a request "
        "takes one reference on each page",
        1 + (gets - puts) + submitted: "A request puts its reference when it completes",
        1 + gets + (submitted - completed): "What was put no longer counts",
    }
    return Number(
        id="refcount-after",
        lesson=LESSON,
        question=f"On Linux {RELEASE} one process writes to each of the {pages} pages of a buffer. "
        f"`get_user_pages()` takes a reference on the first page, {gets} times, and `put_page()` "
        f"releases {puts} of these references. Then {submitted} direct I/O requests are submitted, "
        f"each for the whole buffer, and {completed} of them "
        f"{'completes' if completed == 1 else 'complete'}. **What does the refcount of the first "
        "page's frame read now?**",
        right=right,
        wrong={number: idea for number, idea in wrong.items() if number != right},
        because=f"The mapping, {gets} - {puts} from get_user_pages(), {submitted} - {completed} "
        "of requests in flight.",
        hints=(
            "Who holds the first page's frame at the end? There are three kinds of holders.",
            "The mapping holds it once. Add the references taken by get_user_pages() that were not "
            "put, and one for each request that is still in flight.",
        ),
    )


def zero_page_mapped(seed: int) -> Number:
    """Predict the refcount of the zero page that is mapped often and referenced sometimes."""
    draw = Draw("zero-page-mapped", seed)
    processes, pages, gets = draw.one((2, 3, 4)), draw.one((16, 32, 64)), draw.one((5, 6, 7, 8, 9))
    kernel = Kernel(RELEASE)
    start = kernel.zero_page.refcount
    for _ in range(processes):
        mm = kernel.new_mm()
        addr = mm.mmap(pages * PAGE_SIZE)
        mm.read(addr, pages * PAGE_SIZE)
    mm.get_user_pages(addr, gets)
    mapped = processes * pages
    return Number(
        id="zero-page-mapped",
        lesson=LESSON,
        question=f"On Linux {RELEASE}, each of {processes} processes reads {pages} pages of its "
        "own that were never written to. One of them then has `get_user_pages()` take a reference "
        f"on each of the first {gets}. At the start the refcount of the zero page is {start}. "
        "**What does it read at the end?**",
        right=kernel.zero_page.refcount,
        wrong={
            start + mapped + gets: "mapping-the-zero-page-counts",
            start + mapped: "mapping-the-zero-page-counts",
            mapped + gets: "mapping-the-zero-page-counts",
            mapped: "mapping-the-zero-page-counts",
            start + processes: "refcount-counts-processes",
            start + processes + gets: "refcount-counts-processes",
            start: "References to the zero page are counted; what the patch of 6.5 exempts is pins",
            gets: "The zero page begins at 1, which is nobody's to release",
        },
        because=f"{start} from the start and {gets} references; mapping it adds nothing.",
        hints=(
            "Which of these steps takes a reference: a page fault that maps the zero page, or "
            "get_user_pages()?",
            "The entry that maps the zero page is a special one and takes no reference. "
            "get_user_pages() adds 1 for each page that it returns.",
        ),
    )


def what_goes_to_disk() -> Choice:
    """Choose what a device finds for two requests, if the page is written to between them."""
    kernel, mm, addr = written(1)
    mm.write(addr, b"old")
    first = kernel.submit_dio_write(mm, addr, 1)
    mm.write(addr, b"new")
    second = kernel.submit_dio_write(mm, addr, 1)
    goes = ", ".join(request.device_read(3).decode() for request in (first, second))
    wrong = {
        "old, new": "a-reference-freezes-the-content",
        "old, old": "The program's write neither waits nor fails: its page is mapped and writable "
        "as before",
    }
    return Choice(
        id="what-goes-to-disk",
        lesson=LESSON,
        right=goes,
        wrong=wrong,
        because="Program and device use the same frame, and the reference guards no byte of it.",
        hints=(
            "How many frames are there, and who uses which?",
            "The mapping and both requests hold one and the same frame. No copy is ever made.",
        ),
    )


def when_freed(seed: int) -> Number:
    """Predict in which of a few steps a frame is freed."""
    steps = list(_two_pages(Draw("freed-in-step", seed)))
    right = next(number for number, (_, _, freed) in enumerate(steps, start=1) if freed)
    wrong = {
        number: idea
        for number, (_, idea, _) in enumerate(steps, start=1)
        if idea and number != right
    }
    return Number(
        id="when-freed",
        lesson=LESSON,
        question=f"On Linux {RELEASE} a program and its direct I/O requests take these steps. "
        "**In which step is the frame of page A freed?** Give its number.",
        given="\n".join(f"{n:2}. {words}" for n, (words, _, _) in enumerate(steps, start=1)),
        right=right,
        low=1,
        wrong=wrong,
        because="That is where the last holder of page A's frame lets go.",
        hints=(
            "List who holds the frame of page A after each step. What concerns page B does not "
            "count.",
            "The mapping of page A and each request for page A hold it once. Tick them off as they "
            "let go; the last one is the answer.",
        ),
    )


def _two_pages(draw: Draw) -> Iterator[tuple[str, str, bool]]:
    """Do things to pages A and B; yield (words, what is wrong with this step, is A freed)."""
    kernel, mm, addr = written(2)
    pages = {name: addr + n * PAGE_SIZE for n, name in enumerate("AB")}
    frame = mm.page_at(addr)
    assert frame is not None
    yield "The program writes to page A and to page B.", "", False
    requests: list[tuple[str, DirectIO]] = []
    for name in draw.shuffled("AAABB"[draw.one((0, 1)) :]):
        requests.append((name, kernel.submit_dio_write(mm, pages[name], 1)))
        yield f"{_dio(requests[-1][1])} for page {name} is submitted.", "", False
    lets_go: list[tuple[str, DirectIO | None]] = [*requests, ("A", None), ("B", None)]
    for name, request in draw.shuffled(lets_go):
        if request is None:
            mm.munmap(pages[name], PAGE_SIZE)
            words, idea = f"The program unmaps page {name}.", "munmap-frees-the-frame"
        else:
            request.complete()
            words, idea = f"{_dio(request)} completes.", "put-frees"
        yield words, idea if name == "A" else "That is about page B", frame.folio.freed


def _dio(request: DirectIO) -> str:
    """Return a request's name without the process's."""
    return request.name.rpartition(", ")[2]


def who_still_holds(seed: int) -> Selection:
    """Read from a trace who holds a frame at its end."""
    draw = Draw("who-still-holds", seed)
    kernel, mm, addr = written(2)
    (first, _) = (mm.page_at(addr), mm.page_at(addr + PAGE_SIZE))
    assert first is not None
    spans = draw.shuffled(((0, 2), (0, 2), (0, 1), (1, 1)))
    requests = [kernel.submit_dio_write(mm, addr + at * PAGE_SIZE, n) for at, n in spans]
    gone: list[DirectIO | int] = [*draw.shuffled(requests)[:2], draw.one((1, 1, 2, 0))]
    for one in draw.shuffled(gone):
        if isinstance(one, DirectIO):
            one.complete()
        elif one:
            mm.munmap(addr, one * PAGE_SIZE)
    name = first.name
    holders = {
        "mapping" if kind == "mapping" else owner.rpartition(", ")[2]
        for kind, owner in kernel.ledger.holds(first.folio)
    }
    options = ("mapping", *map(_dio, requests))
    reasons = {holder: _why(kernel.trace, name, holder) for holder in options}
    unmapped = "mapping" not in holders
    return Selection(
        id="who-still-holds",
        lesson=LESSON,
        question=f"On Linux {RELEASE} a program has written to two neighbouring pages and has "
        "direct I/O requests submitted, some for one page and some for both. **Who holds "
        f"{name} after the last event of this trace?** Select among {', '.join(options)}.",
        given=kernel.trace,
        options=options,
        right=frozenset(holders),
        wrong={frozenset(): "munmap-frees-the-frame"} if unmapped else {},
        extra={holder: reasons[holder] for holder in options if holder not in holders},
        missing={holder: reasons[holder] for holder in options if holder in holders},
        because=f"The refcount in the last line about {name} agrees: {first.refcount}.",
        hints=(
            f"Look only at the lines about {name}. Who comes, and who goes?",
            "A write fault brings the mapping's reference, a get that of a request. An unmap and a "
            "put take one away. The last refcount says how many are left.",
        ),
    )


def _why(trace: Trace, name: str, holder: str) -> str:
    """Tell what a trace says about one holder of a frame."""
    actor = "parent" if holder == "mapping" else f"parent, {holder}"
    steps = {e.operation: e.step for e in trace if (e.actor, e.page) == (actor, name)}
    match holder, sorted(steps):
        case "mapping", ["unmap", *_]:
            return f"The page is unmapped in step {steps['unmap']}"
        case "mapping", _:
            return "The page is still mapped, and its mapping holds the frame"
        case _, []:
            return f"{holder} has never held this frame, only the other"
        case _, [_, "put"]:
            return f"{holder} puts its reference in step {steps['put']}"
    return f"{holder} takes a reference in step {steps['get, fast']} and has not put it"


def two_bugs(seed: int) -> Numbers:
    """Find in one trace the request that leaks and the one that puts twice."""
    draw = Draw("leak-and-double-put", seed)
    kernel, mm, addr = written(1)
    requests = [kernel.submit_dio_write(mm, addr, 1) for _ in range(6)]
    leaks, twice, *_ = draw.shuffled(requests)
    frame = requests[0].pages[0].folio
    done: list[DirectIO] = []
    for request in draw.shuffled([r for r in requests if r is not leaks] + [twice]):
        if request in done:
            kernel.put_page(frame.page(0), owner=request.name)
        else:
            request.complete()
        done.append(request)
    puts = {
        _number(request): [event.step for event in kernel.trace if _is_put(event, request)]
        for request in requests
    }
    return Numbers(
        id="two-bugs",
        lesson=LESSON,
        gives=IT_IS,
        question=f"On Linux {RELEASE} six direct I/O requests for the same page have completed, "
        "says the disk. Each took one reference. One of them leaks it (its put is missing), and "
        "another one puts twice. At the end the refcount is 1, for the mapping, as it would be "
        "without any bug. **Which DIO leaks, and which puts twice?** Give their numbers.",
        given=kernel.trace,
        low=1,
        parts={
            "leaks": (
                _number(leaks),
                {n: _puts(n, steps) for n, steps in puts.items() if steps},
            ),
            "puts twice": (
                _number(twice),
                {n: _puts(n, steps) for n, steps in puts.items() if len(steps) < 2},
            ),
        },
        because="Each get needs one put by the same actor. One too few and one too many leave the "
        "refcount as if nothing had happened.",
        hints=(
            "The refcount does not help you here: the two bugs cancel out in it. Look at the "
            "actors.",
            "Each actor has one get. Tick off one put for each of them: who is left without, and "
            "who has one too many?",
        ),
    )


def _number(request: DirectIO) -> int:
    return int(request.name.rpartition(" ")[2])


def _is_put(event: Event, request: DirectIO) -> bool:
    return (event.actor, event.operation) == (request.name, "put")


def _puts(number: int, steps: list[int]) -> str:
    """Tell in which steps a request puts."""
    if not steps:
        return f"DIO {number} never puts"
    return f"DIO {number} puts in step {' and again in step '.join(map(str, steps))}"


def unmap() -> Program:
    """Write what unmapping one page does to the refcount of the frame behind it."""
    draw = Draw("unmap", 0)
    drawn = tuple(draw.one(range(4, 2**20)) for _ in range(12))
    return Program(
        id="unmap",
        lesson=LESSON,
        name="unmap",
        arguments=("refcount", "is_zero_page"),
        states=tuple(product((2, 1, 3, 65, *drawn, 0, -1, -2), (False, True))),
        model=unmap_in_the_model,
        trace=lambda *state: str(_unmapped(*state)[0].trace[1:]),
        wrong=(
            ("munmap-frees-the-frame", _frees_at_once),
            ("put-frees", _empties),
            ("mapping-the-zero-page-counts", _counts_the_zero_page),
            ("mapping-the-zero-page-counts", _counts_and_keeps_the_zero_page),
            (
                "The kernel frees at exactly 0. A refcount below that was put too often before, "
                "and nothing is freed",
                _frees_below_zero,
            ),
            ("First the subtraction, then the look: at 0 the frame is freed", _looks_first),
            (
                "The zero page keeps its refcount and is never freed, whatever it reads",
                _zero_page_too,
            ),
            ("The zero page keeps its refcount and is never freed, whatever it reads", _reset),
            ("What is wanted is a pair, the refcount and whether the frame is freed", _one_number),
        ),
        because="Nothing for the zero page; otherwise 1 less, and freed at exactly 0.",
        hints=(
            "Two cases: the zero page, whose mapping has no reference, and every other frame.",
            "For the zero page return refcount and False. Otherwise take 1 away, and return that "
            "and whether it is 0.",
        ),
    )


def unmap_in_the_model(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    """Return the refcount after munmap() of the page in the model, and whether it was freed."""
    _, folio = _unmapped(refcount, is_zero_page)
    return folio.refcount, folio.freed


def _unmapped(refcount: int, is_zero_page: bool) -> tuple[Kernel, Folio]:
    """Unmap a page whose frame has this refcount."""
    kernel = Kernel(RELEASE)
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    if is_zero_page:
        mm.read(addr, 1)
    else:
        mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert isinstance(page, Page)
    page.folio.refcount = refcount
    mm.munmap(addr, PAGE_SIZE)
    return kernel, page.folio


def _frees_at_once(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (refcount - 1, True)


def _empties(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (0, True)


def _counts_the_zero_page(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return refcount - 1, refcount == 1


def _counts_and_keeps_the_zero_page(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return refcount - 1, refcount == 1 and not is_zero_page


def _frees_below_zero(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (refcount - 1, refcount <= 1)


def _looks_first(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (refcount - 1, refcount == 0)


def _zero_page_too(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    left = refcount if is_zero_page else refcount - 1
    return left, left == 0


def _reset(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (1, False) if is_zero_page else (refcount - 1, refcount == 1)


def _one_number(refcount: int, is_zero_page: bool) -> int:
    return refcount if is_zero_page else refcount - 1


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "where-it-writes": where_it_writes,
    "which-put-frees": which_put_frees,
    "what-goes-to-disk": what_goes_to_disk,
    "unmap": unmap,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "zero-page-mapped": zero_page_mapped,
    "refcount-after": refcount_after,
    "when-freed": when_freed,
    "who-still-holds": who_still_holds,
    "two-bugs": two_bugs,
}
