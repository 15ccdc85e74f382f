"""Measuring here: what is found, what is not, and that nothing is left."""

import json
import os
import platform
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from pinlab import Kernel, machine
from pinlab.machine import kernel_like, predict, proc
from pinlab.machine import measuring as module
from pinlab.machine.dialogue import Dialogue
from pinlab.machine.experiments import EXPERIMENTS
from pinlab.machine.measuring import Measuring
from pinlab.machine.recordings import recordings
from pinlab.machine.spans import spans
from pinlab.machine.tally import NOISE
from tests.machine.processes import (
    ORDINARY_USER,
    alive,
    children_of,
    eventually,
    output_of,
    python,
)

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


@linux_only
def test_this_kernel_answers_as_the_model_of_it() -> None:
    """On a machine that others use, too: what is told is right, and the rest is missing."""
    measured = machine.measure()
    like = kernel_like(measured)
    wrong = [
        row
        for row in measured.quantities
        if (told := predict(row.experiment, row.case, like)).get(row.quantity, row.value)
        != row.value
        and told
    ]
    assert not wrong
    assert measured.live
    assert measured.date is None
    assert measured.label == f"your kernel, {platform.release().split('-')[0]}"
    assert {row[:2] for row in measured.quantities} == {
        (platform.release().split("-")[0], platform.release())
    }
    cases = {(name, case) for name, cases in EXPERIMENTS.items() for case in cases}
    assert {row[2:4] for row in measured.quantities} | set(measured.missing) == cases


