"""What the worker does, in this process, with faults put in its way: what is missing is named."""

import errno
import itertools
import json
import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from pinlab.machine import buffers, direct_io, proc, syscalls, tally, worker
from pinlab.machine.ask import written
from pinlab.machine.experiments import EXPERIMENTS, checked
from pinlab.machine.measured import Answer
from pinlab.machine.proc import UnavailableError
from pinlab.machine.tally import NoisyError
from pinlab.machine.worker import do_experiments
from tests.machine.counting import Counters
from tests.machine.faults import refuse
from tests.machine.processes import output_of

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


def measure(folder: Path, *names: buffers.Buffer, writes: int = 100) -> Answer:
    return written(worker.write_buffers(names, writes, str(folder), lambda done: None))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the counters cannot be flushed, do not wait for them either."""
    if os.geteuid() != 0:
        monkeypatch.setattr(proc, "settle", proc.read_pins)


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


def test_direct_io_that_others_made_look_like_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """They leave when the choice is made; a 0 of written pages is no answer then."""
    pretend(monkeypatch, Counters(monkeypatch, others=[64] * 10), dio_pins=False)
    with pytest.raises(NoisyError):
        measure(Path("/"), "letters", writes=10)


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
    monkeypatch.setattr(tally, "REPORT_EVERY", 0)
    worker.write_buffers(["never", 1, "never"], 5, str(folder), said.append)
    assert said == list(range(1, 16))


def test_messages_are_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    worker.say(done=7)
    worker.say(error=[28, "no space", "/\udcff"])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"done": 7},
        {"error": [28, "no space", "/\udcff"]},
    ]


CASES = {(experiment, case) for experiment, cases in EXPERIMENTS.items() for case in cases}
READ, DISK, FORK = "process_vm_readv", "direct_io", "fork_copy_threshold"
NO_FORK = (FORK, "unpriv_threshold_haspinned_1")


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counters stand still and nobody waits for them: only what is missing matters here."""
    monkeypatch.setattr(proc, "flush", lambda: True)
    monkeypatch.setattr(proc, "settle", lambda: proc.Pins(7, 7))
    monkeypatch.setattr(worker, "SECONDS_OF_CONTROL", 0)


survey = pytest.mark.usefixtures("still")


def do(*experiments: str) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[Any, str]]:
    """What was found by case, and what is missing; each case is the one or the other."""
    done: list[int] = []
    answer = do_experiments(experiments, done.append)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for experiment, case, quantity, value in answer["rows"]:
        found.setdefault((experiment, case), {})[quantity] = value
    missing = {(experiment, case): why for experiment, case, why in answer["missing"]}
    assert found.keys() | missing.keys() == {case for case in CASES if case[0] in experiments}
    assert not found.keys() & missing.keys()
    assert done == list(range(1, len(found) + len(missing) + 1))
    assert all(why.endswith(".") for why in missing.values())
    return found, missing


