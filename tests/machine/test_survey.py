"""The survey in this process, with faults put in its way: it says what is missing, and goes on."""

import errno
import itertools
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinlab.machine import (
    direct_io,
    huge,
    proc,
    syscalls,
    tally,
)
from pinlab.machine.experiments import EXPERIMENTS, checked
from pinlab.machine.survey import survey
from tests.machine.counting import Counters
from tests.machine.faults import refuse
from tests.machine.processes import output_of

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)

Row = tuple[str, str, str, int | str]
CASES = {(experiment, case) for experiment, cases in EXPERIMENTS.items() for case in cases}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counters stand still and nobody waits for them: only what is missing matters here."""
    monkeypatch.setattr(proc, "flush", lambda: True)
    monkeypatch.setattr(proc, "settle", lambda: proc.Pins(7, 7))
    monkeypatch.setattr("pinlab.machine.survey.SECONDS_OF_CONTROL", 0)


def ask(*experiments: str) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[Any, str]]:
    """What was found by case, and what is missing."""
    done: list[int] = []
    answer = survey(list(experiments or EXPERIMENTS), done.append)
    assert done == list(range(1, len(done) + 1))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for experiment, case, quantity, value in answer["rows"]:
        found.setdefault((experiment, case), {})[quantity] = value
    missing = {(experiment, case): why for experiment, case, why in answer["missing"]}
    assert not set(found) & set(missing)
    assert all(why.endswith(".") for why in missing.values())
    return found, missing


def test_every_case_is_found_or_missing() -> None:
    found, missing = ask()
    assert set(found) | set(missing) == CASES


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
def test_a_container_without_io_uring(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "io_uring_setup", number)
    found, missing = ask("counters", "fixed_buffer", "fork_copy_threshold", "fork_frames")
    words = f"io_uring_setup answers {os.strerror(number)!r}."
    assert {case for case, why in missing.items() if why == words} >= {
        ("counters", "anon_reg_unreg"), ("counters", "reg_zero4"), ("counters", "reg_readonly_vma"),
        ("fixed_buffer", "anon64"), ("fork_copy_threshold", "really_pinned_iouring"),
        ("fork_frames", "io_uring"),
    }  # fmt: skip
    assert "copies_from_extra" in found["fork_copy_threshold", "unpriv_threshold_haspinned_1"]


def test_io_uring_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "io_uring_setup", errno.EPERM)
    monkeypatch.setattr(syscalls, "DISABLED", tmp_path / "disabled")
    syscalls.DISABLED.write_text("2\n")
    _, missing = ask("fixed_buffer")
    assert missing["fixed_buffer", "anon64"] == (
        "io_uring_setup answers 'Operation not permitted' (kernel.io_uring_disabled is 2)."
    )


def test_a_limit_of_locked_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "io_uring_register", errno.ENOMEM)
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, 1024))
    _, missing = ask("fixed_buffer")
    assert missing["fixed_buffer", "anon64"].startswith(
        "io_uring_register answers 'Cannot allocate memory' (RLIMIT_MEMLOCK is 1 KiB, and "
    )


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
def test_a_container_without_vmsplice(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "vmsplice", number)
    found, missing = ask("counters", "fork_copy_threshold")
    words = f"vmsplice answers {os.strerror(number)!r}."
    assert missing["fork_copy_threshold", "unpriv_threshold_haspinned_1"] == words
    assert missing["counters", "vmsplice_anon_16"] == words
    assert ("fork_copy_threshold", "unpriv_refs_0_haspinned_1") in found


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
def test_a_container_without_process_vm_readv(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "process_vm_readv", number)
    found, missing = ask("process_vm_readv", "fork_copy_threshold")
    words = f"process_vm_readv answers {os.strerror(number)!r}."
    for case in ("zero64", "anon64", "memfd64"):
        assert missing["process_vm_readv", case] == words
    assert missing["fork_copy_threshold", "unpriv_threshold_haspinned_1"] == words
    assert ("fork_copy_threshold", "unpriv_threshold_haspinned_0") in found


def test_a_kernel_that_refuses_pins_of_the_zero_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """As 6.1.130 to 6.1.134: EFAULT is what it answers, and so it is a finding."""
    refuse(monkeypatch, "process_vm_readv", errno.EFAULT)
    found, _ = ask("process_vm_readv")
    assert found["process_vm_readv", "zero64"]["ret"] == -errno.EFAULT


@pytest.mark.parametrize("others", [0, 24])
def test_a_control_has_no_pins_from_here(others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a CPU still kept to itself when the survey began and ended is nobody else's."""
    counters = Counters(monkeypatch, may_flush=False, others=[0, others])
    counters.pin(24)

    def pins() -> dict[str, int | str]:
        counters.pin(24)
        return {"acq": 24}

    monkeypatch.setattr("pinlab.machine.survey.EXPERIMENTS", {"pinning": {"once": pins}})
    control = survey(["pinning"], lambda done: None)["control"]
    assert (control.acquired, control.released) == (others, others)


