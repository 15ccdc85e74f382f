"""What one O_DIRECT transfer takes from its buffer; the model's devices are all alike."""

from __future__ import annotations

from collections.abc import Callable

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import (
    HUGE_PAGES,
    Values,
    pins_of,
    read_once,
    result,
    written,
)
from pinlab.model.dio import DirectIO
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE
from pinlab.model.kernel import Kernel

DEVICES = ("/dev/ram0", "/dev/vda", "/dev/nullb0", "file")
PAGES = 64


def transferred(submit: Callable[[], DirectIO]) -> int:
    """Submit a request and complete it; return its bytes, or minus an errno."""

    def call() -> int:
        request = submit()
        request.complete()
        return len(request.pages) * PAGE_SIZE

    return result(call)


def _write_zero64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = read_once(mm, PAGES)
    return pins_of(kernel, lambda: transferred(lambda: kernel.submit_dio_write(mm, addr, PAGES)))


def _write_anon64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, PAGES)
    return pins_of(kernel, lambda: transferred(lambda: kernel.submit_dio_write(mm, addr, PAGES)))


def _write_thp512(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, HUGE_PAGES, HPAGE_ORDER)
    return pins_of(
        kernel, lambda: transferred(lambda: kernel.submit_dio_write(mm, addr, HUGE_PAGES))
    )


def _read_anon64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, PAGES)
    return pins_of(kernel, lambda: transferred(lambda: kernel.submit_dio_read(mm, addr, PAGES)))


TRANSFERS = {
    "write_zero64": _write_zero64,
    "write_anon64": _write_anon64,
    "write_thp512": _write_thp512,
    "read_anon64": _read_anon64,
}

FORMS: Forms = {
    f"{device}:{name}": predict for device in DEVICES for name, predict in TRANSFERS.items()
}
