"""The shape of a lesson, rule by rule: each rule yields one message for each thing it finds."""

import re
from collections.abc import Callable, Iterator
from itertools import dropwhile, pairwise
from pathlib import Path
from statistics import median
from urllib.parse import unquote, urlsplit

import nbformat

from pinlab.lab.picture import PRINTED
from tests.notebooks.lesson import ROOT, Lesson, images, is_text
from tests.notebooks.normalise import WIDGETS, as_stored, normalise

Rule = Callable[[Lesson], Iterator[str]]

NAME = re.compile(r"\d\d_[a-z0-9]+(_[a-z0-9]+)+")
ALONE = (
    "Where a cell says `No module named 'pinlab'`, this notebook lies alone: `%pip install` its "
    "project's folder or wheel, or open it there with `make lab` (more ways: README)."
)
"""What the first cell tells whoever has this file and nothing else."""

MARKUP = ("text/markdown", "text/html")
SHRINKS = "max-width:100%"
# Below something live stands its caption, and then the words.
FOLDED = re.compile(r"(?:<p style=[^>]*>Figure .*?</p>)?<details[^>]*><summary")
MEDIAN_LINES, MOST_LINES, ALL_LINES = 3, 10, 20
ABSOLUTE = re.compile(r"(?<![\w.~-])(?:/(?:home|root|work|tmp|Users)/|[A-Za-z]:\\+Users)[^\s\"']*")
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
# A picture that is held in the file says nothing in words.
HELD = re.compile(r'(?<=\bsrc=")data:[^"]*')
LINK = re.compile(
    r"""\]\(\s*<?([^)>\s]+)            # [words](target)
      | ^\s*\[[^\]\n]+\]:\s*(\S+)      # [name]: target
      | (?:href|src)=["']([^"']+)      # HTML
    """,
    re.MULTILINE | re.VERBOSE,
)


def name(lesson: Lesson) -> Iterator[str]:
    """NN_verb_object; the glossary, which all lessons lead to, has no number."""
    if lesson.path.name != "glossary.ipynb" and not NAME.fullmatch(lesson.path.stem):
        yield f"{lesson.path.name} is not named NN_verb_object.ipynb"


def valid(lesson: Lesson) -> Iterator[str]:
    """A notebook that every front end reads."""
    try:
        nbformat.validate(lesson.notebook)
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {error.message}"


