"""Slides and handout: the cells that say so, every turn of the mail, no way out of the files."""

import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from pinlab.lessons.read_the_thread import NOTEBOOK, write_slides
from pinlab.words import turns
from tests.lab_server import ROOT, clean_environment
from tests.notebooks.examples import code, display, notebook, picture, stream, text
from tests.notebooks.lesson import images, images_in

SECTION = re.compile(r"<section .*?</section>", re.DOTALL)
ADDRESS = re.compile(r"""(?:https?:)?//[a-z]|\b(?:href|srcset|@import)\b|\bsrc=["'](?!data:)""")

Slides = Callable[..., list[str]]


def on(slide_type: str, cell: NotebookNode) -> NotebookNode:
    cell.metadata["slideshow"] = {"slide_type": slide_type}
    return cell


def sections(page: str) -> list[str]:
    return [found[0] for found in SECTION.finditer(page)]


@pytest.fixture
def slides(tmp_path: Path) -> Slides:
    """The sections made of a title and some cells."""

    def made(*cells: NotebookNode) -> list[str]:
        path = tmp_path / "cells.ipynb"
        nbformat.write(notebook(text("# A title"), *cells), path)
        return sections(write_slides(path, tmp_path)[0].read_text("utf-8"))

    return made


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The slides and the handout, as the program writes them."""
    folder = tmp_path_factory.mktemp("program")
    done = subprocess.run(
        [sys.executable, "-m", "pinlab", "slides"],
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=True,
    )
    names = [Path(line).as_posix() for line in done.stdout.splitlines()]
    assert names == ["slides/12_read_the_thread.html", "slides/handout.html"]
    return [(folder / name).read_text("utf-8") for name in names]


def test_cells_stand_on_their_slides_and_others_on_none(slides: Slides) -> None:
    first, second = slides(
        text("Before all."),
        on("-", text("Goes on with nothing.")),
        on("slide", text("## One\n\nAsked.")),
        on("skip", text("Left out.")),
        on("subslide", code("1 + 1", stream("2\n"))),
        on("-", text("Told.")),
    )
    assert "Asked." in first
    assert "Told." in second
    assert "<pre>2" in second
    assert "Left out" not in first + second
    assert "nothing" not in first + second


def test_a_slide_without_a_heading_says_which_one_it_is_under(slides: Slides) -> None:
    first, second = slides(on("slide", text("### Turn 9: x")), on("subslide", code("1")))
    assert 'class="of"' not in first
    assert '<p class="of">Turn 9: x</p>' in second


def test_what_is_shown_is_escaped_and_what_is_markdown_is_not(slides: Slides) -> None:
    (slide,) = slides(
        on("slide", code("f'<b>'", stream("<Page>\n"), display({"text/markdown": "*so*"})))
    )
    assert "&lt;Page&gt;" in slide
    assert "<em>so</em>" in slide
    assert "<b>" not in slide


def test_a_picture_stands_alone_with_its_alt_text(slides: Slides) -> None:
    folded = display({"text/html": "<details><summary>The same in words</summary></details>"})
    (slide,) = slides(on("slide", code("draw()", picture("Five bars."), folded)))
    assert images_in(slide) == images(picture("Five bars."))
    assert "the same in words" not in slide.lower()
    assert "draw" not in slide


def test_links_are_words(slides: Slides) -> None:
    (slide,) = slides(
        on("slide", text("## One\n\nSee [lesson 04](04_x.ipynb#a) and <https://a.b>."))
    )
    assert "See lesson 04 and" in slide
    assert "<a" not in slide
    assert not ADDRESS.search(slide.replace("https://a.b", ""))


def test_a_notebook_without_slides_is_named(slides: Slides) -> None:
    with pytest.raises(ValueError, match="no cell of the notebook is of the slide type"):
        slides(on("skip", text("x")))


def test_they_lead_nowhere_else_and_are_the_same_again(files: list[str], tmp_path: Path) -> None:
    assert [ADDRESS.findall(file) for file in files] == [[], []]
    assert [file.read_text("utf-8") for file in write_slides(ROOT / NOTEBOOK, tmp_path)] == files


def test_each_turn_of_the_mail_has_a_slide_that_asks_and_then_one_that_tells(
    files: list[str],
) -> None:
    told = sections(files[0])
    for turn in turns("mail"):
        (asks,) = (n for n, slide in enumerate(told) if f">Turn {turn.number}: " in slide
                   and "blockquote" in slide)  # fmt: skip
        verdict = f"<strong>{turn.verdict.capitalize()}.</strong>"
        assert verdict not in told[asks]
        assert verdict in told[asks + 1]


def test_the_handout_has_a_row_for_each_turn_of_the_mail_and_what_to_fold_away(
    files: list[str],
) -> None:
    assert turns("mail")[-1].message in unescape(files[1])
    rows = [unescape(row) for row in files[1].split("<tr>")[2:]]
    for row, turn in zip(rows, turns("mail"), strict=True):
        assert row.startswith(f'\n<td class="number">{turn.number}</td>\n<td>{turn.surname}<br>')
        front, behind = row.split('<td class="ours">')
        assert turn.words in front
        assert turn.claim in front
        assert f"{turn.verdict.capitalize()}." not in front
        assert f"{turn.verdict.capitalize()}." in behind
        assert turn.condition in behind