@linux_only
def test_nothing_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fixture sees to it that the folder is empty again."""
    monkeypatch.setenv("TMPDIR", str(folder))
    files, pinned = len(list(Path("/proc/self/fd").iterdir())), proc.status_kib("VmPin")
    children = children_of(os.getpid())
    measured = machine.measure("fixed_buffer", "direct_io")
    assert measured.missing.get(("direct_io", "file:write_anon64"), NOISE) == NOISE
    assert (len(list(Path("/proc/self/fd").iterdir())), proc.status_kib("VmPin")) == (files, pinned)
    assert children_of(os.getpid()) <= children


@linux_only
def test_it_may_be_started_by_a_thread_that_ends() -> None:
    started: list[Measuring] = []
    thread = threading.Thread(target=lambda: started.append(machine.start_measuring("frames")))
    thread.start()
    thread.join()
    assert len(started[0].wait(timeout=60).quantities) + len(started[0].wait().missing) >= 2


@linux_only
def test_one_experiment_only() -> None:
    seen: list[machine.Progress] = []
    measured = machine.measure("fixed_buffer", "fixed_buffer", report=seen.append)
    assert {row.experiment for row in measured.quantities} <= {"fixed_buffer"}
    assert seen[-1] == (1, 1)


def test_an_unknown_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "begin", None)
    with pytest.raises(ValueError, match="experiment is 'dio': allowed are process_vm_readv, dir"):
        machine.measure("dio")


def test_the_recording_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    measured = machine.measure()
    assert not measured.live
    assert measured.label == "recording: Linux 6.18.44, November 2026"
    assert measured.quantities == tuple(
        row for row in recordings() if row.kernel == "6.18.44" and row.experiment in EXPERIMENTS
    )
    assert measured.note.startswith("PINLAB_MACHINE=recording asks for the recording")
    assert set(measured.missing) == {(e, c) for e, cases in EXPERIMENTS.items() for c in cases}
    assert spans(measured.releases) == "6.5 and later"
    assert kernel_like(measured).rules == Kernel("6.18").rules
    assert str(measured).count("recorded:") == 7


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert machine.measure("frames").note == "This system is Darwin, not Linux."


def test_every_case_has_a_recording_and_a_prediction() -> None:
    recorded = {(row.experiment, row.case) for row in recordings() if row.kernel == "6.18.44"}
    for experiment, cases in EXPERIMENTS.items():
        for case in cases:
            assert (experiment, case) in recorded
            predict(experiment, case, Kernel())


def run_of(closing: dict[str, object], *experiments: str) -> Measuring:
    dialogue = Dialogue(total=1)
    dialogue.close(closing)
    return Measuring(experiments, dialogue)


def test_what_is_missing_has_the_recording_in_its_place() -> None:
    reason = "/proc/self/pagemap shows frame numbers to CAP_SYS_ADMIN only."
    result = {"rows": [["frames", "read64", "frames", 1]],
              "missing": [["frames", "written64", reason]], "control": None}  # fmt: skip
    measured = run_of({"result": result}, "frames").wait()
    assert measured.missing == {("frames", "written64"): reason}
    assert [row[2:] for row in measured.instead] == [
        ("frames", "written64", "frames", 64),
        ("frames", "written64", "zero_pages", 0),
    ]
    assert f"Not measured: frames written64. {reason}" in str(measured)


@pytest.mark.parametrize(
    ("pins", "reason", "noisy", "note"),
    [
        (0, "Not here.", False, "saw no pin of others, and counting again gave the same numbers."),
        (7, "Not here.", True, "saw 7 pins acquired, 7 released. Counting again gave the same"),
        (7, NOISE, True, "saw 7 pins acquired, 7 released. What cannot be told is left out."),
        (0, NOISE, True, "saw 0 pins acquired, 0 released. What cannot be told is left out."),
    ],
)
def test_what_is_said_of_others(pins: int, reason: str, noisy: bool, note: str) -> None:
    result = {"rows": [], "missing": [["process_vm_readv", "zero64", reason]],
              "control": ["control", 0, 0, 0, pins, pins, 0.25]}  # fmt: skip
    measured = run_of({"result": result}, "process_vm_readv").wait()
    assert measured.noisy is noisy
    assert note in measured.note
    assert measured.note.startswith("Others were pinning meanwhile.") is noisy


def test_a_worker_that_breaks_down() -> None:
    with pytest.raises(RuntimeError, match="ended without an answer"):
        run_of({}, "frames").wait()


LONG = (
    "from pinlab import machine\n"
    "while True:\n"
    "    machine.measure('fork_copy_threshold')\n"
)  # fmt: skip


def descendants(parent: int) -> set[int]:
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found |= {int(path.parent.name)} | descendants(int(path.parent.name))
        except OSError:
            continue
    return found


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_half_way(number: int) -> None:
    """Worker, child and grandchild end with whoever asked."""
    with python(LONG) as parent:
        seen: set[int] = set()
        deadline = time.monotonic() + 20
        while len(seen) < 3 and time.monotonic() < deadline:
            seen = descendants(parent.pid)
        assert seen
        if number == signal.SIGINT:
            os.killpg(parent.pid, number)
        else:
            parent.kill()
        parent.wait(timeout=15)
        assert eventually(lambda: not any(alive(pid) for pid in seen | descendants(parent.pid)))


@linux_only
def test_an_interrupt_while_waiting_stops_it() -> None:
    measuring = machine.start_measuring()
    assert measuring._process is not None

    def interrupt(progress: machine.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measuring.wait(report=interrupt)
    assert not measuring.running
    assert not alive(measuring._process.pid)
    with pytest.raises(RuntimeError, match=r"stopped after \d+ of 38 cases"):
        measuring.wait()


@linux_only
def test_an_ordinary_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("not root, so all the other tests show this")
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to become an ordinary user")
    become = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups",
              "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]  # fmt: skip
    code = (
        "import json, time\n"
        "from pinlab import machine\n"
        "start = time.monotonic()\n"
        "measured = machine.measure()\n"
        "rows = [row[2:] for row in measured.quantities]\n"
        "missing = [[*case, why] for case, why in measured.missing.items()]\n"
        "print(json.dumps([time.monotonic() - start, rows, missing]))\n"
    )
    as_root = {row[2:5]: row.value for row in machine.measure().quantities}
    seconds, rows, missing = json.loads(output_of(code, *become))
    as_user = {tuple(place): value for *place, value in rows}
    both = as_root.keys() & as_user.keys()
    assert {place: as_user[place] for place in both} == {place: as_root[place] for place in both}
    assert ("fixed_buffer", "anon64", "VmPin_kB") in both
    assert seconds < 120
    private = "shows frame numbers to CAP_SYS_ADMIN only."
    assert {(experiment, case) for experiment, case, why in missing if why.endswith(private)} >= {
        ("process_vm_readv", "zero"), ("frames", "read64"), ("frames", "written64"),
        ("fork_frames", "no_hold"),
    }  # fmt: skip
