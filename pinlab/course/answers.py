"""A student's cells, run in a process of their own, which tells what their answers are.

`python -m pinlab.course.answers` reads pickled steps, and writes a pickle for each of them:

    {"run": source}                                a cell: does it raise nothing?
    {"ask": name, "states": states, "task": id}    an answer, by its name
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, BinaryIO

from pinlab.lab.exercise import tried
from pinlab.lab.problems import exercise
from pinlab.lab.strangers import plain, stopped
from pinlab.words import Sentence

VALUE, RESULTS, RIGHT = "value", "results", "right"
"""What is told: plain data, what a function returns in each state, or that somebody judged here."""


def told(step: Mapping[str, Any], names: Mapping[str, Any]) -> tuple[str, object]:
    """Return an answer of those that the cells have left, whatever it raises.

    A function that is an answer to a task works on a machine of its own, so it is tried here.
    """
    answer = names.get(step["ask"])
    if callable(answer) and step["states"]:
        return RESULTS, [plain(answer(*deepcopy(state))) for state in step["states"]]
    if callable(answer) and step["task"]:
        return RIGHT, exercise(step["task"]).check(answer).right
    return VALUE, answer.text if isinstance(answer, Sentence) else plain(answer)


def reply(step: Mapping[str, Any], names: dict[str, Any]) -> bytes:
    """Return what comes of a step, pickled; a student's code can stop nothing but its own."""
    if "run" in step:
        trouble = stopped(lambda: exec(step["run"], names))
        return pickle.dumps((RIGHT, trouble is None))
    came, _ = tried(lambda: pickle.dumps(told(step, names)))
    return came[0] if came else pickle.dumps((RIGHT, False))


def main(out: BinaryIO) -> None:
    """Do the steps that stdin has."""
    names: dict[str, Any] = {"__name__": "__main__", "display": print}
    for step in pickle.load(sys.stdin.buffer):
        out.write(reply(step, names))
        out.flush()


if __name__ == "__main__":
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a student prints is no answer
    main(kept)
