"""Pictures with everything a reader without eyes or without Python needs beside them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from io import BytesIO
from itertools import groupby
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from pinlab.lab.stored import not_drawn
from pinlab.lab.svg import document
from pinlab.model.arguments import instance, mapping, several
from pinlab.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATIC_DPI = 144
MOVING_DPI = 96
"""Dots per inch: a stored picture is sharp on any screen, one under a slider is quick."""

COLUMNS = 96
"""Characters that a printed page of a notebook has room for in a line."""


def summary(words: str) -> str:
    """Return the line of a fold; some style sheets take its triangle away, or make it low."""
    return f'<summary style="display:list-item;line-height:24px">{words}</summary>'


SUMMARY, COMES_OUT = summary("The same in words"), summary("What comes out")
"""What is to be read while the words, or the outputs of a run, are folded away."""

TWIN = '<details class="pinlab-twin">'
PRINTED = (
    "<style>@media print{"
    "details:not(.pinlab-twin)::details-content"
    "{content-visibility:visible;block-size:auto;break-inside:avoid}"
    "details:not(.pinlab-twin,h1~*)::details-content{transform:rotate(180deg)}"
    "h2,h3,summary{break-after:avoid}"
    "pre{white-space:pre-wrap!important;overflow-wrap:anywhere;word-break:normal!important}"
    "pre,td,th{font-size:8pt!important}td,th{white-space:normal!important;padding:2px 4px}"
    "}</style>"
)
"""On paper nothing can be opened: what is folded stands upside down below its line, so that nobody
reads it by chance; what belongs to a lesson's title stands upright, and the words of a picture are
left out. Lines are broken where a screen would scroll."""

MOVES = "Some of its positions:"

LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
CODE, STRESSED = re.compile("`([^`]+)`"), re.compile(r"\*{1,2}([^*]+)\*{1,2}")
ITEM = "- "

FIGURE = '<figure style="margin:0">'
CAPTION = "margin:.4em 0;font-style:italic"

S = TypeVar("S", bound="Shown")


def blank(wide: float, high: float) -> Figure:
    """Return a figure of so many inches with nothing in it, whose parts make room for each other.

    matplotlib is imported by what draws with it, here and elsewhere, and by nothing else.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(wide, high), layout="constrained")


