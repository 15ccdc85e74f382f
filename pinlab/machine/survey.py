"""The process that does the experiments: `python -m pinlab.machine.survey` with JSON.

It says on its output, one JSON object a line, how many cases are done and in the end the result.
It ends with the process that started it, and so do its own children; nothing is left behind.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from typing import Any

from pinlab.machine.answer import AGAIN, Measurement
from pinlab.machine.control import others, together, turn
from pinlab.machine.experiments import EXPERIMENTS
from pinlab.machine.experiments.case import Case, Values
from pinlab.machine.proc import Meter, UnavailableError
from pinlab.machine.worker import end_with, say

SECONDS_OF_CONTROL = 0.1
PINS = {"acq", "rel"}


def main() -> None:
    """Do the experiments that the first argument names."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an Interrupt ends it without a traceback
    question = json.loads(sys.argv[1])
    end_with(question["parent"])
    with turn():
        result = survey(question["experiments"], report=lambda done: say(done=done))
    say(result=result)


def survey(experiments: list[str], report: Callable[[int], None]) -> dict[str, Any]:
    """Return rows (experiment, case, quantity, value), what is missing, and the control.

    missing: rows (experiment, case, reason). control: what others pinned before and after, None
    where nobody counts. report gets the number of cases done so far.
    """
    controls = _control()
    rows: list[tuple[str, str, str, int | str]] = []
    missing: list[tuple[str, str, str]] = []
    done = 0
    for experiment in experiments:
        for case, find in EXPERIMENTS[experiment].items():
            found, reason = _found(find)
            rows += [(experiment, case, name, value) for name, value in found.items()]
            missing += [(experiment, case, reason)] if reason else []
            report(done := done + 1)
    controls += _control()
    control = together(controls) if controls else None
    return {"rows": rows, "missing": missing, "control": control}


def _found(find: Case) -> tuple[Values, str]:
    try:
        return _twice(find), ""
    except UnavailableError as reason:
        return {}, str(reason)
    except OSError as error:
        return {}, f"{error.strerror or error}."


def _twice(find: Case) -> Values:
    """Return what is found the second time as well; of pins each case sees to that itself."""
    found = find()
    if found.keys() & PINS or found == find():
        return found
    raise UnavailableError(f"It was not the same twice, as if others had a hand in it. {AGAIN}")


def _control() -> list[Measurement]:
    try:
        return [others(Meter(), SECONDS_OF_CONTROL)]
    except (KeyError, OSError):
        return []


if __name__ == "__main__":
    main()
