"""Predictions: each recorded experiment, done over again in the model; no recording is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pinlab.machine.predictions import calls, holds
from pinlab.machine.predictions.calls import Forms, Values
from pinlab.model.arguments import instance, one_of, shown
from pinlab.model.kernel import Kernel
from pinlab.model.rules import Rules

EXPERIMENTS: Mapping[str, Forms] = MappingProxyType(
    {
        "process_vm_readv": calls.PROCESS_VM_READV,
        "direct_io": calls.DIRECT_IO,
        "counters": calls.COUNTERS,
        "fork_copy_threshold": holds.FORK_COPY_THRESHOLD,
        "held_pins": holds.HELD_PINS,
        "dio_read_and_fork": holds.DIO_READ_AND_FORK,
        "touched_pages": calls.TOUCHED_PAGES,
        "mlocked_pages": calls.MLOCKED_PAGES,
        "resident_pages": calls.RESIDENT_PAGES,
        "fixed_buffer": calls.FIXED_BUFFER,
        "frames": calls.FRAMES,
        "fork_frames": holds.FORK_FRAMES,
    }
)
"""The forms of the cases of each experiment, in the order of the recordings' description."""


def predict(experiment: str, case: str, kernel: Kernel) -> Values:
    """Return what a machine like `kernel` would find in one case of an experiment, by quantity.

    The experiment runs in the model step for step, on a fresh machine with the same rules. What
    the model has no words for is left out; of memory that it does not have (memfd, a read-only
    mapping, MADV_DONTFORK) that is everything. Raises ValueError for an unknown experiment or
    case, naming those there are, TypeError if `kernel` is no Kernel.

    >>> predict("process_vm_readv", "zero64", Kernel("6.4"))
    {'acq': 64, 'rel': 64, 'ret': 262144}
    """
    asked = instance("kernel", kernel, Kernel)
    one_of("experiment", experiment, EXPERIMENTS)
    return _predict(experiment, instance("case", case, str), asked.release, asked.rules).copy()


@cache
def _predict(experiment: str, case: str, release: str, rules: Rules) -> Values:
    """Do it once: a table asks the same again each time that it is made."""
    forms = EXPERIMENTS[experiment]
    for form, find in forms.items():
        numbers = numbers_in(form, case)
        if numbers is not None:
            return find(Kernel.with_rules(release, rules), **numbers)
    raise ValueError(f"case is {shown(case)}: {experiment} has {', '.join(map(repr, forms))}")


def numbers_in(form: str, case: str) -> dict[str, int] | None:
    """Return the numbers of a case by name, None if it is not of that form.

    >>> numbers_in("hold{most}:threads={threads}", "hold64:threads=2")
    {'most': 64, 'threads': 2}
    """
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[0-9]{1,9})", re.escape(form))
    found = re.fullmatch(pattern, case)
    return None if found is None else {name: int(text) for name, text in found.groupdict().items()}
