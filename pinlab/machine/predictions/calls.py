"""What one system call after the other takes from memory, and what is then in a page's counters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pinlab.machine.predictions.process import (
    ANON,
    ANON64,
    HUGE_PAGES,
    HUGEZERO512,
    MOST,
    PAGES,
    THP512,
    ZERO,
    ZERO64,
    Forms,
    Memory,
    Process,
    Values,
    buffer_in,
    huge_buffer_in,
    nothing,
    page_of,
    pins,
)
from pinlab.model.arguments import whole
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_WRITE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

Predict = Callable[[Kernel], Values]


def _pins(memory: Memory, call: Callable[[Process], int]) -> Predict:
    """Predict the pins that one system call takes from such memory, and what it returns."""

    def predict(kernel: Kernel) -> Values:
        returned = call(Process(kernel, memory))
        return pins(kernel) | {"ret": returned}

    return predict


def _hugezero(kernel: Kernel) -> Values:
    return {"is_huge_zero": int(Process(kernel, HUGEZERO512).page.folio is kernel.huge_zero_folio)}


def _writev_into_zero64(kernel: Kernel) -> Values:
    process = Process(kernel, ZERO64)
    returned = process.process_vm(FOLL_WRITE)
    return pins(kernel) | {"ret": returned, "still_zero_pfn": process.has_zero_page}


PROCESS_VM_READV: Forms = {
    "zero": lambda kernel: {"src_is_zero_pfn": Process(kernel, ZERO).has_zero_page},
    "zero64": _pins(ZERO64, Process.process_vm),
    "anon64": _pins(ANON64, Process.process_vm),
    "memfd64": nothing,
    "thp512": _pins(THP512, Process.process_vm),
    "hugezero": _hugezero,
    "hugezero512": _pins(HUGEZERO512, Process.process_vm),
    "writev_into_zero64": _writev_into_zero64,
}

TRANSFERS = {
    "write_zero64": _pins(ZERO64, Process.to_disk),
    "write_anon64": _pins(ANON64, Process.to_disk),
    "write_thp512": _pins(THP512, Process.to_disk),
    "read_anon64": _pins(ANON64, Process.from_disk),
}

DIRECT_IO: Forms = {
    f"{device}:{name}": predict
    for device in ("/dev/ram0", "/dev/vda", "/dev/nullb0", "file")  # the model's are all alike
    for name, predict in TRANSFERS.items()
}


def _written(kernel: Kernel, writes: int, pages: int = 0, byte: bytes = b"x") -> Values:
    return _writes(*buffer_in(kernel, range(whole("k", pages, 0, PAGES)), byte), writes)


def _huge_never(kernel: Kernel, writes: int) -> Values:
    return _writes(*huge_buffer_in(kernel), writes)


def _writes(mm: Mm, addr: int, writes: int) -> Values:
    mm.kernel.submit_dio_write(mm, addr, PAGES).complete()
    return _times(writes, mm.kernel)


def _times(times: int, kernel: Kernel) -> Values:
    """Each call ends before the next begins, so they are all alike: one tells for all."""
    return {name: times * int(number) for name, number in pins(kernel).items()}


TOUCHED_PAGES: Forms = {
    "k={pages}:writes={writes}": _written,
    "letters:writes={writes}": partial(_written, pages=PAGES),
    "zeros:writes={writes}": partial(_written, pages=PAGES, byte=b"\0"),
    "never:writes={writes}": _written,
    "huge-never:writes={writes}": _huge_never,
}


def _mlock(kernel: Kernel, times: int) -> Values:
    process = Process(kernel, ANON64)
    process.mm.mlock(process.addr, PAGES * PAGE_SIZE)
    locked = sum(area.end - area.start for area in process.mm.areas() if area.locked)
    process.mm.munlock(process.addr, PAGES * PAGE_SIZE)
    return _times(times, kernel) | {"VmLck_kB": locked * PAGE_SIZE >> 10}


def _process_vm_readv(kernel: Kernel, times: int) -> Values:
    Process(kernel, ANON64).process_vm()
    return _times(times, kernel)


MLOCKED_PAGES: Forms = {
    "mlock:times={times}": _mlock,
    "process_vm_readv:times={times}": _process_vm_readv,
}


def _resident(kernel: Kernel, pages: int) -> Values:
    """The kernel leaves the zero page out of Rss (smaps_pte_entry(), fs/proc/task_mmu.c, 6.18)."""
    process = Process(kernel, ZERO._replace(pages=whole("pages", pages, 1, HUGE_PAGES)))
    found: Values = {"k=0": _rss(process.mm)}
    for page in range(pages):
        process.mm.write(process.addr + page * PAGE_SIZE, b"x")
        found[f"k={page + 1}"] = _rss(process.mm)
    return found


def _rss(mm: Mm) -> int:
    own = [entry for entry in mm.mapped() if entry.page is not mm.kernel.zero_page]
    return len(own) * PAGE_SIZE >> 10


def _fixed_buffer(kernel: Kernel) -> Values:
    process = Process(kernel, ANON64)
    process.register()
    registered = process.mm.pinned_vm
    kernel.buffers[0].unregister()
    kib = [pages * PAGE_SIZE >> 10 for pages in (registered, process.mm.pinned_vm)]
    return dict(zip(("VmPin_kB", "VmPin_kB_unregistered"), kib, strict=True))


def _frames(kernel: Kernel, memory: Memory) -> Values:
    process = Process(kernel, memory)
    pages = {page_of(process.mm, process.addr + n * PAGE_SIZE) for n in range(PAGES)}
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
    page, found = process.page, dict[str, int | str]()
    found["fresh_refcount"] = page.refcount
    found["after_reg1_ret"] = process.register()
    found["after_reg1_refcount"] = page.refcount
    found["after_reg1_acq"] = kernel.vmstat["nr_foll_pin_acquired"]
    process.register()
    found["after_reg2_refcount"] = page.refcount
    first_ring, second_ring = kernel.buffers
    second_ring.unregister()
    found["after_unreg2_refcount"] = page.refcount
    first_ring.unregister()
    return found | {"after_unreg1_refcount": page.refcount}


def _two_rings_in_all(kernel: Kernel) -> Values:
    _two_rings(kernel)
    return pins(kernel)


def _reg_zero4(kernel: Kernel) -> Values:
    before = kernel.zero_page.refcount
    process = Process(kernel, ZERO._replace(pages=4))
    return {
        "ret": process.register(),
        "zero_ref_delta": kernel.zero_page.refcount - before,
        "still_zero_pfn": process.has_zero_page,
        "acq": kernel.vmstat["nr_foll_pin_acquired"],
    }


def _thp(kernel: Kernel) -> Values:
    folio = Process(kernel, THP512).page.folio
    return {"aligned512": int(folio.pfn % HUGE_PAGES == 0), "head_refcount": folio.refcount}


def _thp_unregistered(kernel: Kernel) -> Values:
    Process(kernel, THP512).register()
    kernel.buffers[0].unregister()
    return pins(kernel)


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


def _splice_and_close(process: Process) -> None:
    for page in process.splice(16):
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
    "thp_iouring_reg_2MiB": partial(_thp_held, hold=Process.register),
    "thp_iouring_unreg": _thp_unregistered,
    "thp_iouring_reg_3pages": partial(_thp_held, hold=lambda process: process.register(3)),
    "thp_dio_2MiB_inflight": partial(_thp_held, hold=Process.submit),
    "thp_dio_2MiB_done": partial(_delta, memory=THP512, do=Process.to_disk, name="head_ref_delta"),
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
