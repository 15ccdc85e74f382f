"""Asking the running kernel: one experiment, in a process of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

from pinlab.machine.answer import Answer, from_this_kernel
from pinlab.machine.availability import place
from pinlab.machine.buffers import Buffer, check_all
from pinlab.machine.dialogue import Dialogue, Message
from pinlab.machine.proc import UnavailableError
from pinlab.machine.recordings import recorded
from pinlab.machine.running import Running, begin
from pinlab.model.arguments import whole

MAX_WRITES = 32768
"""The mail's number: 2^15 writes of 64 pages take 2^21 pins, here one write after another."""


def ask(
    *buffers: Buffer, writes: int = 1024, folder: str | os.PathLike[str] | None = None
) -> Answer:
    """Write each buffer to disk `writes` times and return the pins this kernel counted.

    Where it cannot be asked the answer is a recording, and its note says why. Arguments and
    errors are those of `start` and `Run.wait`.
    """
    with start(*buffers, writes=writes, folder=folder) as run:
        return run.wait()


def start(
    *buffers: Buffer, writes: int = 1024, folder: str | os.PathLike[str] | None = None
) -> Run:
    """Begin what `ask` does and return at once.

    buffers: "letters", "zeros", "never", "huge-never" (never written, in huge pages), or in how
    many of the 64 pages one byte is written.
    writes: of each buffer, 1 to 32768, one after another over the same 64 pages of the file.
    folder: where the unnamed file is; None takes the first usual one that can do direct I/O.
    Raises TypeError or ValueError for a bad argument, FileNotFoundError or NotADirectoryError
    for what is no folder.
    """
    asked = check_all(buffers)
    times = whole("writes", writes, 1, MAX_WRITES)
    dialogue = Dialogue(total=len(asked) * times)
    try:
        where = place(folder)
    except UnavailableError as reason:
        dialogue.close({"refusal": str(reason)})
        return Run(asked, dialogue, writes=times)
    question = {"names": asked, "writes": times, "folder": where, "parent": os.getpid()}
    return Run(asked, dialogue, begin(dialogue, "worker", question), times)


class Run(Running[Answer]):
    """An experiment under way. Its progress counts writes, over all buffers."""

    steps = "writes"

    def __init__(
        self,
        buffers: tuple[Buffer, ...],
        dialogue: Dialogue,
        process: subprocess.Popen[str] | None = None,
        writes: int = 100,
    ) -> None:
        super().__init__(dialogue, process)
        self._buffers = buffers
        self._writes = writes

    def _result(self, result: Message) -> Answer:
        return from_this_kernel(**result)

    def _refused(self, reason: str) -> Answer:
        answer = recorded(*self._buffers, writes=self._writes)
        return replace(answer, note=f"{reason} {answer.note}".rstrip())
