"""The exercises of lesson 01."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pinlab.lab.draw import Draw
from pinlab.lab.exercise import (
    IT_IS,
    Choice,
    Exercise,
    Number,
    Numbers,
    Program,
    Selection,
    misconceptions,
)
from pinlab.machine.buffers import PAGES
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

LESSON = "01_draw_a_page"
RELEASE = "6.18"

NONE, ZERO, OWN = 0, 1, 2
"""An entry as a number: 0 where it is empty, else that of its frame. The zero page's is 1 in the
model, and OWN is the first that others have."""

ZERO_PAGE_TOO = (
    "The zero page is a frame as well, and entries of pages that were only read point to it"
)


def five_questions() -> Numbers:
    """Predict five numbers; whoever can need not read the lesson."""
    copied = PAGES * PAGE_SIZE
    return Numbers(
        id="five-questions",
        lesson=LESSON,
        parts={
            "read": (
                _frames_after_reading(processes=1),
                {PAGES: "64-pages-64-frames", 0: ZERO_PAGE_TOO},
            ),
            "both": (
                _frames_after_reading(processes=2),
                {
                    2: "every-process-has-its-own-zero-page",
                    2 * PAGES: "64-pages-64-frames",
                },
            ),
            "written": (
                _frames_after_writing(range(3)),
                {
                    PAGES: "64-pages-64-frames",
                    PAGES + 3: "64-pages-64-frames",
                    3: ZERO_PAGE_TOO,
                    1: "The zero page stays all zeros, so a page that is written to gets a frame "
                    "of its own",
                },
            ),
            "from_disk": (
                _frames_from_disk(PAGES),
                {
                    1: "a-disk-read-reads-memory",
                    0: "a-disk-read-reads-memory",
                },
            ),
            "copied": (
                _copied(PAGES),
                {
                    copied: "direct-io-copies-first",
                    PAGES: "direct-io-copies-first",
                    PAGE_SIZE: "direct-io-copies-first",
                },
            ),
        },
        because="If these were easy, you may skip this lesson.",
        hints=(
            "Which of these pages share one frame, and which need a frame of their own?",
            "Pages that were only read share the zero page, one for the whole machine. Whoever "
            "writes, program or device, needs other frames, and the device uses the very same ones "
            "as the program.",
        ),
    )


def _frames_after_reading(processes: int) -> int:
    """How many frames serve the 64-page buffers of these processes, after they were read."""
    kernel = Kernel(RELEASE)
    buffers = [_buffer(kernel, f"process {number}") for number in range(processes)]
    for mm, addr in buffers:
        mm.read(addr, PAGES * PAGE_SIZE)
    return len(set().union(*(_frames(mm, addr) for mm, addr in buffers)))


def _frames_after_writing(pages: Iterable[int]) -> int:
    mm, addr = _buffer(Kernel(RELEASE))
    mm.read(addr, PAGES * PAGE_SIZE)
    for page in pages:
        mm.write(addr + page * PAGE_SIZE, b"x")
    return len(_frames(mm, addr))


def _frames_from_disk(pages: int) -> int:
    kernel = Kernel(RELEASE)
    request = kernel.submit_dio_read(*_buffer(kernel), pages)
    return len({page.folio for page in request.pages})


def _copied(pages: int) -> int:
    """How many bytes of a written buffer reach the device from other frames than the program's."""
    kernel = Kernel(RELEASE)
    mm, addr = _buffer(kernel)
    mm.write(addr, b"x" * pages * PAGE_SIZE)
    request = kernel.submit_dio_write(mm, addr, pages)
    own = [mm.page_at(addr + page * PAGE_SIZE) for page in range(pages)]
    return PAGE_SIZE * sum(a is not b for a, b in zip(own, request.pages, strict=True))


def _buffer(kernel: Kernel, name: str = "parent", pages: int = PAGES) -> tuple[Mm, int]:
    """Return a process and the address of its buffer, which nobody has touched yet."""
    mm = kernel.new_mm(name)
    return mm, mm.mmap(pages * PAGE_SIZE)


def _frames(mm: Mm, addr: int, pages: int = PAGES) -> set[Folio]:
    """The frames behind a buffer."""
    found = (mm.page_at(addr + page * PAGE_SIZE) for page in range(pages))
    return {page.folio for page in found if page is not None}


