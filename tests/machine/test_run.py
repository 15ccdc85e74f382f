"""Experiments on the running kernel, in their own process, to every kind of end."""

import gc
import json
import os
import platform
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from pinlab import machine
from pinlab.machine import run as run_module
from pinlab.machine import running
from pinlab.machine.answer import from_this_kernel
from pinlab.machine.dialogue import Dialogue
from tests.machine.counting import TRIES, ask_for
from tests.machine.processes import (
    ORDINARY_USER,
    ROOT,
    alive,
    eventually,
    output_of,
    python,
    worker_of,
)

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


def pid_of(run: machine.Run) -> int:
    assert run._process is not None
    return run._process.pid


@pytest.fixture
def long_run(folder: Path) -> Iterator[machine.Run]:
    """A run that takes seconds and has begun to write."""
    with machine.start(*["letters"] * 40, folder=folder) as run:
        assert eventually(lambda: run.progress.done > 0)
        yield run


@pytest.fixture(scope="session")
def zero_page_pins(method: str) -> int:
    """Pins of 100 writes from memory never written: 0 or, before the fix, as of any other."""
    for _ in range(TRIES):
        (never,) = machine.ask("never", writes=100)
        if never.agreed:
            return never.acquired
    pytest.skip(f"others pinned in {TRIES} tries")


def test_three_buffers(direct_io_pins: Path, zero_page_pins: int) -> None:
    answer = ask_for(
        [6400, 6400, zero_page_pins],
        lambda: machine.ask("letters", "zeros", "never", writes=100, folder=direct_io_pins),
    )
    assert [m.buffer for m in answer] == ["letters", "zeros", "never"]
    assert [(m.writes, m.pages, m.touched) for m in answer] == [
        (100, 64, 64),
        (100, 64, 64),
        (100, 64, 0),
    ]
    assert all(m.seconds is not None and m.seconds > 0 for m in answer)
    assert answer.live
    assert answer.kernel == platform.release()


def test_pages_touched(direct_io_pins: Path, zero_page_pins: int) -> None:
    if zero_page_pins:
        pytest.skip("this kernel pins the zero page, so all 64 pages count")
    answer = ask_for(
        [0, 100, 200, 800, 3200, 6400],
        lambda: machine.ask(0, 1, 2, 8, 32, 64, writes=100, folder=direct_io_pins),
    )
    assert [m.touched for m in answer] == [0, 1, 2, 8, 32, 64]


def test_a_folder_does_not_have_to_be_chosen(folder: Path) -> None:
    answer = machine.ask("letters", writes=1)
    assert answer.live
    assert answer["letters"].writes == 1


def test_progress_and_the_answer_that_stays(folder: Path) -> None:
    seen: list[machine.Progress] = []
    run = machine.start("never", 1, writes=200, folder=folder)
    answer = run.wait(report=seen.append)
    assert len(answer) == 2
    assert seen[-1] == run.progress == machine.Progress(done=400, total=400)
    assert not run.running
    run.stop()
    assert run.wait(timeout=0) == answer


def test_a_timeout_leaves_the_run_alone(long_run: machine.Run) -> None:
    with pytest.raises(TimeoutError, match=r"within 0\.05 s; the run goes on"):
        long_run.wait(timeout=0.05)
    assert long_run.running
    assert alive(pid_of(long_run))


def test_a_timeout_does_not_wait_for_the_next_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "REPORT_EVERY", 1000)
    with pytest.raises(TimeoutError):
        machine.Run(("letters",), Dialogue(total=1)).wait(timeout=0.01)


def test_stop_while_it_writes(long_run: machine.Run) -> None:
    assert long_run.running
    long_run.stop()
    assert not long_run.running
    assert not alive(pid_of(long_run))
    assert 0 < long_run.progress.done < long_run.progress.total == 40 * 1024
    long_run.stop()
    with pytest.raises(RuntimeError, match=r"stopped after \d+ of 40960 writes"):
        long_run.wait()


def test_a_worker_that_hangs_can_be_stopped(long_run: machine.Run) -> None:
    os.kill(pid_of(long_run), signal.SIGSTOP)
    long_run.stop()
    assert not alive(pid_of(long_run))


