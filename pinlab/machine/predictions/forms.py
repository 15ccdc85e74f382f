"""Forms: how the cases of an experiment are spelled, with numbers where they have any."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pinlab.machine.predictions.process import Values
from pinlab.model.kernel import Kernel

Forms = Mapping[str, Callable[..., Values]]
"""What predicts the cases of one form: `fork{children}` is called with a machine and a number."""


def numbers(form: str, case: str) -> dict[str, int] | None:
    """Return the numbers of a case by name, None if it is not of that form.

    >>> numbers("hold{most}:threads={threads}", "hold64:threads=2")
    {'most': 64, 'threads': 2}
    """
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[0-9]{1,9})", re.escape(form))
    found = re.fullmatch(pattern, case)
    return None if found is None else {name: int(text) for name, text in found.groupdict().items()}


def run(forms: Forms, case: str, kernel: Kernel) -> Values | None:
    """Predict a case on a machine, None if it is of none of the forms."""
    for form, predict in forms.items():
        found = numbers(form, case)
        if found is not None:
            return predict(kernel, **found)
    return None


def nothing(kernel: Kernel, **numbers: int) -> Values:
    """Predict nothing: the model does not have this kind of memory."""
    return {}
