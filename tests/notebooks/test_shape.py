"""Each rule of a lesson's shape: a good lesson keeps them all, each bad one breaks just one."""

from base64 import b64encode
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tests.notebooks import shape
from tests.notebooks.examples import PIXEL, code, display, node, notebook, picture, stream, text
from tests.notebooks.lesson import FOLDER, Lesson
from tests.notebooks.normalise import as_stored, normalise

TITLE = text("# Pin a page\n\nSee [the list](https://lists.example.org/) and [below](#below).")
WORDS = text("Some words.")
WIDGET = display({"application/vnd.jupyter.widget-view+json": "id", "text/plain": "Slider"})
ERROR = node({"output_type": "error", "ename": "E", "evalue": "", "traceback": []})

FOLDED = display({"text/html": "<details><summary>Words</summary></details>"})


def drawn(svg: str) -> str:
    """A drawing as a picture holds it."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


GOOD = [TITLE, code("pin()", stream("1025\n")), WORDS, code("draw()", picture(), FOLDED), WORDS]

OPEN = display({"text/html": "<details open></details>"})
SLIDE = node({"cell_type": "slide", "metadata": {}, "source": ""})
WIDE = display({"text/html": '<img alt="Bars." src="data:image/png,">'})

# The rule that is broken, and the cells below the title that break it.
BAD: dict[str, tuple[shape.Rule, list[NotebookNode]]] = {
    "no word for whoever has the file alone": (shape.title, [code("import pinlab")]),
    "a cell that is neither text nor code": (shape.valid, [SLIDE]),
    "a median of four lines": (shape.short_cells, [code("1\n2\n3\n4"), WORDS]),
    "a quarter over ten lines": (
        shape.short_cells,
        [*[code("1"), WORDS] * 3, code("1\n" * 11)],
    ),
    "one in ten over twenty lines": (
        shape.short_cells,
        [code("1\n" * 21), *[WORDS, code("1")] * 9],
    ),
    "an empty code cell": (shape.short_cells, [code("")]),
    "two code cells in a row": (shape.text_between, [code("1"), code("2"), WORDS]),
    "a picture without alt text": (shape.pictures, [code("1", picture("")), WORDS]),
    "a plot that loses its alt text": (
        shape.pictures,
        [code("1", display({"image/png": PIXEL, "text/plain": "Three bars."})), WORDS],
    ),
    "a drawing that is shown to those who trust it": (
        shape.pictures,
        [code("1", display({"image/svg+xml": "<svg/>", "text/plain": "A map."})), WORDS],
    ),
    "a picture that does not shrink": (shape.pictures, [code("1", WIDE), WORDS]),
    "a picture that is elsewhere": (
        shape.pictures,
        [code("1", picture(src="https://example.org/bars.png")), WORDS],
    ),
    "words below a picture that everybody has to read": (
        shape.captions,
        [code("1", picture(), display({"text/markdown": "The same in words."})), WORDS],
    ),
    "a table below a picture": (
        shape.captions,
        [code("1", picture(), display({"text/html": "<table></table>"})), WORDS],
    ),
    "words that are open": (shape.captions, [code("1", picture(), OPEN), WORDS]),
    "a picture without a caption": (shape.captions, [code("1", picture())]),
    "an empty caption": (shape.captions, [code("1", picture()), text(" ")]),
    "a widget": (shape.no_widget_state, [code("1", WIDGET)]),
    "a printed traceback": (
        shape.no_errors,
        [code("1", stream("Traceback (most recent call last):\n"))],
    ),
    "an error": (shape.no_errors, [code("1", ERROR)]),
    "a home folder in the source": (shape.no_machine, [code("open('/home/ada/x')")]),
    "a home folder in the text": (shape.no_machine, [text("It is in C:\\Users\\Ada.")]),
    "a temporary folder in an output": (shape.no_machine, [code("1", stream("/tmp/x\n"))]),
    "a home folder in a drawing": (
        shape.no_machine,
        [code("1", picture(src=drawn("<svg>/home/ada/x</svg>"))), WORDS],
    ),
    "a memory address": (
        shape.no_machine,
        [code("1", display({"text/plain": "<object at 0x7f0123456789>"}))],
    ),
    "a dead link": (shape.links, [text("See [that](missing.md).")]),
    "a dead link in an output": (
        shape.links,
        [code("1", display({"text/markdown": "See [that](missing.md)."}))],
    ),
}


def test_the_letters_of_a_plot_are_no_words(tmp_path: Path) -> None:
    plot = picture(src="data:image/png;base64,+/tmp/x")
    assert broken(stored(tmp_path, [TITLE, code("1", plot), WORDS])) == []


def stored(folder: Path, cells: list[NotebookNode], file: str = "03_pin_a_page.ipynb") -> Lesson:
    """A lesson whose file is in the normal form, whatever is wrong with its cells."""
    lesson = Lesson(folder / file, notebook(*cells))
    lesson.path.write_text(as_stored(normalise(lesson.notebook)), encoding="utf-8")
    return lesson


def broken(lesson: Lesson) -> list[shape.Rule]:
    return [rule for rule in shape.RULES if list(rule(lesson))]


def test_a_good_lesson_breaks_no_rule(tmp_path: Path) -> None:
    assert broken(stored(tmp_path, GOOD)) == []


@pytest.mark.parametrize(("rule", "cells"), BAD.values(), ids=BAD.keys())
def test_a_bad_lesson_breaks_its_rule(
    tmp_path: Path, rule: shape.Rule, cells: list[NotebookNode]
) -> None:
    assert broken(stored(tmp_path, [TITLE, *cells])) == [rule]


@pytest.mark.parametrize("cells", [[], [WORDS], [code("1"), TITLE]])
def test_a_lesson_begins_with_its_title(tmp_path: Path, cells: list[NotebookNode]) -> None:
    assert broken(stored(tmp_path, cells)) == [shape.title]


@pytest.mark.parametrize("file", ["pin_a_page.ipynb", "03_pin.ipynb", "03-pin-a-page.ipynb"])
def test_a_lesson_is_named_by_number_verb_and_object(tmp_path: Path, file: str) -> None:
    assert broken(stored(tmp_path, GOOD, file)) == [shape.name]


def test_a_lesson_stored_in_another_form_breaks_that_rule(tmp_path: Path) -> None:
    lesson = stored(tmp_path, GOOD)
    lesson.path.write_text(lesson.path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert broken(lesson) == [shape.normalised]


def test_widget_state_in_the_metadata_is_found(tmp_path: Path) -> None:
    lesson = stored(tmp_path, GOOD)
    lesson.notebook.metadata = node({"widgets": {}})
    assert broken(lesson) == [shape.no_widget_state]


def test_more_code_than_text_is_found(tmp_path: Path) -> None:
    lesson = stored(tmp_path, [TITLE, code("1"), code("2")])
    assert "more code cells than text cells" in list(shape.text_between(lesson))


@pytest.mark.parametrize(
    "twin", [stream("6400 pins\n"), display({"text/html": "<details><summary>Words</summary>"})]
)
def test_a_text_twin_is_a_caption_too(tmp_path: Path, twin: NotebookNode) -> None:
    assert broken(stored(tmp_path, [TITLE, code("1", picture(), twin)])) == []


@pytest.mark.parametrize(
    "text",
    [
        "[list](../data/quotations.csv) [licence](../LICENSE#mit)",
        "[code][1]\n\n[1]: ../pyproject.toml",
        '<a href="../Makefile">make</a> [mail](mailto:list@example.org)',
        "`pages[0](missing)`\n\n```\npages[0](missing)\n```",
    ],
)
def test_links_into_the_repository_and_out_into_the_web_are_alive(text: str) -> None:
    assert list(shape.dead_links(text, FOLDER)) == []


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("[a](../missing.md)", "../missing.md"),
        ("![a](missing.png 'title')", "missing.png"),
        ("[a][1]\n\n[1]: missing.md", "missing.md"),
        ('<img src="missing.png">', "missing.png"),
        ("[a](../../)", "../../"),
        ("[a](/LICENSE)", "/LICENSE"),
    ],
)
def test_dead_links_are_found(text: str, target: str) -> None:
    assert list(shape.dead_links(text, FOLDER)) == [target]
