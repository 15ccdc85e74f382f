"""The Linux underneath: measured where that is possible, replayed from a recording where not.

`ask` puts the mail's question to the running kernel: how many pins do N writes of a 64-page
buffer take, to disk, past the page cache? Every answer says where its numbers are from.
`measure` asks which kernel it is, really, and `kernel_like` has the model answer the same.
"""

from pinlab.machine.answer import Answer, Measurement
from pinlab.machine.availability import why_not
from pinlab.machine.columns import three_columns
from pinlab.machine.compare import compare
from pinlab.machine.dialogue import Progress
from pinlab.machine.finding import Finding
from pinlab.machine.limits import own_limits
from pinlab.machine.measured import Measured, kernel_like
from pinlab.machine.measuring import Measuring, measure, start_measuring
from pinlab.machine.mlock import Mlocked, ask_mlock
from pinlab.machine.pool import pooled
from pinlab.machine.predictions import predict
from pinlab.machine.recordings import (
    Build,
    Quantity,
    boot,
    builds,
    cases,
    recorded,
    recording,
    recordings,
)
from pinlab.machine.report import Report, report
from pinlab.machine.run import Run, ask, start
from pinlab.machine.smaps import resident

__all__ = [
    "Answer",
    "Build",
    "Finding",
    "Measured",
    "Measurement",
    "Measuring",
    "Mlocked",
    "Progress",
    "Quantity",
    "Report",
    "Run",
    "ask",
    "ask_mlock",
    "boot",
    "builds",
    "cases",
    "compare",
    "kernel_like",
    "measure",
    "own_limits",
    "pooled",
    "predict",
    "recorded",
    "recording",
    "recordings",
    "report",
    "resident",
    "start",
    "start_measuring",
    "three_columns",
    "why_not",
]
