"""The ways through the lessons: what each notebook has to link to, and what leads nowhere."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.notebooks.lesson import Lesson
from tests.notebooks.shape import CODE, LINK, MARKUP

CELL = "cell-id="
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
ROW = re.compile(r"^\| *(?P<entry>[\[`]*(?P<name>\d\d_\w+).*?) *\|", re.MULTILINE)
# Marks that are not shown, and so are not in the anchor that JupyterLab makes of a heading.
MARKS = re.compile(r"[*`]")


def targets(text: str) -> Iterator[str]:
    """Where the links of a text lead to."""
    for groups in LINK.findall(CODE.sub("", text)):
        yield "".join(groups)


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


def title(lesson: Lesson) -> str:
    """The title of a notebook, without what a colon adds to it."""
    line: str = lesson.notebook.cells[0].source.splitlines()[0]
    return line.removeprefix("# ").split(":")[0]


def off_the_chain(lessons: Sequence[Lesson]) -> Iterator[str]:
    """Lessons, in order, that do not lead to the one before and the next one in the fixed words."""
    for before, after in pairwise(lessons):
        back = f"The lesson before: [{title(before)}]({before.path.name})"
        if back not in after.notebook.cells[0].source:
            yield f"{after.path.name} does not say in its first cell: {back}"
        on = f"The next lesson: [{title(after)}]({after.path.name})"
        if on not in before.notebook.cells[-1].source:
            yield f"{before.path.name} does not say in its last cell: {on}"


def files_of(lesson: Lesson) -> set[Path | None]:
    """The files that a lesson leads to."""
    return {file_of(target, lesson) for target in all_targets(lesson)}


def unreached(notebooks: Iterable[Lesson], start: Path) -> list[Path]:
    """Notebooks to which no way leads from the first one."""
    by_path = {lesson.path: lesson for lesson in notebooks}
    reached, to_read = {start}, [start]
    while to_read:
        new = by_path.keys() & files_of(by_path[to_read.pop()]) - reached
        reached |= new
        to_read += new
    return sorted(by_path.keys() - reached)


def wrong_rows(first: Lesson, lessons: Iterable[Lesson]) -> Iterator[str]:
    """Rows of the first lesson's table that link to no lesson, and lessons without a linked row.

    The first lesson has a row, and no link to itself.
    """
    there = {lesson.path.stem for lesson in lessons}
    rows = list(ROW.finditer(first.notebook.cells[-1].source))
    names = [row["name"] for row in rows]
    yield from (f"{name} has no row" for name in sorted(there - set(names)))
    if names != sorted(set(names)):
        yield f"the rows are not in order, each once: {', '.join(names)}"
    for name, entry in ((row["name"], row["entry"]) for row in rows):
        is_linked = entry == f"[{name}]({name}.ipynb)"
        if is_linked != (name in there - {first.path.stem}):
            yield f"{name} is {'linked' if is_linked else 'not linked'}: {entry}"


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
    headings = {MARKS.sub("", words).replace(" ", "-") for words in HEADING.findall(texts)}
    return headings | {CELL + cell.id for _, cell in lesson.cells()}
