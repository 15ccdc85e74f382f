"""Experiments on the running kernel, with the recordings' names for what they find."""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from types import MappingProxyType

from pinlab.machine import buffers, direct_io, proc, syscalls
from pinlab.machine.child import idle_child, in_child
from pinlab.machine.predictions.calls import Values
from pinlab.machine.predictions.holds import first_that_copies
from pinlab.machine.proc import UnavailableError
from pinlab.machine.tally import per_call

Case = Callable[[], Values]
"""Finds it. Raises OSError or UnavailableError where this kernel, or this user, cannot be asked."""

REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EMFILE, errno.ENFILE)
"""These speak of who asks, or of what is built in; any other error is a finding."""

HUGE_PAGES = 512
"""In the names of the cases: 4 KiB pages in 2 MiB."""

letters = partial(buffers.new, "letters")


def zeros(pages: int = buffers.PAGES) -> memoryview:
    """Return memory with each of its pages read: the zero page is behind them."""
    memory = buffers.new("never")[: pages * mmap.PAGESIZE]
    for page in range(pages):
        memory[page * mmap.PAGESIZE]
    return memory


def _result(call: Callable[[], object], done: int) -> int:
    """Return `done` if the call succeeds, or minus the errno it fails with; OSError as REFUSALS."""
    try:
        call()
    except OSError as error:
        if error.errno is None or error.errno in REFUSALS:
            raise
        return -error.errno
    return done


def _pins(call: Callable[[], object], done: int) -> Values:
    """Return the pins that one call acquires and releases, and its result as above."""
    ret = _result(call, done)
    acquired, released = per_call(lambda: _result(call, done))
    return {"acq": acquired, "rel": released, "ret": ret}


def _flags(memory: memoryview) -> list[bool]:
    """Return whether the first page is of zeros and huge; UnavailableError if that is secret."""
    frame = proc.frames(memory[: mmap.PAGESIZE])[0]
    return [proc.has_flag(frame, bit) for bit in (proc.ZERO_PAGE, proc.THP)]


SMALL_ZERO, HUGE_ZERO = [True, False], [True, True]


def _still_zeros(memory: memoryview) -> Values:
    """Return whether the zero page is still behind it, nothing where nobody may look."""
    try:
        return {"still_zero_pfn": int(_flags(memory) == SMALL_ZERO)}
    except UnavailableError:
        return {}


# One process_vm_readv of each kind of memory.


def _read(memory: Callable[[], memoryview]) -> Values:
    source = memory()
    target = memoryview(mmap.mmap(-1, len(source)))
    return _pins(lambda: syscalls.process_vm_readv(source, target), len(source))


