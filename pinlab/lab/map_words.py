"""The map in words: every number of the picture, and what a step has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby

from pinlab.lab.snapshot import (
    NO_HOLD_LEFT,
    NOT_COUNTED,
    Frame,
    Groups,
    Holder,
    PageTable,
    Region,
    Snapshot,
    Stack,
    StackHold,
    Strip,
    entries,
    group,
    pages,
    remapped,
)
from pinlab.lab.text import LARGE, digits, many, plural


def in_words(state: Snapshot, groups: Groups) -> list[str]:
    """Return a sentence or more for each process, each stack of frames, and each holder."""
    said = []
    for process, areas in zip(state.processes, groups.strips, strict=True):
        told = [_strip(strip, groups.stacks) for area in areas for strip in joined(area)]
        said.append(f"{process.name}: {'; '.join(told) or 'nothing is mapped'}.")
    said += map(_frames, groups.stacks)
    for holder, held in zip(state.holders, groups.held, strict=True):
        does = f", {holder.request}" if holder.request else ""
        told = [_hold(row, the(groups.stacks[row.stack].name)) for row in held]
        said.append(f"{capital(title(holder))}{does}: {'; '.join(told) or 'no hold'}.")
    return said or ["No process, and no frame in use."]


def title(holder: Holder) -> str:
    """Return what a holder is called: the device of a request, or in whose name it is held."""
    if holder.request:
        return f"device, for {request(holder.name)}"
    return "held by the kernel" if holder.name == "kernel" else f"held for {holder.name}"


def request(name: str) -> str:
    """Return a request's name as it stands within a sentence."""
    process, _, number = name.rpartition(", ")
    return f"{number} of {process}"


def capital(sentence: str) -> str:
    """Return a sentence with its first letter large, and all others as they are."""
    return sentence[:1].upper() + sentence[1:]


def the(name: str) -> str:
    """Return a name as it stands within a sentence."""
    return f"the {name}" if name.endswith(("zero page", "zero folio")) else name


def joined(strips: Sequence[Strip]) -> Iterator[Strip]:
    """Yield the strips of an area, neighbours that point to the same as one."""
    # In a stretch without a gap, page and number of pages before differ by the same.
    before = accumulate((strip.last - strip.first + 1 for strip in strips), initial=0)
    pairs = zip(strips, before, strict=False)
    for _, alike in groupby(
        pairs, lambda pair: (set(pair[0].teeth), pair[0].readonly > 0, pair[0].first - pair[1])
    ):
        some = [strip for strip, _ in alike]
        yield replace(some[0], last=some[-1].last, readonly=sum(one.readonly for one in some))


def _strip(strip: Strip, stacks: tuple[Stack, ...]) -> str:
    one = strip.first == strip.last
    name = strip.name if one else f"{strip.name} ({size(strip)})"
    if strip.empty:
        return f"{name} {'is' if one else 'are'} empty"
    targets = sorted({tooth for tooth in strip.teeth if tooth is not None})
    names = " and ".join(the(stacks[target].name) for target in targets)
    rest = ", and some are empty" if None in strip.teeth else ""
    told = f"{name} {'points' if one else 'point'} to {names}{rest}"
    return told + (f", {kept}" if (kept := readonly(strip)) else "")


def readonly(strip: Strip) -> str:
    """Return what is to be said of entries of frames of their own that cannot be written."""
    if not strip.readonly:
        return ""
    return "read-only" if strip.readonly == strip.entries else f"{strip.readonly} read-only"


def size(strip: Strip) -> str:
    """Return how many entries there are."""
    entries = "1 entry" if strip.entries == 1 else f"{strip.entries} entries"
    return f"{entries} of 2 MiB" if strip.span > 1 else entries


def _frames(stack: Stack) -> str:
    size = f" ({1 << stack.first.order} pages)" if stack.first.order else ""
    has = ": each has" if stack.each else " has"
    begins = f", beginning with {stack.first.letters}" if stack.first.letters else ""
    return f"{capital(the(stack.name))}{size}{has} {counters(stack.first)}{begins}."


