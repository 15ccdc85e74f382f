"""Senses: what somebody may mean who says that a page is pinned, each a function of the model.

Counters and ledger know folios, so a sense that holds for one page holds for all of its folio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pinlab.model.arguments import instance
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS
from pinlab.model.folio import Folio, Page
from pinlab.model.ledger import PIN, REFERENCE


class Sense(NamedTuple):
    """One meaning of pinned: its id, what has to be so, where the kernel says it, and the test."""

    id: str
    words: str
    source: str
    holds: Callable[[Folio], bool]


def _foll_pin(folio: Folio) -> bool:
    return folio.kernel.ledger.count(folio, PIN) > 0


def _any_reference(folio: Folio) -> bool:
    return _foll_pin(folio) or folio.kernel.ledger.count(folio, REFERENCE) > 0


def _refcount_says_maybe(folio: Folio) -> bool:
    # The cast to unsigned is the kernel's: a refcount that overflowed reads as pinned.
    return folio.refcount % 2**32 >= GUP_PIN_COUNTING_BIAS


def _pincount_above_zero(folio: Folio) -> bool:
    return folio.pincount is not None and folio.pincount > 0


def _unevictable(folio: Folio) -> bool:
    return folio.mlocked


def _pinned_vm(folio: Folio) -> bool:
    counted = [buffer for buffer in folio.kernel.buffers if buffer.counted]
    return any(page.folio is folio for buffer in counted for page in buffer.pages)


SENSES: Mapping[str, Sense] = MappingProxyType(
    {
        sense.id: sense
        for sense in (
            Sense(
                "foll-pin",
                "somebody holds a pin (FOLL_PIN) that the kernel has counted",
                "pin_user_pages(), mm/gup.c, 5.6 to 6.18",
                _foll_pin,
            ),
            Sense(
                "any-reference",
                "somebody holds it, by a pin or by a reference, beyond its mappings",
                "FOLL_GET and FOLL_PIN, include/linux/mm_types.h, 6.18",
                _any_reference,
            ),
            Sense(
                "refcount-says-maybe",
                "the refcount, read as unsigned, is 1024 or more",
                "folio_maybe_dma_pinned(), include/linux/mm.h, 5.7 to 6.18, without a pincount",
                _refcount_says_maybe,
            ),
            Sense(
                "pincount-above-zero",
                "there is a separate pincount, and it is above zero",
                "folio_maybe_dma_pinned(), include/linux/mm.h, 5.7 to 6.18, with a pincount",
                _pincount_above_zero,
            ),
            Sense(
                "unevictable",
                "somebody mlocked it: reclaim passes it over",
                "UNEVICTABLE, Documentation/admin-guide/mm/pagemap.rst, 6.18",
                _unevictable,
            ),
            Sense(
                "pinned-vm",
                "it is in a registered buffer: some process's VmPin counts it",
                "pinned_vm of struct mm_struct, include/linux/mm_types.h, 5.6 to 6.18",
                _pinned_vm,
            ),
        )
    }
)
"""The senses by id."""


class Senses(Mapping[str, bool]):
    """Which senses hold for a page now: a mapping of id to bool that can be printed.

    Attributes: page; lit (ids of those that hold); dark (the others); disagreements (each pair of
    one that holds and one that does not).
    """

    def __init__(self, page: Page) -> None:
        self.page = instance("page", page, Page)
        self._found = {sense.id: sense.holds(page.folio) for sense in SENSES.values()}
        self._head = f"{page!r} on Linux {page.folio.kernel.release}"

    def __getitem__(self, sense: str) -> bool:
        return self._found[sense]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def lit(self) -> tuple[str, ...]:
        """The ids of the senses that hold."""
        return tuple(sense for sense, holds in self._found.items() if holds)

    @property
    def dark(self) -> tuple[str, ...]:
        """The ids of the senses that do not hold."""
        return tuple(sense for sense, holds in self._found.items() if not holds)

    @property
    def disagreements(self) -> list[tuple[str, str]]:
        """Pairs of which the first says that the page is pinned and the second that it is not."""
        return [(yes, no) for yes in self.lit for no in self.dark]

    def __str__(self) -> str:
        """Return a line for each sense, and how many pairs of them disagree."""
        width = max(map(len, SENSES))
        rows = [
            f"  {'yes' if holds else 'no ':3}  {sense:{width}}  {SENSES[sense].words}"
            for sense, holds in self._found.items()
        ]
        pairs = len(self) * (len(self) - 1) // 2
        verdict = f"  {len(self.disagreements)} of {pairs} pairs disagree"
        return "\n".join([self._head, *rows, verdict])

    __repr__ = __str__


def senses(page: Page) -> Senses:
    """Return which of the senses of "pinned" hold for a page; TypeError for anything else.

    >>> from pinlab import Kernel
    >>> mm = Kernel("6.5").new_mm()
    >>> (page,) = mm.get_user_pages(mm.mmap(4096), 1)
    >>> senses(page).lit
    ('any-reference',)
    """
    return Senses(page)
