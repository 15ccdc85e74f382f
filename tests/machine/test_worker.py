"""What the worker does, in this process, with faults put in its way."""

import errno
import itertools
import json
import os
import platform
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import pytest

from pinlab.machine import buffers, direct_io, proc, syscalls, tally, worker
from pinlab.machine.answer import Answer, from_this_kernel
from pinlab.machine.proc import UnavailableError
from pinlab.machine.tally import NoisyError
from tests.machine.counting import Counters

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


def measure(folder: Path, *names: buffers.Buffer, writes: int = 100) -> Answer:
    return from_this_kernel(
        **worker.measure(names=names, writes=writes, folder=str(folder), report=lambda done: None)
    )


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the counters cannot be flushed, do not wait for them either."""
    if os.geteuid() != 0:
        monkeypatch.setattr(proc, "settle", proc.read_pins)


def pretend(monkeypatch: pytest.MonkeyPatch, counters: Counters, *, dio_pins: bool) -> None:
    """Direct I/O that takes pins of written memory, or references as up to 6.4; never long."""
    monkeypatch.setattr(tally, "PATIENCE", 0)
    monkeypatch.setattr(worker, "REPEATING", 0.3)
    monkeypatch.setattr(direct_io, "unnamed_file", lambda folder: nullcontext(0))

    def write(file: int, data: memoryview) -> None:
        counters.pin(64 * (dio_pins and data[0] > 0))

    monkeypatch.setattr(direct_io, "write", write)
    monkeypatch.setattr(syscalls, "process_vm_readv", lambda source, target: counters.pin(64))


@linux_only
def test_direct_io_that_takes_references(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, Counters(monkeypatch), dio_pins=False)
    answer = measure(Path("/"), "letters", "zeros", writes=10)
    assert [(m.acquired, m.method, m.agreed) for m in answer] == [
        (640, "process_vm_readv", True)
    ] * 2


@linux_only
def test_direct_io_that_others_made_look_like_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """They leave when the choice is made; a 0 of written pages is no answer then."""
    pretend(monkeypatch, Counters(monkeypatch, others=[64] * 10), dio_pins=False)
    with pytest.raises(NoisyError):
        measure(Path("/"), "letters", writes=10)


@linux_only
def test_process_vm_readv_that_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(source: memoryview, target: memoryview) -> None:
        raise OSError(errno.EPERM, "process_vm_readv answers 'Operation not permitted'")

    pretend(monkeypatch, Counters(monkeypatch), dio_pins=False)
    monkeypatch.setattr(syscalls, "process_vm_readv", forbidden)
    with pytest.raises(UnavailableError) as caught:
        measure(Path("/"), "letters")
    assert str(caught.value) == (
        "Direct I/O takes no pins here, and process_vm_readv answers 'Operation not permitted'."
    )


def test_counters_that_stand_still(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = tmp_path / "vmstat"
    frozen.write_text("nr_foll_pin_acquired 7\nnr_foll_pin_released 7\n")
    monkeypatch.setattr(proc, "VMSTAT", frozen)
    with pytest.raises(UnavailableError, match="Neither direct I/O nor process_vm_readv"):
        measure(folder, "letters")


def test_the_first_failing_write_ends_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def fill_up(file: int, buffer: memoryview, offset: int) -> int:
        nonlocal calls
        calls += 1
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", fill_up)
    with pytest.raises(OSError, match="No space left on device") as caught:
        measure(folder, "letters")
    assert caught.value.errno == errno.ENOSPC
    assert calls == 1


WARM_UP = [0] * 19
"""Readings before the first control: to see whether direct I/O pins, and for the meter."""


@linux_only
@pytest.mark.parametrize(
    ("others", "told", "control"),
    [
        ([], [(640, True), (0, True)], 0),
        ([*WARM_UP, 77, 0, 0, 88], [(640, True), (0, True)], 165),
        ([*WARM_UP, 0, 12608], [(640, True), (0, True)], 0),
        ([*WARM_UP, 0, 64, 5952], [(640, True), (0, True)], 0),
        (itertools.repeat(64), [(704, False), (64, False)], 128),
        ([*WARM_UP, 0, 0, *itertools.repeat(640, 9999)], [(640, False), (640, False)], 640),
    ],
    ids=["nobody", "beside us", "in the first", "in both", "all the time", "late"],
)
def test_others_who_pin(
    others: Iterable[int],
    told: list[tuple[int, bool]],
    control: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lesson 00 beside other people's direct I/O: right, or with the warning that it is not."""
    pretend(monkeypatch, Counters(monkeypatch, others=others), dio_pins=True)
    answer = measure(Path("/"), "letters", "never", writes=10)
    assert [(m.acquired, m.agreed) for m in answer] == told
    assert [m.released for m in answer] == [m.acquired for m in answer]
    assert answer.control is not None
    assert answer.control.acquired == control
    assert answer.noisy is bool(control)
    assert ("Others were pinning meanwhile." in answer.note) is answer.noisy
    assert ("Their pins are in the rows letters, never, too" in answer.note) is not told[0][1]


@pytest.mark.usefixtures("hasty")
def test_progress_goes_over_all_buffers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[int] = []
    monkeypatch.setattr(worker, "REPORT_EVERY", 0)
    worker.measure(["never", 1, "never"], 5, str(folder), said.append)
    assert said == list(range(1, 16))


def test_messages_are_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    worker.say(done=7)
    worker.say(error=[28, "no space", "/\udcff"])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"done": 7},
        {"error": [28, "no space", "/\udcff"]},
    ]
