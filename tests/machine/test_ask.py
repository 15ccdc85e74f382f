"""Asking: what this kernel answers, and the recording with the reason where it cannot."""

import errno
import itertools
import json
import mmap
import os
import platform
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pinlab import Kernel, machine
from pinlab.machine import kernel_like, predict, proc, recording, syscalls, tally
from pinlab.machine.ask import measured as measured_of
from pinlab.machine.ask import mlocked_here
from pinlab.machine.child import Run
from pinlab.machine.experiments import EXPERIMENTS
from pinlab.machine.measured import Answer
from pinlab.machine.questions import spans
from pinlab.machine.recordings import recordings
from pinlab.machine.tally import NOISE
from tests.machine.counting import TRIES, Counters, ask_for
from tests.machine.faults import refuse
from tests.machine.processes import ORDINARY_USER, children_of, output_of

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")

RECORDING = "recording: Linux 6.18.44, November 2026"
KIB = mmap.PAGESIZE // 1024


def want_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")


@pytest.mark.parametrize(
    ("where", "what", "sentence"),
    [
        ("platform.system", lambda: "Darwin", "This system is Darwin, not Linux."),
        ("platform.system", lambda: "", "This system is unknown, not Linux."),
        (
            "pinlab.machine.proc.VMSTAT", Path("/proc/version"),  # a file without counters
            "This kernel has no nr_foll_pin_acquired in /proc/vmstat (Linux has it since 5.7).",
        ),
        (
            "pinlab.machine.proc.VMSTAT", Path("/proc/nowhere"),
            "/proc/nowhere cannot be read here: it answers 'No such file or directory'.",
        ),
        (
            "pinlab.machine.proc.VMSTAT", Path("/dev/null"),
            "/dev/null cannot be read here: it answers 'No data available'.",
        ),
        (
            "pinlab.machine.direct_io.file_system", lambda folder: "tmpfs",
            "Direct I/O to an unnamed file is not possible here: "
            "{folder} is on tmpfs, which copies instead.",
        ),
        ("", None, "Recordings stand in the place of this kernel (PINLAB_MACHINE=recording)."),
    ],
)  # fmt: skip
def test_the_recording_answers_and_says_why(
    where: str, what: object, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if platform.system() != "Linux" and where.startswith("pinlab"):
        pytest.skip("needs Linux")
    if where:
        monkeypatch.setattr(where, what)
    else:
        want_recording(monkeypatch)
    reason = sentence.format(folder=tmp_path)
    answer = machine.ask("never", 8, "letters", folder=tmp_path)
    assert (answer.live, answer.kernel) == (False, "6.18.44")
    assert answer.label == f"{RECORDING}, 100 writes each"
    assert answer.note == f"{reason} Not recorded: 8."
    assert [(m.buffer, m.writes, m.acquired) for m in answer] == [
        ("never", 100, 0),
        ("letters", 100, 6400),
    ]
    if "direct_io" not in where:
        assert machine.ask_mlock().note == reason


def test_a_recording_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    want_recording(monkeypatch)
    with machine.start("letters", "never", writes=32768) as run:
        assert run._process is None
        assert not run.running
        assert run.progress == (65536, 65536)
        assert [(m.writes, m.acquired) for m in run.wait(timeout=0)] == [(32768, 2**21), (32768, 0)]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: machine.ask("letters"),
        lambda: machine.measure("frames"),
        lambda: machine.resident(3),
        machine.ask_mlock,
    ],
)
def test_a_variable_that_means_nothing(
    ask: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "live")
    with pytest.raises(ValueError, match="PINLAB_MACHINE is 'live': allowed are 'recording'"):
        ask()


