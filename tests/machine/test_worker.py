"""What the worker does, in this process, with faults put in its way: what is missing is named."""

import errno
import itertools
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from pinlab.machine import buffers, direct_io, proc, syscalls, tally, worker
from pinlab.machine.ask import written
from pinlab.machine.experiments import EXPERIMENTS, Case
from pinlab.machine.measured import Answer
from pinlab.machine.proc import UnavailableError
from pinlab.machine.worker import do_experiments
from tests.machine.counting import Counters
from tests.machine.faults import refuse
from tests.machine.processes import output_of

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


def measure(folder: Path, *names: buffers.Buffer, writes: int = 100) -> Answer:
    return written(worker.write_buffers(names, writes, str(folder), lambda done: None))


def pretend(monkeypatch: pytest.MonkeyPatch, counters: Counters, *, dio_pins: bool) -> None:
    """Direct I/O that takes pins of written memory, or references as up to 6.4; never long."""
    monkeypatch.setattr(tally, "PATIENCE", 0)
    monkeypatch.setattr(tally, "REPEATING", 0.3)
    monkeypatch.setattr(direct_io, "unnamed_file", lambda folder: nullcontext(0))

    def write(file: int, data: memoryview) -> None:
        counters.pin(64 * (dio_pins and data[0] > 0))

    monkeypatch.setattr(direct_io, "write", write)
    monkeypatch.setattr(syscalls, "process_vm_readv", lambda source, target: counters.pin(64))


def test_direct_io_that_takes_references(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, Counters(monkeypatch), dio_pins=False)
    answer = measure(Path("/"), "letters", "zeros", writes=10)
    assert [(m.acquired, m.method, m.agreed) for m in answer] == [
        (640, "process_vm_readv", True)
    ] * 2


@pytest.mark.parametrize(
    ("others", "answer", "words"),
    [
        ([64] * 10, 64, tally.NOISE),  # they leave when it was chosen by their pins
        (
            (), None,
            "Direct I/O takes no pins here, and process_vm_readv answers 'Operation not "
            "permitted'.",
        ),
        ((), 0, "Neither direct I/O nor process_vm_readv moves the counters here."),
    ],
)  # fmt: skip
def test_nothing_that_is_counted_here(
    others: Iterable[int], answer: int | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(source: memoryview, target: memoryview) -> None:
        if answer is None:
            raise OSError(errno.EPERM, "process_vm_readv answers 'Operation not permitted'")
        counters.pin(answer)

    counters = Counters(monkeypatch, others=others)
    pretend(monkeypatch, counters, dio_pins=False)
    monkeypatch.setattr(syscalls, "process_vm_readv", read)
    with pytest.raises(UnavailableError) as caught:
        measure(Path("/"), "letters", writes=10)
    assert str(caught.value) == words


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


def test_messages_are_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    worker.say(done=7)
    worker.say(error=[28, "no space", "/\udcff"])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"done": 7},
        {"error": [28, "no space", "/\udcff"]},
    ]


