"""The figures of notebooks/figures.md: medians of repeated runs, and ratios within one run.

Run it with `make bench`; it prints a table and asserts nothing. Times differ between machines,
so compare ratios, and only those of one run.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from pinlab import PAGE_SIZE, DirectIO, Kernel, machine
from pinlab.explore import Scenario, explore
from pinlab.site import browser_edition, pages
from tests.browser import chromium, edition, latency
from tests.notebooks.execute import run
from tests.notebooks.lesson import FOLDER, figures, paths, read

WRITES, PAGES = 32768, 64


@dataclass(frozen=True)
class Contest:
    """An exhibit and the same plot through `interact`, each a line of code that shows a slider."""

    name: str
    goal: float
    exhibit: str
    interact: str


RECORDED = "machine.recorded(0, 1, 2, 8, 32, 64)"
CONTESTS = [
    Contest(
        name="written pages",
        goal=0.60,
        exhibit="from pinlab import machine; from pinlab.lessons import start_here; "
        f"start_here.pins_by_pages_written({RECORDED})",
        interact=f"from pinlab import machine; from tests.browser import plain; "
        f"plain.touched_pages({RECORDED})",
    ),
    Contest(
        name="held together",
        goal=0.60,
        exhibit="from pinlab.lessons import count_to_two_million as here; "
        "here.refcount_in_flight()",
        interact="from tests.browser import plain; plain.refcount_in_flight()",
    ),
    Contest(
        name="odometer (SVG)",
        goal=0.40,
        exhibit="from pinlab import lab; lab.odometer()",
        interact="from tests.browser import plain; plain.count_pins()",
    ),
]


def seconds(action: Callable[[], object], times: int) -> float:
    """Return the median of the seconds that an action takes."""
    measured = []
    for _ in range(times):
        gc.collect()  # no run pays for what an earlier one left behind,
        gc.freeze()  # or for what this program has imported to measure others
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
    return machine.ask("letters", writes=WRITES)[0].seconds


def race(children: int, requests: int) -> Scenario:
    """Return a parent that forks and writes while a disk delivers; every child writes, too."""
    names = [f"child{nth}" for nth in range(1, children + 1)]
    held = [f"r{nth}" for nth in range(1, requests + 1)]
    parent = [*(f"submit_dio_read {r} x" for r in held), *(f"fork {name}" for name in names)]
    programs = {
        "parent": [*parent, "write x+8 P", "read x v"],
        **{name: ["write x+8 C", "exit"] for name in names},
        "device": [step for r in held for step in (f"device_write {r} D", f"complete {r}")],
    }
    return Scenario({"x": "A"}, programs)


def print_explorations() -> None:
    """Print states, seconds and states a second of every order, as children and requests grow."""
    for children, requests in ((1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (3, 1)):
        scenario = race(children, requests)
        found = explore(scenario, "6.5")
        taken = seconds(partial(explore, scenario, "6.5"), times=5)
        what = f"every order, {children} child(ren), {requests} request(s)"
        print(
            f"{what:42}{found.states:8} states {taken:6.2f} s {found.states / taken:8.0f} states/s"
        )


def siblings(children: int) -> Scenario:
    """Return a parent with many children that write and read while a disk delivers."""
    names = [f"child{nth}" for nth in range(1, children + 1)]
    programs = {
        "parent": ["submit_dio_read r x", *(f"fork {name}" for name in names), "write x P"],
        **{name: ["write x C", f"read x {name}s"] for name in names},
        "device": ["device_write r D", "complete r"],
    }
    return Scenario({"x": "A"}, programs)


def print_growth() -> None:
    """Print how the states a second of a processor change with their number."""
    rates = []
    for children in (2, 5):
        scenario = siblings(children)
        start = process_time()
        states = explore(scenario, "6.5", most_states=20_000).states
        rates.append(states / (process_time() - start))
        what = f"every order, {children} siblings"
        print(f"{what:42}{states:8} states {rates[-1]:17.0f} states/s")
    print(f"  many / few (goal: at least 0.8)         {rates[1] / rates[0]:8.2f}")


def import_seconds() -> float:
    """Return the seconds of `import pinlab` in a fresh interpreter, without its own start.

    With its bytecode there, as from the second time on wherever it may be written.
    """
    code = "from time import perf_counter as t; a = t(); import pinlab; print(t() - a)"
    writes = {key: word for key, word in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=writes
    )
    return float(shown.stdout)


def print_redraws() -> None:
    """Print how long exhibits take to follow their slider, if there is a browser to see it."""
    browser = chromium.find()
    if browser is None:
        print(f"slider to redraw was not measured: {chromium.MISSING}")
        return
    for contest in CONTESTS:
        ours, plain = latency.compare(browser, contest.exhibit, contest.interact)
        print(f"slider to redraw, {contest.name:24}{ours:8.0f} ms")
        print(f"  the same plot through interact          {plain:8.0f} ms")
        print(f"  exhibit / interact (goal: at most {contest.goal:.2f}) {ours / plain:8.2f}")


def print_site() -> None:
    """Print how long the site takes to build, and what it weighs."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "site"
        taken = seconds(lambda: pages.write(folder), times=3)
        there, running = weight(folder), weight(folder / browser_edition.FOLDER)
    print(f"site, built (goal: under 60)              {taken:8.1f} s")
    print(f"  its pages (goal: under 40)              {(there - running) / 1e6:8.1f} MB")
    print(f"  its browser edition                     {running / 1e6:8.1f} MB")


