"""Slides and a handout: `python -m pinlab.lab.slides`, or `make slides`.

A slide deck is one HTML file that needs nothing else: no network, no library, no other file. What
stands on which slide is said by the cells' slideshow metadata (the slide type that JupyterLab
offers under Common Tools), the outputs are those that the notebook stores.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import nbformat
from nbconvert.filters import Highlight2HTML, markdown2html
from nbformat import NotebookNode

from pinlab.lab.handout import handout

LESSON = Path("notebooks", "12_read_the_thread.ipynb")
FOLDER = Path("slides")
"""What is read, and where slides are written, seen from where the program runs."""

BEGINS, GOES_ON = ("slide", "subslide"), ("-", "fragment")
"""Slide types of cells that begin a slide, and of those that go on with it; others are left out."""

ANCHOR = re.compile(r'<a class="anchor-link".*?</a>|</?a\b[^>]*>', re.DOTALL)
"""Links lead out of the file, so their words are kept and they are not."""
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

STYLE = """
* { box-sizing: border-box; }
html { scroll-snap-type: y mandatory; background: #333333; }
body { margin: 0; font-family: sans-serif; font-size: min(3.8vh, 2.14vw); line-height: 1.4; }
section { position: relative; height: 100vh; overflow: hidden; scroll-snap-align: start;
  padding: 4vh 6vw 6vh; display: flex; flex-direction: column; justify-content: center;
  background: white; color: #222222; border-bottom: 1px solid #333333; }
section > * { flex: none; }
h1, h2, h3 { margin: 0 0 0.6em; line-height: 1.2; color: #332288; }
h1 { font-size: 1.8em; } h2 { font-size: 1.5em; } h3 { font-size: 1.3em; }
p, ul, table { margin: 0 0 0.7em; }
blockquote { margin: 0 0 0.9em; padding: 0.4em 1em; border-left: 0.3em solid #E69F00;
  background: #F6F6F6; font-size: 1.05em; }
blockquote p:last-child { margin: 0; font-size: 0.8em; }
code, pre { font-family: monospace; font-size: 0.7em; }
code { background: #F0F0F0; padding: 0 0.2em; white-space: nowrap; }
pre { margin: 0 0 0.8em; padding: 0.6em 0.8em; overflow: hidden; }
pre code { font-size: 1em; background: none; padding: 0; white-space: pre; }
.code pre { background: #F0F0F0; border-left: 0.25em solid #332288; }
.output pre { background: white; border: 1px solid #999999; font-size: 0.62em; }
.output img { display: block; width: 100%; max-height: 80vh; object-fit: contain; margin: 0 auto; }
.of { font-size: 0.75em; color: #555555; }
.k, .kn, .ow { color: #332288; font-weight: bold; } .s1, .s2 { color: #0B5D2A; }
.mi { color: #8A2060; } .c1 { color: #555555; }
table { border-collapse: collapse; } th, td { padding: 0.2em 0.8em; text-align: left;
  border-bottom: 1px solid #999999; }
footer { position: absolute; right: 2vw; bottom: 1.5vh; font-size: 0.6em; color: #555555; }
@media print { @page { size: 1280px 720px; margin: 0; } html { background: white; }
  body { font-size: 27.4px; } section { height: 720px; break-after: page; border: 0; } }
"""

# Scrolling alone would do; these keys are those that people and their clickers try.
SCRIPT = """
const slides = [...document.querySelectorAll("section")];
const here = () => slides.reduce((best, slide) =>
  Math.abs(slide.getBoundingClientRect().top) < Math.abs(best.getBoundingClientRect().top)
    ? slide : best);
const go = (number) => {
  const slide = slides[Math.max(0, Math.min(slides.length - 1, number))];
  slide.scrollIntoView();
  slide.focus({ preventScroll: true });
  history.replaceState(null, "", "#" + slide.id);
};
const steps = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, Enter: 1,
  ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Backspace: -1 };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const number = slides.indexOf(here());
  if (event.key === "Home") go(0);
  else if (event.key === "End") go(slides.length - 1);
  else if (event.key in steps) go(number + steps[event.key] * (event.shiftKey ? -1 : 1));
  else return;
  event.preventDefault();
});
"""


def deck(notebook: NotebookNode) -> str:
    """Return the slides of a notebook as one HTML page; ValueError if no cell is on a slide."""
    slides = list(_slides(notebook.cells))
    if not slides:
        raise ValueError("no cell of the notebook is of the slide type slide or subslide")
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    sections = _sections(slides)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(sections)
        + f"\n<script>{SCRIPT}</script></body></html>\n"
    )


def _slides(cells: Sequence[NotebookNode]) -> Iterator[list[NotebookNode]]:
    """The cells of each slide; what goes on belongs to the slide before it."""
    slide: list[NotebookNode] = []
    for cell in cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind in BEGINS and slide:
            yield slide
            slide = []
        if kind in BEGINS or (kind in GOES_ON and slide):
            slide.append(cell)
    if slide:
        yield slide


def _sections(slides: Sequence[Sequence[NotebookNode]]) -> Iterator[str]:
    """The slides in HTML; one without a heading of its own says which one it stands under."""
    heading = ""
    for number, slide in enumerate(slides, start=1):
        content = "\n".join(map(_cell, slide))
        if own := HEADING.findall(slide[0].source if slide[0].cell_type == "markdown" else ""):
            heading = own[-1]
        else:
            content = f'<p class="of">{escape(heading)}</p>\n{content}'
        yield (
            f'<section id="{number}" tabindex="-1" aria-label="Slide {number} of {len(slides)}">\n'
            f"{content}\n<footer>{number} / {len(slides)}</footer></section>"
        )


def _cell(cell: NotebookNode) -> str:
    if cell.cell_type == "markdown":
        return _markdown(cell.source)
    if picture := _picture(cell.outputs):
        return f'<div class="output">{picture}</div>'
    code = Highlight2HTML()(cell.source, "")  # type: ignore[no-untyped-call]
    shown = (f'<div class="output">{_words(output)}</div>' for output in cell.outputs)
    return "\n".join([f'<div class="code">{code}</div>', *shown])


def _markdown(text: str) -> str:
    return ANCHOR.sub("", markdown2html(text))


def _picture(outputs: Sequence[NotebookNode]) -> str:
    """The picture that a cell shows, if any; it needs neither the code nor the words around it."""
    shown = (str(output.get("data", {}).get("text/html", "")) for output in outputs)
    return next((html for html in shown if html.startswith("<img ")), "")


def _words(output: NotebookNode) -> str:
    data = output.get("data", {})
    if "text/markdown" in data:
        return _markdown(data["text/markdown"])
    return f"<pre>{escape(output.get('text') or data.get('text/plain', ''))}</pre>"


def write(lesson: Path = LESSON, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Write the slides of a lesson and the handout; return their files.

    Raises OSError or ValueError if the lesson cannot be read or has no slides.
    """
    pages = deck(nbformat.read(lesson, as_version=4)), handout()
    folder.mkdir(exist_ok=True)
    files = folder / f"{lesson.stem}.html", folder / "handout.html"
    for file, page in zip(files, pages, strict=True):
        file.write_text(page, encoding="utf-8", newline="\n")
    return files


def main() -> None:
    """Write slides and handout, and print the names of the files."""
    ArgumentParser(
        prog="slides",
        usage="make slides, or python -m pinlab.lab.slides",
        description=f"Write the slides of {LESSON.stem} and a handout into the folder {FOLDER}.",
    ).parse_args()
    print(*write(), sep="\n")


if __name__ == "__main__":
    main()