def which_bytes() -> Choice:
    """Choose what reaches the disk if the program writes while the request is in flight."""
    kernel = Kernel(RELEASE)
    mm, addr = _buffer(kernel)
    mm.write(addr, b"old")
    request = kernel.submit_dio_write(mm, addr, 1)
    mm.write(addr, b"new")
    right = request.device_read(3).decode()
    return Choice(
        id="which-bytes",
        lesson=LESSON,
        right=right,
        wrong={
            "old": "direct-io-copies-first",
            "error": "Nothing keeps the program from writing: its page table is as it was",
        },
        because="The device reads the program's own frame, and finds there what is there by then.",
        hints=(
            "From which frame does the device read, and from whose?",
            "There is one frame, and both use it: the program by its page table, the device by the "
            "frame's address. The program was first.",
        ),
    )


REQUESTS: Mapping[str, tuple[str, bool]] = {
    "to disk: never touched": ("never touched", False),
    "to disk: only read": ("only read", False),
    "to disk: all written": ("all written", False),
    "from disk: never touched": ("never touched", True),
    "from disk: only read": ("only read", True),
    "from disk: all written": ("all written", True),
}
"""Direct I/O by its direction and what the program did to the buffer; True is from disk."""


def meets_the_zero_page() -> Selection:
    """Select the requests whose device gets the zero page."""
    right = [name for name in REQUESTS if _meets_the_zero_page(name)]
    from_disk = [name for name, (_, is_from_disk) in REQUESTS.items() if is_from_disk]
    missing = "To disk the device only reads, and for pages that nobody wrote to zeros are enough"
    return Selection(
        id="meets-the-zero-page",
        lesson=LESSON,
        options=tuple(REQUESTS),
        right=frozenset(right),
        wrong={
            frozenset({"from disk: never touched", "from disk: only read"}): (
                "a-disk-read-reads-memory"
            ),
            frozenset(from_disk): "a-disk-read-reads-memory",
            frozenset({"to disk: only read"}): "For a page that nobody touched the kernel has the "
            "page fault of a read itself, and that brings the zero page",
        },
        missing=dict.fromkeys(right, missing),
        extra={
            **dict.fromkeys(from_disk, "a-disk-read-reads-memory"),
            "to disk: all written": "Written pages have frames of their own, and the device reads "
            "those",
        },
        because="There the device only reads memory, and no page has a frame of its own.",
        hints=(
            "What does the device do to the memory: read it or write it?",
            "A device that writes memory needs frames of the buffer's own. One that reads gets "
            "what the page table has, or what a read fault brings.",
        ),
    )


def _meets_the_zero_page(name: str) -> bool:
    state, from_disk = REQUESTS[name]
    kernel = Kernel(RELEASE)
    mm, addr = _buffer(kernel, pages=2)
    if state == "only read":
        mm.read(addr, 2 * PAGE_SIZE)
    if state == "all written":
        mm.write(addr, bytes(2 * PAGE_SIZE))
    submit = kernel.submit_dio_read if from_disk else kernel.submit_dio_write
    return kernel.zero_page in submit(mm, addr, 2).pages


def frames_in_the_trace(seed: int) -> Number:
    """Read from a trace how many frames two processes use."""
    draw = Draw("frames-in-the-trace", seed)
    kernel = Kernel(RELEASE)
    others = [kernel.alloc_folio() for _ in range(draw.one(range(1, 9)))]
    buffers = [_buffer(kernel, name) for name in ("first", "second")]
    read = draw.shuffled(range(4, 9))[:2]
    for (mm, addr), pages in zip(buffers, read, strict=True):
        mm.read(addr, pages * PAGE_SIZE)
    written = [(who, page) for who in (0, 1) for page in draw.shuffled(range(read[who]))[:2]]
    for who, page in draw.shuffled(written)[: draw.one((2, 3, 4))]:
        mm, addr = buffers[who]
        mm.write(addr + page * PAGE_SIZE, b"x")
    mm, addr = buffers[draw.one((0, 1))]
    kernel.submit_dio_write(mm, addr, 4)
    fresh = mm.mmap(PAGES * PAGE_SIZE)
    for page in range(draw.one((1, 2))):
        mm.write(fresh + page * PAGE_SIZE, b"x")
    used = set().union(*(_frames(mm, addr) for mm, addr in buffers), _frames(mm, fresh))
    trace = kernel.trace[len(others) :]
    faults = [event for event in trace if event.operation.endswith("fault")]
    pins = len(trace) - len(faults)
    right = len(used)
    return Number(
        id="frames-in-the-trace",
        lesson=LESSON,
        question="From a trace of Linux 6.18: two processes read and write private memory that "
        "nobody had touched before, and one of them begins a direct write to disk. How many frames "
        "are behind the pages of the two processes at the end, the zero page included?",
        given=trace,
        right=right,
        wrong=_without(
            right,
            (right + 1, "every-process-has-its-own-zero-page"),
            (right - 1, ZERO_PAGE_TOO),
            (sum(event.pages for event in faults), "64-pages-64-frames"),
            (right + pins, "A pin brings no new frame: it is a hold of one that is there"),
            (
                len(trace),
                "That is the number of lines; the pins bring no frames, and all read "
                "faults bring the same one",
            ),
        ),
        because="Each write fault brings a frame of its own, and all read faults the same one.",
        hints=(
            "Which kind of line brings a frame that nobody had before?",
            "Go down the column page, and write down every name once.",
        ),
    )


