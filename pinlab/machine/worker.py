"""The process that measures: `python -m pinlab.machine.worker` with the question as JSON.

It says on its output, one JSON object a line, how many writes are done and in the end one of
`result`, `refusal` and `error`. It ends with the process that started it, however that ends, and
takes its unnamed file with it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from pinlab.machine import buffers, direct_io, syscalls
from pinlab.machine.answer import DIRECT_IO, PROCESS_VM_READV, Measurement
from pinlab.machine.control import others, together, turn
from pinlab.machine.proc import Meter, Pins, UnavailableError
from pinlab.machine.tally import NOISE, REPEATING, NoisyError, confirmed, per_call

Transfer = Callable[[memoryview], None]
Report = Callable[[int], None]

TRIALS = 32
"""Writes from written memory, to see how long they take."""

REPORT_EVERY = 0.1
CHECK_EVERY = 0.05
"""Seconds, both of them."""

LONG = 1.0
"""Seconds of writes that are not done over again to count them anew."""


def main() -> None:
    """Answer the question in the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an Interrupt ends it without a traceback
    question = json.loads(sys.argv[1])
    end_with(question.pop("parent"))
    try:
        say(result=measure(**question, report=lambda done: say(done=done)))
    except UnavailableError as reason:
        say(refusal=str(reason))
    except OSError as error:
        say(error=[error.errno, error.strerror, question["folder"]])


def say(**message: object) -> None:
    """Write one line for the parent."""
    print(json.dumps(message), flush=True)


def end_with(parent: int) -> None:
    """Have this process end soon after the one that started it, whichever thread that was."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    # A pipe that closes would be no sign: another child of the parent may hold it open.
    while os.getppid() == parent:
        time.sleep(CHECK_EVERY)
    os._exit(1)


class Means(NamedTuple):
    """A way of making the kernel pin 64 pages once, and the seconds it takes."""

    method: str
    transfer: Transfer
    pace: float


def measure(
    names: Sequence[buffers.Buffer], writes: int, folder: str, report: Report
) -> dict[str, Any]:
    """Return method, control and measurements, with each buffer written `writes` times.

    report gets the writes done so far, over all buffers. What does not agree with itself is
    measured again, if that does not take long. Raises OSError if a write fails, UnavailableError
    if neither way of pinning is counted here or a buffer is not to be had.
    """
    with direct_io.unnamed_file(folder) as file, turn():
        means = _choose(file)
        meter = Meter()
        controls = [others(meter, means.pace * writes)]
        takes: list[_Take] = []
        for name in names:
            reported = partial(_report_from, len(takes) * writes, report)
            takes.append(_take(means, name, writes, meter, reported))
        controls.append(others(meter, means.pace * writes))
        until = time.monotonic() + REPEATING
        measurements = [_confirmed(means, take, writes, meter, until) for take in takes]
    if any(m.touched and m.agreed and not m.acquired for m in measurements):
        raise NoisyError(NOISE)  # it was chosen by the pins of others
    return {"method": means.method, "control": together(controls), "measurements": measurements}


class _Take(NamedTuple):
    """One buffer after all of its writes."""

    name: buffers.Buffer
    memory: memoryview
    seconds: float
    pins: Pins


def _take(means: Means, name: buffers.Buffer, writes: int, meter: Meter, report: Report) -> _Take:
    memory = buffers.new(name)
    seconds = _repeat(means.transfer, memory, writes, report)
    return _Take(name, memory, seconds, meter.pins())


def _confirmed(means: Means, take: _Take, writes: int, meter: Meter, until: float) -> Measurement:
    def again() -> Pins:
        meter.pins()  # what was counted until here
        _repeat(means.transfer, take.memory, writes, report=lambda done: None)
        return meter.pins()

    if take.seconds > LONG:
        until = 0.0
    write = partial(means.transfer, take.memory)
    pins, agreed = confirmed(write, writes, take.pins, again, until)
    touched = buffers.touched(take.name)
    return Measurement(
        take.name, writes, buffers.PAGES, touched, *pins, take.seconds, means.method, agreed
    )


def _choose(file: int) -> Means:
    """Return direct I/O if it pins written memory, else process_vm_readv if that does."""
    write = partial(direct_io.write, file)
    if _pins(write):
        return Means(DIRECT_IO, write, _pace(write))
    read = partial(syscalls.process_vm_readv, target=buffers.new("never"))
    try:
        if _pins(read):
            return Means(PROCESS_VM_READV, read, _pace(read))
    except OSError as error:
        raise UnavailableError(f"Direct I/O takes no pins here, and {error.strerror}.") from error
    raise UnavailableError("Neither direct I/O nor process_vm_readv moves the counters here.")


def _pins(transfer: Transfer) -> bool:
    try:
        return per_call(partial(transfer, buffers.new("letters"))).acquired > 0
    except NoisyError:
        return True  # most likely; if not, what is counted will show it


def _pace(transfer: Transfer) -> float:
    memory = buffers.new("letters")
    return _repeat(transfer, memory, TRIALS, report=lambda done: None) / TRIALS


def _repeat(transfer: Transfer, memory: memoryview, times: int, report: Report) -> float:
    """Transfer a buffer so many times; return the seconds that took."""
    start = reported = time.monotonic()
    for done in range(1, times + 1):
        transfer(memory)
        now = time.monotonic()
        if now - reported >= REPORT_EVERY or done == times:
            report(done)
            reported = now
    return now - start


def _report_from(before: int, report: Report, done: int) -> None:
    report(before + done)


if __name__ == "__main__":
    main()
