"""Whether the running kernel can be asked, and if not, for want of what."""

from __future__ import annotations

import os
import platform

from pinlab.machine import vmstat
from pinlab.model.arguments import shown

VARIABLE = "PINLAB_MACHINE"
"""Environment variable: "recording" means that the running kernel is not to be asked."""


class UnavailableError(Exception):
    """The running kernel cannot be asked; the message says in one sentence why."""


def require_counters() -> None:
    """Raise UnavailableError if no pin counters are to be read here.

    Raises ValueError for an unknown value of PINLAB_MACHINE.
    """
    require_linux()
    try:
        vmstat.read()
    except KeyError:
        raise UnavailableError(
            "This kernel has no nr_foll_pin_acquired in /proc/vmstat (Linux has it since 5.7)."
        ) from None
    except OSError as error:
        raise UnavailableError(
            f"{vmstat.VMSTAT} cannot be read here: it answers {error.strerror!r}."
        ) from error


def require_linux() -> None:
    """Raise UnavailableError if nothing here is to be read or asked.

    Raises ValueError for an unknown value of PINLAB_MACHINE.
    """
    value = os.environ.get(VARIABLE, "")
    if value not in ("", "recording"):
        raise ValueError(
            f"{VARIABLE} is {shown(value)}: allowed are 'recording' and nothing at all"
        )
    if value:
        raise UnavailableError(f"{VARIABLE}=recording asks for the recording, not for this kernel.")
    if platform.system() != "Linux":
        raise UnavailableError(f"This system is {platform.system() or 'unknown'}, not Linux.")
