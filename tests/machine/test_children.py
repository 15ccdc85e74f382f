"""Children: they answer, they end, and nobody has to wait for them in vain."""

import errno
import os
import platform
import signal
import time
from pathlib import Path

import pytest

from pinlab.machine import children
from pinlab.machine.children import Numbers, idle_child, in_child
from pinlab.machine.proc import UnavailableError
from tests.machine.processes import alive, children_of, eventually, python

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def nothing_is_left() -> object:
    files, before = open_files(), children_of(os.getpid())
    yield
    assert open_files() == files
    assert children_of(os.getpid()) <= before


def test_a_child_answers_from_a_process_of_its_own() -> None:
    child, parent, nothing = in_child(lambda: (os.getpid(), os.getppid(), None))
    assert parent == os.getpid() != child
    assert nothing is None
    assert child is not None
    assert not Path(f"/proc/{child}").exists()


def test_a_child_of_a_child() -> None:
    assert in_child(lambda: [*in_child(lambda: [1, 2]), 3]) == [1, 2, 3]


def test_a_long_answer() -> None:
    assert in_child(lambda: list(range(100_000))) == list(range(100_000))


def test_errors_come_through() -> None:
    def fail() -> Numbers:
        raise OSError(errno.ENOSYS, "vmsplice answers 'no'")

    with pytest.raises(OSError, match="vmsplice answers 'no'") as caught:
        in_child(fail)
    assert caught.value.errno == errno.ENOSYS


def test_refusals_come_through() -> None:
    def refuse() -> Numbers:
        raise UnavailableError("Not here.")

    with pytest.raises(UnavailableError, match=r"Not here\."):
        in_child(refuse)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_is_killed(number: int) -> None:
    def die() -> Numbers:
        os.kill(os.getpid(), number)
        return ()

    with pytest.raises(UnavailableError, match="ended without an answer"):
        in_child(die)


def test_a_child_that_breaks_down() -> None:
    def divide() -> Numbers:
        return (1 // 0,)

    with pytest.raises(UnavailableError, match="ended without an answer"):
        in_child(divide)


def test_a_child_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PATIENCE", 0.2)

    def hang() -> Numbers:
        time.sleep(60)
        return ()

    start = time.monotonic()
    with pytest.raises(UnavailableError, match=r"no answer within 0\.2 s"):
        in_child(hang)
    assert time.monotonic() - start < 10


def sleep_beside_a_child(seen: list[int]) -> None:
    with idle_child() as child:
        seen.append(child)
        time.sleep(60)


def test_an_interrupt_of_the_parent_kills_the_child() -> None:
    seen: list[int] = []

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            sleep_beside_a_child(seen)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not Path(f"/proc/{seen[0]}").exists()


def test_an_idle_child_lives_as_long_as_the_block() -> None:
    with idle_child() as child:
        assert alive(child)
        assert Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1] == str(
            os.getpid()
        )
    assert not alive(child)


def test_a_child_ends_with_a_parent_that_is_killed() -> None:
    code = (
        "import time\n"
        "from pinlab.machine.children import idle_child\n"
        "with idle_child() as child:\n"
        "    print(child, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with python(code) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
        assert eventually(lambda: not alive(child))


def test_a_process_whose_parent_is_gone_already_ends() -> None:
    def come_too_late() -> Numbers:
        children.end_with(parent=1 << 22)  # no process number goes that far
        return ()

    with pytest.raises(UnavailableError, match="ended without an answer"):
        in_child(come_too_late)