READ, DISK, FORK = "process_vm_readv", "direct_io", "fork_copy_threshold"


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counters stand still and nobody waits for them: only what is missing matters here."""
    monkeypatch.setattr(proc, "flush", lambda: True)
    monkeypatch.setattr(proc, "settle", lambda: proc.Pins(7, 7))
    monkeypatch.setattr(worker, "SECONDS_OF_CONTROL", 0)


survey = pytest.mark.usefixtures("still")

REFUSED = "{1} answers 'Operation not permitted'."
FORKED = (FORK, "unpriv_refs_0_haspinned_1")
NEVER_PINNED = (FORK, "unpriv_threshold_haspinned_0")


def obstruct(monkeypatch: pytest.MonkeyPatch, obstacle: str, name: str, none: Path) -> None:
    """Forbid a system call, hide a file, leave no room for a function, or have tmpfs only."""

    def fail(*arguments: object) -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    if obstacle == "refuse":
        refuse(monkeypatch, name, errno.EPERM)
    elif obstacle == "hide":
        monkeypatch.setattr(f"pinlab.machine.{name}", none)
    elif obstacle == "fail":
        monkeypatch.setattr(os, name, fail)
    else:
        monkeypatch.setattr(direct_io, "file_system", lambda folder: obstacle)


def do(
    *experiments: str, among: Mapping[str, Mapping[str, Case]] = EXPERIMENTS
) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[Any, str]]:
    """What was found by case, and what is missing; each case is the one or the other."""
    done: list[int] = []
    answer = do_experiments(experiments, done.append)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for experiment, case, quantity, value in answer["rows"]:
        found.setdefault((experiment, case), {})[quantity] = value
    missing = {(experiment, case): why for experiment, case, why in answer["missing"]}
    asked = {(name, case) for name in experiments for case in among[name]}
    assert found.keys() | missing.keys() == asked
    assert not found.keys() & missing.keys()
    assert done == list(range(1, len(found) + len(missing) + 1))
    assert all(why.endswith(".") for why in missing.values())
    return found, missing


@survey
@pytest.mark.parametrize(
    ("obstacle", "case", "reason", "kept"),
    [
        ("refuse io_uring_setup", ("fixed_buffer", "anon64"), REFUSED, FORKED),
        ("refuse io_uring_setup", (FORK, "really_pinned_iouring"), REFUSED, FORKED),
        ("refuse vmsplice", ("counters", "vmsplice_anon_16"), REFUSED, FORKED),
        ("refuse process_vm_readv", (READ, "memfd64"), REFUSED, NEVER_PINNED),
        ("hide proc.VMSTAT", (READ, "zero64"), "{0} cannot be read here: it answers ", FORKED),
        ("hide proc.PROCESSES", ("frames", "read64"), "{0}/self/pagemap answers 'No ", FORKED),
        ("hide proc.KPAGEFLAGS", ("frames", "read64"), "{0} answers 'No such file", FORKED),
        ("hide proc.STATUS", ("fixed_buffer", "anon64"), "{0} answers 'No such file", FORKED),
        ("hide proc.SMAPS", FORKED, "No such file or directory.", (READ, "zero64")),
        ("hide buffers.SETTINGS", (READ, "thp512"), "There is no huge page to be ", FORKED),
        ("fail memfd_create", (READ, "memfd64"), "Resource temporarily unavailable.", FORKED),
        ("fail fork", FORKED, "Resource temporarily unavailable.", (READ, "zero64")),
        ("tmpfs only", (DISK, "file:read_anon64"), "Direct I/O to an unnamed ", FORKED),
    ],
)
def test_what_is_refused_is_missing_and_the_others_are_found(
    obstacle: str, case: tuple[str, str], reason: str, kept: tuple[str, str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    only: dict[str, dict[str, Case]] = {}
    for experiment, one in (case, kept):
        only.setdefault(experiment, {})[one] = EXPERIMENTS[experiment][one]
    monkeypatch.setattr(worker, "EXPERIMENTS", only)
    kind, name = obstacle.split()
    obstruct(monkeypatch, kind, name, tmp_path / "none")
    found, missing = do(*only, among=only)
    if "CAP_SYS_ADMIN" in missing[case]:
        pytest.skip(missing[case])
    assert missing[case].startswith(reason.format(tmp_path / "none", name))
    assert kept in found


@survey
def test_a_kernel_that_refuses_pins_of_the_zero_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """As 6.1.130 to 6.1.134: EFAULT is what it answers, and so it is a finding."""
    refuse(monkeypatch, "process_vm_readv", errno.EFAULT)
    assert do(READ)[0][READ, "zero64"]["ret"] == -errno.EFAULT


@pytest.mark.parametrize("others", [0, 24])
def test_a_control_has_no_pins_from_here(others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a CPU still kept to itself when the survey began and ended is nobody else's."""
    counters = Counters(monkeypatch, may_flush=False, others=[0, others])
    counters.pin(24)

    def pins() -> dict[str, int | str]:
        counters.pin(24)
        return {"acq": 24}

    monkeypatch.setattr(worker, "EXPERIMENTS", {"pinning": {"once": pins}})
    control = do_experiments(["pinning"], lambda done: None)["control"]
    assert (control.acquired, control.released) == (others, others)


