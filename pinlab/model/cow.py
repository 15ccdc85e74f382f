"""Copy-on-write: what a write does to a page that is mapped read-only.

Whether the frame is kept or copied is where the eras differ; `kernel.rules.write_fault_reuses`
names the rule. (do_wp_page(), mm/memory.c.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinlab.model.folio import Folio
    from pinlab.model.mm import Mm, Pte


def do_wp_page(mm: Mm, vpn: int, *, unshare: bool) -> Pte:
    """Make the page at a virtual page number writable, in place or as a copy; return its entry.

    With `unshare` it becomes this process's alone, but its entry stays read-only: what a
    read-only pin asks for since 5.19 (FAULT_FLAG_UNSHARE).
    """
    pte = mm._ptes[vpn]
    old = pte.page
    if _reuses(mm, old.folio):
        # Whoever holds it alone has it to itself: page_move_anon_rmap() (5.19, 6.5),
        # SetPageAnonExclusive() after folio_move_anon_rmap() (6.18).
        old.folio.anon_exclusive = True
        mm.kernel._note(mm.name, "unshare" if unshare else "reuse", old.folio)
    else:
        name = "unshare" if unshare else "copy"
        folio, hold = mm._own_folio(0, name, f"of {old.name}")
        folio.page(0)._copy_from(old)
        pte.page, former = folio.page(0), pte.hold
        pte.hold = hold
        mm._unmap(old.folio, former)
    pte.writable = not unshare
    return pte


def _reuses(mm: Mm, folio: Folio) -> bool:
    """Whether the frame is kept.

    mapped_once: reuse_swap_page() (5.6 to 5.8). held_once: page_count() (5.9 to 5.18; up to 5.17
    also page_mapcount(), which is never more). exclusive_or_held_once: PageAnonExclusive(), else
    the refcount (5.19 to 6.18).
    """
    rule = mm.kernel.rules.write_fault_reuses
    if rule == "mapped_once":
        return folio.mapcount == 1
    exclusive = rule == "exclusive_or_held_once" and folio.anon_exclusive
    return exclusive or folio.refcount == 1