def test_vmstat_without_the_counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "VMSTAT", tmp_path / "vmstat")
    proc.VMSTAT.write_text("nr_free_pages 7\n")
    found, missing = ask("process_vm_readv", "direct_io", "fork_copy_threshold", "fixed_buffer")
    words = "This kernel has no nr_foll_pin_acquired in /proc/vmstat (Linux has it since 5.7)."
    assert missing["process_vm_readv", "zero64"] == words
    assert missing["direct_io", "file:write_anon64"] == words
    assert ("fork_copy_threshold", "unpriv_threshold_haspinned_0") in found
    monkeypatch.setattr(proc, "settle", proc.read_pins)
    assert survey(["frames"], lambda done: None)["control"] is None


def test_no_vmstat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "VMSTAT", tmp_path / "vmstat")
    reason = ask("process_vm_readv")[1]["process_vm_readv", "zero64"]
    assert reason == f"{proc.VMSTAT} cannot be read here: it answers 'No such file or directory'."


def test_on_tmpfs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_io, "file_system", lambda folder: "tmpfs")
    found, missing = ask("direct_io")
    assert not found
    assert {why.partition(":")[0] for why in missing.values()} == {
        "Direct I/O to an unnamed file is not possible here"
    }


def test_o_direct_answers_einval(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: Any, flags: int, *arguments: Any, **named: Any) -> int:  # noqa: ANN401
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument", path)
        return real(path, flags, *arguments, **named)

    monkeypatch.setattr(os, "open", refuse)
    found, missing = ask("direct_io")
    assert not found
    assert all("answers 'Invalid argument'" in why for why in missing.values())