def _without(right: int, *wrong: tuple[int, str]) -> dict[int, str]:
    """Return the wrong answers with their ideas, but for the right one; two may share a number."""
    ideas: dict[int, list[str]] = {}
    for number, idea in wrong:
        if number != right:
            ideas.setdefault(number, []).append(idea)
    return {number: _either(told) for number, told in ideas.items()}


def _either(ideas: Sequence[str]) -> str:
    """The idea that has an id, else all of them as one sentence."""
    known = (idea for idea in ideas if idea in misconceptions())
    return next(known, ". Or: ".join(ideas))


class Piece(NamedTuple):
    """Bytes that are written at one go: where in the buffer they begin, and how many they are."""

    offset: int
    nbytes: int

    @property
    def pages(self) -> range:
        """The pages in which they lie."""
        end = self.offset + self.nbytes - 1
        return range(self.offset // PAGE_SIZE, end // PAGE_SIZE + 1)


def own_frames(seed: int) -> Number:
    """Predict how many frames two processes get by writing at some offsets."""
    draw = Draw("own-frames", seed)
    pieces = {name: _pieces(draw) for name in ("first", "second")}
    kernel = Kernel(RELEASE)
    used: set[Folio] = set()
    for name, written in pieces.items():
        mm, addr = _buffer(kernel, name)
        mm.read(addr, PAGES * PAGE_SIZE)
        for piece in written:
            mm.write(addr + piece.offset, bytes(piece.nbytes))
        used |= _frames(mm, addr)
    right = len(used - {kernel.zero_page.folio})
    pages = [{page for piece in written for page in piece.pages} for written in pieces.values()]
    begun = [{piece.pages.start for piece in written} for written in pieces.values()]
    return Number(
        id="own-frames",
        lesson=LESSON,
        question=OWN_FRAMES.format(places=_places(pieces)),
        right=right,
        wrong=_without(
            right,
            (right + 1, "That includes the zero page"),
            (0, "The kernel does not look at the bytes: zeros that are written are data, too"),
            (2 * PAGES, "64-pages-64-frames"),
            (
                len(set().union(*pages)),
                "Page 0 of one process is another page than page 0 of the "
                "other, and each of them needs a frame of its own",
            ),
            (sum(map(len, begun)), "Some of them go on into the next page"),
            (
                sum(map(len, pieces.values())),
                "That is the number of writes; what matters is how many pages they touch",
            ),
        ),
        because="Each page of each process that was written to has a frame of its own.",
        hints=(
            "In which page does each byte lie? Page 0 has the offsets 0 to 4095.",
            "Write down the pages of each process: offset // 4096, for the first and the last "
            "byte of each write. A page that comes up twice is one page.",
        ),
    )


OWN_FRAMES = """\
Linux 6.18, pages of 4096 bytes. Two processes have a buffer of 64 pages each, in private memory \
that nobody had touched before. Each process reads all of its buffer, and then writes zeros into \
it at these places:

| process | from byte | bytes |
|---|---|---|
{places}

How many frames are behind the two buffers now, *besides* the zero page?"""


def _places(pieces: Mapping[str, Sequence[Piece]]) -> str:
    return "\n".join(
        f"| {name} | {piece.offset} | {piece.nbytes} |"
        for name, written in pieces.items()
        for piece in written
    )


def _pieces(draw: Draw) -> list[Piece]:
    """Return four writes: into page 0, two into another page, one at the end of a third."""
    page, last = draw.shuffled(range(1, 6))[:2]
    before = draw.one((2, 3, 4))
    return sorted(
        [
            Piece(draw.one((0, 7, 40)), 8),
            Piece(page * PAGE_SIZE + draw.one(range(100)), 1),
            Piece((page + 1) * PAGE_SIZE - 1, 1),
            Piece((last + 1) * PAGE_SIZE - before, before + draw.one((0, 2))),
        ]
    )


class Access(NamedTuple):
    """Something that the program or a device does to some pages of a buffer."""

    kind: str
    pages: range

    def __str__(self) -> str:
        return ACCESSES[self.kind].format(_pages(self.pages))


READ, WRITE, TO_DISK, FROM_DISK = "read", "write", "to disk", "from disk"

ACCESSES = {
    READ: "the program reads {}",
    WRITE: "the program writes a byte into {}",
    TO_DISK: "direct I/O to disk takes {}",
    FROM_DISK: "direct I/O from disk fills {}",
}

ROWS = 8
"""Pages of the buffer whose page table is shown."""


def entry_that_cannot_be(seed: int) -> Number:
    """Find the one entry of a page table that the accesses cannot have made."""
    draw = Draw("entry-that-cannot-be", seed)
    accesses = _accesses(draw)
    entries = _entries(accesses)
    wrong_at = draw.one(range(ROWS))
    shown = list(entries)
    shown[wrong_at] = draw.one(_others(entries[wrong_at], max(entries) + 1))
    return Number(
        id="entry-that-cannot-be",
        lesson=LESSON,
        gives=IT_IS,
        question="Linux 6.18. What was done to a buffer of 8 pages, in private memory that nobody "
        "had touched before, in this order, and its page table afterwards; all requests have "
        "completed. One entry cannot be: which page's? (Which numbers the frames have does not "
        "matter.)",
        given=_shown(accesses, shown),
        right=wrong_at,
        wrong={
            page: f"Page {page} is as it should be: {_reason(page, accesses)}"
            for page in range(ROWS)
            if page != wrong_at
        },
        because=f"Page {wrong_at}: {_reason(wrong_at, accesses)}.",
        hints=(
            "For each page, ask who wrote to it, the program or a device, and who only read it.",
            "Three cases: nobody touched the page, and its entry is empty; it was only read, and "
            "its entry points to the zero page; it was written to, and it has a frame of its own. "
            "A device reads memory on the way to disk, and writes it on the way from disk.",
        ),
    )


def _accesses(draw: Draw) -> list[Access]:
    """Return five accesses in some order: two of them writes of one page each."""
    first = draw.shuffled(range(ROWS - 1))
    ranges = [
        Access(READ, _run(first[0], draw.one((2, 3)))),
        Access(TO_DISK, _run(first[1], draw.one((2, 3)))),
        Access(FROM_DISK, _run(first[2], 2)),
    ]
    return draw.shuffled([*ranges, *(Access(WRITE, _run(page, 1)) for page in first[3:5])])


def _run(first: int, pages: int) -> range:
    return range(first, min(first + pages, ROWS))


def _entries(accesses: Iterable[Access]) -> list[int]:
    """Return the entries that the model has after these accesses."""
    kernel = Kernel(RELEASE)
    mm, addr = _buffer(kernel, pages=ROWS)
    for kind, pages in accesses:
        start = addr + pages.start * PAGE_SIZE
        if kind == READ:
            mm.read(start, len(pages) * PAGE_SIZE)
        elif kind == WRITE:
            mm.write(start, b"x")
        else:
            submit = kernel.submit_dio_read if kind == FROM_DISK else kernel.submit_dio_write
            submit(mm, start, len(pages)).complete()
    return [_entry(mm, addr + page * PAGE_SIZE) for page in range(ROWS)]


def _entry(mm: Mm, addr: int) -> int:
    page = mm.page_at(addr)
    return NONE if page is None else page.folio.pfn


def _others(entry: int, free: int) -> list[int]:
    """What an entry of this kind might wrongly be: of the two other kinds."""
    return [other for other in (NONE, ZERO, free) if min(other, OWN) != min(entry, OWN)]


def _reason(page: int, accesses: Iterable[Access]) -> str:
    """Why a page has the entry that it has, in words that a sentence can go on with."""
    kinds = {kind for kind, pages in accesses if page in pages}
    for kind, words in REASONS.items():
        if kind in kinds:
            return words
    return "nobody touched it, so its entry is empty"


REASONS = {
    WRITE: "the program wrote to it, so it has a frame of its own",
    FROM_DISK: "the device wrote to it, so it has a frame of its own",
    READ: "it was only read, so its entry points to the zero page",
    TO_DISK: "the device only read it, so its entry points to the zero page",
}
"""Why a page has the entry that it has, the weightiest access first."""


def _shown(accesses: Iterable[Access], entries: Iterable[int]) -> str:
    done = [f"{place}. {access}" for place, access in enumerate(accesses, start=1)]
    table = [f"{page:4}  {_name(entry)}" for page, entry in enumerate(entries)]
    return "\n".join([*done, "", "page  its entry points to", *table])


def _name(entry: int) -> str:
    return {NONE: "- (empty)", ZERO: "the zero page"}.get(entry, f"frame {entry}")


def _pages(pages: range) -> str:
    first, *rest = pages
    return f"pages {first} to {rest[-1]}" if rest else f"page {first}"


Result = tuple[int, int]
"""An entry, and the number of the next free frame."""


def page_fault() -> Program:
    """Write what a page fault does to an entry of a page table."""
    draw = Draw("page-fault", 0)
    small = [(entry, write, free) for free in range(OWN, 8)
             for entry in range(free) for write in (0, 1)]  # fmt: skip
    drawn = [(draw.one(range(20)), draw.one((0, 1)), draw.one(range(20, 40))) for _ in range(10)]
    return Program(
        id="page-fault",
        lesson=LESSON,
        name="page_fault",
        arguments=("entry", "write", "free"),
        states=(*small, *drawn),
        model=fault_in_the_model,
        trace=_fault_shown,
        wrong=(
            ("64-pages-64-frames", _reads_allocate),
            (
                "A write must not reach the zero page: everybody would read what was written",
                _writes_reach_the_zero_page,
            ),
            (
                "The first write to an empty entry brings a frame of its own at once",
                _writes_begin_with_the_zero_page,
            ),
            (
                "It is the first write that brings a frame; the next one finds it there",
                _every_write_allocates,
            ),
            (
                "The data are in the frame that the entry points to: a read has to leave it there",
                _reads_forget,
            ),
            (
                "The frame is in use now, so the next one that is free has another number",
                _free_stays,
            ),
            ("What is wanted is a pair: the entry and the next free frame", _entry_alone),
        ),
        because="Two cases change something: a read of an empty entry, and a write to an entry "
        "without a frame of its own.",
        hints=(
            "Go through the three kinds of entry, once for a read and once for a write: in which "
            "of the six cases does anything change?",
            "A write to NONE or ZERO gives (free, free + 1). A read of NONE gives (ZERO, free). "
            "All else stays as it is.",
        ),
    )


def fault_in_the_model(entry: int, write: int, free: int) -> Result:
    """Return the entry after an access in the model, and the number of the next free frame."""
    kernel, mm, addr, _ = _faulted(entry, write, free)
    return _entry(mm, addr), 1 + max(folio.pfn for folio in kernel.folios)


def _faulted(entry: int, write: int, free: int) -> tuple[Kernel, Mm, int, int]:
    """Make this entry by accesses and access its page; also return how many events came before."""
    kernel = Kernel(RELEASE)
    mm, start = _buffer(kernel)
    for frame in range(OWN, free):
        mm.write(start + frame * PAGE_SIZE, b"x")  # page n has frame n
    addr = start + entry * PAGE_SIZE
    if entry == ZERO:
        mm.read(addr, 1)
    before = len(kernel.trace)
    if write:
        mm.write(addr, b"x")
    else:
        mm.read(addr, 1)
    return kernel, mm, addr, before


def _fault_shown(entry: int, write: int, free: int) -> str:
    kernel, _, _, before = _faulted(entry, write, free)
    events = kernel.trace[before:]
    return str(events) if events else "Nothing happens: the entry allows this access."


def _reads_allocate(entry: int, write: int, free: int) -> Result:
    return (free, free + 1) if entry == NONE or (write and entry == ZERO) else (entry, free)


def _writes_reach_the_zero_page(entry: int, write: int, free: int) -> Result:
    if entry == NONE:
        return (free, free + 1) if write else (ZERO, free)
    return entry, free


def _writes_begin_with_the_zero_page(entry: int, write: int, free: int) -> Result:
    if entry == NONE:
        return ZERO, free
    return (free, free + 1) if write and entry == ZERO else (entry, free)


def _every_write_allocates(entry: int, write: int, free: int) -> Result:
    return (free, free + 1) if write else (entry or ZERO, free)


def _reads_forget(entry: int, write: int, free: int) -> Result:
    return fault_in_the_model(entry, write, free) if write else (ZERO, free)


def _free_stays(entry: int, write: int, free: int) -> Result:
    return fault_in_the_model(entry, write, free)[0], free


def _entry_alone(entry: int, write: int, free: int) -> int:
    return fault_in_the_model(entry, write, free)[0]


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "five-questions": five_questions,
    "which-bytes": which_bytes,
    "meets-the-zero-page": meets_the_zero_page,
    "page-fault": page_fault,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "frames-in-the-trace": frames_in_the_trace,
    "own-frames": own_frames,
    "entry-that-cannot-be": entry_that_cannot_be,
}