def weight(folder: Path) -> int:
    """Return the bytes of all files in a folder, or 0 if it is not there."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def print_cells() -> None:
    """Print how many cells draw no figure; the tests run each of these without matplotlib."""
    notebooks = [read(path) for path in paths()]
    cells = sum(1 for notebook in notebooks for _ in notebook.cells("code"))
    plain = cells - sum(len(figures(notebook)) for notebook in notebooks)
    print(f"cells that need no matplotlib (goal: 350) {plain:8} of {cells}")


def print_first_visit() -> None:
    """Print what a reader of the browser edition waits for, if it can be built and seen here."""
    browser, path = chromium.find(), FOLDER / "03_pin_a_page.ipynb"
    if browser is None or not browser_edition.ready():
        print("the browser edition was not measured: Chromium or its parts are missing")
        return
    first, slider = edition.measure(browser, path.name, len([*read(path).cells("code")]))
    print(f"browser edition, first result (goal: 20)  {first:8.1f} s")
    print(f"  slider to redraw (goal: under 250)      {slider:8.0f} ms")


def print_comparison() -> None:
    """Print how many recorded quantities the model predicts, and how long that takes."""
    start = perf_counter()
    agrees = machine.compare()["agrees"]
    taken = perf_counter() - start
    print(f"recorded quantities predicted (goal: 90%) {agrees.mean():8.1%}")
    print(f"  that is {agrees.sum()} of {len(agrees)}, in                 {taken:8.1f} s")


def main() -> None:
    """Print one line per figure."""
    model = seconds(hold, times=5)
    print(f"model, 2^21 pins held together            {model:8.2f} s")
    print(f"model, the same and all released          {seconds(hold_and_release, times=5):8.2f} s")
    kernel = [s for s in (written_by_this_kernel() for _ in range(3)) if s is not None]
    if kernel:
        print(f"this kernel, 32768 direct writes of 64    {median(kernel):8.2f} s")
        print(f"  kernel / model (goal: at least 8)       {median(kernel) / model:8.1f}")
    else:
        print(f"this kernel was not asked: {machine.ask('letters', writes=1).note}")
    imported = median(import_seconds() for _ in range(11))
    print(f"import pinlab (goal: under 35)            {1000 * imported:8.1f} ms")
    print_comparison()
    print_explorations()
    print_growth()
    print_redraws()
    lessons = paths()
    one_after_another = seconds(lambda: [run(path) for path in lessons], times=3)
    print(f"all notebooks ({len(lessons)}), one after another      {one_after_another:8.1f} s")
    print_cells()
    print_site()  # after the others: Sphinx leaves its own logging behind
    print_first_visit()


if __name__ == "__main__":
    main()
