"""pinlab: page references, pins and the zero page, as one mail of 31 May 2023 argues about them.

Importing the package imports the model alone (standard library). `pinlab.machine` asks the Linux
underneath, `pinlab.lab` draws.
"""

from pinlab.model.buffer import RegisteredBuffer
from pinlab.model.counter import (
    GUP_PIN_COUNTING_BIAS,
    INT_MAX,
    INT_MIN,
    last_pin,
    last_reference,
    refcount_with,
    split_refcount,
    wrap,
)
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Folio, Page
from pinlab.model.gup import FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE
from pinlab.model.invariants import InvariantError
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm
from pinlab.model.rules import Rules

__all__ = [
    "FOLL_GET",
    "FOLL_LONGTERM",
    "FOLL_PIN",
    "FOLL_WRITE",
    "GUP_PIN_COUNTING_BIAS",
    "INT_MAX",
    "INT_MIN",
    "PAGE_SIZE",
    "DirectIO",
    "Folio",
    "InvariantError",
    "Kernel",
    "Mm",
    "Page",
    "RegisteredBuffer",
    "Rules",
    "last_pin",
    "last_reference",
    "refcount_with",
    "split_refcount",
    "wrap",
]
