"""Each rule of a lesson's shape: a good lesson keeps them all, each bad one breaks just one."""

from base64 import b64encode
from pathlib import Path

import pytest
from nbformat import NotebookNode

from pinlab.lab.picture import TWIN
from tests.notebooks import shape
from tests.notebooks.examples import PIXEL, code, display, node, notebook, picture, stream, text
from tests.notebooks.lesson import FOLDER, Lesson
from tests.notebooks.normalise import as_stored, normalise

TITLE = text("# Pin a page\n\nSee [the list](https://lists.example.org/) and [below](#below).")
WORDS = text("Some words.")
WIDGET = display({"application/vnd.jupyter.widget-view+json": "id", "text/plain": "Slider"})
ERROR = node({"output_type": "error", "ename": "E", "evalue": "", "traceback": []})

FOLDED = display({"text/html": f"{TWIN}<summary>Words</summary></details>"})
QUESTION = display({"text/markdown": "**How many?**", "text/plain": "How many?"})


def drawn(svg: str) -> str:
    """A drawing as a picture holds it."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def shown(mime: str, content: str) -> NotebookNode:
    """A cell that displays this, and says that it is three bars."""
    return code("1", display({"text/plain": "Three bars.", mime: content}))


def below_a_picture(mime: str, content: str) -> NotebookNode:
    return code("1", picture(), display({mime: content}))


GOOD = [TITLE, code("pin()", stream("1025\n")), WORDS, code("draw()", picture(), FOLDED), WORDS]

SLIDE = node({"cell_type": "slide", "metadata": {}, "source": ""})
WIDE = display({"text/html": '<img alt="Bars." src="data:image/png,">'})

# By the rule that is broken: the cells below the title that break it.
BAD: dict[shape.Rule, dict[str, list[NotebookNode]]] = {
    shape.title: {"no word for whoever has the file alone": [code("import pinlab")]},
    shape.valid: {"a cell that is neither text nor code": [SLIDE]},
    shape.short_cells: {
        "a median of four lines": [code("1\n2\n3\n4"), WORDS],
        "a quarter over ten lines": [*[code("1"), WORDS] * 3, code("1\n" * 11)],
        "one in ten over twenty lines": [code("1\n" * 21), *[WORDS, code("1")] * 9],
        "an empty code cell": [code("")],
    },
    shape.text_between: {"two code cells in a row": [code("1"), code("2"), WORDS]},
    shape.pictures: {
        "a picture without alt text": [code("1", picture("")), WORDS],
        "a plot that loses its alt text": [shown("image/png", PIXEL), WORDS],
        "a drawing that is shown to those who trust it": [shown("image/svg+xml", "<svg/>"), WORDS],
        "a picture that does not shrink": [code("1", WIDE), WORDS],
        "a picture that is elsewhere": [code("1", picture(src="https://a.org/bars.png")), WORDS],
    },
    shape.captions: {
        "words that everybody has to read": [below_a_picture("text/markdown", "In words."), WORDS],
        "a table below a picture": [below_a_picture("text/html", "<table></table>"), WORDS],
        "words that are open": [below_a_picture("text/html", "<details open></details>"), WORDS],
        "a picture without a caption": [code("1", picture())],
        "an empty caption": [code("1", picture()), text(" ")],
    },
    shape.on_paper: {
        "a fold in the text": [text("<details><summary>Why</summary>So.</details>")],
        "a fold in an output": [
            code("1", display({"text/html": "<details><summary>Why</summary>So.</details>"})),
        ],
    },
    shape.no_widget_state: {"a widget": [code("1", WIDGET)]},
    shape.no_errors: {
        "a printed traceback": [code("1", stream("Traceback (most recent call last):\n"))],
        "an error": [code("1", ERROR)],
    },
    shape.no_machine: {
        "a home folder in the source": [code("open('/home/ada/x')")],
        "a home folder in the text": [text("It is in C:\\Users\\Ada.")],
        "a temporary folder in an output": [code("1", stream("/tmp/x\n"))],
        "a home folder in a drawing": [code("1", picture(src=drawn("<svg>/home/a</svg>"))), WORDS],
        "a memory address": [shown("text/plain", "<object at 0x7f0123456789>")],
    },
    shape.links: {
        "a dead link": [text("See [that](missing.md).")],
        "a dead link in an output": [shown("text/markdown", "See [that](missing.md).")],
    },
}


def test_a_question_may_stand_above_its_picture(tmp_path: Path) -> None:
    assert broken(stored(tmp_path, [TITLE, code("1", QUESTION, picture(), FOLDED), WORDS])) == []


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


@pytest.mark.parametrize(
    ("rule", "cells"),
    [pytest.param(rule, cells, id=id) for rule, bad in BAD.items() for id, cells in bad.items()],
)
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


@pytest.mark.parametrize("twin", [stream("6400 pins\n"), FOLDED])
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