def title(lesson: Lesson) -> Iterator[str]:
    """The first cell is the title; whoever has this file alone reads there what is missing."""
    first = next((cell for _, cell in lesson.cells()), None)
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell is not a title (# ...)"
    elif ALONE not in first.source and any(
        "pinlab" in cell.source for _, cell in lesson.cells("code")
    ):
        yield "the first cell does not say what to do where pinlab is missing"


def short_cells(lesson: Lesson) -> Iterator[str]:
    """Every line of a code cell counts, comments and blank ones too: a reader sees them all."""
    lengths = {number: len(cell.source.splitlines()) for number, cell in lesson.cells("code")}
    if not lengths:
        return
    yield from (f"code cell {n} is empty" for n, lines in lengths.items() if not lines)
    if (middle := median(lengths.values())) > MEDIAN_LINES:
        yield f"the median code cell has {middle} lines, over {MEDIAN_LINES}"
    long = [number for number, lines in lengths.items() if lines > MOST_LINES]
    # Solutions show whole programs, and little else that runs.
    if 10 * len(long) > len(lengths) and lesson.path.parent.name != "solutions":
        yield f"over a tenth of the code cells have over {MOST_LINES} lines: cells {long}"
    for number, lines in lengths.items():
        if lines > ALL_LINES:
            yield f"cell {number} has {lines} lines, over {ALL_LINES}"


def text_between(lesson: Lesson) -> Iterator[str]:
    """Text before each code cell, hence at least as many text cells as code cells."""
    for (number, cell), (_, following) in pairwise(lesson.cells()):
        if cell.cell_type == following.cell_type == "code":
            yield f"no text between code cells {number} and {number + 1}"
    if len(list(lesson.cells("code"))) > len(list(lesson.cells("markdown"))):
        yield "more code cells than text cells"


def pictures(lesson: Lesson) -> Iterator[str]:
    """An untrusted notebook shows them too: in HTML, held there, able to shrink, with alt text."""
    for number, output in lesson.outputs():
        for mime in output.get("data", {}):
            if mime.startswith("image/"):
                yield f"cell {number} has a picture ({mime}) that is not in an <img>"
        for image in images(output):
            if not image.mime:
                yield f"cell {number} has a picture that is not in the file: {image.src}"
            if SHRINKS not in image.style:
                yield f"cell {number} has a picture that may be wider than its column"
            if not image.alt.strip():
                yield f"cell {number} has a picture without alt text"


def captions(lesson: Lesson) -> Iterator[str]:
    """Words beside each picture: folded away below it, or in the text cell that follows."""
    cells = lesson.notebook.cells
    for number, cell in lesson.cells("code"):
        beside = [output for output in cell.outputs if not images(output)]
        if len(beside) == len(cell.outputs):
            continue
        following = cells[number] if number < len(cells) else None
        captioned = following and following.cell_type == "markdown" and following.source.strip()
        if not captioned and not any(_words(output).strip() for output in beside):
            yield f"cell {number} has a picture without a caption or a text twin"
        for output in dropwhile(lambda above: not images(above), cell.outputs):
            shown = output in beside and output.output_type == "display_data"
            if shown and not FOLDED.match(_markup(output).strip()):
                yield f"cell {number} has words below its picture that are not folded"


def on_paper(lesson: Lesson) -> Iterator[str]:
    """Where something is folded below the title, some output has the style that prints it."""
    texts = [cell.source for _, cell in lesson.cells("markdown")][1:]
    outputs = [_markup(output) for _, output in lesson.outputs()]
    if any("<details>" in text for text in [*texts, *outputs]) and PRINTED not in "".join(outputs):
        yield "what is folded is not printed: no output is a fold() of pinlab.lab.picture"


def normalised(lesson: Lesson) -> Iterator[str]:
    """The file is what `make notebooks` would write, run apart."""
    if lesson.path.read_text(encoding="utf-8") != as_stored(normalise(lesson.notebook)):
        yield "not stored in the normal form: run `make notebooks`"


def no_widget_state(lesson: Lesson) -> Iterator[str]:
    """A widget lives in a kernel; what is stored of it is a picture and words."""
    if "widgets" in lesson.notebook.metadata:
        yield "the notebook's metadata stores widget state"
    for number, output in lesson.outputs():
        if any(mime.startswith(WIDGETS) for mime in output.get("data", {})):
            yield f"cell {number} stores a widget"


def no_errors(lesson: Lesson) -> Iterator[str]:
    """No traceback is stored, neither as an error nor printed."""
    for number, output in lesson.outputs():
        if output.output_type == "error" or "Traceback (most recent call" in _words(output):
            yield f"cell {number} stores an error"


def no_machine(lesson: Lesson) -> Iterator[str]:
    """No absolute path and no memory address: they belong to the machine it ran on."""
    for number, cell in lesson.cells():
        words = [cell.source, *map(_words, cell.get("outputs", []))]
        for found in ABSOLUTE.finditer("\n".join(words)):
            yield f"cell {number} has an absolute path: {found[0]}"
    for number, output in lesson.outputs():
        for found in ADDRESS.finditer(_words(output)):
            yield f"cell {number} stores a memory address: {found[0]}"


def links(lesson: Lesson) -> Iterator[str]:
    """Relative links lead to files of this repository, from text and from outputs."""
    texts = [(number, cell.source) for number, cell in lesson.cells("markdown")]
    texts += [(number, _markup(output)) for number, output in lesson.outputs()]
    for number, text in texts:
        for target in dead_links(text, lesson.path.parent):
            yield f"cell {number} has a dead link: {target}"


RULES: tuple[Rule, ...] = (
    name, valid, title, short_cells, text_between, pictures, captions, on_paper, normalised,
    no_widget_state, no_errors, no_machine, links,
)  # fmt: skip


def targets(text: str) -> Iterator[str]:
    """Where the links of a text lead to."""
    for groups in LINK.findall(CODE.sub("", text)):
        yield "".join(groups)


def dead_links(text: str, folder: Path) -> Iterator[str]:
    """Links in a text, read in that folder, that name no file of this repository."""
    for target in targets(text):
        url = urlsplit(target)
        if url.scheme or url.netloc or not url.path:
            continue
        file = (folder / unquote(url.path)).resolve()
        if not file.exists() or not file.is_relative_to(ROOT):
            yield target


def _words(output: nbformat.NotebookNode) -> str:
    """Everything an output says in words, and the source of its drawings."""
    shown = output.get("data", {}).items()
    texts = [HELD.sub("", data) for mime, data in shown if is_text(mime)]
    return "\n".join([output.get("text", ""), *texts, *(image.drawing for image in images(output))])


def _markup(output: nbformat.NotebookNode) -> str:
    """What an output says in words that may hold links."""
    shown = output.get("data", {})
    return "\n".join(shown.get(mime, "") for mime in MARKUP)
