"""Readers of the huge zero folio: what its refcount read while each of them held 1024 pins.

Recorded as those of the zero page were (`count_to_two_million.cliff`), with huge pages to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pinlab.lab.callers import WITH_FIX, WITHOUT_FIX
from pinlab.machine import recording
from pinlab.machine.predictions.holds import PAGES_AT_ONCE
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Folio
from pinlab.model.kernel import Kernel

if TYPE_CHECKING:
    import pandas

READERS = (1, 2, 4, 8)

BUILDS: Mapping[str, tuple[str, str | None]] = {
    "5.10.262": ("5.10.262", None),
    "6.1.192 without the patch": ("6.1.192", WITHOUT_FIX),
    "6.1.192 with the patch": ("6.1.192", WITH_FIX),
    "7.3.4": ("7.3.4", None),
}
"""The kernels on which readers of the huge zero folio were recorded, by what they are called."""


def huge_zero_readers() -> pandas.DataFrame:
    """Return a table of the refcount: a row for each number of readers, a column for each kernel.

    First the pins that they hold and the model, Linux 6.18; last the zero page, for comparison.
    """
    import pandas

    columns = {
        "pins held": [PAGES_AT_ONCE * readers for readers in READERS],
        "model": [modelled("6.18", readers).refcount for readers in READERS],
        **{name: [recorded(name, readers) for readers in READERS] for name in BUILDS},
        "zero page, 6.1.192 with the patch": [_zero_page(readers) for readers in READERS],
    }
    return pandas.DataFrame(columns, index=pandas.Index(READERS, name="readers"))


def modelled(release: str, readers: int) -> Folio:
    """Return the huge zero folio of a machine on which that many readers hold 1024 pins each."""
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(PAGES_AT_ONCE * PAGE_SIZE, order=HPAGE_ORDER)
    for _ in range(readers):
        mm.pin_user_pages(addr, PAGES_AT_ONCE)
    return kernel.huge_zero_folio


def recorded(name: str, readers: int) -> int:
    """Return the refcount of the huge zero folio that was recorded on one of the `BUILDS`."""
    kernel, build = BUILDS[name]
    return _refcount(kernel, f"hugezero_hold8:threads={readers}", build)


def _zero_page(readers: int) -> int:
    return _refcount("6.1.192", f"hold2056:threads={readers}", WITH_FIX)


def _refcount(kernel: str, case: str, build: str | None) -> int:
    return int(recording(kernel, "held_pins", case, build)["refcount"])
