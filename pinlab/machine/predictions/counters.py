"""What is in a page's own counters after each of several things was done to it."""

from __future__ import annotations

from collections.abc import Callable

from pinlab.machine.predictions.forms import Forms, nothing
from pinlab.machine.predictions.process import (
    HUGE_PAGES,
    Values,
    page_of,
    read_once,
    register,
    written,
)
from pinlab.model.arguments import whole
from pinlab.model.dio import DirectIO
from pinlab.model.folio import HPAGE_ORDER, Folio
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

MOST = 1 << 14
"""The most references, children or mappings that are gone through one by one."""


def _two_rings(kernel: Kernel) -> tuple[Values, Values]:
    """Register one page with a ring, with a second one, and give both back."""
    mm = kernel.new_mm()
    addr = written(mm)
    page = page_of(mm, addr)
    fresh = page.refcount
    registered = register(mm, addr, 1)
    once, acquired = page.refcount, kernel.vmstat["nr_foll_pin_acquired"]
    register(mm, addr, 1)
    twice = page.refcount
    first_ring, second_ring = kernel.buffers
    second_ring.unregister()
    once_again = page.refcount
    first_ring.unregister()
    one_page: Values = {
        "fresh_refcount": fresh,
        "after_reg1_ret": registered,
        "after_reg1_refcount": once,
        "after_reg1_acq": acquired,
        "after_reg2_refcount": twice,
        "after_unreg2_refcount": once_again,
        "after_unreg1_refcount": page.refcount,
    }
    acquired, released = kernel.vmstat.values()
    return one_page, {"acq": acquired, "rel": released}


def _anon(kernel: Kernel) -> Values:
    return _two_rings(kernel)[0]


def _anon_reg_unreg(kernel: Kernel) -> Values:
    return _two_rings(kernel)[1]


def _reg_zero4(kernel: Kernel) -> Values:
    mm, before = kernel.new_mm(), kernel.zero_page.refcount
    addr = read_once(mm, 4)
    return {
        "ret": register(mm, addr, 4),
        "zero_ref_delta": kernel.zero_page.refcount - before,
        "still_zero_pfn": int(page_of(mm, addr) is kernel.zero_page),
        "acq": kernel.vmstat["nr_foll_pin_acquired"],
    }


def _huge(kernel: Kernel) -> Folio:
    """Return the folio of a written huge page, the first of a process of its own."""
    mm = kernel.new_mm()
    return page_of(mm, written(mm, HUGE_PAGES, HPAGE_ORDER)).folio


def _thp(kernel: Kernel) -> Values:
    folio = _huge(kernel)
    return {"aligned512": int(folio.pfn % HUGE_PAGES == 0), "head_refcount": folio.refcount}


def _both(folio: Folio, when: str) -> Values:
    found: Values = {f"refcount_{when}": folio.refcount}
    return found if folio.pincount is None else found | {f"pincount_{when}": folio.pincount}


def _thp_registered(pages: int) -> Callable[[Kernel], Values]:
    def predict(kernel: Kernel) -> Values:
        mm = kernel.new_mm()
        addr = written(mm, HUGE_PAGES, HPAGE_ORDER)
        folio = page_of(mm, addr).folio
        before = _both(folio, "before")
        register(mm, addr, pages)
        return before | _both(folio, "after")

    return predict


