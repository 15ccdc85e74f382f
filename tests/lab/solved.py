"""The right answers of all lessons, worked out in their tests and not with the exercises."""

from importlib import import_module

from pinlab.lab.exercise import Program
from pinlab.lab.problems import EXERCISES, LESSONS, exercise


def _worked_out(lesson: str) -> dict[str, object]:
    right: dict[str, object] = import_module(f"tests.lessons.test_{lesson.partition('_')[2]}").RIGHT
    return right


def program(id: str) -> object:
    """The right program that stands in the text of an exercise, or None."""
    found = exercise(id)
    if not isinstance(found, Program) or not found.source:
        return None
    names: dict[str, object] = {}
    exec(found.source, names)
    return names[found.name]


RIGHT: dict[str, object] = {
    **{id: program(id) for id in EXERCISES if program(id)},
    **{id: answer for lesson in LESSONS for id, answer in _worked_out(lesson.name).items()},
}
