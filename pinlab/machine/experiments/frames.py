"""How many frames are behind 64 pages, and is it the zero page? For root."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pinlab.machine import buffers, proc
from pinlab.machine.buffers import Buffer
from pinlab.machine.experiments.case import Case, Values, read_once


def _behind(buffer: Buffer) -> Values:
    found = set(proc.frames(read_once(buffers.new(buffer))))
    zeros = [proc.has_flag(frame, proc.ZERO_PAGE) for frame in found]
    return {"frames": len(found), "zero_pages": sum(zeros)}


CASES: Mapping[str, Case] = {
    "read64": partial(_behind, "never"),
    "written64": partial(_behind, "letters"),
}
