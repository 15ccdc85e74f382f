"""Grading: what the hidden test of an assignment says, and a judge outside of the student's code.

`judge` runs a student's cells in another process and takes nothing from there but plain data, and
a task's verdict. So it does not matter what they do to pinlab, to Python or to a file beside them.
It does not stop an answer that pinlab has computed (that is seen in its cell), a program for a task
that reaches into pinlab's insides, or code that reads the disk of whoever grades: nbgrader belongs
into a container, or into an account of its own.
"""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from io import BytesIO
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, NamedTuple

from nbformat import NotebookNode
from nbformat.v4 import new_output

from pinlab.course.answers import RESULTS, VALUE
from pinlab.lab.exercise import Program
from pinlab.lab.misconceptions import misconceptions
from pinlab.lab.problems import TASKS, TEXTS, exercise
from pinlab.words import Claim, Sentence, sentence
from pinlab.words.vocabulary import every_clause

SECONDS = 120
"""For all cells of a notebook; each by itself has the few of `pinlab.lab.strangers`."""

TEST = re.compile(r'^grade\("([\w-]+)", (\w+)(?:, seed=(\d+))?\)$', re.M)
"""The hidden line of a test, as `pinlab.course.assignment` writes it."""

PLAIN = {("builtins", "Ellipsis"), ("builtins", "range"), ("pinlab.lab.strangers", "Strange")}
"""What plain data has, beside what a pickle has a sign for."""


class NotYet(AssertionError):  # noqa: N818 - what it says
    """An answer that gets no points."""


def grade(id: str, answer: object, seed: int = 0) -> None:
    """Return for a right answer, and raise NotYet for any other.

    It names the misconception of a wrong one, if it is known, and tells nothing of what is right.
    """
    reply = exercise(id, seed).check(answer)
    if reply.right:
        return
    known = misconceptions().get(reply.misconception or "")
    wrong = f"Not so. A common mistake: {known.name}." if known else "Not so."
    raise NotYet(reply.text if reply.right is None else wrong)


class Graded(NamedTuple):
    """What a test asks: an exercise, and the name of its answer; no id if it is somebody else's."""

    id: str = ""
    seed: int = 0
    name: str = ""


def judge(notebook: NotebookNode, resources: object) -> tuple[NotebookNode, object]:
    """Run a student's cells elsewhere, and give the tests the outputs that nbgrader counts.

    A preprocessor of nbconvert, for the place of nbgrader's Execute.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    asked = [_asked(cell) for cell in cells]
    answers = _answers([_step(*each) for each in zip(cells, asked, strict=True)])
    for cell, test in zip(cells, asked, strict=True):
        cell.outputs, told = [], next(answers, None)
        if test is None:
            continue
        try:
            _judge(test, told)
        except NotYet as error:
            words = {"evalue": str(error), "traceback": [f"NotYet: {error}"]}
            cell.outputs = [new_output("error", ename="NotYet", **words)]
    return notebook, resources


def _asked(cell: NotebookNode) -> Graded | None:
    """What a cell asks, if it is a test."""
    if not cell.metadata.get("nbgrader", {}).get("grade"):
        return None
    found = TEST.search(cell.source)
    return Graded(found[1], int(found[3] or 0), found[2]) if found else Graded()


def _step(cell: NotebookNode, asked: Graded | None) -> dict[str, object]:
    """What to do with a cell: ask for the answer that it grades, or run it."""
    if asked is None or not asked.id:
        return {"run": cell.source}
    made = exercise(asked.id, asked.seed)
    states = [*made.states, *made.large] if isinstance(made, Program) else []
    return {"ask": asked.name, "states": states, "task": asked.id if asked.id in TASKS else ""}


def _answers(steps: Sequence[dict[str, object]]) -> Iterator[tuple[str, Any]]:
    """What a process tells of its answers, up to where it ends; nothing beside it is imported."""
    with TemporaryDirectory() as folder, TemporaryFile() as out:
        command = [sys.executable, "-m", "pinlab.course.answers"]
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command, input=pickle.dumps(steps), stdout=out, stderr=subprocess.DEVNULL,
                cwd=folder, timeout=SECONDS, check=False,
            )  # fmt: skip
        out.seek(0)
        raw = BytesIO(out.read())
    with suppress(Exception):  # whatever it is that a student has written there
        while True:
            kind, answer = _Plain(raw).load()
            yield kind, answer


class _Plain(pickle.Unpickler):
    """Reads plain data, and runs nothing."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in PLAIN:
            raise pickle.UnpicklingError(f"{module}.{name} is no plain data")
        return super().find_class(module, name)


def _judge(asked: Graded, told: tuple[str, Any] | None) -> None:
    """Raise NotYet, unless an answer is right; a verdict counts where one was asked for alone."""
    if told is None:
        raise NotYet("The notebook came to an end before this.")
    kind, answer = told
    if asked.id and kind == VALUE:
        is_sentence = TEXTS[asked.id].kind == "worded" and isinstance(answer, str)
        grade(asked.id, _sentence(answer) if is_sentence else answer, asked.seed)
    elif asked.id and kind == RESULTS:
        grade(asked.id, _again(answer), asked.seed)
    elif answer is not True or asked.id not in {"", *TASKS}:
        raise NotYet("Not so.")


def _again(results: Sequence[object]) -> Callable[..., object]:
    """A function that returns what the student's has returned."""
    left = iter(results)
    return lambda *state: next(left)


@cache
def _clauses() -> dict[str, Claim]:
    return {each.text: each for each in every_clause()}


def _sentence(text: str) -> Sentence | str:
    try:
        return sentence(*(_clauses()[each] for each in text.split(" and ")))
    except KeyError:
        return text
