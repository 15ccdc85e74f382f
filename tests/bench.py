"""The figures of the README: medians of repeated runs, and ratios within one run.

Run it with `make bench`; it prints a table and asserts nothing. Times differ between machines,
so compare ratios, and only those of one run.
"""

import gc
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

from pinlab import PAGE_SIZE, DirectIO, Kernel, machine
from tests.notebooks.execute import run
from tests.notebooks.lesson import paths

WRITES, PAGES = 32768, 64


def seconds(action: Callable[[], object], times: int) -> float:
    """Return the median of the seconds that an action takes."""
    measured = []
    for _ in range(times):
        gc.collect()  # no run pays for what an earlier one left behind
        start = perf_counter()
        action()
        measured.append(perf_counter() - start)
    return median(measured)


def hold() -> list[DirectIO]:
    """Hold the mail's 2^21 pins of the zero page together, in the model."""
    kernel = Kernel("6.5", zero_page_pins="counted")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGES * PAGE_SIZE)
    return [kernel.submit_dio_write(mm, addr, PAGES) for _ in range(WRITES)]


def hold_and_release() -> None:
    """Hold them, then complete every write."""
    for request in hold():
        request.complete()


def written_by_this_kernel() -> float | None:
    """Return the seconds of 32768 direct writes of 64 written pages, None if it cannot be asked."""
    if machine.why_not() is not None:
        return None
    return machine.ask("letters", writes=WRITES)[0].seconds


def import_seconds() -> float:
    """Return the seconds of `import pinlab` in a fresh interpreter, without its own start."""
    code = "from time import perf_counter as t; a = t(); import pinlab; print(t() - a)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return float(shown.stdout)


def main() -> None:
    """Print one line per figure."""
    model = seconds(hold, times=5)
    print(f"model, 2^21 pins held together            {model:8.2f} s")
    print(f"model, the same and all released          {seconds(hold_and_release, times=5):8.2f} s")
    kernel = [s for s in (written_by_this_kernel() for _ in range(3)) if s is not None]
    if kernel:
        print(f"this kernel, 32768 direct writes of 64    {median(kernel):8.2f} s")
        print(f"  kernel / model (goal: at least 5)       {median(kernel) / model:8.1f}")
    else:
        print(f"this kernel was not asked: {machine.why_not()}")
    imported = median(import_seconds() for _ in range(11))
    print(f"import pinlab (goal: under 60)            {1000 * imported:8.1f} ms")
    lessons = paths()
    one_after_another = seconds(lambda: [run(path) for path in lessons], times=3)
    print(f"all notebooks ({len(lessons)}), one after another      {one_after_another:8.1f} s")


if __name__ == "__main__":
    main()
