"""What a process's system calls take, one after the other, and leave in a page's counters.

They are made in the model as the recorded program made them: process_vm_readv() is a short pin
(process_vm_rw_single_vec(), mm/process_vm_access.c, 6.18), vmsplice() a read-only GUP with
FOLL_GET (iter_to_pipe(), fs/splice.c).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from pinlab.model.arguments import whole
from pinlab.model.dio import DirectIO
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Folio, Page
from pinlab.model.gup import FOLL_WRITE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

Values = dict[str, int | str]
"""What an experiment finds, by the name of the quantity."""

Forms = Mapping[str, Callable[..., Values]]
"""What predicts the cases of one form: `fork{children}` is called with a machine and a number."""

PAGES = 64
HUGE_PAGES = 1 << HPAGE_ORDER

MOST = 1 << 14
"""The most references, children or mappings that are gone through one by one."""


class Memory(NamedTuple):
    """Fresh memory, of which each page was written, or else read, once."""

    written: bool
    pages: int = 1
    order: int = 0


ANON, ANON64, THP512 = Memory(True), Memory(True, PAGES), Memory(True, HUGE_PAGES, HPAGE_ORDER)
ZERO, ZERO64, HUGEZERO512 = (memory._replace(written=False) for memory in (ANON, ANON64, THP512))


class Process:
    """A process of its own with some memory."""

    def __init__(self, kernel: Kernel, memory: Memory = ANON) -> None:
        self.kernel, self.pages = kernel, memory.pages
        self.mm = kernel.new_mm()
        nbytes = memory.pages * PAGE_SIZE
        self.addr = self.mm.mmap(nbytes, memory.order)
        if memory.written:
            for offset in range(0, nbytes, PAGE_SIZE):
                self.mm.write(self.addr + offset, b"A")
        else:
            self.mm.read(self.addr, nbytes)

    @property
    def page(self) -> Page:
        """The first page of the memory."""
        return page_of(self.mm, self.addr)

    @property
    def has_zero_page(self) -> int:
        """1 if the zero page is behind the first page, else 0."""
        return int(self.page is self.kernel.zero_page)

    def submit(self) -> DirectIO:
        """Begin to write the memory to disk."""
        return self.kernel.submit_dio_write(self.mm, self.addr, self.pages)

    def splice(self, times: int = 1) -> list[Page]:
        """Splice the first page into pipes."""
        return [self.mm.get_user_pages(self.addr, 1)[0] for _ in range(times)]


def page_of(mm: Mm, addr: int) -> Page:
    """Return the page that is mapped at an address that was touched."""
    page = mm.page_at(addr)
    assert page is not None
    return page


def buffer_in(kernel: Kernel, written: Iterable[int], byte: bytes = b"x") -> tuple[Mm, int]:
    """Return a process and the address of its 64-page buffer, a byte written into some pages."""
    mm = kernel.new_mm()
    addr = mm.mmap(PAGES * PAGE_SIZE)
    for page in written:
        mm.write(addr + page * PAGE_SIZE, byte)
    return mm, addr


def huge_buffer_in(kernel: Kernel) -> tuple[Mm, int]:
    """Return a process and the address of its buffer: read, never written, in huge pages."""
    process = Process(kernel, ZERO64._replace(order=HPAGE_ORDER))
    return process.mm, process.addr


Call = Callable[[Process], int]


def _or_errno(call: Call) -> Call:
    """Return the system call that returns minus an errno where this one raises it."""

    def system_call(process: Process) -> int:
        try:
            return call(process)
        except OSError as error:
            return -(error.errno or errno.EIO)

    return system_call


def process_vm(process: Process, flags: int = 0) -> int:
    """Read the memory (or, with FOLL_WRITE, write it) from outside; return bytes or -EFAULT.

    Every failure to pin is an EFAULT, and what was pinned before it is reported as success.
    """
    try:
        pinned = process.mm.pin_user_pages(process.addr, process.pages, flags)
    except OSError:
        return -errno.EFAULT
    process.kernel.unpin_user_pages(pinned)
    return len(pinned) * PAGE_SIZE


@_or_errno
def to_disk(process: Process) -> int:
    """Write the memory to disk by direct I/O; return bytes."""
    return _completed(process.submit())


@_or_errno
def _from_disk(process: Process) -> int:
    return _completed(process.kernel.submit_dio_read(process.mm, process.addr, process.pages))


def _completed(request: DirectIO) -> int:
    request.complete()
    return len(request.pages) * PAGE_SIZE


@_or_errno
def register(process: Process) -> int:
    """Register the memory with a ring of io_uring; return 0."""
    process.mm.register_buffer(process.addr, process.pages)
    return 0


@_or_errno
def vmsplice(process: Process) -> int:
    """Splice the first page, and close the pipe; return bytes."""
    _splice_and_close(process, 1)
    return PAGE_SIZE


@_or_errno
def fork_and_exit(process: Process) -> int:
    """Fork a child that exits; return 0."""
    process.mm.fork().exit()
    return 0


def _pins_in_all(kernel: Kernel, times: int = 1) -> Values:
    """Pins since the machine was booted, or as often: calls that are all alike take the same."""
    acquired, released = kernel.vmstat.values()
    return {"acq": times * acquired, "rel": times * released}


def _pins(kernel: Kernel, memory: Memory, call: Call) -> Values:
    """What one system call takes from such memory, and what it returns."""
    returned = call(Process(kernel, memory))
    return _pins_in_all(kernel) | {"ret": returned}


def nothing(kernel: Kernel, **numbers: int) -> Values:
    """Predict nothing: the model does not have this kind of memory."""
    return {}


def _hugezero(kernel: Kernel) -> Values:
    return {"is_huge_zero": int(Process(kernel, HUGEZERO512).page.folio is kernel.huge_zero_folio)}


def _writev_into_zero64(kernel: Kernel) -> Values:
    process = Process(kernel, ZERO64)
    returned = process_vm(process, FOLL_WRITE)
    return _pins_in_all(kernel) | {"ret": returned, "still_zero_pfn": process.has_zero_page}


PROCESS_VM_READV: Forms = {
    "zero": lambda kernel: {"src_is_zero_pfn": Process(kernel, ZERO).has_zero_page},
    "zero64": partial(_pins, memory=ZERO64, call=process_vm),
    "anon64": partial(_pins, memory=ANON64, call=process_vm),
    "memfd64": nothing,
    "thp512": partial(_pins, memory=THP512, call=process_vm),
    "hugezero": _hugezero,
    "hugezero512": partial(_pins, memory=HUGEZERO512, call=process_vm),
    "writev_into_zero64": _writev_into_zero64,
}

DIRECT_IO: Forms = {
    f"{device}:{name}": partial(_pins, memory=memory, call=call)
    for device in ("/dev/ram0", "/dev/vda", "/dev/nullb0", "file")  # the model's are all alike
    for name, memory, call in (
        ("write_zero64", ZERO64, to_disk),
        ("write_anon64", ANON64, to_disk),
        ("write_thp512", THP512, to_disk),
        ("read_anon64", ANON64, _from_disk),
    )
}


def _touched(kernel: Kernel, writes: int, pages: int = 0, byte: bytes = b"x") -> Values:
    mm, addr = buffer_in(kernel, range(whole("k", pages, 0, PAGES)), byte)
    kernel.submit_dio_write(mm, addr, PAGES).complete()
    return _pins_in_all(kernel, writes)


def _huge_never(kernel: Kernel, writes: int) -> Values:
    to_disk(Process(kernel, ZERO64._replace(order=HPAGE_ORDER)))
    return _pins_in_all(kernel, writes)


TOUCHED_PAGES: Forms = {
    "k={pages}:writes={writes}": _touched,
    "letters:writes={writes}": partial(_touched, pages=PAGES),
    "zeros:writes={writes}": partial(_touched, pages=PAGES, byte=b"\0"),
    "never:writes={writes}": _touched,
    "huge-never:writes={writes}": _huge_never,
}


def _mlock(kernel: Kernel, times: int) -> Values:
    process = Process(kernel, ANON64)
    process.mm.mlock(process.addr, PAGES * PAGE_SIZE)
    locked = sum(area.end - area.start for area in process.mm.areas() if area.locked)
    process.mm.munlock(process.addr, PAGES * PAGE_SIZE)
    return _pins_in_all(kernel, times) | {"VmLck_kB": locked * PAGE_SIZE >> 10}


def _process_vm_readv(kernel: Kernel, times: int) -> Values:
    process_vm(Process(kernel, ANON64))
    return _pins_in_all(kernel, times)


MLOCKED_PAGES: Forms = {
    "mlock:times={times}": _mlock,
    "process_vm_readv:times={times}": _process_vm_readv,
}


def _resident(kernel: Kernel, pages: int) -> Values:
    process = Process(kernel, ZERO._replace(pages=whole("pages", pages, 1, HUGE_PAGES)))
    found: Values = {"k=0": _rss(process.mm)}
    for page in range(pages):
        process.mm.write(process.addr + page * PAGE_SIZE, b"x")
        found[f"k={page + 1}"] = _rss(process.mm)
    return found


def _rss(mm: Mm) -> int:
    """The kernel leaves the zero page out of Rss (smaps_pte_entry(), fs/proc/task_mmu.c, 6.18)."""
    own = [entry for entry in mm.mapped() if entry.page is not mm.kernel.zero_page]
    return len(own) * PAGE_SIZE >> 10


def _fixed_buffer(kernel: Kernel) -> Values:
    process = Process(kernel, ANON64)
    register(process)
    registered = process.mm.pinned_vm
    kernel.buffers[0].unregister()
    return {
        "VmPin_kB": registered * PAGE_SIZE >> 10,
        "VmPin_kB_unregistered": process.mm.pinned_vm * PAGE_SIZE >> 10,
    }


def _frames(kernel: Kernel, memory: Memory) -> Values:
    pages = {entry.page for entry in Process(kernel, memory).mm.mapped()}
    return {"frames": len(pages), "zero_pages": int(kernel.zero_page in pages)}


RESIDENT_PAGES: Forms = {"{pages} pages read": _resident}
FIXED_BUFFER: Forms = {"anon64": _fixed_buffer}
FRAMES: Forms = {
    "read64": partial(_frames, memory=ZERO64),
    "written64": partial(_frames, memory=ANON64),
}


def _two_rings(kernel: Kernel) -> Values:
    """Register one page with a ring, with a second one, and give both back."""
    process = Process(kernel)
    page = process.page
    found: Values = {"fresh_refcount": page.refcount}
    found["after_reg1_ret"] = register(process)
    found["after_reg1_refcount"] = page.refcount
    found["after_reg1_acq"] = kernel.vmstat["nr_foll_pin_acquired"]
    register(process)
    found["after_reg2_refcount"] = page.refcount
    first, second = kernel.buffers
    second.unregister()
    found["after_unreg2_refcount"] = page.refcount
    first.unregister()
    return found | {"after_unreg1_refcount": page.refcount}


def _two_rings_in_all(kernel: Kernel) -> Values:
    _two_rings(kernel)
    return _pins_in_all(kernel)


def _reg_zero4(kernel: Kernel) -> Values:
    before = kernel.zero_page.refcount
    process = Process(kernel, ZERO._replace(pages=4))
    return {
        "ret": register(process),
        "zero_ref_delta": kernel.zero_page.refcount - before,
        "still_zero_pfn": process.has_zero_page,
        "acq": kernel.vmstat["nr_foll_pin_acquired"],
    }


def _thp(kernel: Kernel) -> Values:
    folio = Process(kernel, THP512).page.folio
    return {"aligned512": int(folio.pfn % HUGE_PAGES == 0), "head_refcount": folio.refcount}


def _thp_unregistered(kernel: Kernel) -> Values:
    register(Process(kernel, THP512))
    kernel.buffers[0].unregister()
    return _pins_in_all(kernel)


def _thp_held(kernel: Kernel, hold: Callable[[Process], object]) -> Values:
    process = Process(kernel, THP512)
    before = both_counts(process.page.folio, "before")
    hold(process)
    return before | both_counts(process.page.folio, "after")


def both_counts(folio: Folio, when: str) -> Values:
    """Return refcount and, where there is one, pincount, with a word behind their names."""
    found: Values = {f"refcount_{when}": folio.refcount}
    return found if folio.pincount is None else found | {f"pincount_{when}": folio.pincount}


def _delta(
    kernel: Kernel, memory: Memory, do: Callable[[Process], object], name: str = "ref_delta"
) -> Values:
    """By how much something changes the refcount of what was the first page."""
    process = Process(kernel, memory)
    page, before = process.page, process.page.refcount
    do(process)
    return {name: page.refcount - before}


def _submit_twice(process: Process) -> list[DirectIO]:
    return [process.submit(), process.submit()]


def _to_disk_twice(process: Process) -> None:
    for request in _submit_twice(process):
        request.complete()


def _splice_and_close(process: Process, times: int = 16) -> None:
    for page in process.splice(times):
        process.kernel.put_page(page)


def _in_pipe(kernel: Kernel, memory: Memory, times: int) -> Values:
    times = whole("times", times, 0, MOST)
    found = _delta(kernel, memory, lambda process: process.splice(times))
    return found | {"acq": kernel.vmstat["nr_foll_pin_acquired"]}


def _zero_dio(kernel: Kernel) -> Values:
    """64 zero pages going to disk once, twice, 32 times at once."""
    before = kernel.zero_page.refcount
    process = Process(kernel, ZERO64)
    found: Values = {"ref_before": before}
    for number in range(1, 33):
        process.submit()
        if number in (1, 2, 32):
            found[f"ref_delta_inflight_{number}_reqs"] = kernel.zero_page.refcount - before
    found["acq_32x64"] = kernel.vmstat["nr_foll_pin_acquired"]
    for request in list(kernel.requests.values()):
        request.complete()
    return found | {"ref_delta_after": kernel.zero_page.refcount - before}


def _zero_mapped(kernel: Kernel, pages: int) -> Values:
    before = kernel.zero_page.refcount
    Process(kernel, ZERO._replace(pages=whole("pages", pages, 1, MOST)))
    return {"ref_delta": kernel.zero_page.refcount - before}


def _forked(kernel: Kernel, children: int, reaped: bool = False) -> Values:
    parent = Process(kernel)
    for child in [parent.mm.fork() for _ in range(whole("children", children, 0, MOST))]:
        if reaped:
            child.exit()
    return {"refcount": parent.page.refcount}


COUNTERS: Forms = {
    "anon": _two_rings,
    "anon_reg_unreg": _two_rings_in_all,
    "reg_zero4": _reg_zero4,
    "reg_readonly_vma": nothing,
    "thp": _thp,
    "thp_iouring_reg_2MiB": partial(_thp_held, hold=register),
    "thp_iouring_unreg": _thp_unregistered,
    "thp_iouring_reg_3pages": partial(
        _thp_held, hold=lambda thp: thp.mm.register_buffer(thp.addr, 3)
    ),
    "thp_dio_2MiB_inflight": partial(_thp_held, hold=Process.submit),
    "thp_dio_2MiB_done": partial(_delta, memory=THP512, do=to_disk, name="head_ref_delta"),
    "anon_dio_inflight": partial(_delta, memory=ANON, do=Process.submit),
    "anon_dio_inflight_x2": partial(_delta, memory=ANON, do=_submit_twice),
    "anon_dio_done": partial(_delta, memory=ANON, do=_to_disk_twice),
    "zero_dio": _zero_dio,
    "vmsplice_anon_{times}": partial(_in_pipe, memory=ANON),
    "vmsplice_anon_closed": partial(_delta, memory=ANON, do=_splice_and_close),
    "vmsplice_zero_{times}": partial(_in_pipe, memory=ZERO),
    "vmsplice_zero_closed": partial(_delta, memory=ZERO, do=_splice_and_close),
    "zero_mapped_{pages}x": _zero_mapped,
    "fork{children}": _forked,
    "fork_reaped": partial(_forked, children=1023, reaped=True),
}