@survey
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize(
    ("call", "lost", "kept"),
    [
        (
            "io_uring_setup",
            {
                ("counters", "anon_reg_unreg"), ("counters", "reg_zero4"),
                ("counters", "reg_readonly_vma"), ("fixed_buffer", "anon64"),
                (FORK, "really_pinned_iouring"), ("fork_frames", "io_uring"),
            },
            NO_FORK,
        ),
        (
            "vmsplice",
            {("counters", "vmsplice_anon_16"), NO_FORK},
            (FORK, "unpriv_refs_0_haspinned_1"),
        ),
        (
            "process_vm_readv",
            {(READ, "zero64"), (READ, "anon64"), (READ, "memfd64"), NO_FORK},
            (FORK, "unpriv_threshold_haspinned_0"),
        ),
    ],
)  # fmt: skip
def test_a_container_that_refuses_a_call(
    call: str, lost: set[tuple[str, str]], kept: tuple[str, str], number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    refuse(monkeypatch, call, number)
    found, missing = do(*{case[0] for case in lost | {kept}})
    words = f"{call} answers {os.strerror(number)!r}."
    told = {case: why for case, why in missing.items() if "CAP_SYS_ADMIN" not in why}
    assert lost - {("fork_frames", "io_uring")} <= {c for c in told if told[c] == words}
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
    missing = do(READ)[1]
    words = f"{proc.VMSTAT} cannot be read here: it answers 'No such file or directory'."
    assert missing[READ, "zero64"] == words
    proc.VMSTAT.write_text("nr_free_pages 7\n")
    found, missing = do(READ, DISK, FORK)
    words = "This kernel has no nr_foll_pin_acquired in /proc/vmstat (Linux has it since 5.7)."
    assert missing[READ, "zero64"] == missing[DISK, "file:write_anon64"] == words
    assert (FORK, "unpriv_threshold_haspinned_0") in found
    monkeypatch.setattr(proc, "settle", proc.read_pins)
    assert do_experiments(["frames"], lambda done: None)["control"] is None


@survey
@pytest.mark.parametrize("obstacle", ["tmpfs", "EINVAL"])
def test_no_direct_io(obstacle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse_direct(path: Any, flags: int, *rest: Any, **named: Any) -> int:  # noqa: ANN401
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument", path)
        return real(path, flags, *rest, **named)

    if obstacle == "tmpfs":
        monkeypatch.setattr(direct_io, "file_system", lambda folder: "tmpfs")
    else:
        monkeypatch.setattr(os, "open", refuse_direct)
    found, missing = do(DISK)
    assert not found
    for why in missing.values():
        assert why.startswith("Direct I/O to an unnamed file is not possible here: ")
        assert "is on tmpfs" in why or "answers 'Invalid argument'" in why


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


@survey
def test_huge_pages_that_are_not_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each obstacle is in the tests of buffers; here the other cases go on."""
    monkeypatch.setattr(buffers, "SETTINGS", tmp_path)
    found, missing = do(READ)
    for case, what in (("thp512", "huge page"), ("hugezero512", "huge zero folio")):
        words = f"There is no {what} to be had here: there is no {tmp_path}/enabled."
        assert missing[READ, case] == words
    assert (READ, "zero64") in found
    for name, text in (("enabled", "always"), ("hpage_pmd_size", "1048576")):
        (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setattr(proc, "is_mapped", lambda address: True)
    words = "A huge page has 256 pages here, and not 512."
    assert do(READ)[1][READ, "thp512"] == words


@survey
def test_proc_without_the_files_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "PROCESSES", tmp_path)
    monkeypatch.setattr(proc, "STATUS", tmp_path / "status")
    monkeypatch.setattr(proc, "SMAPS", tmp_path / "smaps")
    found, missing = do(*EXPERIMENTS)
    for case in (("frames", "read64"), (READ, "zero"), ("fork_frames", "no_hold")):
        assert missing[case].startswith(f"{tmp_path}/self/pagemap answers 'No such file")
    if ("counters", "anon_reg_unreg") in found:
        assert missing["fixed_buffer", "anon64"].startswith(f"{tmp_path}/status answers 'No such")
    assert "No such file" in missing[FORK, "unpriv_refs_0_haspinned_1"]


@survey
def test_kpageflags_that_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "KPAGEFLAGS", tmp_path / "kpageflags")
    why = do("frames")[1]["frames", "read64"]
    if "CAP_SYS_ADMIN" in why:
        pytest.skip("no frame numbers here")
    assert why.startswith(f"{tmp_path}/kpageflags answers 'No such file")


@survey
@pytest.mark.parametrize(
    ("function", "case"),
    [("memfd_create", (READ, "memfd64")), ("fork", (FORK, "unpriv_refs_0_haspinned_1"))],
)
def test_what_the_system_refuses(
    function: str, case: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, function, fail)
    assert do(case[0])[1][case] == "Resource temporarily unavailable."


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_read_only_sys_and_a_read_only_proc_sys() -> None:
    """As in an unprivileged container: nothing can be flushed, and it goes all the same."""
    code = (
        "from pinlab.machine import proc, tally\n"
        "from pinlab.machine.worker import do_experiments\n"
        "answer = do_experiments(['process_vm_readv'], lambda done: None)\n"
        "missing = {case for _, case, why in answer['missing'] if why != tally.NOISE}\n"
        "print(proc.flush(), sorted(missing & {'zero64', 'anon64', 'thp512', 'hugezero512'}))\n"
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
    assert said == "False []\n"


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


def test_names_of_experiments() -> None:
    assert checked(("frames", "direct_io", "frames")) == ("frames", "direct_io")
    with pytest.raises(ValueError, match="experiment is 'frame': allowed are process_vm_readv, "):
        checked(("frames", "frame"))
