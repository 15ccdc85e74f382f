"""Litmus tests: one question about a few steps in each file of data/litmus, with its answer by era.

data/litmus/README.md says what stands in a file.
"""

from pinlab.explore.litmus.conformance import conformance
from pinlab.explore.litmus.file import Expected, Litmus, load, names, parse, read
from pinlab.explore.litmus.observation import ERAS, Observation, run, table
from pinlab.explore.litmus.rescue import PINNED, RULES, rescued, smallest

__all__ = [
    "ERAS",
    "PINNED",
    "RULES",
    "Expected",
    "Litmus",
    "Observation",
    "conformance",
    "load",
    "names",
    "parse",
    "read",
    "rescued",
    "run",
    "smallest",
    "table",
]
