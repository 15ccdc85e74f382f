"""What a reader or somebody's report brings along is shown letter by letter, and never obeyed."""

import inspect
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module
from pkgutil import iter_modules, walk_packages

import ipywidgets
import pytest
from nbconvert.filters import markdown2html
from pandas import DataFrame

import pinlab
from pinlab import PAGE_SIZE, Kernel, lab, lessons
from pinlab.lab.ask import Asking, Earlier, Predicted
from pinlab.lab.claims import Claims
from pinlab.lab.excerpt import Excerpt
from pinlab.lab.exhibit import Exhibit, Steady
from pinlab.lab.picture import Shown
from pinlab.lab.problems import Problems, Sheet
from pinlab.lab.reply import Reply
from pinlab.lessons import count_to_two_million, hold_a_page, start_here, word_the_note
from pinlab.lessons.ask_a_real_kernel import Game
from pinlab.lessons.start_here import Watch
from pinlab.machine import Answer
from pinlab.machine.buffers import Buffer
from pinlab.machine.limits import OwnLimits
from pinlab.model.trace import Trace
from pinlab.table import Table
from pinlab.words import SENTENCES
from tests.lab.answers import BUFFERS, TOUCHED, an_answer
from tests.lab.front_end import FrontEnd
from tests.lessons.test_start_here import FakeRun, watching

NAME = "<img src=x onerror=alert()> [a](javascript:alert()) `<b onload=alert()>`"
UNDRAWN = "$\\frac{$ \x07 \N{BRAIN} \n\n" + "x" * 2000
"""Mathematics that is none, letters that no font has, and no end."""
DISPLAYS = ("_ipython_display_", "_repr_html_", "_repr_markdown_", "_repr_svg_")
FOREIGN = ("Kernel", "Story", "Answer", "OwnLimits", "Judged", "Run", "DataFrame", "'object'")
"""Words in the annotation of an argument that may have somebody's text in it."""
OURS = {Asking, Earlier, Excerpt, Game, Predicted, Problems, Sheet}
"""Displayed, and made from the project's own words, or of what is made here."""


class Browser(HTMLParser):
    """What a browser makes of some HTML: words, and what would do something."""

    def __init__(self) -> None:
        super().__init__()
        self.obeyed: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.words += said.get("alt", "")
        source = said.get("src", "data:")
        if any(name.startswith("on") for name in said) or not source.startswith("data:"):
            self.obeyed.append(f"{tag} {said}")
        if said.get("href", "").startswith("javascript:"):
            self.obeyed.append(f"{tag} {said}")
        if source.startswith("data:image/svg+xml"):
            self.words += "".join(ET.fromstring(b64decode(source.partition(",")[2])).itertext())

    def handle_data(self, data: str) -> None:
        self.words += data


def named() -> Kernel:
    kernel = Kernel("6.4")
    mm = kernel.new_mm(NAME)
    kernel.submit_dio_write(mm, mm.mmap(2 * PAGE_SIZE), 2)
    return kernel