def _thp_unreg(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    mm.register_buffer(written(mm, HUGE_PAGES, HPAGE_ORDER), HUGE_PAGES).unregister()
    acquired, released = kernel.vmstat.values()
    return {"acq": acquired, "rel": released}


def _thp_dio(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, HUGE_PAGES, HPAGE_ORDER)
    folio = page_of(mm, addr).folio
    before = _both(folio, "before")
    kernel.submit_dio_write(mm, addr, HUGE_PAGES)
    return before | _both(folio, "after")


def _thp_dio_done(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, HUGE_PAGES, HPAGE_ORDER)
    folio = page_of(mm, addr).folio
    before = folio.refcount
    kernel.submit_dio_write(mm, addr, HUGE_PAGES).complete()
    return {"head_ref_delta": folio.refcount - before}


def _anon_dio(writes: int, done: bool = False) -> Callable[[Kernel], Values]:
    """The same written page, going to disk that many times at once."""

    def predict(kernel: Kernel) -> Values:
        mm = kernel.new_mm()
        addr = written(mm)
        page = page_of(mm, addr)
        before = page.refcount
        requests = [kernel.submit_dio_write(mm, addr, 1) for _ in range(writes)]
        for request in requests if done else []:
            request.complete()
        return {"ref_delta": page.refcount - before}

    return predict


def _zero_dio(kernel: Kernel) -> Values:
    """64 zero pages going to disk once, twice, 32 times at once."""
    mm, before = kernel.new_mm(), kernel.zero_page.refcount
    addr = read_once(mm, 64)
    found: Values = {"ref_before": before}
    requests: list[DirectIO] = []
    for wanted in (1, 2, 32):
        while len(requests) < wanted:
            requests.append(kernel.submit_dio_write(mm, addr, 64))
        found[f"ref_delta_inflight_{wanted}_reqs"] = kernel.zero_page.refcount - before
    found["acq_32x64"] = kernel.vmstat["nr_foll_pin_acquired"]
    for request in requests:
        request.complete()
    return found | {"ref_delta_after": kernel.zero_page.refcount - before}


def _anon_in_pipe(kernel: Kernel, times: int) -> Values:
    """One written page, spliced into pipes that many times."""
    mm = kernel.new_mm()
    return _in_pipe(mm, written(mm), times)


def _zero_in_pipe(kernel: Kernel, times: int) -> Values:
    mm = kernel.new_mm()
    return _in_pipe(mm, read_once(mm), times)


def _in_pipe(mm: Mm, addr: int, times: int) -> Values:
    page = page_of(mm, addr)
    before = page.refcount
    for _ in range(whole("times", times, 0, MOST)):
        mm.get_user_pages(addr, 1)
    acquired = mm.kernel.vmstat["nr_foll_pin_acquired"]
    return {"ref_delta": page.refcount - before, "acq": acquired}


def _anon_pipes_closed(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    return _pipes_closed(mm, written(mm))


def _zero_pipes_closed(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    return _pipes_closed(mm, read_once(mm))


def _pipes_closed(mm: Mm, addr: int) -> Values:
    page = page_of(mm, addr)
    before = page.refcount
    for spliced in [mm.get_user_pages(addr, 1)[0] for _ in range(16)]:
        mm.kernel.put_page(spliced)
    return {"ref_delta": page.refcount - before}


def _zero_mapped(kernel: Kernel, pages: int) -> Values:
    before = kernel.zero_page.refcount
    read_once(kernel.new_mm(), whole("pages", pages, 1, MOST))
    return {"ref_delta": kernel.zero_page.refcount - before}


def _forked(kernel: Kernel, children: int) -> Values:
    parent = kernel.new_mm()
    addr = written(parent)
    for _ in range(whole("children", children, 0, MOST)):
        parent.fork()
    return {"refcount": page_of(parent, addr).refcount}


def _reaped(kernel: Kernel) -> Values:
    parent = kernel.new_mm()
    addr = written(parent)
    for child in [parent.fork() for _ in range(1023)]:
        child.exit()
    return {"refcount": page_of(parent, addr).refcount}


FORMS: Forms = {
    "anon": _anon,
    "anon_reg_unreg": _anon_reg_unreg,
    "reg_zero4": _reg_zero4,
    "reg_readonly_vma": nothing,
    "thp": _thp,
    "thp_iouring_reg_2MiB": _thp_registered(HUGE_PAGES),
    "thp_iouring_unreg": _thp_unreg,
    "thp_iouring_reg_3pages": _thp_registered(3),
    "thp_dio_2MiB_inflight": _thp_dio,
    "thp_dio_2MiB_done": _thp_dio_done,
    "anon_dio_inflight": _anon_dio(1),
    "anon_dio_inflight_x2": _anon_dio(2),
    "anon_dio_done": _anon_dio(2, done=True),
    "zero_dio": _zero_dio,
    "vmsplice_anon_{times}": _anon_in_pipe,
    "vmsplice_anon_closed": _anon_pipes_closed,
    "vmsplice_zero_{times}": _zero_in_pipe,
    "vmsplice_zero_closed": _zero_pipes_closed,
    "zero_mapped_{pages}x": _zero_mapped,
    "fork{children}": _forked,
    "fork_reaped": _reaped,
}