@survey
def test_vmstat_without_the_counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "VMSTAT", tmp_path / "vmstat")
    proc.VMSTAT.write_text("nr_free_pages 7\n")
    monkeypatch.setattr(proc, "settle", proc.read_pins)
    assert do_experiments(["frames"], lambda done: None)["control"] is None


@survey
def test_huge_pages_of_another_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("enabled", "always"), ("hpage_pmd_size", "1048576")):
        (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setattr(buffers, "SETTINGS", tmp_path)
    monkeypatch.setattr(proc, "is_mapped", lambda address: True)
    words = "A huge page has 256 pages here, and not 512."
    assert do(READ)[1][READ, "thp512"] == words


@survey
@pytest.mark.parametrize(("kind", "told"), [("ext4", True), ("xfs", True), ("zfs", False)])
def test_a_file_system_that_copies_says_nothing_of_the_others(
    kind: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counters that stand still: either direct I/O takes references, or this one copies."""
    monkeypatch.setattr(direct_io, "file_system", lambda folder: kind)
    found, missing = do(DISK)
    if missing and all("not possible" in why for why in missing.values()):
        pytest.skip("no direct I/O here")
    case = (DISK, "file:write_anon64")
    assert (case in found) is told
    if not told:
        assert missing[case].endswith(
            "is on zfs, where a transfer without pins says nothing about other file systems."
        )
    assert (DISK, "file:write_zero64") in found


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_read_only_sys_and_a_read_only_proc_sys() -> None:
    """As in an unprivileged container: nothing can be flushed, and it goes all the same."""
    code = (
        "from pinlab.machine import proc, tally\n"
        "from pinlab.machine.experiments import EXPERIMENTS\n"
        "try:\n"
        "    found = EXPERIMENTS['process_vm_readv']['anon64']()\n"
        "except tally.NoisyError:\n"
        "    found = {'acq': 64}\n"
        "print(proc.flush(), found['acq'])\n"
    )
    shell = (
        "mount -o bind,ro,remount /sys 2>/dev/null || mount -t sysfs -o ro none /sys || exit 7; "
        "mount --bind /proc/sys /proc/sys && mount -o bind,ro,remount /proc/sys || exit 7; "
        'exec "$@"'
    )
    try:
        said = output_of(code, "unshare", "--mount", "sh", "-c", shell, "sh")
    except (AssertionError, FileNotFoundError):
        pytest.skip("no mount namespace to be had here")
    assert said == "False 64\n"


def test_others_who_pin_through_all_experiments(monkeypatch: pytest.MonkeyPatch) -> None:
    """No number of pins is told, and what has none to do with them is."""
    Counters(monkeypatch, others=itertools.repeat(64))
    monkeypatch.setattr(tally, "PATIENCE", 0)
    answer = do_experiments([READ, DISK, "fixed_buffer"], lambda done: None)
    assert answer["control"].acquired == 2 * 64
    assert not [row for row in answer["rows"] if row[2] in ("acq", "rel")]
    reasons = {(experiment, case): why for experiment, case, why in answer["missing"]}
    assert reasons[READ, "zero64"] == reasons[READ, "anon64"] == tally.NOISE
    assert reasons.get(("fixed_buffer", "anon64")) != tally.NOISE


@survey
def test_what_is_not_the_same_twice_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Iterator[dict[str, int | str]] = iter([{"frames": 1}, {"frames": 2}])
    monkeypatch.setitem(EXPERIMENTS["frames"], "read64", lambda: next(found))
    assert do("frames")[1]["frames", "read64"] == (
        "It was not the same twice, as if others had a hand in it. "
        "Measure again when it is quieter."
    )
