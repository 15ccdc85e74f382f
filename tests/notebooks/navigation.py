"""Where the links of a notebook lead to, and which of them lead nowhere."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.notebooks.lesson import Lesson
from tests.notebooks.shape import MARKUP, targets

CELL = "cell-id="
# Marks, as many as it is deep, and words.
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
# Marks that are not shown, and so are not in the anchor that JupyterLab makes of a heading.
MARKS = re.compile(r"[*`]")


def all_targets(lesson: Lesson) -> Iterator[str]:
    """Where the links of a notebook lead to, from text and from outputs."""
    texts = [cell.source for _, cell in lesson.cells("markdown")]
    texts += [output.get("data", {}).get(m, "") for _, output in lesson.outputs() for m in MARKUP]
    return targets("\n\n".join(texts))


def file_of(target: str, lesson: Lesson) -> Path | None:
    """The file that a link of a lesson leads to; None for one into the web."""
    url = urlsplit(target)
    if url.scheme or url.netloc:
        return None
    return (lesson.path.parent / unquote(url.path)).resolve() if url.path else lesson.path


def files_of(lesson: Lesson) -> set[Path | None]:
    """The files that a lesson leads to."""
    return {file_of(target, lesson) for target in all_targets(lesson)}


def dead_anchors(lesson: Lesson, notebooks: Iterable[Lesson]) -> Iterator[str]:
    """Links to a heading or a cell of a notebook that has no such heading or cell."""
    by_path = {each.path: each for each in notebooks} | {lesson.path: lesson}
    for target in all_targets(lesson):
        fragment, file = unquote(urlsplit(target).fragment), file_of(target, lesson)
        if fragment and file in by_path and fragment not in anchors(by_path[file]):
            yield target


def anchors(lesson: Lesson) -> set[str]:
    """What a link to a notebook may lead to: cells by their ids, headings as JupyterLab does."""
    texts = "\n".join(cell.source for _, cell in lesson.cells("markdown"))
    headings = {MARKS.sub("", words).replace(" ", "-") for _, words in HEADING.findall(texts)}
    return headings | {CELL + cell.id for _, cell in lesson.cells()}


def far(lesson: Lesson) -> Iterator[str]:
    """Links to a place of this notebook that name its file: Notebook 7 opens that once more."""
    for target in all_targets(lesson):
        url = urlsplit(target)
        if url.path and url.fragment and file_of(target, lesson) == lesson.path:
            yield target


def unnamed(lesson: Lesson, notebooks: Iterable[Lesson]) -> Iterator[str]:
    """Links to a place in another lesson, in a text that does not name the heading there.

    Notebook 7 and others open that lesson at its top, and its contents lead on.
    """
    by_path = {each.path: each for each in notebooks}
    for _, cell in lesson.cells("markdown"):
        for target in targets(cell.source):
            fragment, file = unquote(urlsplit(target).fragment), file_of(target, lesson)
            if fragment and file in by_path and file != lesson.path:
                names = headings(by_path[file], fragment.removeprefix(CELL))
                if not any(name.casefold() in cell.source.casefold() for name in names):
                    yield target


def headings(lesson: Lesson, id: str) -> list[str]:
    """The headings of a cell, or else the last one above it."""
    last: list[str] = []
    for _, cell in lesson.cells():
        own = (
            [words for _, words in HEADING.findall(cell.source)]
            if cell.cell_type == "markdown"
            else []
        )
        last = own or last[-1:]
        if cell.id == id:
            return last
    raise ValueError(f"{lesson.path.name} has no cell {id}")