def number(value: int) -> str:
    """Return a number in digits, and a large one as a power, too."""
    return digits(value) if abs(value) >= 2**LARGE else str(value)


def counters(frame: Frame) -> str:
    """Return a frame's counters, and what is wrong with it."""
    below = ", below zero" if frame.refcount < 0 else ""
    pins = "" if frame.pincount is None else f" and pincount {number(frame.pincount)}"
    return f"refcount {number(frame.refcount)}{below}{pins}" + (", freed" if frame.freed else "")


def _hold(row: StackHold, name: str) -> str:
    if row.kind in (NOT_COUNTED, NO_HOLD_LEFT):
        return f"{many(row.total, 'page')} on {name}, {row.kind}"
    each = f", {row.times} on each of" if row.frames > 1 else " on"
    return f"{number(row.total)} {plural(row.total, row.kind)}{each} {name}"


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """Return a sentence for each thing that a step has changed: counters, entries, requests."""
    groups = group(after, before)
    return [
        *([*_counters_moved(before, groups.stacks)] or ["No counter changes."]),
        *_rewritten(before, groups.stacks),
        *_entries_moved(before, after, groups),
        *_came_and_went(before, after),
    ]


def _entries_moved(before: Snapshot, after: Snapshot, groups: Groups) -> Iterator[str]:
    for process, areas in zip(after.processes, groups.strips, strict=True):
        then = before.process(process.key)
        was = then.areas if then else ()
        if _spans(was) != _spans(process.areas):
            yield f"{process.name} now maps {_spans(process.areas)}."
        moved = [
            _strip(strip, groups.stacks)
            + (", writable" if _was_readonly(before, process, strip) else "")
            for area in areas
            for strip in joined([one for one in area if remapped(before, after, process.key, one)])
        ]
        if moved:
            yield f"{process.name}: {'; '.join(moved)}."


def _was_readonly(before: Snapshot, process: PageTable, strip: Strip) -> bool:
    """Whether an entry of a strip that can be written now could not be written before."""
    return not strip.readonly and any(entry[2] for entry in entries(before, process.key, strip))


def _spans(areas: tuple[Region, ...]) -> str:
    return " and ".join(pages(area.first, area.last) for area in areas) or "nothing"


def _counters_moved(before: Snapshot, stacks: Sequence[Stack]) -> Iterator[str]:
    for stack in stacks:
        was, now = before.frame(stack.first.number), stack.first
        name, each = capital(the(stack.name)), stack.each
        verb = "are" if each else "is"
        if was is None:
            yield f"{name} {verb} new, {each or 'with '}{counters(now)}."
        elif (was.refcount, was.pincount, was.freed) != (now.refcount, now.pincount, now.freed):
            freed = f" {verb} freed" if now.freed else ""
            yield f"{name}{freed}: {each}{', '.join(_moved(was, now))}."


def _moved(was: Frame, now: Frame) -> Iterator[str]:
    if was.refcount != now.refcount:
        below = ", below zero" if now.refcount < 0 else ""
        yield f"refcount {number(was.refcount)} to {number(now.refcount)}{below}"
    if was.pincount is not None and now.pincount is not None and was.pincount != now.pincount:
        yield f"pincount {number(was.pincount)} to {number(now.pincount)}"


def _rewritten(before: Snapshot, stacks: Sequence[Stack]) -> Iterator[str]:
    """What the bytes of a frame are now, if they are shown and are others."""
    for stack in stacks:
        was, now = before.frame(stack.first.number), stack.first
        if now.letters and now.letters != (was.letters if was else ""):
            begins = "each begins" if stack.each else "begins"
            yield f"{capital(the(stack.name))} {begins} with {now.letters}."


def _came_and_went(before: Snapshot, after: Snapshot) -> Iterator[str]:
    then, now = (
        {holder.name for holder in state.holders if holder.request} for state in (before, after)
    )
    yield from (f"{request(name)} is in flight." for name in sorted(now - then))
    yield from (f"{request(name)} has completed." for name in sorted(then - now))
