"""How many direct writes can be in flight together: what the source says, and this machine.

The first is from data/in_flight_limits.csv. The second is only read, never set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.machine.measured import yours
from pinlab.machine.proc import UnavailableError, require_linux
from pinlab.text_files import table, whole_number

ROOT = Path("/")
"""Where /proc and /sys are."""

AIO = "/proc/sys/fs/aio-max-nr"
BLOCK = "/sys/block"


class Limit(NamedTuple):
    """One limit on what is in flight.

    value: None where the kernel sets no limit. file: where a machine says its own value, "" if
    it does not. source: file and release of the kernel source, or the kernel that was asked.
    """

    id: str
    name: str
    value: int | None
    unit: str
    what: str
    file: str
    source: str


@dataclass(frozen=True)
class OwnLimits:
    """What this machine says, or why it says nothing.

    live: whether it was read just now. note: what could not be read, and which disks have no
    queue to read, in plain sentences; "" if nothing. label: the words to put beside the numbers.
    """

    limits: tuple[Limit, ...]
    live: bool
    note: str
    label: str


@cache
def limits() -> tuple[Limit, ...]:
    """Return the limits that the kernel's source sets, in the order of the data file."""
    columns = ("id", "limit", "value", "unit", "what", "file", "source")
    return tuple(table(DATA / "in_flight_limits.csv", columns, _limit, unique=["id"]))


def _limit(row: Mapping[str, str]) -> Limit:
    id, name, value, *others = row.values()
    return Limit(id, name, whole_number(value) if value else None, *others)


def own_limits() -> OwnLimits:
    """Return aio-max-nr, and the most requests in one hardware queue and in one disk.

    Their ids are aio-max-nr, queue and disk; a limit that cannot be read is left out, and the
    note says why. Off Linux and with PINLAB_MACHINE=recording nothing is read. Raises ValueError
    for an unknown value of that variable.
    """
    try:
        require_linux()
    except UnavailableError as reason:
        return OwnLimits((), live=False, note=str(reason), label="this machine was not read")
    label = yours().label
    notes: list[str] = []
    value = _number(AIO, notes)
    (default,) = (limit for limit in limits() if limit.file == AIO)
    found = [] if value is None else [default._replace(value=value, source=label)]
    for same in zip(*_disks(notes, label), strict=True):
        found.append(max(same, key=lambda limit: limit.value or 0))
    return OwnLimits(tuple(found), live=True, note=" ".join(notes), label=label)


def _disks(notes: list[str], label: str) -> list[tuple[Limit, Limit]]:
    """Of each disk the requests in one hardware queue, and in all of them."""
    found, without = [], []
    for name in _names(BLOCK):
        if not _number(f"{BLOCK}/{name}/size", notes):
            continue  # an unused loop device or an empty drive takes no writes
        queues = len(_names(f"{BLOCK}/{name}/mq"))
        if not queues:  # up to Linux 6.4 it has a file nr_requests all the same
            without.append(name)
            continue
        file = f"{BLOCK}/{name}/queue/nr_requests"
        requests = _number(file, notes)
        if requests is not None:
            found.append(_of_disk(name, requests, queues, file, label))
    if not found:
        notes.append(f"No disk here has a file {BLOCK}/*/queue/nr_requests to read.")
    if without:
        notes.append(f"No request queue of their own, only what is below: {', '.join(without)}.")
    return found


def _of_disk(name: str, requests: int, queues: int, file: str, label: str) -> tuple[Limit, Limit]:
    number = "1 hardware queue" if queues == 1 else f"{queues} hardware queues"
    one = Limit(
        "queue", f"one hardware queue of {name}", requests, "requests per hardware queue",
        "Each hardware queue takes this many requests, then a submitter sleeps.", file, label,
    )  # fmt: skip
    whole = Limit(
        "disk", f"all hardware queues of {name}", requests * queues, "requests per disk",
        f"{requests} requests times {number}; less where these share their places, "
        "and a write may share the request of the one before it.",
        f"{file}, {BLOCK}/{name}/mq", label,
    )  # fmt: skip
    return one, whole


def _number(file: str, notes: list[str]) -> int | None:
    """Return the number in a file; None if there is none, and a note says in one sentence why."""
    try:
        text = _path(file).read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        notes.append(f"{file} cannot be read: {error.strerror}.")
        return None
    if re.fullmatch(r"[0-9]{1,20}", text):  # 2^64 - 1 has 20 digits
        return int(text)
    notes.append(f"{file} says {text[:20]!r}, which is no number.")
    return None


def _names(folder: str) -> list[str]:
    try:
        return sorted(path.name for path in _path(folder).iterdir())
    except OSError:
        return []  # a disk without request queues has no mq, a container may have no /sys


def _path(file: str) -> Path:
    return ROOT / file.removeprefix("/")
