"""One O_DIRECT transfer between memory and an unnamed file: how many pins does it take?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from pinlab.machine import buffers, direct_io, huge
from pinlab.machine.experiments.case import Case, Values, pins_of, read_once
from pinlab.machine.proc import UnavailableError

ORDINARY = ("ext2", "ext3", "ext4", "xfs", "f2fs")
"""File systems that leave direct I/O to the block layer, whose rule is asked about.

Others copy, or hold pages in a way of their own, or do so for some files; of them, only pins tell.
"""


def _write(memory: Callable[[], memoryview]) -> Values:
    return _transfer(memory(), direct_io.write)


def _read() -> Values:
    return _transfer(buffers.new("letters"), direct_io.read)


def _transfer(memory: memoryview, transfer: Callable[[int, memoryview], None]) -> Values:
    folder = direct_io.place(None)
    with direct_io.unnamed_file(folder) as file:
        direct_io.write(file, buffers.new("letters"))  # the blocks are there from now on
        found = pins_of(lambda: transfer(file, memory), len(memory))
    kind = direct_io.file_system(folder)
    if not found["acq"] and memory[0] and kind not in ORDINARY:
        raise UnavailableError(
            f"{folder} is on {kind or 'an unlisted file system'}, where a transfer without pins "
            "says nothing about other file systems."
        )
    return found


CASES: Mapping[str, Case] = {
    "file:write_zero64": partial(_write, lambda: read_once(buffers.new("never"))),
    "file:write_anon64": partial(_write, lambda: buffers.new("letters")),
    "file:write_thp512": partial(_write, huge.written),
    "file:read_anon64": _read,
}
