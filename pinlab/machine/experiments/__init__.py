"""Experiments on the running kernel, with the recordings' names for what they find."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from pinlab.machine.experiments import (
    counters,
    direct_io,
    fixed_buffer,
    fork_copy_threshold,
    fork_frames,
    frames,
    process_vm_readv,
)
from pinlab.machine.experiments.case import Case
from pinlab.model.arguments import one_of

EXPERIMENTS: Mapping[str, Mapping[str, Case]] = MappingProxyType(
    {
        "process_vm_readv": process_vm_readv.CASES,
        "direct_io": direct_io.CASES,
        "counters": counters.CASES,
        "fork_copy_threshold": fork_copy_threshold.CASES,
        "fixed_buffer": fixed_buffer.CASES,
        "frames": frames.CASES,
        "fork_frames": fork_frames.CASES,
    }
)
"""The cases of each experiment that a reader's machine can do, in the order they are done in."""


def checked(names: Collection[str]) -> tuple[str, ...]:
    """Return the experiments of these names, each once; ValueError for an unknown one."""
    return tuple(dict.fromkeys(one_of("experiment", name, EXPERIMENTS) for name in names))