def test_an_empty_variable_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "")
    assert machine.ask("never", writes=1, folder=folder).live
    assert machine.ask("never", writes=1).live


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
        "print(machine.ask('letters', 'never').note)\n"
        "print(machine.ask('letters', 'never').label)\n"
        "print(machine.measure('frames').note)\n"
    )
    reason = f"This system is {system}, not Linux."
    assert words.splitlines() == [reason, f"{RECORDING}, 100 writes each", reason]


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        (lambda: machine.ask(), ValueError, "no buffers"),
        (lambda: machine.start("letters", "leters"), ValueError, "'leters'"),
        (lambda: machine.ask(False), TypeError, "False"),
        (lambda: machine.start("letters", writes=0), ValueError, "writes is 0.* from 1 to 32768"),
        (lambda: machine.ask("letters", writes=32769), ValueError, "writes is 32769"),
        (lambda: machine.ask("letters", folder="/nowhere"), FileNotFoundError, "does not exist"),
        (lambda: machine.measure("dio"), ValueError, "experiment is 'dio': allowed are process_v"),
        (lambda: machine.resident(), ValueError, "no buffers"),
        (lambda: machine.resident(0, -1), ValueError, "written is -1"),
        (lambda: machine.resident(65), ValueError, "written is 65"),
        (lambda: machine.ask_mlock(0), ValueError, "times is 0"),
        (lambda: machine.ask_mlock(10_001), ValueError, "times is 10001"),
    ],
)
def test_a_wrong_question_starts_nothing(
    question: Callable[[], object], error: type[Exception], words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(Run, "_begin", None)
    with pytest.raises(error, match=words):
        question()


@pytest.fixture(scope="session")
def zero_page_pins(method: str) -> int:
    """Pins of 100 writes from memory never written: 0 or, before the fix, as of any other."""
    for _ in range(TRIES):
        (never,) = machine.ask("never", writes=100)
        if never.agreed:
            return never.acquired
    pytest.skip(f"others pinned in {TRIES} tries")


def test_buffers_by_name_and_by_touched_pages(direct_io_pins: Path, zero_page_pins: int) -> None:
    buffers = ("letters", "zeros", "never", 1, 8, 64)
    touched = [64, 64, 0, 1, 8, 64]
    pins = [6400, 6400, zero_page_pins, *(6400 if zero_page_pins else 100 * k for k in (1, 8, 64))]
    answer = ask_for(pins, lambda: machine.ask(*buffers, writes=100, folder=direct_io_pins))
    assert [m.buffer for m in answer] == list(buffers)
    assert [(m.writes, m.pages, m.touched) for m in answer] == [(100, 64, k) for k in touched]
    assert all(m.seconds is not None and m.seconds > 0 for m in answer)
    assert (answer.live, answer.kernel) == (True, platform.release())


def test_progress_and_the_answer_that_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[machine.Progress] = []
    monkeypatch.chdir(folder.parent)
    run = machine.start("never", 1, writes=200, folder=folder.name)
    answer = run.wait(report=seen.append)
    assert len(answer) == 2
    assert seen[-1] == run.progress == machine.Progress(done=400, total=400)
    assert not run.running
    run.stop()
    assert run.wait(timeout=0) == answer


def test_a_limit_on_the_size_of_files_is_a_reason(folder: Path) -> None:
    """It lets the first write stop halfway."""
    half = 32 * os.sysconf("SC_PAGESIZE")
    code = (
        "import resource\n"
        "from pinlab import machine\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({half}, {half}))\n"
        f"answer = machine.ask('letters', folder={str(folder)!r})\n"
        "print(answer.live, answer.note)\n"
    )
    assert output_of(code) == (
        "False Direct I/O to an unnamed file is not possible here: "
        f"{folder} answers 'a write stopped after {half} of {2 * half} bytes'.\n"
    )


def rss(found: Answer) -> dict[str, object]:
    return {place[2]: kib for place, kib in found.values.items()}


@linux_only
def test_only_written_pages_are_in_ram_on_this_kernel() -> None:
    found = machine.resident(0, 3, 64)
    if not found.live:
        pytest.skip(found.note)
    assert rss(found) == {"k=0": 0, "k=3": 3 * KIB, "k=64": 64 * KIB}
    assert found.label.startswith("your kernel, ")
    assert found.note == ""


def test_the_recorded_residents(monkeypatch: pytest.MonkeyPatch) -> None:
    want_recording(monkeypatch)
    reason = "Recordings stand in the place of this kernel (PINLAB_MACHINE=recording)."
    assert str(machine.resident(0, 3, 5, 64)).splitlines() == [
        f"{RECORDING}: buffers of 64 pages, all of them read",
        "pages written     Rss",
        "            0    0 kB",
        "            3   12 kB",
        "           64  256 kB",
        f"{reason} Not recorded: 5.",
    ]


@linux_only
@pytest.mark.parametrize("text", [None, "", "0-1 rw-p 0 0:0 0\nRss:   4 kB\n"])
def test_without_a_file_that_tells_it_is_the_recording(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "smaps"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(proc, "SMAPS", file)
    found = machine.resident(3)
    assert (found.live, rss(found)) == (False, {"k=3": 12})
    assert found.note == f"This system has no {file} that tells."


@linux_only
def test_mlock_takes_no_pin_and_the_same_pages_can_be_pinned() -> None:
    """What it is sure of is right, others can only have added to the rest, and nothing stays."""
    before = proc.status_kib("VmLck")
    answer = machine.ask_mlock()
    assert proc.status_kib("VmLck") == before
    if not answer.live:
        pytest.skip(f"this kernel cannot be asked: {answer.note}")
    for call, pins in (("mlock", 0), ("process_vm_readv", 6400)):
        case = ("mlocked_pages", f"{call}:times=100")
        assert case in answer.missing or answer.values[*case, "acq"] == pins, answer.table()
    assert answer.values["mlocked_pages", "mlock:times=100", "VmLck_kB"] == 64 * KIB
    assert answer.label == f"your kernel, {platform.release().split('-')[0]}"
    assert answer.control is not None
    assert f"Controls of {answer.control.seconds:.2f} s" in answer.note
    lines = [line.split() for line in answer.table().splitlines()]
    assert [line[0] for line in lines[1:5]] == ["call", "mlock", "process_vm_readv", "control"]
    assert [line[1:3] for line in lines[2:4]] == [["100", "6400"]] * 2


@linux_only
@pytest.mark.parametrize(
    ("others", "mlocked", "read"),
    [((), 0, 640), ((0, 0, 9999), 0, 640), (itertools.repeat(64, 10**6), 64, 704)],
    ids=["nobody", "a burst in the first count", "all the time"],
)
def test_others_who_pin_while_pages_are_mlocked(
    others: Iterable[int], mlocked: int, read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third reading ends the count of mlock; it is made again, and others are gone."""
    counters, agreed = Counters(monkeypatch, others=others), mlocked == 0
    monkeypatch.setattr(tally, "PATIENCE", 0)
    monkeypatch.setattr(tally, "REPEATING", 0.3)
    monkeypatch.setattr(syscalls, "process_vm_readv", lambda source, target: counters.pin(64))
    monkeypatch.setattr(syscalls, "call", lambda name, *arguments: 0)
    answer = mlocked_here(10)
    lines = answer.table().splitlines()[2:4]
    assert [line.split() for line in lines] == [
        ["mlock", "10", "640", str(mlocked), str(mlocked)],
        ["process_vm_readv", "10", "640", str(read), str(read)],
    ]
    assert answer.noisy is bool(answer.missing) is not agreed
    assert ("in the rows mlock, process_vm_readv, too" in answer.note) is not agreed


def counters_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two counters that stand still, whatever this system has."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    for name in ("read_pins", "settle"):
        monkeypatch.setattr(proc, name, lambda: proc.Pins(7, 7))


@linux_only
@pytest.mark.parametrize(
    ("call", "number", "words"),
    [
        ("mlock", errno.ENOSYS, "mlock answers 'Function not implemented'."),
        (
            "process_vm_readv", errno.EPERM,
            "process_vm_readv answers 'Operation not permitted', so a zero would show nothing.",
        ),
        (None, 0, "process_vm_readv moves no counter, so a zero would show nothing."),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("hasty")
def test_mlock_that_says_nothing(
    call: str | None, number: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters_here(monkeypatch)
    if call is not None:
        refuse(monkeypatch, call, number)
    answer = machine.ask_mlock()
    assert (answer.live, answer.label, answer.note) == (False, RECORDING, words)


@linux_only
def test_a_status_without_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counters_here(monkeypatch)
    monkeypatch.setattr(proc, "STATUS", tmp_path / "status")
    proc.STATUS.write_text("Name:\tpython\n", encoding="utf-8")
    answer = machine.ask_mlock()
    assert (answer.live, answer.note) == (False, f"{proc.STATUS} has no VmLck.")


def test_the_recorded_mlock(monkeypatch: pytest.MonkeyPatch) -> None:
    want_recording(monkeypatch)
    answer = machine.ask_mlock(7)
    lines = str(answer).splitlines()
    assert lines[:4] == [
        f"{RECORDING}; 64 written pages, and VmLck 256 KiB higher while mlocked",
        "call              times  pages  acquired  released",
        "mlock               100   6400         0         0",
        "process_vm_readv    100   6400      6400      6400",
    ]
    assert lines[4].startswith("Recordings stand in the place of this kernel")
    assert (answer.date, answer.control, answer.missing) == ("November 2026", None, {})
    for (experiment, case, quantity), value in answer.values.items():
        assert value == recording("6.18.44", experiment, case)[quantity]


CASES = {(experiment, case) for experiment, cases in EXPERIMENTS.items() for case in cases}


@linux_only
def test_this_kernel_answers_as_the_model_of_it() -> None:
    """On a machine that others use, too: what is told is right, and the rest is missing."""
    measured = machine.measure()
    like = kernel_like(measured)
    for place, value in measured.values.items():
        told = predict(*place[:2], like)
        assert not told or told.get(place[2], value) == value, place
    version = platform.release().split("-")[0]
    assert (measured.live, measured.date, measured.kernel) == (True, None, version)
    assert (measured.label, measured.build) == (f"your kernel, {version}", platform.release())
    assert {place[:2] for place in measured.values} | set(measured.missing) == CASES


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
def test_one_experiment_only_and_an_interrupt() -> None:
    seen: list[machine.Progress] = []
    measured = machine.measure("fixed_buffer", "fixed_buffer", report=seen.append)
    assert {place[0] for place in measured.values} <= {"fixed_buffer"}
    assert seen[-1] == (1, 1)

    def interrupt(progress: machine.Progress) -> None:
        raise KeyboardInterrupt

    before = children_of(os.getpid())
    with pytest.raises(KeyboardInterrupt):
        machine.measure(report=interrupt)
    assert children_of(os.getpid()) <= before


def test_the_recording_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    want_recording(monkeypatch)
    measured = machine.measure()
    assert (measured.live, measured.label) == (False, RECORDING)
    recorded = [row for row in recordings() if row.kernel == "6.18.44"]
    assert measured.values == {row[2:5]: row.value for row in recorded if row[2] in EXPERIMENTS}
    assert measured.note.startswith("Recordings stand in the place of this kernel")
    assert set(measured.missing) == {place[:2] for place in measured.values} == CASES
    assert spans(measured.releases) == "6.5 and later"
    assert kernel_like(measured).rules == Kernel("6.18").rules
    assert str(measured).count("recorded:") == 7


def test_what_is_missing_has_the_recording_in_its_place() -> None:
    reason = "/proc/self/pagemap shows frame numbers to CAP_SYS_ADMIN only."
    measured = measured_of(["frames"], {
        "rows": [["frames", "read64", "frames", 1]],
        "missing": [["frames", "written64", reason]], "control": None,
    })  # fmt: skip
    assert measured.values == {("frames", "read64", "frames"): 1}
    assert measured.missing == {("frames", "written64"): reason}
    assert measured.instead == {
        ("frames", "written64", "frames"): 64,
        ("frames", "written64", "zero_pages"): 0,
    }
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
    measured = measured_of(["process_vm_readv"], {
        "rows": [], "missing": [["process_vm_readv", "zero64", reason]],
        "control": ["control", 0, 0, 0, pins, pins, 0.25],
    })  # fmt: skip
    assert measured.noisy is noisy
    assert note in measured.note
    assert measured.note.startswith("Others were pinning meanwhile.") is noisy


def test_an_ordinary_user_has_the_same_answers(direct_io_pins: Path) -> None:
    """Where it makes a difference who asks: pins without a flush, locked memory, frame numbers."""
    if os.geteuid() != 0:
        pytest.skip("not root, so all the other tests show this")
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to become an ordinary user")
    # The one privilege left lets it find an interpreter that lives in root's home.
    become = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups",
              "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]  # fmt: skip
    differ = ("fixed_buffer", "frames", "fork_frames")
    code = (
        "import json, os, time\n"
        "from pinlab import machine\n"
        f"answer = machine.ask('letters', 8, writes=100, folder={str(direct_io_pins)!r})\n"
        "start = time.monotonic()\n"
        f"measured = machine.measure(*{differ})\n"
        "rows = [[*place, value] for place, value in measured.values.items()]\n"
        "missing = [[*case, why] for case, why in measured.missing.items()]\n"
        "asked = [[*place, value] for place, value in answer.values.items()]\n"
        "print(json.dumps([os.geteuid(), time.monotonic() - start, asked, rows, missing]))\n"
    )
    user, seconds, asked, rows, missing = json.loads(output_of(code, *become))
    assert (user, seconds < 120) == (ORDINARY_USER, True)
    told = {"letters:writes=100": 6400, "k=8:writes=100": 800}  # or nothing, where others pinned
    assert all(value == told[case] for _, case, _, value in asked)
    as_root = machine.measure(*differ).values
    as_user = {tuple(place): value for *place, value in rows}
    both = as_root.keys() & as_user.keys()
    assert {place: as_user[place] for place in both} == {place: as_root[place] for place in both}
    assert ("fixed_buffer", "anon64", "VmPin_kB") in both
    private = "shows frame numbers to CAP_SYS_ADMIN only."
    assert {(experiment, case) for experiment, case, why in missing if why.endswith(private)} >= {
        ("frames", "read64"), ("frames", "written64"), ("fork_frames", "no_hold"),
    }  # fmt: skip
