"""The Linux underneath: measured where that is possible, replayed from a recording where not.

`ask` puts the mail's question to the running kernel: how many pins do N writes of a 64-page
buffer take, to disk, past the page cache? Every answer says where its numbers are from.
`measure` asks which kernel it is, really, and `kernel_like` has the model answer the same.
`attempt` does an experiment that you have written.

What is asked stands in ask, buffers, experiments and questions; what does it, in worker, child,
tally, direct_io, syscalls and proc; what came out, in measured, recordings and report; what the
model says, in predictions.
"""

from pinlab.machine.ask import ask, ask_mlock, measure, resident, start
from pinlab.machine.attempt import Failed, attempt
from pinlab.machine.child import Progress, Run
from pinlab.machine.limits import own_limits
from pinlab.machine.measured import Answer, Measurement
from pinlab.machine.predictions import predict
from pinlab.machine.questions import Finding, Measured, kernel_like
from pinlab.machine.recordings import (
    Build,
    Quantity,
    boot,
    builds,
    cases,
    compare,
    recorded,
    recording,
    recordings,
)
from pinlab.machine.report import Report, pooled, report

__all__ = [
    "Answer",
    "Build",
    "Failed",
    "Finding",
    "Measured",
    "Measurement",
    "Progress",
    "Quantity",
    "Report",
    "Run",
    "ask",
    "ask_mlock",
    "attempt",
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
]
