"""From how many plain references on fork copies a page at once, and that a pin makes it do so."""

from __future__ import annotations

from pinlab.machine.fork_threshold import NEVER, first_that_copies
from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import (
    Values,
    page_of,
    pin_something_else,
    written,
)
from pinlab.model.arguments import whole
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.gup import FOLL_GET
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

MOST = 1 << 14
PAGE_KB = PAGE_SIZE >> 10


def _referenced(kernel: Kernel, references: int, pinned: int) -> Values:
    """Splice a page that often, with or without a pin of another page in the past, and fork."""
    parent = kernel.new_mm()
    addr = written(parent)
    if whole("haspinned", pinned, 0, 1):
        pin_something_else(parent)
    before = page_of(parent, addr).refcount
    for _ in range(whole("refs", references, 0, MOST)):
        parent.get_user_pages(addr, 1)
    return _fork(parent, addr, page_of(parent, addr).refcount - before)


def _unprivileged(kernel: Kernel, references: int, pinned: int) -> Values:
    """The same, seen without the rights to look at a frame or its refcount."""
    found = _referenced(kernel, references, pinned)
    hidden = ("refcount", "child_has_own_copy")
    return {name: value for name, value in found.items() if name not in hidden}


def _registered(kernel: Kernel) -> Values:
    parent = kernel.new_mm()
    addr = written(parent)
    parent.register_buffer(addr, 1)
    return _fork(parent, addr, 0)


def _threshold(kernel: Kernel, pinned: int) -> Values:
    """Search for the least number of references from which on fork copies; -1 if there is none."""

    def copies(references: int) -> bool:
        return _copies(kernel, references, whole("haspinned", pinned, 0, 1))

    first = first_that_copies(copies)
    return {"copies_from_extra": NEVER if first is None else first}


def _copies(kernel: Kernel, references: int, pinned: int) -> bool:
    parent = kernel.new_mm()
    addr = written(parent)
    if pinned:
        pin_something_else(parent)
    if references:  # all at once: the search asks for many
        kernel.try_grab_folio(page_of(parent, addr).folio, references, FOLL_GET)
    return _fork(parent, addr, references)["child_has_own_copy"] == 1


def _fork(parent: Mm, addr: int, extra: int) -> Values:
    """Fork, and look where the child's page is: its own is Private_Dirty in its smaps."""
    page, pinned = page_of(parent, addr), parent.has_pinned
    refcount = page.refcount
    own = page_of(parent.fork(), addr) is not page
    return {
        "extra": extra,
        "has_pinned": int(pinned),
        "refcount": refcount,
        "child_has_own_copy": int(own),
        "child_Shared_Dirty_kB": 0 if own else PAGE_KB,
        "child_Private_Dirty_kB": PAGE_KB if own else 0,
    }


FORMS: Forms = {
    "vmsplice_refs_{references}_haspinned_{pinned}": _referenced,
    "unpriv_refs_{references}_haspinned_{pinned}": _unprivileged,
    "unpriv_threshold_haspinned_{pinned}": _threshold,
    "really_pinned_iouring": _registered,
}
