"""One process_vm_readv of each kind of memory: how many pins does it take?"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping

from pinlab.machine import buffers, proc, syscalls
from pinlab.machine.experiments.case import (
    Case,
    Values,
    is_zero_page,
    pins_of,
    read_once,
    seen_by_root,
)
from pinlab.machine.proc import UnavailableError

HUGE_PAGES = 512
"""In the names of the cases: 4 KiB pages in 2 MiB."""


def _zero() -> Values:
    return {"src_is_zero_pfn": int(is_zero_page(read_once(buffers.new("never"))))}


def _zero64() -> Values:
    return _read(read_once(buffers.new("never")))


def _anon64() -> Values:
    return _read(buffers.new("letters"))


def _memfd64() -> Values:
    size = buffers.PAGES * mmap.PAGESIZE
    file = os.memfd_create("pinlab")
    try:
        os.truncate(file, size)
        memory = memoryview(mmap.mmap(file, size))
    finally:
        os.close(file)
    memory[:] = b"pins" * (size // 4)
    return _read(memory)


def _thp512() -> Values:
    return _read(_of_512_pages(buffers.huge_letters()))


def _hugezero() -> Values:
    frame = proc.frames(buffers.huge_zeros(mmap.PAGESIZE))[0]
    flags = [proc.has_flag(frame, bit) for bit in (proc.ZERO_PAGE, proc.THP)]
    return {"is_huge_zero": int(all(flags))}


def _hugezero512() -> Values:
    return _read(_of_512_pages(buffers.huge_zeros()))


def _of_512_pages(memory: memoryview) -> memoryview:
    pages = len(memory) // mmap.PAGESIZE
    if pages != HUGE_PAGES:
        raise UnavailableError(f"A huge page has {pages} pages here, and not {HUGE_PAGES}.")
    return memory


def _writev_into_zero64() -> Values:
    size, source = buffers.PAGES * mmap.PAGESIZE, buffers.new("letters")
    memory: list[memoryview] = []

    def write_into_zeros() -> None:
        memory[:] = [read_once(buffers.new("never"))]
        syscalls.process_vm_writev(source, memory[0])

    found = pins_of(write_into_zeros, size)
    return found | seen_by_root("still_zero_pfn", lambda: is_zero_page(memory[0]))


def _read(source: memoryview) -> Values:
    target = memoryview(mmap.mmap(-1, len(source)))
    return pins_of(lambda: syscalls.process_vm_readv(source, target), len(source))


CASES: Mapping[str, Case] = {
    "zero": _zero,
    "zero64": _zero64,
    "anon64": _anon64,
    "memfd64": _memfd64,
    "thp512": _thp512,
    "hugezero": _hugezero,
    "hugezero512": _hugezero512,
    "writev_into_zero64": _writev_into_zero64,
}
