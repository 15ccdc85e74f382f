"""Child processes: they answer, they end, and nobody has to wait for them in vain."""

import errno
import gc
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from pinlab import machine
from pinlab.machine import child
from pinlab.machine.child import Progress, Run, idle_child, in_child
from pinlab.machine.experiments import EXPERIMENTS
from pinlab.machine.proc import UnavailableError
from tests.machine.processes import (
    ROOT,
    alive,
    children_of,
    descendants_of,
    eventually,
    output_of,
    python,
    worker_of,
)

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    files, before = open_files(), children_of(os.getpid())
    yield
    assert open_files() == files
    assert children_of(os.getpid()) <= before


forked = pytest.mark.usefixtures("nothing_is_left")


@forked
def test_a_child_answers_from_a_process_of_its_own() -> None:
    pid, parent, nothing = in_child(lambda: (os.getpid(), os.getppid(), None))
    assert parent == os.getpid() != pid
    assert nothing is None
    assert not Path(f"/proc/{pid}").exists()


@forked
def test_a_child_of_a_child_and_a_long_answer() -> None:
    assert in_child(lambda: [*in_child(lambda: [1, 2]), 3]) == [1, 2, 3]
    assert in_child(lambda: list(range(100_000))) == list(range(100_000))


def fail() -> object:
    raise OSError(errno.ENOSYS, "vmsplice answers 'no'")


def refuse() -> object:
    raise UnavailableError("Not here.")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def divide() -> object:
    return 1 // 0


def come_too_late() -> None:
    child.end_with(parent=1 << 22)  # no process number goes that far


def hang() -> None:
    time.sleep(60)


