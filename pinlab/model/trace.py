"""The trace: one event per operation, or per run of pages of one folio, in order."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import chain
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple, Protocol, SupportsIndex, overload

if TYPE_CHECKING:
    import pandas

    from pinlab.model.folio import Folio, Page
    from pinlab.model.kernel import Kernel


LONGEST = 72
"""The characters of a line for which a notebook in a window of 1024 pixels has room."""

INDENT = " " * 6


class Event(NamedTuple):
    """What one operation did.

    pages is the length of the run: page table entries that a fault filled, frames that were
    allocated or freed, or holds that were taken or released.
    The counters are the folio's, before and after; acquired and released are
    nr_foll_pin_acquired and nr_foll_pin_released of /proc/vmstat after the event.
    """

    step: int
    actor: str
    operation: str
    page: str
    pages: int
    refcount_before: int
    refcount_after: int
    pincount_before: int | None
    pincount_after: int | None
    acquired: int
    released: int
    note: str


class _Printer(Protocol):
    """IPython's, which shows the last value of a cell."""

    def text(self, obj: str) -> None: ...


class Trace(list[Event]):
    """A list of events; a slice of it is a shorter trace."""

    @overload
    def __getitem__(self, index: SupportsIndex) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Trace: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Event | Trace:
        """Return one event, or a trace for a slice."""
        if isinstance(index, slice):
            return Trace(super().__getitem__(index))
        return super().__getitem__(index)

    def table(self) -> str:
        """Return the trace as an aligned plain-text table, one line per event.

        A column that says nothing of any of these events is left out: a count that stays 0, runs
        of one page, a pincount that no folio has, no note. Notes that would make a line longer
        than 72 characters stand below the events.
        """
        columns = []
        for head, *cells in self._columns():
            width = max(map(len, (head, *cells)))
            pad = str.ljust if head in _WORDS else str.rjust
            columns.append([pad(cell, width) for cell in (head, *cells)])
        lines = ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]
        notes = [event.note for event in self]
        if max(map(len, lines)) <= LONGEST or not any(notes):
            return "\n".join(lines)
        unnoted = Trace(event._replace(note="") for event in self).table().split("\n")
        below = (
            fill(each, LONGEST, initial_indent=INDENT, subsequent_indent=INDENT) for each in notes
        )
        return "\n".join(filter(None, chain(*zip(unnoted, ["", *below], strict=True))))

    __str__ = table

    def _columns(self) -> Iterator[tuple[str, ...]]:
        """The heads, each with its cells, as far as they say something."""
        rows = [
            (
                str(e.step), e.actor, e.operation, e.page, str(e.pages),
                _change(e.refcount_before, e.refcount_after),
                _change(e.pincount_before, e.pincount_after),
                str(e.acquired), str(e.released), e.note,
            )
            for e in self
        ]  # fmt: skip
        for head, *cells in zip(_HEADS, *rows, strict=True):
            if head not in _SILENT or any(cell != _SILENT[head] for cell in cells):
                yield head, *cells

    def _repr_html_(self) -> str:
        """The same as a table for a notebook, which scrolls where it is wider than the page."""
        heads, *rows = zip(*self._columns(), strict=True)
        lines = [_line(heads, heads, "th"), *(_line(heads, row, "td") for row in rows)]
        return f'<div style="overflow-x:auto" tabindex="0"><table>{"".join(lines)}</table></div>'

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        printer.text(str(self))

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} events>"

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the trace as a DataFrame indexed by step."""
        import pandas

        frame = pandas.DataFrame(list(self), columns=list(Event._fields))
        pincounts = dict.fromkeys(("pincount_before", "pincount_after"), "Int64")
        numbers = ("step", "pages", "refcount_before", "refcount_after", "acquired", "released")
        return frame.astype(dict.fromkeys(numbers, "int64") | pincounts).set_index("step")


_HEADS = ("step", "actor", "operation", "page", "pages", "refcount", "pincount",
          "acquired", "released", "note")  # fmt: skip
_WORDS = ("actor", "operation", "page", "note")
_SILENT = {"pages": "1", "pincount": "-", "acquired": "0", "released": "0", "note": ""}


def _line(heads: tuple[str, ...], cells: tuple[str, ...], tag: str) -> str:
    sides = ("left" if head in _WORDS else "right" for head in heads)
    row = (
        f'<{tag} style="text-align:{side};white-space:nowrap">{escape(cell)}</{tag}>'
        for side, cell in zip(sides, cells, strict=True)
    )
    return f"<tr>{''.join(row)}</tr>"


def _change(before: int | None, after: int | None) -> str:
    if after is None:
        return "-"
    return str(after) if before == after else f"{before} -> {after}"


def note(
    kernel: Kernel, actor: str, operation: str, what: Folio | Page, pages: int = 1,
    before: int | None = None, pins_before: int | None = None, text: str = "",
) -> None:  # fmt: skip
    """Append an event to a machine's trace; without `before` the counters did not change."""
    events, refcount, pincount = kernel.trace, what.refcount, what.pincount
    if before is None:
        before, pins_before = refcount, pincount
    acquired, released = kernel.vmstat.values()
    events.append(
        Event(
            len(events), actor, operation, what.name, pages, before, refcount,
            pins_before, pincount, acquired, released, text,
        )
    )  # fmt: skip


def warn_once(kernel: Kernel, site: str, text: str) -> None:
    """Enter a WARN_ON_ONCE of `site` into a machine's warnings, the first time only."""
    if site not in kernel.sites:
        kernel.sites.add(site)
        kernel.warnings.append(text)
