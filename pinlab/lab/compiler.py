"""Compiler: a reader's C, compiled and run as a child with limits, in a folder that goes again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from pinlab.lab import strangers
from pinlab.lab.reply import literal
from pinlab.model.arguments import in_a_line

NAMES = ("cc", "gcc", "clang")
MISSING = (
    "There is no C compiler here. Debian, Ubuntu and Fedora have one in the package `gcc`, conda "
    "in `c-compiler`, macOS after `xcode-select --install`."
)

FLAGS = ("-std=c11", "-fwrapv", "-Werror=implicit-function-declaration")
"""Overflow wraps, as in the kernel; of an unknown name the compiler complains, not the linker."""

LIMITS = 'ulimit -c 0; ulimit -f 8192; ulimit -v 1048576 2>/dev/null; exec "$@"'
"""No core file, files of 4 MiB (in blocks of 512 bytes), 1 GiB of memory where sh can say so."""

PATIENCE = 20.0
"""Seconds for the compiler."""

MINE = '#line 1 "mine"\n'
"""Stands above a reader's lines, and makes the compiler count from there."""


class NotRunError(Exception):
    """A program cannot be compiled here or does not compile: why, and the line that is to blame."""


def output(program: str, given: str) -> tuple[str, str]:
    """Return what a C program prints that has `given` to read, and how it ended, "" if well.

    NotRunError where nothing compiles it, with what to install or the compiler's first words.
    """
    usual = (shutil.which(name) for name in (os.environ.get("CC", ""), *NAMES))
    compiler = next(filter(None, usual), None)
    if compiler is None or shutil.which("sh") is None:
        raise NotRunError(MISSING)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "program.c").write_text(program, "utf-8", "backslashreplace")
        command = [compiler, *FLAGS, "-o", "program", "program.c"]
        _, said, ended = _run(command, folder, "", PATIENCE)
        if ended:
            raise NotRunError(*_complaint(said, program) if said else (f"The compiler {ended}.",))
        printed, _, ended = _run(["./program"], folder, given, strangers.PATIENCE)
        return printed, ended


def _run(command: list[str], folder: Path, given: str, patience: float) -> tuple[str, str, str]:
    """Return what a command printed, what it complained of, and how it ended, "" if well."""
    files = [folder / name for name in ("given", "printed", "said")]
    files[0].write_text(given)
    with files[0].open("rb") as stdin, files[1].open("wb") as out, files[2].open("wb") as err:
        process = subprocess.Popen(
            ["sh", "-c", LIMITS, "sh", *command], cwd=folder, env=os.environ | {"LC_ALL": "C"},
            stdin=stdin, stdout=out, stderr=err, start_new_session=True,
        )  # fmt: skip
        try:
            ended = _ending(process.wait(patience))
        except subprocess.TimeoutExpired:
            ended = f"had not ended after {patience:g} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and whatever it has started
            process.wait()
    return files[1].read_text("utf-8", "replace"), files[2].read_text("utf-8", "replace"), ended


def _ending(code: int) -> str:
    if code == -signal.SIGXFSZ:
        return "printed more than 4 MiB"
    if code < 0:
        return f"crashed ({signal.Signals(-code).name})"
    return f"ended with {code}" if code else ""


def _complaint(said: str, program: str) -> tuple[str, ...]:
    """Return a compiler's first error, and the line of the reader's that it is about, if it is."""
    found = re.search(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)", said, re.MULTILINE)
    words = literal(in_a_line(found[3] if found else said))
    if found is None or found[1] != "mine":
        return (f"It does not compile as a whole: {words}",)
    number, lines = int(found[2]), program.split(MINE)[1].split("\n")
    return f"Line {number} does not compile: {words}", lines[number - 1].strip()
