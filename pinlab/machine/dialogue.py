"""What the measuring process says, line by line, and what is known of it so far."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import deque
from typing import Any, NamedTuple

Message = dict[str, Any]


class Progress(NamedTuple):
    """Writes done and writes to do, over all buffers."""

    done: int
    total: int


class Dialogue:
    """One conversation with a worker.

    The thread that listens holds this object but no Run, so that a Run which nobody holds any
    more can end its process.

    progress: the latest. closing: the last message, {} before. ended: set when nothing can
    follow and the process is gone.
    """

    def __init__(self, total: int) -> None:
        self.progress = Progress(0, total)
        self.closing: Message = {}
        self.ended = threading.Event()
        self._stray: deque[str] = deque(maxlen=20)

    @property
    def stray(self) -> str:
        """The latest output that was no message: why the worker broke down."""
        return "".join(self._stray).strip()

    def close(self, message: Message) -> None:
        """End the conversation before it began; there is nothing to do."""
        self.progress = Progress(self.progress.total, self.progress.total)
        self.closing = message
        self.ended.set()

    def listen_to(self, process: subprocess.Popen[str]) -> None:
        """Take in what the process says, in a thread, until it ends."""
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        try:
            with process:
                for line in process.stdout or ():
                    self._take(line)
        finally:
            self.ended.set()

    def _take(self, line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            self._stray.append(line)
            return
        if "done" in message:
            self.progress = self.progress._replace(done=message["done"])
        else:
            self.closing = message
