"""What all tests share: an Interrupt that works, one server of `make lab`, and who runs what."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.front_end import FrontEnd
from tests.lab_server import ROOT, Server, free_port, running

# A shell without job control starts what runs in the background (`make test &`, nohup) with SIGINT
# ignored, and every process started from here would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


ALONE = ("machine", "browser", "test_makefile.py")
"""What measures this kernel or loads it, below tests/: one worker, so that nobody is in between."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares a kernel, a browser or a notebook; what takes longest comes first.

    The groups are pytest-xdist's: without `--dist loadgroup` this is but an order.
    """
    groups = {item: group(item) for item in items}
    order = dict.fromkeys(["alone", *(name for name in groups.values() if "ipynb" in name)])
    places = {name: place for place, name in enumerate(order)}
    items.sort(key=lambda item: places.get(groups[item], len(places)))
    for item, name in groups.items():
        item.add_marker(pytest.mark.xdist_group(name))


def group(item: pytest.Item) -> str:
    """The name of what is run by one worker: a notebook, a file, or all that measures."""
    file, _, _ = item.nodeid.partition("::")
    if Path(file).relative_to("tests").parts[0] in ALONE:
        return "alone"
    notebook = re.search(r"\[([\w/]+\.ipynb)", item.nodeid)
    return notebook[1] if notebook else file


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
