"""Attempt: a reader's own experiment, done in a child that ends whatever happens in it."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pinlab.machine.child import in_child
from pinlab.machine.proc import UnavailableError, require_linux
from pinlab.model.arguments import function, in_a_line, shown

_PACKAGE = str(Path(__file__).resolve().parents[1])


@dataclass(frozen=True)
class Failed:
    """In the place of a result: why an experiment has none, in a sentence."""

    why: str

    def __repr__(self) -> str:
        return self.why


def attempt(experiment: Callable[..., object], *arguments: object) -> object:
    """Return what an experiment of your own returns, as JSON brings it; it has 20 seconds.

    It is done in a forked child, so that nothing that it holds or opens outlives it. Where this
    kernel is not to be asked it is not done; then, and where it raises something, the answer is
    Failed. Raises TypeError for what cannot be called.
    """
    function("experiment", experiment)
    try:
        require_linux()
        found, why = in_child(lambda: _done(experiment, arguments))
    except UnavailableError as reason:
        return Failed(f"Nothing was measured. {reason}")
    return Failed(why) if why else found


def _done(experiment: Callable[..., object], arguments: tuple[object, ...]) -> tuple[object, str]:
    """Do it; return what it returns, or why nothing, in a sentence."""
    process = os.getpid()
    try:
        found = experiment(*arguments)
    except UnavailableError:
        raise
    except Exception as error:
        words = in_a_line(f"{type(error).__name__}: {error}")
        frames = traceback.extract_tb(error.__traceback__)
        theirs = [str(frame.line) for frame in frames if _PACKAGE not in frame.filename]
        return None, "The experiment raised " + " at ".join([words, *theirs[:1]])
    finally:
        if os.getpid() != process:
            os._exit(0)  # it has forked, and the child has come back, too
    try:
        json.dumps(found)
    except (TypeError, ValueError):
        why = f"The experiment returned {shown(found)}: allowed are numbers, texts, lists of them."
        return None, why
    return found, ""
