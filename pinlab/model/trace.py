"""The trace: one event per operation, or per run of pages of one folio, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, SupportsIndex, overload

if TYPE_CHECKING:
    import pandas

    from pinlab.model.folio import Folio, Page
    from pinlab.model.kernel import Kernel


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

        There is a column for the separate pincount if any of these folios has one.
        """
        rows = [
            (
                str(e.step), e.actor, e.operation, e.page, str(e.pages),
                _change(e.refcount_before, e.refcount_after),
                _change(e.pincount_before, e.pincount_after),
                str(e.acquired), str(e.released), e.note,
            )
            for e in self
        ]  # fmt: skip
        columns = []
        for head, *cells in zip(_HEADS, *rows, strict=True):
            if head != "pincount" or any(cell != "-" for cell in cells):
                width = max(map(len, (head, *cells)))
                pad = str.ljust if head in _WORDS else str.rjust
                columns.append([pad(cell, width) for cell in (head, *cells)])
        return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))

    __str__ = table

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
