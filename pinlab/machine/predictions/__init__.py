"""Predictions: each recorded experiment, done over again in the model; no recording is read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pinlab.machine.predictions import (
    counters,
    dio_read_and_fork,
    direct_io,
    fixed_buffer,
    fork_copy_threshold,
    fork_frames,
    frames,
    held_pins,
    mlocked_pages,
    process_vm_readv,
    resident_pages,
    touched_pages,
)
from pinlab.machine.predictions.forms import Forms, run
from pinlab.machine.predictions.process import Values
from pinlab.model.arguments import instance, one_of, shown
from pinlab.model.kernel import Kernel

EXPERIMENTS: Mapping[str, Forms] = MappingProxyType(
    {
        "process_vm_readv": process_vm_readv.FORMS,
        "direct_io": direct_io.FORMS,
        "counters": counters.FORMS,
        "fork_copy_threshold": fork_copy_threshold.FORMS,
        "held_pins": held_pins.FORMS,
        "dio_read_and_fork": dio_read_and_fork.FORMS,
        "touched_pages": touched_pages.FORMS,
        "mlocked_pages": mlocked_pages.FORMS,
        "resident_pages": resident_pages.FORMS,
        "fixed_buffer": fixed_buffer.FORMS,
        "frames": frames.FORMS,
        "fork_frames": fork_frames.FORMS,
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
    machine = Kernel.with_rules(asked.release, asked.rules)
    forms = EXPERIMENTS[one_of("experiment", experiment, EXPERIMENTS)]
    found = run(forms, instance("case", case, str), machine)
    if found is None:
        raise ValueError(f"case is {shown(case)}: {experiment} has {_choices(forms)}")
    return found


def _choices(names: Mapping[str, object]) -> str:
    return ", ".join(map(repr, names))
