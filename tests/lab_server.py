"""A JupyterLab that the tests start with nobody's settings, ask, and end by its process id."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
SECONDS_TO_START = 60
AUTOSAVE = "lab/user-settings/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings"


def clean_environment(**extra: str) -> dict[str, str]:
    """This environment without what the outer make and the user's Jupyter would pass on."""
    passed_on = ("MAKE", "JUPYTER", "PINLAB_MACHINE", "PYTHONPATH")
    inner = {key: value for key, value in os.environ.items() if not key.startswith(passed_on)}
    return inner | extra


@dataclass(frozen=True)
class Answer:
    """What a server says: where to go, or a page."""

    status: int
    location: str
    page: str


@dataclass(frozen=True)
class Server:
    """A running JupyterLab."""

    pid: int
    port: int
    token: str

    @property
    def address(self) -> str:
        """Host and port as a URL writes them."""
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, token: str = "") -> Answer:
        """What the server says to whoever has that token, or none."""
        return self.ask("GET", path, token)

    def ask(self, method: str, path: str, token: str) -> Answer:
        """What the server says to a request."""
        headers = {"Authorization": f"token {token}"} if token else {}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_TO_START)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            location = response.getheader("Location", "")
            return Answer(response.status, location, response.read().decode())
        finally:
            connection.close()

    def running(self, what: str) -> list[str]:
        """The ids of the kernels, or of the sessions, that run."""
        return [found["id"] for found in json.loads(self.get(f"/api/{what}", self.token).page)]

    def close_notebooks(self) -> None:
        """End every session, and with it the kernel of its notebook."""
        for session in self.running("sessions"):
            self.ask("DELETE", f"/api/sessions/{session}", self.token)


@contextmanager
def running(command: list[str], folder: Path, cwd: Path = ROOT) -> Iterator[Server]:
    """The server that a command starts in `cwd`, with its settings and log in a folder."""
    settings = {name: str(folder / name) for name in FOLDERS}
    leave_the_notebooks_alone(folder)
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=clean_environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        server = started(process, folder / "JUPYTER_RUNTIME_DIR", log)
        try:
            yield server
        finally:
            os.kill(server.pid, signal.SIGTERM)
    finally:
        process.wait(SECONDS_TO_START)


def leave_the_notebooks_alone(folder: Path) -> None:
    """Settings for a front end that stores nothing by itself, and keeps checkpoints elsewhere."""
    config = folder / "JUPYTER_CONFIG_DIR"
    autosave = config / AUTOSAVE
    autosave.parent.mkdir(parents=True)
    autosave.write_text(json.dumps({"autosave": False}))
    checkpoints = {"FileCheckpoints": {"checkpoint_dir": str(folder / "checkpoints")}}
    (config / "jupyter_server_config.json").write_text(json.dumps(checkpoints))


def free_port() -> int:
    """A port on which nobody listens at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def started(process: "subprocess.Popen[bytes]", folder: Path, log: Path) -> Server:
    """Wait for the file in which a running server describes itself."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        for file in folder.glob("jpserver-*.json"):
            if text := file.read_text():
                told = json.loads(text)
                return Server(told["pid"], told["port"], told["token"])
        time.sleep(0.1)
    process.terminate()
    raise AssertionError(f"{process.args!r} started no server:\n{log.read_text()}")
