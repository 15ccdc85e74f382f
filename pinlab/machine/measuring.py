"""Measuring what the running kernel does, in a process of its own."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from pinlab.machine.answer import Measurement, meanwhile, noise, version
from pinlab.machine.availability import no_linux_wanted
from pinlab.machine.dialogue import Dialogue, Message, Progress
from pinlab.machine.experiments import EXPERIMENTS, checked
from pinlab.machine.measured import Measured
from pinlab.machine.recordings import DATE, Quantity, recordings
from pinlab.machine.running import Running, begin
from pinlab.machine.tally import NOISE
from pinlab.model.arguments import function

RECORDED, BUILD = "6.18.44", "x86-64 virtual machine"
"""Who answers where nobody can be asked: the same experiments, done there by `measure`."""


def measure(*experiments: str, report: Callable[[Progress], object] | None = None) -> Measured:
    """Do experiments on the running kernel and return what they found.

    experiments: "process_vm_readv", "direct_io", "counters", "fork_copy_threshold",
    "fixed_buffer", "frames", "fork_frames"; all of them if none is named. It takes a
    second or three as root, ten to twenty as anybody else. Nothing that it does outlives it:
    neither a pin nor a file nor a process. What cannot be measured here, or does not come out the
    same when counted again, is named, with the recording in its place.
    report is called with the progress; an exception in it, or an Interrupt, ends it. Raises
    ValueError for an unknown experiment, RuntimeError if the measuring process breaks down.
    """
    if report is not None:
        function("report", report)
    with start_measuring(*experiments) as measuring:
        return measuring.wait(report=report)


def start_measuring(*experiments: str) -> Measuring:
    """Begin what `measure` does and return at once; ValueError for an unknown experiment."""
    asked = checked(experiments) or tuple(EXPERIMENTS)
    dialogue = Dialogue(total=sum(len(EXPERIMENTS[name]) for name in asked))
    if reason := no_linux_wanted():
        dialogue.close({"refusal": reason})
        return Measuring(asked, dialogue)
    question = {"experiments": asked, "parent": os.getpid()}
    return Measuring(asked, dialogue, begin(dialogue, "survey", question))


class Measuring(Running[Measured]):
    """Experiments under way. Their progress counts cases."""

    steps = "cases"

    def __init__(
        self,
        experiments: tuple[str, ...],
        dialogue: Dialogue,
        process: subprocess.Popen[str] | None = None,
    ) -> None:
        super().__init__(dialogue, process)
        self._experiments = experiments

    def _result(self, result: Message) -> Measured:
        release = platform.release()
        kernel = version(release)
        rows = tuple(Quantity(kernel, release, *row) for row in result["rows"])
        missing = {(experiment, case): why for experiment, case, why in result["missing"]}
        note, noisy = _noise(result["control"], spoilt=NOISE in missing.values())
        return Measured(
            kernel,
            build=release,
            quantities=rows,
            missing=missing,
            instead=tuple(
                row for row in in_experiments(self._experiments) if (row[2], row[3]) in missing
            ),
            live=True,
            date=None,
            note=note,
            noisy=noisy,
            label=f"your kernel, {kernel}",
        )

    def _refused(self, reason: str) -> Measured:
        rows = in_experiments(self._experiments)
        return Measured(
            RECORDED,
            BUILD,
            quantities=rows,
            missing=dict.fromkeys(self._cases(), reason),
            instead=rows,
            live=False,
            date=DATE,
            note=reason,
            label=f"recording: Linux {RECORDED}, {DATE}",
        )

    def _cases(self) -> Iterator[tuple[str, str]]:
        return ((name, case) for name in self._experiments for case in EXPERIMENTS[name])


def in_experiments(experiments: Collection[str]) -> tuple[Quantity, ...]:
    """Return what was recorded of some experiments on the kernel that stands in for others."""
    wanted = [row for row in recordings() if row[:2] == (RECORDED, BUILD)]
    return tuple(row for row in wanted if row.experiment in experiments)


def _noise(control: Sequence[Any] | None, spoilt: bool) -> tuple[str, bool]:
    """What to say of other people's pins, and whether there were any."""
    if control is None:
        return "", False
    others = Measurement(*control)
    words = f"{meanwhile(others)} What cannot be told is left out." if spoilt else noise(others)
    return words, spoilt or others.moved
