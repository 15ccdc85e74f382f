"""What the worker does, in this process, with faults put in its way."""

import errno
import json
import os
import time
from pathlib import Path

import pytest

from pinlab.machine import buffers, direct_io, process_vm, vmstat, worker
from pinlab.machine.answer import Answer, from_this_kernel
from pinlab.machine.availability import UnavailableError
from tests.machine.counting import ask_for


def measure(folder: Path, *names: buffers.Buffer, writes: int = 100) -> Answer:
    return from_this_kernel(
        **worker.measure(names=names, writes=writes, folder=str(folder), report=lambda done: None)
    )


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the counters cannot be flushed, do not wait for them either."""
    if os.geteuid() != 0:
        monkeypatch.setattr(vmstat, "settle", vmstat.read)


def take_references_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Direct I/O as up to 6.4: it works, and no pin is counted."""
    monkeypatch.setattr(direct_io, "write", lambda file, buffer: None)


def test_direct_io_that_takes_references(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_references_instead(monkeypatch)
    answer = ask_for([6400, 6400], lambda: measure(folder, "letters", "zeros"))
    assert answer.method == "process_vm_readv"
    assert {m.method for m in answer} == {"process_vm_readv"}


def test_process_vm_readv_that_is_forbidden(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(source: memoryview, target: memoryview) -> None:
        raise OSError(errno.EPERM, "process_vm_readv answers 'Operation not permitted'")

    take_references_instead(monkeypatch)
    monkeypatch.setattr(process_vm, "read", forbidden)
    with pytest.raises(UnavailableError) as caught:
        measure(folder, "letters")
    assert str(caught.value) == (
        "Direct I/O takes no pins here, and process_vm_readv answers 'Operation not permitted'."
    )


def test_counters_that_stand_still(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = tmp_path / "vmstat"
    frozen.write_text("nr_foll_pin_acquired 7\nnr_foll_pin_released 7\n")
    monkeypatch.setattr(vmstat, "VMSTAT", frozen)
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


@pytest.mark.usefixtures("hasty")
def test_a_noisy_control(direct_io_pins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = buffers.new("letters"), buffers.new("never")

    def others_pin(seconds: float) -> None:
        for _ in range(10):
            process_vm.read(source, target)

    monkeypatch.setattr(time, "sleep", others_pin)
    answer = measure(direct_io_pins, "letters")
    assert answer.control is not None
    assert answer.control.acquired >= 500
    assert f"others acquired {answer.control.acquired} pins" in answer.note


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
