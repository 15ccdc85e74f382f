"""What /proc/self/status tells, with a file in its place where it does not."""

import platform
from pathlib import Path

import pytest

from pinlab.machine import status
from pinlab.machine.availability import UnavailableError


@pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")
def test_this_process() -> None:
    assert status.kib("VmRSS") > 1000
    assert status.kib("VmPin") == 0


def test_a_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "STATUS", tmp_path / "status")
    with pytest.raises(UnavailableError, match="status answers 'No such file"):
        status.kib("VmPin")
    status.STATUS.touch()
    with pytest.raises(UnavailableError, match="status answers 'No data available"):
        status.kib("VmPin")
    status.STATUS.write_text("Name:\tpython\nVmLck:\t       8 kB\nVmPin:\t     256 kB\n")
    assert (status.kib("VmLck"), status.kib("VmPin")) == (8, 256)
    with pytest.raises(UnavailableError, match=r"status has no VmSwap\."):
        status.kib("VmSwap")