def told(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm(NAME)
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    yield NAME
    kernel.submit_dio_write(mm, addr, 1)
    yield f"- {NAME}"


def labelled(pins: dict[Buffer, int]) -> Answer:
    return replace(an_answer(pins), label=NAME, note=NAME)


def watched() -> Watch:
    watch = watching(FakeRun(labelled(BUFFERS)))
    watch.thread.join(10)
    return watch


def raises(*_: object) -> None:
    raise type(NAME, (ValueError,), {})(NAME)


ROOMS = [f"{lessons.__name__}.{room.name}" for room in iter_modules(lessons.__path__)]

MADE: dict[str, Callable[[], object]] = {
    "draw_map": lambda: lab.draw_map(named(), NAME),
    "step_through": lambda: lab.step_through(told, at=2),
    "side_by_side": lambda: lab.side_by_side(told, {NAME: Kernel("6.4"), "6.5": Kernel("6.5")}),
    "ledger": lambda: hold_a_page.ledger(told),
    "pins_by_buffer": lambda: lab.pins_by_buffer(labelled(BUFFERS)),
    "pins_by_pages_written": lambda: start_here.pins_by_pages_written(labelled(TOUCHED)),
    "touched_pages": lambda: start_here.touched_pages(labelled(TOUCHED)),
    "limits_of_writes": lambda: count_to_two_million.limits_of_writes(
        OwnLimits((), live=True, note=NAME, label=NAME)
    ),
    "adequacy": lambda: word_the_note.adequacy({NAME: SENTENCES["landed-rst"]}),
    "watch": watched,
    "solution": lambda: lab.solution("try-grab", raises),
    "check": lambda: lab.check("try-grab", raises),
    "task": lambda: lab.task("ten-frames", raises),
    "compare_c": lambda: lab.compare_c("backport", NAME),
    "claims": lambda: lab.claims(DataFrame({NAME: [NAME]}), "x"),
    "table": lambda: Table({NAME: [NAME]}, [NAME]),
    "trace": lambda: named().trace,
    "details": lambda: Reply("So it is.", details=f"```\n{NAME}"),
}
"""What shows a text that is not the project's, by the function of `lab` that makes it."""


NAMELESS = {"two_kernels"}
"""What takes something foreign and shows a verdict on it alone."""


def displays() -> set[type]:
    """The classes of the project that say how a notebook shows them."""
    modules = [import_module(m.name) for m in walk_packages(pinlab.__path__, "pinlab.")]
    found = (each for module in modules for each in vars(module).values() if inspect.isclass(each))
    return {
        each
        for each in found
        if each.__module__.startswith("pinlab.")
        and not inspect.isabstract(each)
        and any(hasattr(each, name) for name in DISPLAYS)
    }


def shown(thing: object, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Everything that a notebook shows of something, and the widgets of it, as a browser has it."""
    front_end, page = FrontEnd(monkeypatch), Browser()
    if isinstance(thing, Reply):
        page.feed(markdown2html(thing._repr_markdown_()))
    elif isinstance(thing, Shown | Exhibit | Watch):
        thing._ipython_display_()
    elif isinstance(thing, Claims | Table | Trace):
        page.feed(thing._repr_html_())
    for bundle in front_end.bundles:
        assert not any(mime in bundle for mime in ("text/markdown", "image/svg+xml"))
        page.feed(bundle.get("text/html", ""))
    for widget in widgets(getattr(thing, "widget", None)):
        page.feed(str(widget.value))
    page.close()
    return page


def widgets(widget: object) -> Iterator[ipywidgets.HTML | Steady]:
    if isinstance(widget, ipywidgets.HTML | Steady):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets(child)


def test_every_class_that_is_displayed_is_made_here() -> None:
    assert {type(make()) for make in MADE.values()} | OURS == displays()


def test_every_function_that_shows_what_it_is_given_is_called_here() -> None:
    given = {
        name
        for room in (lab, *map(import_module, ROOMS))
        for name, function in inspect.getmembers(room, inspect.isfunction)
        if room in (lab, inspect.getmodule(function))
        and function.__annotations__.get("return") in {each.__name__ for each in displays()}
        and any(word in str(function.__annotations__.values()) for word in FOREIGN)
        and name not in NAMELESS
        and not name.startswith("_")  # who calls it shows it
    }
    assert given <= MADE.keys()
    assert len(given) > len(MADE) / 2


@pytest.mark.parametrize("name", MADE)
def test_a_hostile_name_is_words_and_nothing_else(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = shown(MADE[name](), monkeypatch)
    assert page.obeyed == []
    assert "onerror=alert()" in page.words


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", MADE)
def test_what_cannot_be_drawn_is_no_error_and_no_warning(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "NAME", UNDRAWN)
    assert "frac" in shown(MADE[name](), monkeypatch).words
