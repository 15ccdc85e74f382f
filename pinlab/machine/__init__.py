"""The Linux underneath: measured where that is possible, replayed from a recording where not.

`ask` puts the mail's question to the running kernel: how many pins do N writes of a 64-page
buffer take, to disk, past the page cache? Every answer says where its numbers are from.
"""

from pinlab.machine.answer import Answer, Measurement
from pinlab.machine.availability import why_not
from pinlab.machine.builds import Build, boot, builds
from pinlab.machine.compare import compare
from pinlab.machine.dialogue import Progress
from pinlab.machine.limits import own_limits
from pinlab.machine.mlock import Mlocked, ask_mlock
from pinlab.machine.predictions import predict
from pinlab.machine.quantity import Quantity
from pinlab.machine.recordings import cases, recorded, recording, recordings
from pinlab.machine.run import Run, ask, start
from pinlab.machine.smaps import resident

__all__ = [
    "Answer",
    "Build",
    "Measurement",
    "Mlocked",
    "Progress",
    "Quantity",
    "Run",
    "ask",
    "ask_mlock",
    "boot",
    "builds",
    "cases",
    "compare",
    "own_limits",
    "predict",
    "recorded",
    "recording",
    "recordings",
    "resident",
    "start",
    "why_not",
]
