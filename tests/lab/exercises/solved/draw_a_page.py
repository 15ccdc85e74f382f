"""The right answers of lesson 01, worked out by hand or from what is handed out."""

import re

from pinlab import lab
from pinlab.model.trace import Trace

NONE, ZERO = 0, 1


def page_fault(entry: int, write: int, free: int) -> tuple[int, int]:
    """What a page fault does to an entry."""
    if write and entry in (NONE, ZERO):
        return free, free + 1
    if entry == NONE:
        return ZERO, free
    return entry, free


def trace(seed: int) -> Trace:
    """The trace of `frames-in-the-trace`."""
    given = lab.given("frames-in-the-trace", seed)
    assert isinstance(given, Trace)
    return given


def frames(seed: int) -> int:
    """The names of frames in that trace."""
    return len({event.page for event in trace(seed)})


def written(seed: int) -> set[tuple[str, int]]:
    """The pages in which the bytes of `own-frames` lie, with their process."""
    rows = re.findall(r"\| (first|second) \| (\d+) \| (\d+) \|", str(lab.given("own-frames", seed)))
    return {
        (process, byte // 4096)
        for process, start, nbytes in rows
        for byte in range(int(start), int(start) + int(nbytes))
    }


LINE = re.compile(r"\d\. (?P<what>\D+?) (?:a byte into )?pages? (?P<first>\d)(?: to (?P<last>\d))?")
BRINGS = {
    "the program reads": "the zero page",
    "direct I/O to disk takes": "the zero page",
    "the program writes": "frame",
    "direct I/O from disk fills": "frame",
}


def impossible(seed: int) -> list[int]:
    """The pages of `entry-that-cannot-be` whose entry is not what the accesses brought."""
    done, _, table = str(lab.given("entry-that-cannot-be", seed)).partition("\n\n")
    wanted = dict.fromkeys(range(8), "- (empty)")
    for line in done.splitlines():
        found = LINE.fullmatch(line)
        assert found is not None, line
        first, last = int(found["first"]), int(found["last"] or found["first"])
        for page in range(first, last + 1):
            if wanted[page] != "frame":
                wanted[page] = BRINGS[found["what"]]
    rows = [line.split(maxsplit=1) for line in table.splitlines()[1:]]
    assert [int(page) for page, _ in rows] == list(range(8))
    return [int(page) for page, entry in rows if not entry.startswith(wanted[int(page)])]


RIGHT: dict[str, object] = {
    "five-questions": {"read": 1, "both": 1, "written": 3 + 1, "from_disk": 64, "copied": 0},
    "which-bytes": "new",
    "meets-the-zero-page": {"to disk: never touched", "to disk: only read"},
    "page-fault": page_fault,
    "frames-in-the-trace": frames(seed=0),
    "own-frames": len(written(seed=0)),
    "entry-that-cannot-be": impossible(seed=0)[0],
}
