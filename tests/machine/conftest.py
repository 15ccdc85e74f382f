"""Fixtures of the tests that ask the running kernel."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.machine import proc
from pinlab.machine.direct_io import place
from pinlab.machine.proc import UnavailableError


@pytest.fixture(autouse=True)
def no_recording_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's environment decides nothing here."""
    monkeypatch.delenv("PINLAB_MACHINE", raising=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that can do direct I/O, open to everybody, and empty again in the end."""
    try:
        where = place(None)
    except UnavailableError as reason:
        pytest.skip(f"this kernel cannot be asked: {reason}")
    path = Path(tempfile.mkdtemp(dir=where)).resolve()
    path.chmod(0o777)
    yield path
    assert list(path.iterdir()) == []
    path.rmdir()


@pytest.fixture(scope="session")
def method() -> str:
    """How this kernel is asked; every measurement of an ordinary user takes seconds."""
    return machine.ask("letters", writes=1)[0].method


@pytest.fixture
def direct_io_pins(folder: Path, method: str) -> Path:
    """The same folder, on a kernel whose direct I/O pins; skips where it takes references."""
    if method != "direct I/O":
        pytest.skip("direct I/O takes no pins on this kernel")
    return folder


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the counters cannot be flushed, do not wait for them either."""
    if os.geteuid() != 0:
        monkeypatch.setattr(proc, "settle", proc.read_pins)
