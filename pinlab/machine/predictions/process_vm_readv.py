"""What one process_vm_readv() takes from pages that were read or written once."""

from __future__ import annotations

from pinlab.machine.predictions.forms import Forms, nothing
from pinlab.machine.predictions.process import (
    HUGE_PAGES,
    Values,
    page_of,
    pins_of,
    process_vm,
    read_once,
    written,
)
from pinlab.model.folio import HPAGE_ORDER
from pinlab.model.gup import FOLL_WRITE
from pinlab.model.kernel import Kernel

PAGES = 64


def _zero(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    return {"src_is_zero_pfn": int(page_of(mm, read_once(mm)) is kernel.zero_page)}


def _zero64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = read_once(mm, PAGES)
    return pins_of(kernel, lambda: process_vm(mm, addr, PAGES))


def _anon64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, PAGES)
    return pins_of(kernel, lambda: process_vm(mm, addr, PAGES))


def _thp512(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, HUGE_PAGES, HPAGE_ORDER)
    return pins_of(kernel, lambda: process_vm(mm, addr, HUGE_PAGES))


def _hugezero(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    page = page_of(mm, read_once(mm, HUGE_PAGES, HPAGE_ORDER))
    return {"is_huge_zero": int(page.folio is kernel.huge_zero_folio)}


def _hugezero512(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = read_once(mm, HUGE_PAGES, HPAGE_ORDER)
    return pins_of(kernel, lambda: process_vm(mm, addr, HUGE_PAGES))


def _writev_into_zero64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = read_once(mm, PAGES)
    found = pins_of(kernel, lambda: process_vm(mm, addr, PAGES, FOLL_WRITE))
    return found | {"still_zero_pfn": int(page_of(mm, addr) is kernel.zero_page)}


FORMS: Forms = {
    "zero": _zero,
    "zero64": _zero64,
    "anon64": _anon64,
    "memfd64": nothing,
    "thp512": _thp512,
    "hugezero": _hugezero,
    "hugezero512": _hugezero512,
    "writev_into_zero64": _writev_into_zero64,
}
