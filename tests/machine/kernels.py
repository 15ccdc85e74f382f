"""Machines that were measured in a test's imagination."""

from dataclasses import replace

from pinlab import Kernel
from pinlab.machine import Measured, predict
from pinlab.machine.experiments import EXPERIMENTS


def measured_like(
    kernel: Kernel, without: tuple[tuple[str, str], ...] = (), **changed: int
) -> Measured:
    """What `measure` would find on a machine that does as the model says.

    without: cases that nobody could measure there. changed: values of all quantities of a name.
    """
    values = {
        (experiment, case, name): changed.get(name, value)
        for experiment, cases in EXPERIMENTS.items()
        for case in cases
        if (experiment, case) not in without
        for name, value in predict(experiment, case, kernel).items()
    }
    missing = dict.fromkeys(without, "Nobody may.")
    return Measured("9.9.9", True, "your kernel, 9.9.9", values=values, missing=missing, build="me")


def changed(measured: Measured, case: str, quantity: str, to: int) -> Measured:
    """The same, with another value of one quantity."""
    values = {
        place: to if place[1:] == (case, quantity) else value
        for place, value in measured.values.items()
    }
    return replace(measured, values=values)
