"""What all tests share: an Interrupt that works, one server of `make lab`, and who runs what."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.groups import pytest_collection_modifyitems as pytest_collection_modifyitems
from tests.groups import pytest_xdist_make_scheduler as pytest_xdist_make_scheduler
from tests.lab.front_end import FrontEnd
from tests.lab_server import ROOT, Server, free_port, running

# A shell without job control starts what runs in the background (`make test &`, nohup) with SIGINT
# ignored, and every process started from here would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A sixth of all time went into looking for cycles among what is mostly there to stay.
gc.set_threshold(50_000, 20, 20)

# With it jsonschema, which nbformat imports, makes 39 grammars for a kind of address that nothing
# here checks: more than a second of each worker.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`make lab` in this checkout, with nobody's settings."""
    if Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("not run by `make test`: starting a server would install into .venv")
    flags = f"LABFLAGS=--no-browser --ServerApp.port={free_port()}"
    with running(["make", "lab", flags], tmp_path_factory.mktemp("jupyter")) as server:
        yield server
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


@pytest.fixture
def front_end(monkeypatch: pytest.MonkeyPatch) -> FrontEnd:
    """A front end for everything that is displayed."""
    return FrontEnd(monkeypatch)