def _memfd64() -> memoryview:
    size = buffers.PAGES * mmap.PAGESIZE
    file = os.memfd_create("pinlab")
    try:
        os.truncate(file, size)
        memory = memoryview(mmap.mmap(file, size))
    finally:
        os.close(file)
    memory[:] = b"pins" * (size // 4)
    return memory


def _of_512_pages(memory: Callable[[], memoryview]) -> memoryview:
    found = memory()
    pages = len(found) // mmap.PAGESIZE
    if pages != HUGE_PAGES:
        raise UnavailableError(f"A huge page has {pages} pages here, and not {HUGE_PAGES}.")
    return found


def _writev_into_zero64() -> Values:
    source, memory = letters(), zeros()

    def write_into_zeros() -> None:
        nonlocal memory
        memory = zeros()
        syscalls.process_vm_writev(source, memory)

    return _pins(write_into_zeros, len(source)) | _still_zeros(memory)


PROCESS_VM_READV: Mapping[str, Case] = {
    "zero": lambda: {"src_is_zero_pfn": int(_flags(zeros()) == SMALL_ZERO)},
    "zero64": partial(_read, zeros),
    "anon64": partial(_read, letters),
    "memfd64": partial(_read, _memfd64),
    "thp512": partial(_read, partial(_of_512_pages, buffers.huge_letters)),
    "hugezero": lambda: {"is_huge_zero": int(_flags(buffers.huge_zeros()) == HUGE_ZERO)},
    "hugezero512": partial(_read, partial(_of_512_pages, buffers.huge_zeros)),
    "writev_into_zero64": _writev_into_zero64,
}

# One O_DIRECT transfer between memory and an unnamed file.

ORDINARY = ("ext2", "ext3", "ext4", "xfs", "f2fs")
"""File systems that leave direct I/O to the block layer, whose rule is asked about.

Others copy, or hold pages in a way of their own, or do so for some files; of them, only pins tell.
"""


def _transfer(
    memory: Callable[[], memoryview],
    transfer: Callable[[int, memoryview], None] = direct_io.write,
) -> Values:
    buffer, folder = memory(), direct_io.place(None)
    with direct_io.unnamed_file(folder) as file:
        direct_io.write(file, letters())  # the blocks are there from now on
        found = _pins(lambda: transfer(file, buffer), len(buffer))
    kind = direct_io.file_system(folder)
    if not found["acq"] and buffer[0] and kind not in ORDINARY:
        raise UnavailableError(
            f"{folder} is on {kind or 'an unlisted file system'}, where a transfer without pins "
            "says nothing about other file systems."
        )
    return found


DIRECT_IO: Mapping[str, Case] = {
    "file:write_zero64": partial(_transfer, zeros),
    "file:write_anon64": partial(_transfer, letters),
    "file:write_thp512": partial(_transfer, buffers.huge_letters),
    "file:read_anon64": partial(_transfer, letters, direct_io.read),
}

# What the pin counters, and VmPin, say of io_uring fixed buffers and of vmsplice. The pages' own
# counters, of which the recordings tell as well, take a look into the kernel.


def _briefly(hold: AbstractContextManager[None]) -> None:
    with hold:
        pass


def _anon_reg_unreg() -> Values:
    page = letters()[: mmap.PAGESIZE]
    with syscalls.ring() as first, syscalls.ring() as second:

        def register_with_both() -> None:
            with syscalls.registered(first, page):
                _briefly(syscalls.registered(second, page))

        acquired, released = per_call(register_with_both)
    return {"acq": acquired, "rel": released}


def _reg_zero4() -> Values:
    memory = zeros(4)
    with syscalls.ring() as ring:

        def register_zeros() -> None:
            nonlocal memory
            memory = zeros(4)
            _briefly(syscalls.registered(ring, memory))

        ret = _result(register_zeros, 0)
        return {"ret": ret, "acq": per_call(register_zeros).acquired} | _still_zeros(memory)


def _reg_readonly_vma() -> Values:
    page = buffers.lone_page()
    with syscalls.ring() as ring:
        syscalls.call("mprotect", proc.address(page), len(page), mmap.PROT_READ)
        return {"ret": _result(lambda: _briefly(syscalls.registered(ring, page)), 0)}


def _vmsplice_anon_16() -> Values:
    page = buffers.lone_page()
    return {"acq": per_call(lambda: _briefly(syscalls.references(page, 16))).acquired}


def _fixed_buffer() -> Values:
    memory = letters()
    with syscalls.ring() as ring:
        before = proc.status_kib("VmPin")
        with syscalls.registered(ring, memory):
            registered = proc.status_kib("VmPin")
        after = proc.status_kib("VmPin")
    return {"VmPin_kB": registered - before, "VmPin_kB_unregistered": after - before}


COUNTERS: Mapping[str, Case] = {
    "anon_reg_unreg": _anon_reg_unreg,
    "reg_zero4": _reg_zero4,
    "reg_readonly_vma": _reg_readonly_vma,
    "vmsplice_anon_16": _vmsplice_anon_16,
}

# From how many extra references on does fork copy a page for the child at once? The child's own
# smaps tell: a page that both processes share is Shared_Dirty there, a copy Private_Dirty.

Hold = Callable[[memoryview], AbstractContextManager[None]]


@contextmanager
def _fixed(page: memoryview) -> Iterator[None]:
    with syscalls.ring() as ring, syscalls.registered(ring, page):
        yield


def _forked(hold: Hold, pinned: int = 0) -> Values:
    """Return what a child sees of a held page right after fork.

    pinned: 1 if the process pinned another page once before. Whether the child's frame is another
    than the parent's is left out where nobody may see frame numbers.
    """

    def parent() -> Values:
        if pinned:
            syscalls.process_vm_readv(letters(), buffers.new("never"))
        page = buffers.lone_page()
        with hold(page):
            before = _frame(page)
            after, dirty = in_child(lambda: (_frame(page), _dirty(page)))
        if before is None or after is None:
            return dirty
        return {"child_has_own_copy": int(before != after)} | dirty

    return in_child(parent)  # a process of its own, which has not pinned anything else


def _dirty(page: memoryview) -> Values:
    kinds = ("Shared_Dirty", "Private_Dirty")
    try:
        return {f"child_{kind}_kB": proc.smaps_kib(page, kind) for kind in kinds}
    except LookupError as error:
        raise UnavailableError(f"{error.args[0]}.") from error


def _frame(page: memoryview) -> int | None:
    try:
        return proc.frames(page)[0]
    except UnavailableError:
        return None


def _with_references(extra: int, pinned: int) -> Values:
    forked = _forked(lambda page: syscalls.references(page, extra), pinned)
    return {"extra": extra, "has_pinned": pinned} | forked


def _unprivileged(extra: int, pinned: int) -> Values:
    found = _with_references(extra, pinned)
    found.pop("child_has_own_copy", None)
    return found


def _threshold(pinned: int) -> Values:
    def copies(extra: int) -> bool:
        return _with_references(extra, pinned)["child_Private_Dirty_kB"] != 0

    return {"copies_from_extra": first_that_copies(copies)}


FORK_COPY_THRESHOLD: Mapping[str, Case] = {
    **{
        f"vmsplice_refs_{extra}_haspinned_{pinned}": partial(_with_references, extra, pinned)
        for pinned in (0, 1)
        for extra in (0, 1, 1000, 1022, 1023, 1024)
    },
    "really_pinned_iouring": lambda: {"extra": 0} | _forked(_fixed),
    "unpriv_refs_1024_haspinned_1": partial(_unprivileged, 1024, 1),
    "unpriv_refs_0_haspinned_1": partial(_unprivileged, 0, 1),
    "unpriv_threshold_haspinned_0": partial(_threshold, 0),
    "unpriv_threshold_haspinned_1": partial(_threshold, 1),
}

# Which frames are behind memory, and which have parent and child after fork? For root.


def _frames(memory: Callable[[], memoryview]) -> Values:
    found = set(proc.frames(memory()))
    zero_pages = [proc.has_flag(frame, proc.ZERO_PAGE) for frame in found]
    return {"frames": len(found), "zero_pages": sum(zero_pages)}


def _fork_frames(hold: Hold) -> Values:
    def parent() -> Values:
        page = buffers.lone_page()
        with hold(page):
            before = proc.frames(page)
            with idle_child() as child:
                same = proc.frames(page, child) == before
                page[0] = 1
                return {
                    "same_frame_after_fork": int(same),
                    "parent_pfn_changed": int(proc.frames(page) != before),
                    "child_pfn_same_as_orig": int(proc.frames(page, child) == before),
                }

    return in_child(parent)  # a process of its own, which has not pinned anything but the page


EXPERIMENTS: Mapping[str, Mapping[str, Case]] = MappingProxyType(
    {
        "process_vm_readv": PROCESS_VM_READV,
        "direct_io": DIRECT_IO,
        "counters": COUNTERS,
        "fork_copy_threshold": FORK_COPY_THRESHOLD,
        "fixed_buffer": {"anon64": _fixed_buffer},
        "frames": {"read64": partial(_frames, zeros), "written64": partial(_frames, letters)},
        "fork_frames": {
            "no_hold": partial(_fork_frames, lambda page: nullcontext()),
            "io_uring": partial(_fork_frames, _fixed),
        },
    }
)
"""The cases of each experiment that a reader's machine can do, in the order they are done in."""