@pytest.mark.parametrize(("kind", "told"), [("ext4", True), ("xfs", True), ("zfs", False)])
def test_a_file_system_that_copies_says_nothing_of_the_others(
    kind: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counters that stand still: either direct I/O takes references, or this one copies."""
    monkeypatch.setattr(direct_io, "file_system", lambda folder: kind)
    found, missing = ask("direct_io")
    if missing and all("not possible" in why for why in missing.values()):
        pytest.skip("no direct I/O here")
    case = ("direct_io", "file:write_anon64")
    assert (case in found) is told
    if not told:
        assert missing[case].endswith(
            "is on zfs, where a transfer without pins says nothing about other file systems."
        )
    assert ("direct_io", "file:write_zero64") in found


def test_a_sys_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huge, "SETTINGS", tmp_path)
    found, missing = ask("process_vm_readv")
    assert missing["process_vm_readv", "thp512"] == (
        f"There is no huge page to be had here: there is no {tmp_path}/enabled."
    )
    assert missing["process_vm_readv", "hugezero512"] == (
        f"There is no huge zero folio to be had here: there is no {tmp_path}/enabled."
    )
    assert ("process_vm_readv", "zero64") in found


def settings(folder: Path, **changed: str) -> None:
    kept = {"enabled": "always [madvise] never", "use_zero_page": "1", "hpage_pmd_size": "2097152"}
    for name, text in (kept | changed).items():
        (folder / name).write_text(f"{text}\n")


@pytest.mark.parametrize(
    ("changed", "case", "reason"),
    [
        ({"enabled": "always madvise [never]"}, "thp512", "huge page to be had here: "),
        ({"enabled": "always madvise [never]"}, "hugezero512", "huge zero folio to be had here: "),
        ({"use_zero_page": "0"}, "hugezero512", "huge zero folio to be had here: "),
    ],
)
def test_huge_pages_switched_off(
    changed: dict[str, str],
    case: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(huge, "SETTINGS", tmp_path)
    settings(tmp_path, **changed)
    _, missing = ask("process_vm_readv")
    assert missing["process_vm_readv", case].startswith(f"There is no {reason}{tmp_path}")


def test_huge_pages_of_another_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huge, "_size", lambda: 1 << 20)
    monkeypatch.setattr(proc, "is_mapped", lambda address: True)
    _, missing = ask("process_vm_readv")
    assert missing["process_vm_readv", "thp512"] == "A huge page has 256 pages here, and not 512."


def test_no_huge_page_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "is_mapped", lambda address: False)
    _, missing = ask("process_vm_readv")
    for case in ("thp512", "hugezero512"):
        assert "a single page" in missing["process_vm_readv", case]


def test_proc_without_the_files_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "PROCESSES", tmp_path)
    monkeypatch.setattr(proc, "STATUS", tmp_path / "status")
    monkeypatch.setattr(proc, "SMAPS", tmp_path / "smaps")
    found, missing = ask()
    for case in (("frames", "read64"), ("process_vm_readv", "zero"), ("fork_frames", "no_hold")):
        assert missing[case].startswith(f"{tmp_path}/self/pagemap answers 'No such file")
    if ("counters", "anon_reg_unreg") in found:
        assert missing["fixed_buffer", "anon64"].startswith(f"{tmp_path}/status answers 'No such")
    assert "No such file" in missing["fork_copy_threshold", "unpriv_refs_0_haspinned_1"]


def test_kpageflags_that_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "KPAGEFLAGS", tmp_path / "kpageflags")
    _, missing = ask("frames")
    if "CAP_SYS_ADMIN" in missing["frames", "read64"]:
        pytest.skip("no frame numbers here")
    assert missing["frames", "read64"].startswith(f"{tmp_path}/kpageflags answers 'No such file")


def test_memfd_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "memfd_create", refuse)
    assert ask("process_vm_readv")[1]["process_vm_readv", "memfd64"] == "Function not implemented."


def test_no_process_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    found, missing = ask("fork_copy_threshold", "fixed_buffer")
    assert missing["fork_copy_threshold", "unpriv_refs_0_haspinned_1"] == (
        "Resource temporarily unavailable."
    )
    assert not any(experiment == "fork_copy_threshold" for experiment, _ in found)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_read_only_sys_and_a_read_only_proc_sys() -> None:
    """As in an unprivileged container: nothing can be flushed, and it goes all the same."""
    code = (
        "from pinlab.machine import proc, tally\n"
        "from pinlab.machine.survey import survey\n"
        "answer = survey(['process_vm_readv'], lambda done: None)\n"
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


def test_others_who_pin_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No number of pins is told, and what has none to do with them is."""
    Counters(monkeypatch, others=itertools.repeat(64))
    monkeypatch.setattr(tally, "PATIENCE", 0)
    answer = survey(["process_vm_readv", "direct_io", "fixed_buffer"], lambda done: None)
    assert answer["control"].acquired == 2 * 64
    assert not [row for row in answer["rows"] if row[2] in ("acq", "rel")]
    reasons = {case: why for experiment, case, why in answer["missing"]}
    assert reasons["zero64"] == reasons["anon64"] == tally.NOISE
    assert "anon64" not in [case for e, case, _ in answer["missing"] if e == "fixed_buffer"]


def test_what_is_not_the_same_twice_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Iterator[dict[str, int | str]] = iter([{"frames": 1}, {"frames": 2}])
    monkeypatch.setitem(EXPERIMENTS["frames"], "read64", lambda: next(found))
    _, missing = ask("frames")
    assert missing["frames", "read64"] == (
        "It was not the same twice, as if others had a hand in it. "
        "Measure again when it is quieter."
    )


def test_names_of_experiments() -> None:
    assert checked(("frames", "direct_io", "frames")) == ("frames", "direct_io")
    with pytest.raises(ValueError, match="experiment is 'frame': allowed are process_vm_readv, "):
        checked(("frames", "frame"))
