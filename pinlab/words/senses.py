"""Senses: what somebody may mean who says that a page is pinned, each a function of the model.

OnRecord and ledger know folios, so a sense that holds for one page holds for all of its folio.
"""

from collections.abc import Callable, Mapping
from textwrap import fill
from types import MappingProxyType
from typing import NamedTuple

from pinlab.model.arguments import instance
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS
from pinlab.model.folio import Folio, Page
from pinlab.model.ledger import PIN, REFERENCE

COLUMNS = 58
"""As wide as what is printed may be, so that no line is broken in a window of 900 pixels."""


class Sense(NamedTuple):
    """One meaning of pinned: its id, what has to be so, where the kernel says it, and the test."""

    id: str
    words: str
    source: str
    holds: Callable[[Folio], bool]


def _held(folio: Folio, *kinds: str) -> bool:
    return any(folio.kernel.ledger.count(folio, kind) > 0 for kind in kinds)


def _in_a_counted_buffer(folio: Folio) -> bool:
    counted = [buffer for buffer in folio.kernel.buffers if buffer.counted]
    return any(page.folio is folio for buffer in counted for page in buffer.pages)


_ALL = (
    Sense(
        "foll-pin",
        "somebody holds a pin (FOLL_PIN) that the kernel has counted",
        "pin_user_pages(), mm/gup.c, 5.6 to 6.18",
        lambda folio: _held(folio, PIN),
    ),
    Sense(
        "any-reference",
        "somebody holds it, by a pin or by a reference, beyond its mappings",
        "FOLL_GET and FOLL_PIN, include/linux/mm_types.h, 6.18",
        lambda folio: _held(folio, PIN, REFERENCE),
    ),
    Sense(
        "refcount-says-maybe",
        "the refcount, read as unsigned, is 1024 or more",
        "folio_maybe_dma_pinned(), include/linux/mm.h, 5.7 to 6.18, without a pincount",
        # The cast to unsigned is the kernel's: a refcount that overflowed reads as pinned.
        lambda folio: folio.refcount % 2**32 >= GUP_PIN_COUNTING_BIAS,
    ),
    Sense(
        "pincount-above-zero",
        "there is a separate pincount, and it is above zero",
        "folio_maybe_dma_pinned(), include/linux/mm.h, 5.7 to 6.18, with a pincount",
        lambda folio: (folio.pincount or 0) > 0,
    ),
    Sense(
        "unevictable",
        "somebody mlocked it: reclaim passes it over",
        "UNEVICTABLE, Documentation/admin-guide/mm/pagemap.rst, 6.18",
        lambda folio: folio.mlocked,
    ),
    Sense(
        "pinned-vm",
        "it is in a registered buffer: some process's VmPin counts it",
        "pinned_vm of struct mm_struct, include/linux/mm_types.h, 5.6 to 6.18",
        _in_a_counted_buffer,
    ),
)

SENSES: Mapping[str, Sense] = MappingProxyType({sense.id: sense for sense in _ALL})
"""The senses by id."""


class Senses(dict[str, bool]):
    """Which senses hold for a page now: a dict of id to bool that can be printed.

    Attributes: page; lit (ids of those that hold); dark (the others).
    """

    def __init__(self, page: Page) -> None:
        self.page = instance("page", page, Page)
        super().__init__({sense.id: sense.holds(page.folio) for sense in _ALL})
        self.lit = tuple(sense for sense, holds in self.items() if holds)
        self.dark = tuple(sense for sense, holds in self.items() if not holds)
        self._head = f"{page!r} on Linux {page.folio.kernel.release}"

    def __str__(self) -> str:
        """Return a paragraph for each sense, narrow enough for half a screen."""
        width = max(map(len, SENSES))
        rows = [
            fill(
                SENSES[sense].words,
                COLUMNS,
                initial_indent=f"  {'yes' if holds else 'no ':3}  {sense:{width}}  ",
                subsequent_indent=" " * (width + 9),
            )
            for sense, holds in self.items()
        ]
        return "\n".join([self._head, *rows])

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
