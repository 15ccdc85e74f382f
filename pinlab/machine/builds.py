"""Builds: the recorded kernels, where each is from, and the model of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.model.arguments import instance, shown
from pinlab.model.kernel import Kernel
from pinlab.text_files import table

PATH = DATA / "recordings" / "kernels.csv"
COLUMNS = ("kernel", "build", "release", "overrides", "date", "machine", "asked by")


class Build(NamedTuple):
    """A recorded kernel: a row of data/recordings/kernels.csv.

    kernel and build are as in the recordings. release and overrides make the model of it: a build
    may follow other rules than its release number says. date, machine and asked_by are where its
    rows are from.
    """

    kernel: str
    build: str
    release: str
    overrides: Mapping[str, str]
    date: str
    machine: str
    asked_by: str

    def boot(self) -> Kernel:
        """Return a machine in the model that follows this build's rules."""
        return Kernel(self.release, **self.overrides)


@cache
def builds() -> tuple[Build, ...]:
    """Return every recorded build, in the order of the file.

    >>> [build.kernel for build in builds() if build.overrides]
    ['6.1.192']
    """
    return tuple(table(PATH, COLUMNS, _build, unique=["kernel", "build"]))


def _build(row: Mapping[str, str]) -> Build:
    *names, overrides, date, machine, asked_by = row.values()
    pairs = (pair.split("=") for pair in overrides.split())
    rules = MappingProxyType(dict(pairs))
    kernel, build, release = names
    return Build(kernel, build, release, rules, date, machine, asked_by)


def find(kernel: str, build: str | None = None) -> Build:
    """Return a recorded build; `build` is needed where there are two of a kernel.

    Raises ValueError, naming the choices, for one that was not recorded.
    """
    instance("kernel", kernel, str)
    if build is not None:
        instance("build", build, str)
    of_kernel = [b for b in builds() if b.kernel == kernel]
    if build is None and len(of_kernel) > 1:
        choices = ", ".join(repr(b.build) for b in of_kernel)
        raise ValueError(f"build= is missing: of {kernel!r} there are {choices}")
    found = [b for b in of_kernel if build in (None, b.build)]
    if not found:
        which = shown(kernel) if build is None else f"{shown(kernel)}, build {shown(build)}"
        choices = ", ".join(f"{b.kernel!r}, {b.build!r}" for b in builds())
        raise ValueError(f"kernel is {which}: one of these is needed: {choices}")
    return found[0]


def boot(kernel: str, build: str | None = None) -> Kernel:
    """Return the model of a recorded kernel; arguments and errors are those of `find`.

    >>> boot("6.12.117").rules.dio_hold
    'pin'
    """
    return find(kernel, build).boot()
