"""Machines that were measured in a test's imagination."""

from pinlab import Kernel
from pinlab.machine import Measured, Quantity, predict
from pinlab.machine.experiments import EXPERIMENTS


def measured_like(
    kernel: Kernel, without: tuple[tuple[str, str], ...] = (), **changed: int
) -> Measured:
    """What `measure` would find on a machine that does as the model says.

    without: cases that nobody could measure there. changed: values of all quantities of a name.
    """
    rows = [
        Quantity("9.9.9", "imagined", experiment, case, name, changed.get(name, value))
        for experiment, cases in EXPERIMENTS.items()
        for case in cases
        if (experiment, case) not in without
        for name, value in predict(experiment, case, kernel).items()
    ]
    return Measured(
        "9.9.9", "imagined", tuple(rows), dict.fromkeys(without, "Nobody may."), (), True, None, "",
        "your kernel, 9.9.9",
    )  # fmt: skip
