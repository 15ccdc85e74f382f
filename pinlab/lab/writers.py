"""Writers: whose each byte of a frame is, from one state of a story to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pinlab.lab.snapshot import BY_DEVICE, Frame, Snapshot
from pinlab.model.trace import Event


def attributed(after: Snapshot, before: Snapshot, events: Iterable[Event]) -> Snapshot:
    """Return a snapshot whose frames say who wrote each byte over, and what they are copies of.

    `events` are those between the two. A byte that is there from the first has no writer, and one
    that was copied keeps its own. What the device did not write was written by the process that
    can: it has a writable entry.
    """
    events = list(events)
    numbers = {frame.name: frame.number for frame in after.frames}
    copies = {
        numbers[event.page]: numbers[event.note.removeprefix("of ")]
        for event in events
        if event.operation.endswith("copy") and event.note.removeprefix("of ") in numbers
    }
    by_device = {event.page for event in events if event.operation == "device write"}

    def signed(frame: Frame) -> Frame:
        source = copies.get(frame.number, 0)
        was = before.frame(source or frame.number)
        if was is None or not was.letters:
            return frame
        writer = BY_DEVICE if frame.name in by_device else _owner(after, frame)
        writers = tuple(
            kept if old == new else writer
            for old, new, kept in zip(was.letters, frame.letters, was.writers, strict=True)
        )
        copied = source or (was.copied if was.number == frame.number else 0)
        return replace(frame, writers=writers, copied=copied)

    return replace(after, frames=tuple(map(signed, after.frames)))


def _owner(state: Snapshot, frame: Frame) -> str:
    """The process that can write to a frame; empty if there is none."""
    able = (
        process.name
        for process in state.processes
        for area in process.areas
        for page, number in area.entries
        if number == frame.number and page not in area.readonly
    )
    return next(able, "")
