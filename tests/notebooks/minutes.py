"""The minutes of a lesson, computed: words that are read, and things that are done.

`python -m tests.notebooks.minutes` prints them; with `--write`, and after `make notebooks`, they
are written where they are told: at the top of each lesson, in the list of 00, and in the README.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from nbformat import NotebookNode

from pinlab.data_folder import DATA
from pinlab.lab.problems import TEXTS
from pinlab.text_files import table
from tests.notebooks.lesson import FOLDER, ROOT, Lesson, read
from tests.notebooks.navigation import HEADING
from tests.notebooks.normalise import as_stored

WORDS_A_MINUTE = 180
STEP = 5
"""A lesson's minutes are told in steps: nobody knows them better, and a word more changes none."""

CURIOUS = "For the curious"
"""The heading below the summary of what no sum of minutes contains."""

LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
README = ROOT / "README.md"

# Where a link leads to, and tags: nobody reads them.
HIDDEN = re.compile(r"\]\([^)]*\)|<[^>]+>")
WORD = re.compile(r"\w[\w^.,:'-]*")

TOP = re.compile(r"\d+ minutes, \d+ of them reading")
PART = re.compile(r"^(\| (?:\*\*.+?\*\* )?([^|]+?) \|) \d+ \|$", re.MULTILINE)
ROW = re.compile(r"^(\| [\[`]?(\d\d_\w+|together)\b[^|]* \|) \d+ \| \d+ \|", re.MULTILINE)
ALL = "together"


class Time(NamedTuple):
    """Minutes of reading, and of doing."""

    reading: float = 0
    doing: float = 0

    @property
    def both(self) -> float:
        return self.reading + self.doing


def added(times: Iterable[Time]) -> Time:
    """One after the other."""
    reading, doing = zip(Time(), *times, strict=True)
    return Time(sum(reading), sum(doing))


@cache
def takes() -> Mapping[str, float]:
    """What each kind of thing takes, without what is read there."""
    columns = ("kind", "minutes", "source")
    return dict(
        table(DATA / "minutes.csv", columns, lambda row: (row["kind"], float(row["minutes"])))
    )


def reading(text: str) -> float:
    """The minutes of reading in some Markdown."""
    return len(WORD.findall(HIDDEN.sub("]", text))) / WORDS_A_MINUTE


def cells(lesson: Lesson) -> Iterator[tuple[list[str], Time]]:
    """The time of each cell, with the headings that it stands below, its own among them."""
    names, above = imported(lesson), list[tuple[int, str]]()
    for _, cell in lesson.cells():
        if cell.cell_type == "code":
            yield [words for _, words in above], of_code(cell, names)
            continue
        for marks, words in HEADING.findall(cell.source):
            above = [*(each for each in above if each[0] < len(marks)), (len(marks), words)]
        yield [words for _, words in above], Time(reading(cell.source))


def imported(lesson: Lesson) -> dict[str, object]:
    """What a lesson imports of pinlab, by the names that it has there."""
    names: dict[str, object] = {}
    for _, cell in lesson.cells("code"):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pinlab"):
                exec(ast.unparse(node), names)
    return names


def of_code(cell: NotebookNode, names: Mapping[str, object]) -> Time:
    """Of running it, of what it asks and shows."""
    nodes = ast.walk(ast.parse(cell.source))
    kinds, questions = ["cell"], list[str]()
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        module, _, name = ast.unparse(call.func).rpartition(".")
        texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        ids = [text for text in texts if isinstance(text, str) and text in TEXTS]
        match module, name:
            case "lab", "check" | "ask" | "predict":
                kinds += [TEXTS[id].kind for id in ids]
                questions += [TEXTS[id].question for id in ids if name != "check"]
            case "lab", "Guess":
                kinds.append("prediction")
            case "lab", "earlier" | "task" | "timeline":
                kinds.append(name)
            case "here", "turn_by_turn":
                kinds.append("verdicts")
        function = getattr(names.get(module), name, None)
        moved = getattr(function, "__annotations__", {}).get("return") == "Exhibit"
        if moved and name not in kinds:
            kinds.append("exhibit")
    if "exhibit" not in kinds:
        shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
        seen = (kind for kind, mark in (("picture", "<img"), ("table", "<table")) if mark in shown)
        kinds += [*seen][:1]
    return Time(reading(" ".join(questions)), sum(takes()[kind] for kind in kinds))


def below(lesson: Lesson, heading: str) -> Time:
    """Of all that stands below a heading, up to the next one that is not below it."""
    return added(time for headings, time in cells(lesson) if heading in headings)


def of(lesson: Lesson) -> Time:
    """Of a lesson, without what is for the curious."""
    return added(time for headings, time in cells(lesson) if CURIOUS not in headings)


@cache
def course() -> dict[str, Time]:
    """Of each lesson, by name, and of all of them."""
    each = {path.stem: of(read(path)) for path in LESSONS}
    return {**each, ALL: added(each.values())}


class Stretch(NamedTuple):
    """A row of data/routes.csv: what a route takes of a lesson, a section or all of it."""

    route: str
    lesson: str
    section: str

    @property
    def time(self) -> Time:
        lesson = read(FOLDER / f"{self.lesson}.ipynb")
        return below(lesson, self.section) if self.section else of(lesson)


@cache
def routes() -> dict[str, list[Stretch]]:
    """Every route, with where it leads through."""
    rows = table(DATA / "routes.csv", Stretch._fields, lambda row: Stretch(**row))
    names = dict.fromkeys(row.route for row in rows)
    return {name: [row for row in rows if row.route == name] for name in names}


def in_steps(minutes: float) -> int:
    """As they are told of a lesson."""
    return max(STEP, STEP * round(minutes / STEP))


def told(lesson: Lesson) -> Iterator[tuple[NotebookNode, str]]:
    """Each text cell, and its text with the minutes of the lesson, its parts, and all lessons."""
    time = of(lesson)
    top = f"{in_steps(time.both)} minutes, {in_steps(time.reading)} of them reading"
    parts = {words for headings, _ in cells(lesson) for words in headings}

    def part(row: re.Match[str]) -> str:
        """Other tables with a number at the end are left alone."""
        if row[2] not in parts:
            return row[0]
        return f"{row[1]} {max(1, round(below(lesson, row[2]).both))} |"

    for _, cell in lesson.cells("markdown"):
        yield cell, listed(PART.sub(part, TOP.sub(top, cell.source)))


def listed(text: str) -> str:
    """The list of lessons, with the minutes of each and of all."""

    def row(found: re.Match[str]) -> str:
        time = course()[found[2]]
        return f"{found[1]} {in_steps(time.both)} | {in_steps(time.reading)} |"

    return ROW.sub(row, text)


def main() -> None:
    """Print the minutes, and write them with --write."""
    for name, time in course().items():
        print(f"{name:28}{time.reading:6.0f} reading{time.doing:6.0f} doing{time.both:6.0f}")
    for name, stretches in routes().items():
        print(f"the route {name}:", round(added(each.time for each in stretches).both))
        for each in stretches:
            print(f"    {each.time.both:4.0f}  {each.lesson}: {each.section or 'all'}")
    if sys.argv[1:] == ["--write"]:
        write()


def write() -> None:
    """Write them into every lesson and the README."""
    for path in LESSONS:
        lesson = read(path)
        for cell, text in told(lesson):
            cell.source = text
        path.write_text(as_stored(lesson.notebook), encoding="utf-8", newline="\n")
    README.write_text(listed(README.read_text("utf-8")), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
