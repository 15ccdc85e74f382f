"""The process that measures: `python -m pinlab.machine.worker` with the question as JSON.

It says on its output, one JSON object a line, how many steps are done and in the end one of
`result`, `refusal` and `error`. It ends with the process that started it, however that ends; its
own children do, too, and its unnamed file is gone with it.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pinlab.machine import buffers, direct_io, syscalls, tally
from pinlab.machine.buffers import Buffer
from pinlab.machine.child import end_with, outcome
from pinlab.machine.experiments import EXPERIMENTS, Case
from pinlab.machine.measured import AGAIN, DIRECT_IO, PROCESS_VM_READV, Measurement
from pinlab.machine.predictions.calls import Values
from pinlab.machine.proc import Meter, UnavailableError
from pinlab.machine.tally import NOISE, NoisyError, Report, per_call

Transfer = Callable[[memoryview], None]

TRIALS = 32
"""Writes from written memory, to see how long they take."""

SECONDS_OF_CONTROL = 0.1
PINS = {"acq", "rel"}


def main() -> None:
    """Answer the question in the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an Interrupt ends it without a traceback
    question = json.loads(sys.argv[1])
    end_with(question.pop("parent"))
    work = do_experiments if "experiments" in question else write_buffers
    work = partial(work, **question, report=lambda done: say(done=done))
    say(**outcome(work, question.get("folder")))


def say(**message: object) -> None:
    """Write one line for the parent."""
    print(json.dumps(message), flush=True)


def write_buffers(
    names: Sequence[Buffer], writes: int, folder: str, report: Report
) -> dict[str, Any]:
    """Return method, file system, control and measurements, each buffer written `writes` times.

    report gets the writes done so far, over all buffers. Raises OSError if a write fails,
    UnavailableError if neither way of pinning is counted here or a buffer is not to be had.
    """
    with direct_io.unnamed_file(folder) as file, tally.turn():
        method, transfer = _choose(file)
        pace = tally.repeat(partial(transfer, buffers.new("letters")), TRIALS) / TRIALS
        calls = [partial(transfer, buffers.new(name)) for name in names]
        counts, others = tally.count(calls, writes, pace, report)
    touched = map(buffers.touched, names)
    measurements = [
        Measurement(name, writes, buffers.PAGES, written, *pins, seconds, method, agreed)
        for name, written, (seconds, pins, agreed) in zip(names, touched, counts, strict=True)
    ]
    if any(m.touched and m.agreed and not m.acquired for m in measurements):
        raise NoisyError(NOISE)  # it was chosen by the pins of others
    kind = direct_io.file_system(folder)
    return {
        "method": method, "file_system": kind, "control": others, "measurements": measurements,
    }  # fmt: skip


def _choose(file: int) -> tuple[str, Transfer]:
    """Return direct I/O if it pins written memory, else process_vm_readv if that does."""
    write = partial(direct_io.write, file)
    if _pins(write):
        return DIRECT_IO, write
    read = partial(syscalls.process_vm_readv, target=buffers.new("never"))
    try:
        if _pins(read):
            return PROCESS_VM_READV, read
    except OSError as error:
        raise UnavailableError(f"Direct I/O takes no pins here, and {error.strerror}.") from error
    raise UnavailableError("Neither direct I/O nor process_vm_readv moves the counters here.")


def _pins(transfer: Transfer) -> bool:
    try:
        return per_call(partial(transfer, buffers.new("letters"))).acquired > 0
    except NoisyError:
        return True  # most likely; if not, what is counted will show it


def do_experiments(experiments: Sequence[str], report: Report) -> dict[str, Any]:
    """Return rows (experiment, case, quantity, value), what is missing, and the control.

    missing: rows (experiment, case, reason). control: what others pinned before and after, None
    where nobody counts. report gets the number of cases done so far.
    """
    with tally.turn():
        controls = _control()
        rows: list[tuple[str, str, str, int | str]] = []
        missing: list[tuple[str, str, str]] = []
        cases = [(name, case) for name in experiments for case in EXPERIMENTS[name]]
        for done, (experiment, case) in enumerate(cases, 1):
            try:
                found = _twice(EXPERIMENTS[experiment][case])
                rows += [(experiment, case, name, value) for name, value in found.items()]
            except UnavailableError as reason:
                missing.append((experiment, case, str(reason)))
            except OSError as error:
                missing.append((experiment, case, f"{error.strerror or error}."))
            report(done)
        controls += _control()
    control = tally.together(controls) if controls else None
    return {"rows": rows, "missing": missing, "control": control}


def _twice(find: Case) -> Values:
    """Return what is found the second time as well; of pins each case sees to that itself."""
    found = find()
    if found.keys() & PINS or found == find():
        return found
    raise UnavailableError(f"It was not the same twice, as if others had a hand in it. {AGAIN}")


def _control() -> list[Measurement]:
    try:
        return [tally.control(Meter(), SECONDS_OF_CONTROL)]
    except (KeyError, OSError):
        return []


if __name__ == "__main__":
    main()
