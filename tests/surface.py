"""What a call of the public surface may be given: objects by class, and values by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure
from pandas import DataFrame

from pinlab import PAGE_SIZE, Kernel, lab, machine, words
from pinlab.explore import Question, Scenario, explore, litmus
from pinlab.explore.reach import reach
from pinlab.lab.problems import SEEDED
from pinlab.lessons import fork_during_direct_io
from pinlab.words.corpus import corpus


class World:
    """Whatever a call may be given, fresh for each."""

    def __init__(self) -> None:
        self.kernel = Kernel("6.5")
        self.mm = self.kernel.new_mm()
        self.addr = self.mm.mmap(4 * PAGE_SIZE)
        self.mm.write(self.addr, b"A")
        self.request = self.kernel.submit_dio_read(self.mm, self.addr, 1)
        self.buffer = self.mm.register_buffer(self.addr, 1)
        self.folio = self.kernel.alloc_folio(2)
        self.page = self.folio.page(0)

    def state(self) -> object:
        """Return all that a refused call may not change."""
        kernel = self.kernel
        return (
            str(kernel.trace), kernel.warnings[:], dict(kernel.vmstat), kernel.rules,
            kernel.release, [repr(folio) for folio in kernel.folios], kernel.mms[:],
            [(mm.name, mm.has_pinned, mm.pinned_vm, mm.areas(), mm.mapped()) for mm in kernel.mms],
            list(kernel.requests), kernel.buffers[:], self.request.in_flight,
            [self.page.folio.frames, self.request.pages[0].folio.frames.copy()],
        )  # fmt: skip


RACE = Scenario({"x": "A"}, {"parent": ["read x v"]})

STEP = reach("6.5").transitions[0]

GOOD: dict[str, Callable[[World], Any]] = {
    "Kernel": lambda world: world.kernel,
    "Mm": lambda world: world.mm,
    "Folio": lambda world: world.folio,
    "Page": lambda world: world.page,
    "DirectIO": lambda world: world.request,
    "RegisteredBuffer": lambda world: world.buffer,
    "Exploration": lambda world: explore(RACE),
    "Question": lambda world: Question("v = A"),
    "Graph": lambda world: explore(RACE).graph,
    "Litmus": lambda world: litmus.load("fork+parent-writes"),
    "Proposal": lambda world: words.proposals()["nail"],
    "Sentence": lambda world: words.SENTENCES["landed-rst"],
    "Guess": lambda world: lab.Guess("How many?", low=0, high=9),
    "Drawing": lambda world: lab.draw_map(world.kernel),
    "Picture": lambda world: lab.Picture(Figure(), "what is seen", "the same in words"),
    "Answer": lambda world: machine.recorded("never", 0, 8, 64, "letters"),
    "Story": lambda world: fork_during_direct_io.story("parent writes"),
    "Scenario": lambda world: RACE,
    "Rules": lambda world: world.kernel.rules,
    "Measured": lambda world: machine.measure("frames"),
    "Run": lambda world: machine.start("never"),
    "OwnLimits": lambda world: machine.own_limits(),
    "Term": lambda world: corpus()[0],
    "State": lambda world: STEP.before,
    "Call": lambda world: STEP.step,
    "Claim": lambda world: words.clause("pin", "zero page", "refcount", "never"),
    "Figure": lambda world: Figure(),
    "DataFrame": lambda world: DataFrame(),
    "Path": lambda world: litmus.FOLDER / "no such file",
    "int": lambda world: 1,
    "bool": lambda world: False,
    "bytes": lambda world: b"x",
    "object": lambda world: None,
    "Iterable": lambda world: [],
    "Callable": lambda world: lambda *arguments: True,
    "addr": lambda world: world.addr,
    "answer": lambda world: machine.recorded("never"),
    "answers": lambda world: machine.recorded("never"),
    "buffers": lambda world: "never",
    "memory": lambda world: {"x": "A"},
    "programs": lambda world: {"parent": []},
    "release": lambda world: "6.5",
    "rules": lambda world: {},
    "schedule": lambda world: ("parent",),
    "question": lambda world: "v = A",
    "text": lambda world: "v = A",
    "name": lambda world: "zero-page+write",
    "part": lambda world: "mail",
    "test": lambda world: "fork+parent-writes",
    "scene": lambda world: "parent writes",
    "lesson": lambda world: "04",
    "id": lambda world: "last-pin",
    "ids": lambda world: "last-pin",
    "task.id": lambda world: "ten-frames",
    "calls_foll_pin": lambda world: "nail",
    "call": lambda world: "pin",
    "page": lambda world: "zero page",
    "Kernel.get_page.page": lambda world: world.page,
    "Kernel.put_page.page": lambda world: world.page,
    "Kernel.unpin_user_page.page": lambda world: world.page,
    "counter": lambda world: "refcount",
    "how": lambda world: "never",
    "passage": lambda world: next(iter(words.PASSAGES)),
    "sense": lambda world: "foll-pin",
    "sentence": lambda world: "landed-rst",
    "situation": lambda world: next(iter(words.SITUATIONS)),
    "proposal": lambda world: "nail",
    "experiment": lambda world: "process_vm_readv",
    "case": lambda world: "zero64",
    "kernels": lambda world: {"one": Kernel(), "two": Kernel("6.4")},
    "attempt.experiment": lambda world: lambda *arguments: len(arguments),
    "c.name": lambda world: "guard",
    "compare_c.name": lambda world: "guard",
    "rename.name": lambda world: "nail",
    "claims": lambda world: {"pins": ("process_vm_readv", "zero64", "acq")},
    "exists": lambda world: "v = A",
    "measured": lambda world: machine.recorded(0, 8, 64),
    "kernel_like.measured": lambda world: machine.measure("frames"),
    "report.measured": lambda world: machine.measure("frames"),
    "orders": lambda world: 0,
    "refcounts": lambda world: [1],
    "given.id": lambda world: next(iter(SEEDED)),
    "svg": lambda world: "<svg/>",
    "alt": lambda world: "what is seen",
    "twin": lambda world: "the same in words",
    "boot.kernel": lambda world: "6.18.44",
    "cases.kernel": lambda world: "6.18.44",
    "recording.kernel": lambda world: "6.18.44",
    "lenses.page": lambda world: world.page,
    "senses.page": lambda world: world.page,
    "Senses.page": lambda world: world.page,
    "get_page.page": lambda world: world.page,
    "verdicts.releases": lambda world: ("5.8",),
}
"""By "callable.parameter", by parameter, or by what the annotation says.

What is named with its callable is given though it could be left out.
"""
