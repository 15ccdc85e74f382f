"""Whether the running kernel can be asked, and if not, for want of what."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable

from pinlab.machine import direct_io, proc
from pinlab.machine.proc import UnavailableError
from pinlab.model.arguments import shown

VARIABLE = "PINLAB_MACHINE"
"""Environment variable: "recording" means that the running kernel is not to be asked."""


def why_not(folder: str | os.PathLike[str] | None = None) -> str | None:
    """Return in one sentence what is missing for a measurement here, None if nothing is.

    folder: where the unnamed file would be. Raises FileNotFoundError or NotADirectoryError if
    it is no folder, ValueError for an unknown value of PINLAB_MACHINE.
    """
    try:
        place(folder)
    except UnavailableError as reason:
        return str(reason)
    return None


def place(folder: str | os.PathLike[str] | None) -> str:
    """Return the folder to measure in; UnavailableError if that or anything else is lacking."""
    candidates = direct_io.folders(folder)
    require_counters()
    return _first_usable(candidates)


def require_counters() -> None:
    """Raise UnavailableError if no pin counters are to be read here.

    Raises ValueError for an unknown value of PINLAB_MACHINE.
    """
    if reason := no_linux_wanted():
        raise UnavailableError(reason)
    try:
        proc.read_pins()
    except KeyError:
        raise UnavailableError(
            "This kernel has no nr_foll_pin_acquired in /proc/vmstat (Linux has it since 5.7)."
        ) from None
    except OSError as error:
        raise UnavailableError(
            f"{proc.VMSTAT} cannot be read here: it answers {error.strerror!r}."
        ) from error


def no_linux_wanted() -> str | None:
    """Return why nothing here is to be read or asked, None if this Linux may be.

    Raises ValueError for an unknown value of PINLAB_MACHINE.
    """
    value = os.environ.get(VARIABLE, "")
    if value not in ("", "recording"):
        raise ValueError(
            f"{VARIABLE} is {shown(value)}: allowed are 'recording' and nothing at all"
        )
    if value:
        return f"{VARIABLE}=recording asks for the recording, not for this kernel."
    if platform.system() != "Linux":
        return f"This system is {platform.system() or 'unknown'}, not Linux."
    return None


def _first_usable(folders: Iterable[str]) -> str:
    objections = []
    for folder in folders:
        objection = direct_io.objection(folder)
        if objection is None:
            return folder
        objections.append(objection)
    raise UnavailableError(
        f"Direct I/O to an unnamed file is not possible here: {'; '.join(objections)}."
    )
