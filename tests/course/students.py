"""Students of an assignment: who has all right, all wrong, nothing, or other plans."""

import re
from copy import deepcopy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from pinlab.lab.problems import exercise
from tests.lab.made_up import mistaken

SOLUTION = re.compile(r"(?<=\n)( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", re.M | re.S)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.S)
NAME = re.compile(r"^assert (\w+) is not", re.M)

Cells = dict[str, NotebookNode]


def cells(notebook: NotebookNode, mark: str) -> Cells:
    """The cells of nbgrader's kind "solution" or "grade", by what they are called."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get(mark)
    }


def edition(source: NotebookNode) -> NotebookNode:
    """What students get, as nbgrader makes it."""
    made = deepcopy(source)
    for cell in made.cells:
        cell.source = HIDDEN.sub("", SOLUTION.sub(r"\1# YOUR ANSWER HERE", cell.source)).strip()
    return made


def answered(source: NotebookNode, handed_out: NotebookNode, *, right: bool) -> NotebookNode:
    """An edition with all right, or as many known mistakes as can be written in a line."""
    made = deepcopy(handed_out)
    tests, given = cells(source, "grade"), cells(source, "solution")
    for id, cell in cells(made, "solution").items():
        exercise_id = id.removesuffix("-answer")
        name = NAME.findall(tests[exercise_id].source)[0]
        cell.source = given[id].source if right else f"{name} = {wrong(exercise_id)}"
    return made


def wrong(id: str) -> str:
    """A mistake as Python: a known one of the lesson's own question, or else plain nonsense."""
    known = [answer for answer, _ in mistaken(exercise(id))]
    typed = [each for each in known if isinstance(each, int | str | dict)]
    sets = [set(each) for each in known if isinstance(each, frozenset) and each]
    return next(map(repr, [*typed, *sets]), "lambda *state: 12345")


TAMPERED = """
import builtins, gc, json, os, pickle, subprocess, sys
import pinlab.course.grading, pinlab.lab.problems, pinlab.lab.exercise as kinds
from pinlab import lab
from pinlab.lab.reply import Reply

class Always:
    right = True
    def __getattr__(self, name): return Always()
    def __call__(self, *given, **more): return Always()
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __bool__(self): return True
    def __iter__(self): return iter(())

yes = lambda *given, **more: Reply("", True)
pinlab.course.grading.grade = pinlab.lab.problems.check = lab.check = grade = yes
for kind in (kinds.Number, kinds.Numbers, kinds.Choice, kinds.Selection, kinds.Program):
    kind.check = kind._judge = kind._compared = yes
    kind.right = Always()
subprocess.run = subprocess.Popen = Always()
builtins.AssertionError = Always
try:
    get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])
except NameError:
    pass
"""
"""What a student might try: to be right whatever comes, in everything that a check might ask."""

FORGED = """
for fd in range(3, 64):
    try:
        os.write(fd, 40 * pickle.dumps(("right", True)))
    except OSError:
        pass
"""
"""Verdicts, to whoever may read them."""


def tampering(handed_out: NotebookNode) -> NotebookNode:
    """An edition with one right answer, and all manner of things in the place of the others."""
    made = deepcopy(handed_out)
    for id, cell in cells(made, "solution").items():
        name = NAME.findall(cells(made, "grade")[id.removesuffix("-answer")].source)[0]
        cell.source = f"{name} = Always()"
    for test in cells(made, "grade").values():
        test.source = "pass"
        test.metadata.nbgrader.points = 100
        test.outputs = [new_output("execute_result", {"text/plain": "100"})]
    cells(made, "solution")["last-pin-answer"].source = "last_pin = 2**21"
    made.cells.insert(2, new_code_cell(TAMPERED))
    return made
