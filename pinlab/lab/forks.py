"""When fork copies a page at once: recorded on real kernels, and the model's guess beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinlab.lab.mapped_once import looks_pinned
from pinlab.lab.powers import plural
from pinlab.machine.recordings import recording

if TYPE_CHECKING:
    import pandas

KERNELS = {
    "5.10.262": None,
    "6.1.192": "with the zero-page fix (A/B pair)",
    "6.12.117": None,
    "7.3.4": None,
}
"""The recorded kernels, and the build where there are two."""

EXPERIMENT = "fork_copy_threshold"
EXTRA = (0, 1, 1000, 1022, 1023, 1024, 2000)
CASES = {
    **{
        f"{extra} {plural(extra, 'extra reference')}": f"vmsplice_refs_{extra}_haspinned_1"
        for extra in EXTRA
    },
    "one pin (io_uring)": "really_pinned_iouring",
    "2000, and nothing ever pinned": "vmsplice_refs_2000_haspinned_0",
}
"""What was held when the process forked, and the case of the recording."""


def when_fork_copies() -> pandas.DataFrame:
    """Return a table: a row for what is held on a page that is mapped once, then fork.

    Columns: the refcount before the fork; what the model guesses of that number and of one more;
    what each recorded kernel did, "copies" at once for the child or "shares".
    """
    import pandas

    first, *_ = KERNELS
    refcounts = {held: recorded(first, case)["refcount"] for held, case in CASES.items()}
    columns: dict[str, dict[str, object]] = {
        "refcount": dict(refcounts),
        "model's guess": {held: guess(n) for held, n in refcounts.items()},
        "guess at 1 more": {held: guess(n + 1) for held, n in refcounts.items()},
    }
    for kernel in KERNELS:
        columns[kernel] = {held: did(kernel, case) for held, case in CASES.items()}
    return pandas.DataFrame(columns).rename_axis("held when the process forks")


def recorded(kernel: str, case: str) -> dict[str, int]:
    """Return the recorded numbers of one case."""
    found = recording(kernel, EXPERIMENT, case, KERNELS[kernel])
    return {name: value for name, value in found.items() if isinstance(value, int)}


def did(kernel: str, case: str) -> str:
    """Return what fork did with the page."""
    return "copies" if recorded(kernel, case)["child_has_own_copy"] else "shares"


def guess(refcount: int) -> str:
    """Return what the model takes a single page with this refcount for."""
    return "maybe pinned" if looks_pinned(refcount) else "not pinned"