def png(figure: Figure, dpi: int = STATIC_DPI) -> bytes:
    """Return a figure as PNG, the same bytes every time it is drawn with the same software."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def width(figure: Figure) -> int:
    """Return how wide a figure is shown, in pixels of the page."""
    return int(figure.get_figwidth() * MOVING_DPI)


def image(content: bytes, mime: str, alt: str, wide: int | None = None) -> str:
    """Return a picture as HTML: `wide` pixels, no wider than its column, with its alt text.

    JupyterLab shows no image/svg+xml of a notebook that it does not trust, which every fresh clone
    is, nor an <svg> within HTML; it shows a picture that stands in an <img>, there and after a run,
    with its alt text, and so do nbconvert and Notebook 7, which all take HTML before images.
    """
    size = "" if wide is None else f' width="{wide}"'
    source = f"data:{mime};base64,{b64encode(content).decode()}"
    return f'<img alt="{in_alt(alt)}"{size} style="max-width:100%;height:auto" src="{source}">'


def in_alt(words: str) -> str:
    """Return a text as it stands in an alt attribute."""
    return escape(" ".join(words.split()))


class Shown(ABC):
    """What is shown: a picture with alt text, and below it, folded, the same in words.

    `twin` has a sentence or more in each line; `table` is for what is read better in columns. If
    it is `linked`, `[words](target)` in the twin is a link. The `caption` is a line of Markdown.
    """

    alt: str
    twin: str
    table: Table | None
    linked = False
    caption: str

    @abstractmethod
    def image(self) -> str:
        """Return the picture as HTML."""

    def captioned(self: S, caption: str) -> S:
        """Return the same with a caption: a line, in which `[words](target)` is a link.

        Code stands in it between backticks, and what is stressed between stars.

        >>> Drawing("<svg/>", "A map.", "A page.").captioned("Figure 1. One page.").html()[-41:]
        'Figure 1. One page.</figcaption></figure>'
        """
        fields: Any = {"caption": instance("caption", caption, str)}
        return replace(self, **fields)  # type: ignore[type-var]

    def html(self) -> str:
        """Return the picture as HTML with the caption, if it has one."""
        if not self.caption:
            return self.image()
        told = f'<figcaption style="{CAPTION}">{marked(self.caption)}</figcaption>'
        return f"{FIGURE}{self.image()}{told}</figure>"

    def bundles(
        self, live: Mapping[str, object] = MappingProxyType({}), moves: str = MOVES
    ) -> list[dict[str, object]]:
        """Return what is displayed, by MIME type: the picture, and then the words.

        In the place of the picture stands what is `live`, in a front end that can show that. The
        caption stands in the figure, and below something live. `moves` says what the words are
        about where they stand there.
        """
        mapping("live", live)
        instance("moves", moves, str)
        seen = self.image() if live else self.html()
        about = [moves] if live else []
        named = [without_links(self.caption)] if self.caption else []
        plain = "\n".join([*map(fitted, [*named, *about]), str(self)])
        below = f'<p style="{CAPTION}">{marked(self.caption)}</p>' if live and named else ""
        return [
            {**live, "text/html": seen, "text/plain": self.alt},
            {"text/html": below + self.folded(*about), "text/plain": plain},
        ]

    def folded(self, *about: str) -> str:
        """Return the words, and above them lines `about` them, as HTML that a click opens."""
        lines = [
            *map(escape, several("about", about, str)),
            *map(self._line, self.twin.split("\n")),
        ]
        table = "" if self.table is None else self.table._repr_html_()
        return f"{TWIN}{SUMMARY}{''.join(_blocks(lines))}{table}</details>"

    def _line(self, line: str) -> str:
        return _with_links(line) if self.linked else escape(line)

    def _ipython_display_(self) -> None:
        display_all(self.bundles())

    def __str__(self) -> str:
        table = "" if self.table is None else f"\n{self.table}"
        return fitted(self.twin) + table


@dataclass(frozen=True, eq=False)
class Picture(Shown):
    """A figure, its alt text, and its text twin: the same numbers from the same state.

    `made` is the figure, or a function that draws it when it is looked at.
    """

    made: Figure | Callable[[], Figure]
    alt: str
    twin: str
    table: Table | None = None
    caption: str = ""

    @cached_property
    def figure(self) -> Figure:
        """The figure; ModuleNotFoundError where what draws it is missing."""
        return self.made() if callable(self.made) else self.made

    def image(self) -> str:
        """Return the figure as PNG in HTML; what was stored of it where it cannot be drawn."""
        try:
            return image(png(self.figure), "image/png", self.alt, width(self.figure))
        except ModuleNotFoundError as missing:
            return not_drawn(str(missing.name).partition(".")[0], in_alt(self.alt))


@dataclass(frozen=True, eq=False)
class Drawing(Shown):
    """A diagram as SVG source, its alt text and its text twin."""

    svg: str
    alt: str
    twin: str
    table: Table | None = None
    linked: bool = False
    caption: str = ""

    def image(self) -> str:
        """Return the diagram as SVG in HTML."""
        return image(self.svg.encode(), "image/svg+xml", self.alt)


def drawing(
    width: float, height: float, drawn: Iterable[str], about: str, twin: Iterable[str],
    table: Table | None = None,
) -> Drawing:  # fmt: skip
    """Return a diagram of pieces of SVG that says what it is `about`, and its twin line by line."""
    told = "\n".join(twin)
    svg = document(width, height, "".join(drawn), told)
    return Drawing(svg, f"{about} {told}", told, table)


def _blocks(lines: list[str]) -> Iterator[str]:
    """Lines as paragraphs, and items as lists."""
    for items, some in groupby(lines, lambda line: line.startswith(ITEM)):
        if items:
            yield f"<ul>{''.join(f'<li>{line.removeprefix(ITEM)}</li>' for line in some)}</ul>"
        else:
            yield from (f"<p>{line}</p>" for line in some)


def fold(line: str, content: str) -> str:
    """Return HTML behind a line to press, with the style that every fold of a page has on paper."""
    return f"<details>{line}{content}</details>{PRINTED}"


def folded_outputs(shown: Iterable[Mapping[str, str]]) -> str:
    """Return what is shown, by MIME type, as HTML or as lines of text, behind a line to press."""
    blocks = (each.get("text/html") or f"<pre>{escape(each['text/plain'])}</pre>" for each in shown)
    return fold(COMES_OUT, "".join(blocks))


def without_links(words: str) -> str:
    """Return Markdown whose links are the words that one would click."""
    return LINK.sub(r"\1", words)


def _with_links(words: str) -> str:
    return LINK.sub(r'<a href="\2">\1</a>', escape(words))


def marked(words: str) -> str:
    """Return a line of Markdown as HTML: links, code, and what is stressed."""
    return STRESSED.sub(r"<em>\1</em>", CODE.sub(r"<code>\1</code>", _with_links(words)))


def display_all(bundles: Iterable[Mapping[str, object]]) -> None:
    """Display one bundle after another."""
    from IPython.display import display

    for bundle in bundles:
        display(bundle, raw=True)


def fitted(text: str) -> str:
    """Return a text with its long lines broken between words."""
    return "\n".join(fill(line, COLUMNS) for line in text.split("\n"))
