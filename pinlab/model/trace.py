"""The trace: one event per operation, or per run of pages of one folio, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

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


class Trace(Sequence[Event]):
    """A list of events; going back and forth through it is a matter of an index."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events = list(events)

    def append(self, event: Event) -> None:
        """Add the newest event."""
        self._events.append(event)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Trace: ...
    def __getitem__(self, index: int | slice) -> Event | Trace:
        """Return one event, or a shorter trace for a slice."""
        if isinstance(index, slice):
            return Trace(self._events[index])
        return self._events[index]

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def table(self) -> str:
        """Return the trace as an aligned plain-text table, one line per event.

        There is a column for the separate pincount if any of these folios has one.
        """
        heads = [head for head in _HEADS if head != "pincount" or self._has_pincounts()]
        rows = [dict(zip(_HEADS, _HEADS, strict=True)), *map(_cells, self._events)]
        widths = {head: max(len(row[head]) for row in rows) for head in heads}
        return "\n".join(_line(row, widths) for row in rows)

    def _has_pincounts(self) -> bool:
        return any(event.pincount_after is not None for event in self._events)

    __str__ = table

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} events>"

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the trace as a DataFrame indexed by step."""
        import pandas

        frame = pandas.DataFrame(self._events, columns=list(Event._fields))
        pincounts = dict.fromkeys(("pincount_before", "pincount_after"), "Int64")
        return frame.astype(dict.fromkeys(_INTEGERS, "int64") | pincounts).set_index("step")


def note(
    kernel: Kernel, actor: str, operation: str, what: Folio | Page, pages: int = 1,
    before: int | None = None, pins_before: int | None = None, text: str = "",
) -> None:  # fmt: skip
    """Append an event to a machine's trace; without `before` the counters did not change."""
    events, refcount, pincount = kernel.trace._events, what.refcount, what.pincount
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


_HEADS = ("step", "actor", "operation", "page", "pages", "refcount", "pincount",
          "acquired", "released", "note")  # fmt: skip
_INTEGERS = ("step", "pages", "refcount_before", "refcount_after", "acquired", "released")
_NUMBERS = {"step", "pages", "refcount", "pincount", "acquired", "released"}


def _cells(event: Event) -> dict[str, str]:
    return {
        **{head: str(getattr(event, head)) for head in _HEADS if head in Event._fields},
        "refcount": _change(event.refcount_before, event.refcount_after),
        "pincount": _change(event.pincount_before, event.pincount_after),
    }


def _change(before: int | None, after: int | None) -> str:
    if after is None:
        return "-"
    return str(after) if before == after else f"{before} -> {after}"


def _line(cells: dict[str, str], widths: dict[str, int]) -> str:
    aligned = (
        cells[head].rjust(width) if head in _NUMBERS else cells[head].ljust(width)
        for head, width in widths.items()
    )
    return "  ".join(aligned).rstrip()
