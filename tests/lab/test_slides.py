"""Slides: the cells that say so, in order, and nothing in the file that leads out of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import NotebookNode

from pinlab.lab.slides import LESSON, deck, write
from pinlab.words.thread import turns
from tests.lab_server import ROOT, clean_environment
from tests.notebooks.examples import code, display, notebook, picture, stream, text
from tests.notebooks.lesson import Images, images, read

SECTION = re.compile(r'<section id="(\d+)".*?</section>', re.DOTALL)
ADDRESS = re.compile(r"""(?:https?:)?//[a-z]|\b(?:href|srcset|@import)\b|\bsrc=["'](?!data:)""")


def on(slide_type: str, cell: NotebookNode) -> NotebookNode:
    cell.metadata["slideshow"] = {"slide_type": slide_type}
    return cell


def slides(*cells: NotebookNode) -> list[str]:
    """The sections of a deck from a title and these cells."""
    return [found[0] for found in SECTION.finditer(deck(notebook(text("# A title"), *cells)))]


def lesson() -> NotebookNode:
    return read(ROOT / LESSON).notebook


def test_cells_stand_on_their_slides_and_others_on_none() -> None:
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


def test_a_slide_without_a_heading_says_which_one_it_is_under() -> None:
    first, second = slides(on("slide", text("### Turn 9: x")), on("subslide", code("1")))
    assert 'class="of"' not in first
    assert '<p class="of">Turn 9: x</p>' in second


def test_what_is_shown_is_escaped_and_what_is_markdown_is_not() -> None:
    (slide,) = slides(
        on("slide", code("f'<b>'", stream("<Page>\n"), display({"text/markdown": "*so*"})))
    )
    assert "&lt;Page&gt;" in slide
    assert "<em>so</em>" in slide
    assert "<b>" not in slide


def test_a_picture_stands_alone_with_its_alt_text() -> None:
    folded = display({"text/html": "<details><summary>The same in words</summary></details>"})
    (slide,) = slides(on("slide", code("draw()", picture("Five bars."), folded)))
    assert Images(slide).found == images(picture("Five bars."))
    assert "the same in words" not in slide.lower()
    assert "draw" not in slide


def test_links_are_words() -> None:
    (slide,) = slides(
        on("slide", text("## One\n\nSee [lesson 04](04_x.ipynb#a) and <https://a.b>."))
    )
    assert "See lesson 04 and" in slide
    assert "<a" not in slide
    assert not ADDRESS.search(slide.replace("https://a.b", ""))


def test_a_notebook_without_slides_is_named() -> None:
    with pytest.raises(ValueError, match="no cell of the notebook is of the slide type"):
        deck(notebook(text("# A title"), on("skip", text("x"))))


def test_the_lessons_deck_leads_nowhere_else() -> None:
    assert ADDRESS.findall(deck(lesson())) == []


def test_each_turn_of_the_mail_has_a_slide_that_asks_and_then_one_that_tells() -> None:
    told = [found[0] for found in SECTION.finditer(deck(lesson()))]
    for turn in turns("mail"):
        (asks,) = (n for n, slide in enumerate(told) if f">Turn {turn.number}: " in slide
                   and "blockquote" in slide)  # fmt: skip
        verdict = f"<strong>{turn.verdict.capitalize()}.</strong>"
        assert verdict not in told[asks]
        assert verdict in told[asks + 1]


def test_the_program_writes_both_files_and_prints_their_names(tmp_path: Path) -> None:
    (tmp_path / LESSON.parent).mkdir()
    (tmp_path / LESSON).write_bytes((ROOT / LESSON).read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "pinlab.lab.slides"],
        cwd=tmp_path,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=True,
    )
    names = [Path(line).as_posix() for line in done.stdout.splitlines()]
    assert names == ["slides/12_read_the_thread.html", "slides/handout.html"]
    assert all((tmp_path / name).read_text("utf-8").startswith("<!doctype html>") for name in names)


def test_the_same_notebook_gives_the_same_files(tmp_path: Path) -> None:
    one, other = (
        [file.read_bytes() for file in write(ROOT / LESSON, tmp_path / name)] for name in "ab"
    )
    assert one == other
