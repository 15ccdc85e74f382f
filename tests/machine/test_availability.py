"""Why a kernel cannot be asked: one sentence for each reason, and the recording instead."""

import errno
import os
import platform
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.machine import direct_io, proc
from tests.machine.processes import output_of

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")

Obstruct = Callable[[pytest.MonkeyPatch], None]


def want_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")


def be_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")


def count_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "VMSTAT", Path("/proc/version"))  # a file without counters


def hide_the_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "VMSTAT", Path("/proc/nowhere"))


def mask_the_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "VMSTAT", Path("/dev/null"))


def have_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: int, data: object, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", refuse)


def have_memory_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_io, "file_system", lambda folder: "tmpfs")


OBSTACLES = pytest.mark.parametrize(
    ("obstruct", "sentence"),
    [
        (want_recording, "PINLAB_MACHINE=recording asks for the recording, not for this kernel."),
        (be_a_mac, "This system is Darwin, not Linux."),
        pytest.param(
            count_nothing,
            "This kernel has no nr_foll_pin_acquired in /proc/vmstat (Linux has it since 5.7).",
            marks=linux_only,
        ),
        pytest.param(
            hide_the_counters,
            "/proc/nowhere cannot be read here: it answers 'No such file or directory'.",
            marks=linux_only,
        ),
        pytest.param(
            mask_the_counters,
            "/dev/null cannot be read here: it answers 'No data available'.",
            marks=linux_only,
        ),
        pytest.param(
            have_memory_only,
            "Direct I/O to an unnamed file is not possible here: "
            "{folder} is on tmpfs, which copies instead.",
            marks=linux_only,
        ),
    ],
)


@OBSTACLES
def test_each_obstacle_has_its_sentence(
    obstruct: Obstruct, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstruct(monkeypatch)
    assert machine.why_not(tmp_path) == sentence.format(folder=tmp_path)


@OBSTACLES
def test_the_recording_answers_and_says_why(
    obstruct: Obstruct, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstruct(monkeypatch)
    answer = machine.ask("never", 8, "letters", folder=tmp_path)
    assert not answer.live
    assert answer.kernel == "6.18.44"
    assert answer.label == "recording: Linux 6.18.44, November 2026, 100 writes each"
    assert answer.note == f"{sentence.format(folder=tmp_path)} Not recorded: 8."
    assert [(m.buffer, m.writes, m.acquired) for m in answer] == [
        ("never", 100, 0),
        ("letters", 100, 6400),
    ]


def test_a_system_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "")
    assert machine.why_not(tmp_path) == "This system is unknown, not Linux."


@linux_only
def test_all_the_usual_folders_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    have_memory_only(monkeypatch)
    monkeypatch.setattr(direct_io, "folders", lambda folder: ["/tmp", "."])
    assert machine.why_not() == (
        "Direct I/O to an unnamed file is not possible here: "
        "/tmp is on tmpfs, which copies instead; . is on tmpfs, which copies instead."
    )


@linux_only
def test_a_folder_that_cannot_do_it(folder: Path) -> None:
    refusal = "Operation not supported" if os.geteuid() == 0 else "Permission denied"
    assert machine.why_not("/proc") == (
        f"Direct I/O to an unnamed file is not possible here: /proc answers {refusal!r}."
    )


@linux_only
def test_the_first_usable_folder_is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_io, "folders", lambda chosen: ["/proc", str(folder), "/sys"])
    assert machine.availability.place(None) == str(folder)


@linux_only
def test_a_full_disk_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have_no_room(monkeypatch)
    assert machine.why_not(folder) == (
        "Direct I/O to an unnamed file is not possible here: "
        f"{folder} answers 'No space left on device'."
    )
    assert not machine.ask("letters", writes=1, folder=folder).live


@linux_only
def test_no_process_can_be_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(subprocess, "Popen", refuse)
    answer = machine.ask("letters", writes=32768)
    assert [(m.writes, m.acquired) for m in answer] == [(32768, 2**21)]
    for note in (answer.note, machine.measure().note):
        assert note == "No measuring process can be started here: Resource temporarily unavailable."


def test_nothing_is_missing(folder: Path) -> None:
    assert machine.why_not() is None
    assert machine.why_not(folder) is None


def test_a_variable_that_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "live")
    for function in (machine.why_not, lambda: machine.ask("letters")):
        with pytest.raises(ValueError, match="PINLAB_MACHINE is 'live': allowed are 'recording'"):
            function()


def test_an_empty_variable_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "")
    assert machine.why_not(folder) is None


def test_a_bad_folder_is_an_error_whatever_else_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    want_recording(monkeypatch)
    with pytest.raises(FileNotFoundError):
        machine.why_not(tmp_path / "nowhere")


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_other_systems_import_it_and_get_the_recording(system: str) -> None:
    words = output_of(
        "import ctypes, mmap, os, platform\n"
        "for module, prefixes in {os: ('O_', 'geteuid', 'pwrite', 'major', 'minor'),\n"
        "                         mmap: ('MAP_', 'MADV_')}.items():\n"
        "    for name in [n for n in dir(module) if n.startswith(prefixes)]:\n"
        "        if name not in ('O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_CREAT', 'O_EXCL',\n"
        "                        'O_NOFOLLOW', 'O_CLOEXEC', 'O_NONBLOCK'):\n"
        "            delattr(module, name)\n"
        f"platform.system = lambda: {system!r}\n"
        "from pinlab import machine\n"
        "print(machine.why_not())\n"
        "print(machine.ask('letters', 'never').label)\n"
    )
    assert words.splitlines() == [
        f"This system is {system}, not Linux.",
        "recording: Linux 6.18.44, November 2026, 100 writes each",
    ]