@forked
@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (fail, OSError, r"^\[Errno 38\] vmsplice answers 'no'$"),
        (refuse, UnavailableError, r"^Not here\.$"),
        (die, UnavailableError, "ended without an answer"),
        (divide, UnavailableError, "ended without an answer"),
        (come_too_late, UnavailableError, "ended without an answer"),
        (hang, UnavailableError, r"no answer within 0\.2 s"),
    ],
)
def test_a_child_without_an_answer(
    answer: Callable[[], object], error: type[Exception], words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(child, "PATIENCE", 0.2 if answer is hang else 20)
    start = time.monotonic()
    with pytest.raises(error, match=words):
        in_child(answer)
    assert time.monotonic() - start < 10


def stay_beside_an_idle_child(seen: list[int]) -> None:
    with idle_child() as pid:
        seen.append(pid)
        assert alive(pid)
        assert pid in children_of(os.getpid())
        time.sleep(60)


@forked
def test_an_idle_child_lives_as_long_as_the_block_even_if_that_is_interrupted() -> None:
    seen: list[int] = []

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            stay_beside_an_idle_child(seen)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not Path(f"/proc/{seen[0]}").exists()


def pid_of(run: Run[Any]) -> int:
    assert run._process is not None
    return run._process.pid


@pytest.fixture
def long_run(folder: Path) -> Iterator[Run[machine.Answer]]:
    """A run that takes seconds and has begun to write."""
    with machine.start(*["letters"] * 40, folder=folder) as run:
        assert eventually(lambda: run.progress.done > 0)
        yield run


def a_run(**question: object) -> Run[object]:
    """A run of the experiments, if nothing else is asked; its answers are as the worker says."""
    asked = question or {"experiments": list(EXPERIMENTS)}
    return Run("steps", 1, lambda result: result, lambda reason: reason, lambda: asked)


def test_a_timeout_leaves_the_run_alone_and_waits_for_no_report(
    long_run: Run[machine.Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "REPORT_EVERY", 1000)
    with pytest.raises(TimeoutError, match=r"within 0\.05 s; the run goes on"):
        long_run.wait(timeout=0.05)
    assert long_run.running
    assert alive(pid_of(long_run))


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
    run = a_run()
    with pytest.raises(error, match=message):
        run.wait(**arguments)
    assert run.running


def hang_and_stop(run: Run[machine.Answer]) -> None:
    os.kill(pid_of(run), signal.SIGSTOP)
    run.stop()


def leave_its_block(run: Run[machine.Answer]) -> None:
    with run:
        assert run.running


def be_interrupted(run: Run[machine.Answer]) -> None:
    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.wait(report=interrupt)


@pytest.mark.parametrize("end", [Run.stop, hang_and_stop, leave_its_block, be_interrupted])
def test_each_way_to_end_it(
    end: Callable[[Run[machine.Answer]], None], long_run: Run[machine.Answer]
) -> None:
    end(long_run)
    assert not long_run.running
    assert not alive(pid_of(long_run))
    assert 0 < long_run.progress.done < long_run.progress.total == 40 * 1024
    long_run.stop()
    with pytest.raises(RuntimeError, match=r"stopped after \d+ of 40960 writes"):
        long_run.wait()


def test_it_ends_with_the_object(folder: Path) -> None:
    run = machine.start("letters", writes=32768, folder=folder)
    pid = pid_of(run)
    assert alive(pid)
    del run
    gc.collect()
    assert not alive(pid)


def test_it_may_be_started_by_a_thread_that_ends() -> None:
    started: list[Run[object]] = []
    thread = threading.Thread(target=lambda: started.append(a_run(experiments=["frames"])))
    thread.start()
    thread.join()
    assert {"rows", "missing"} < set(cast(dict[str, object], started[0].wait(timeout=60)))


def code_of(folder: Path, then: str) -> str:
    """A long run beside a program that goes on with something."""
    start = f"run = machine.start(*['letters'] * 20, writes=32768, folder={str(folder)!r})"
    return f"import os, sys, time\nfrom pinlab import machine\n{start}\n{then}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_of_the_group_and_kill_9_of_the_parent(number: int, folder: Path) -> None:
    with python(code_of(folder, "run.wait()")) as parent:
        worker = eventually(lambda: worker_of(parent.pid, folder))
        assert worker is not None
        (os.killpg if number == signal.SIGINT else os.kill)(parent.pid, number)
        assert parent.wait(timeout=15) == -number
        assert eventually(lambda: not alive(worker))


def test_kill_9_of_a_parent_that_has_forked(folder: Path) -> None:
    """The fork holds all that the parent held open."""
    fork = (
        "child = os.fork()\nif not child:\n    time.sleep(60)\nprint(child, flush=True)\nrun.wait()"
    )
    with python(code_of(folder, fork), sys.executable, "-W", "ignore", "-c", _EXEC) as parent:
        assert parent.stdout is not None
        other = int(parent.stdout.readline())
        worker = eventually(lambda: worker_of(parent.pid, folder))
        assert worker is not None
        parent.kill()
        try:
            assert eventually(lambda: not alive(worker))
            assert alive(other)
        finally:
            os.kill(other, signal.SIGKILL)


_EXEC = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"


def test_the_end_of_the_interpreter_ends_it_and_that_of_a_fork_does_not(folder: Path) -> None:
    fork = (
        "child = os.fork()\n"
        "if child:\n"
        "    os.waitpid(child, 0)\n"
        "    time.sleep(0.2)\n"
        "    print(run.running, run._process.pid)"
    )
    running, pid = output_of(code_of(folder, fork)).split()
    assert running == "True"
    assert not alive(int(pid))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_worker_child_and_grandchild_end_with_whoever_asked(number: int) -> None:
    code = "from pinlab import machine\nwhile True:\n    machine.measure('fork_copy_threshold')\n"
    with python(code) as parent:
        seen: set[int] = set()
        deadline = time.monotonic() + 20
        while len(seen) < 3 and time.monotonic() < deadline:
            seen = descendants_of(parent.pid)
        assert seen
        (os.killpg if number == signal.SIGINT else os.kill)(parent.pid, number)
        parent.wait(timeout=15)
        assert eventually(lambda: not any(map(alive, seen | descendants_of(parent.pid))))


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


@pytest.mark.parametrize("end", ["interrupt", "shutdown"])
def test_jupyter_ends_a_run_beside_the_notebook(end: str, notebook: Notebook, folder: Path) -> None:
    """By its Interrupt, while no cell is running, and when the notebook is closed."""
    kernel = int(notebook.run(code_of(folder, "print(os.getpid())")))
    worker = eventually(lambda: worker_of(kernel, folder))
    assert worker is not None
    getattr(notebook.manager, f"{end}_kernel")()
    assert eventually(lambda: not alive(worker))
    if end == "interrupt":
        said = notebook.run("try:\n    run.wait()\nexcept RuntimeError as error:\n    print(error)")
        assert said.startswith("stopped after")


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


def test_a_worker_that_somebody_kills(folder: Path) -> None:
    """As the kernel does where memory is short."""
    with machine.start("letters", writes=32768, folder=folder) as run:
        os.kill(pid_of(run), signal.SIGKILL)
        with pytest.raises(RuntimeError, match=r"ended without an answer: SIGKILL ended it$"):
            run.wait()


def test_the_error_of_a_write_has_its_own_class(folder: Path) -> None:
    """A folder that goes away between the look at it and the measurement."""
    doomed = str(folder / "doomed")
    with pytest.raises(FileNotFoundError, match="doomed"):
        a_run(names=["letters"], writes=1, folder=doomed).wait()


def test_modules_beside_the_notebook_are_left_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('this is the wrong json')")
    monkeypatch.chdir(tmp_path)
    assert machine.ask("never", writes=1, folder=folder).live


@pytest.mark.parametrize(
    ("where", "error", "words"),
    [
        ("subprocess.Popen", OSError(errno.EAGAIN, "Try again"), "Try again"),
        ("threading.Thread.start", RuntimeError("no more threads"), "no more threads"),
    ],
)
def test_no_process_to_be_had(
    where: str, error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise error

    monkeypatch.setattr(where, refuse)
    before = children_of(os.getpid())
    run = a_run()
    assert run.wait() == f"No measuring process can be started here: {words}."
    assert (run.running, run.progress) == (False, (1, 1))
    assert children_of(os.getpid()) <= before