def test_an_interrupt_while_waiting_stops_it(long_run: machine.Run) -> None:
    def interrupt(progress: machine.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        long_run.wait(report=interrupt)
    assert not long_run.running
    assert not alive(pid_of(long_run))


def test_leaving_a_with_block_stops_it(folder: Path) -> None:
    with machine.start("letters", writes=32768, folder=folder) as run:
        assert alive(pid_of(run))
    assert not run.running
    assert not alive(pid_of(run))


def test_a_run_that_nobody_holds_ends(folder: Path) -> None:
    run = machine.start("letters", writes=32768, folder=folder)
    pid = pid_of(run)
    assert alive(pid)
    del run
    gc.collect()
    assert not alive(pid)


def ask_for_long(folder: Path) -> str:
    return (
        "from pinlab import machine\n"
        f"machine.ask(*['letters'] * 20, writes=32768, folder={str(folder)!r})\n"
    )


def test_interrupt_of_the_whole_group(folder: Path) -> None:
    with python(ask_for_long(folder)) as parent:
        worker = eventually(lambda: worker_of(parent.pid, folder))
        assert worker is not None
        os.killpg(parent.pid, signal.SIGINT)
        assert parent.wait(timeout=15) == -signal.SIGINT
        assert not alive(worker)


class Notebook(NamedTuple):
    """A Jupyter kernel and a conversation with it."""

    manager: KernelManager
    client: BlockingKernelClient

    def run(self, code: str) -> str:
        """What the code prints in a cell; it has to end well."""
        said: list[str] = []
        reply = self.client.execute_interactive(
            code, output_hook=lambda m: said.append(m["content"].get("text", "")), timeout=60
        )
        assert reply["content"]["status"] == "ok"
        return "".join(said)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Notebook]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    manager = KernelManager()
    manager.start_kernel(cwd=str(tmp_path), extra_arguments=["--IPKernelApp.log_level=ERROR"])
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield Notebook(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def begin_in(notebook: Notebook, folder: Path) -> int:
    """Start a long run beside the notebook; return the worker's pid once it writes."""
    kernel = notebook.run(
        "import os\n"
        "from pinlab import machine\n"
        f"run = machine.start(*['letters'] * 20, writes=32768, folder={str(folder)!r})\n"
        "print(os.getpid())"
    )
    worker = eventually(lambda: worker_of(int(kernel), folder))
    assert worker is not None
    return worker


def test_jupyters_interrupt_ends_a_run_beside_the_notebook(
    notebook: Notebook, folder: Path
) -> None:
    worker = begin_in(notebook, folder)
    notebook.manager.interrupt_kernel()
    assert eventually(lambda: not alive(worker))
    said = notebook.run("try:\n    run.wait()\nexcept RuntimeError as error:\n    print(error)")
    assert said.startswith("stopped after")


def test_closing_the_notebook_ends_a_run_beside_it(notebook: Notebook, folder: Path) -> None:
    worker = begin_in(notebook, folder)
    notebook.manager.shutdown_kernel()
    assert eventually(lambda: not alive(worker))


def test_kill_9_of_the_parent(folder: Path) -> None:
    with python(ask_for_long(folder)) as parent:
        worker = eventually(lambda: worker_of(parent.pid, folder))
        assert worker is not None
        parent.kill()
        assert eventually(lambda: not alive(worker))


def test_kill_9_of_a_parent_that_has_forked(folder: Path) -> None:
    """The fork holds all that the parent held open."""
    code = (
        "import os, sys, time\n"
        "from pinlab import machine\n"
        f"run = machine.start(*['letters'] * 20, writes=32768, folder={str(folder)!r})\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    time.sleep(60)\n"
        "    os._exit(0)\n"
        "print(child, flush=True)\n"
        "run.wait()\n"
    )
    with python(code, sys.executable, "-W", "ignore", "-c", _EXEC) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        worker = eventually(lambda: worker_of(parent.pid, folder))
        assert worker is not None
        parent.kill()
        try:
            assert eventually(lambda: not alive(worker))
            assert alive(child)
        finally:
            os.kill(child, signal.SIGKILL)


_EXEC = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"


def test_the_end_of_the_interpreter_ends_it(folder: Path) -> None:
    code = (
        "from pinlab import machine\n"
        f"run = machine.start('letters', writes=32768, folder={str(folder)!r})\n"
        "print(run._process.pid)\n"
    )
    assert not alive(int(output_of(code)))


def test_a_fork_that_ends_does_not_end_it(folder: Path) -> None:
    code = (
        "import os, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from pinlab import machine\n"
        f"run = machine.start('never', writes=2000, folder={str(folder)!r})\n"
        "child = os.fork()\n"
        "if child:\n"
        "    os.waitpid(child, 0)\n"
        "    print(len(run.wait()))\n"
    )
    assert output_of(code) == "1\n"


def test_an_ordinary_user_can_ask(direct_io_pins: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("not root, so all the other tests show this")
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to become an ordinary user")
    # The one privilege left lets it find an interpreter that lives in root's home.
    become = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups",
              "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]  # fmt: skip
    code = (
        "import json, os\n"
        "from pinlab import machine\n"
        f"answer = machine.ask('letters', 8, writes=100, folder={str(direct_io_pins)!r})\n"
        "print(json.dumps([os.geteuid(), answer.control, *answer]))\n"
    )

    def ask_as_ordinary_user() -> machine.Answer:
        user, control, *rows = json.loads(output_of(code, *become))
        assert user == ORDINARY_USER
        return from_this_kernel("direct I/O", control, rows)

    ask_for([6400, 800], ask_as_ordinary_user)


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


def test_the_error_of_a_write_has_its_own_class(folder: Path) -> None:
    """A folder that goes away between the look at it and the measurement."""
    doomed = folder / "doomed"
    doomed.mkdir()
    dialogue = Dialogue(total=1)
    question = {"names": ["letters"], "writes": 1, "folder": str(doomed), "parent": os.getpid()}
    doomed.rmdir()
    process = running.launch("worker", question)
    dialogue.listen_to(process)
    with machine.Run(("letters",), dialogue, process) as run, pytest.raises(FileNotFoundError):
        run.wait()


@linux_only
def test_a_worker_that_breaks_down(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho '{\"done\": 1}'\necho 'no such module' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    run = machine.start("letters", folder=folder)
    with pytest.raises(RuntimeError, match="without an answer: no such module"):
        run.wait()
    assert run.progress.done == 1


@linux_only
def test_a_worker_that_somebody_kills(folder: Path) -> None:
    """As the kernel does where memory is short."""
    with machine.start("letters", writes=32768, folder=folder) as run:
        os.kill(pid_of(run), signal.SIGKILL)
        with pytest.raises(RuntimeError, match=r"ended without an answer: SIGKILL ended it$"):
            run.wait()


def test_a_reason_that_only_the_measurement_finds(folder: Path) -> None:
    """The worker refuses; the recording answers."""
    dialogue = Dialogue(total=1)
    dialogue.close({"refusal": "The counters stand still."})
    answer = machine.Run(("letters", "zeros", 8), dialogue).wait()
    assert not answer.live
    assert answer.note == "The counters stand still. Not recorded: 8."


def test_modules_beside_the_notebook_are_left_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('this is the wrong json')")
    monkeypatch.chdir(tmp_path)
    assert machine.ask("never", writes=1, folder=folder).live


def test_a_relative_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert machine.ask("never", writes=1, folder=folder.name).live


def test_a_recording_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    with machine.start("letters", "never", writes=32768) as run:
        assert run._process is None
        assert not run.running
        assert run.progress == (65536, 65536)
        assert [m.writes for m in run.wait(timeout=0)] == [32768, 32768]
    assert not run.wait().live


@pytest.mark.parametrize("writes", [0, -1, 32769])
def test_writes_out_of_range(writes: int) -> None:
    for function in (machine.ask, machine.start):
        with pytest.raises(ValueError, match=f"writes is {writes}.* from 1 to 32768"):
            function("letters", writes=writes)


@pytest.mark.parametrize("writes", [True, 1.0, "100", None])
def test_writes_of_a_wrong_type(writes: object) -> None:
    for function in (machine.ask, machine.start):
        with pytest.raises(TypeError, match=f"writes is {writes!r}.* from 1 to 32768"):
            function("letters", writes=writes)  # type: ignore[arg-type]


def test_wrong_buffers_start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "begin", None)
    with pytest.raises(ValueError, match="'leters'"):
        machine.start("letters", "leters")
    with pytest.raises(ValueError, match="no buffers"):
        machine.ask()
    with pytest.raises(TypeError, match="False"):
        machine.ask(False)


def test_wrong_folders_start_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "begin", None)
    with pytest.raises(FileNotFoundError):
        machine.ask("letters", folder=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"timeout": "soon"}, TypeError, "timeout is 'soon'"),
        ({"timeout": True}, TypeError, "timeout is True"),
        ({"timeout": -1}, ValueError, "timeout is -1: allowed are 0 seconds and more"),
        ({"timeout": float("nan")}, ValueError, "timeout is nan"),
        ({"report": 3}, TypeError, "report is 3"),
    ],
)
def test_wait_refuses_and_the_run_goes_on(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    run = machine.Run(("letters",), Dialogue(total=1))
    with pytest.raises(error, match=message):
        run.wait(**arguments)
    assert run.running
