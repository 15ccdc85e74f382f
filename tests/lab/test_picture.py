"""Pictures: an image with alt text, its words below it, and the same bytes for the same state."""

import re

import pytest
from matplotlib.figure import Figure

from pinlab.lab.picture import (
    COLUMNS,
    SUMMARY,
    TWIN,
    Drawing,
    Picture,
    display_all,
    drawing,
    fitted,
    png,
    width,
)
from pinlab.lab.stored import not_drawn
from pinlab.table import Table
from tests.lab.front_end import WIDGET_VIEW, FrontEnd
from tests.notebooks.lesson import images_in

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
TABLE = Table({"refcount": [1025, 65537]}, [1, 64], "pins")


def picture(table: Table | None = None) -> Picture:
    return Picture(Figure(figsize=(2, 1)), "One bar.", "Pins: 64.\nIn words.", table)


def test_the_same_state_is_the_same_picture_and_another_is_another() -> None:
    first, second, other = (
        png(Figure(figsize=(1, 1), facecolor=colour)) for colour in ("red", "red", "blue")
    )
    assert first.startswith(b"\x89PNG")
    assert first == second != other


@pytest.mark.parametrize("dpi", [96, 144])
def test_a_picture_has_as_many_pixels_as_asked_for_and_names_no_software(dpi: int) -> None:
    drawn = png(Figure(figsize=(2, 1)), dpi)
    assert drawn[16:24] == b"".join(side.to_bytes(4, "big") for side in (2 * dpi, dpi))
    assert b"Software" not in drawn
    assert width(Figure(figsize=(2, 1))) < int.from_bytes(png(Figure(figsize=(2, 1)))[16:20], "big")


@pytest.mark.parametrize(
    ("shown", "mime"),
    [(picture(), "image/png"), (Drawing(SVG, 'One\n"bar" < 2.', "Pins: 64."), "image/svg+xml")],
)
def test_a_picture_is_displayed_once_with_its_alt_text(
    shown: Picture | Drawing, mime: str, front_end: FrontEnd
) -> None:
    shown._ipython_display_()
    (place,) = front_end.pictures()
    assert front_end.bundles[place].keys() == {"text/html", "text/plain"}
    assert front_end.bundles[place]["text/plain"] == shown.alt
    (image,) = images_in(front_end.bundles[place]["text/html"])
    assert (image.mime, image.alt) == (mime, " ".join(shown.alt.split()))
    assert image.drawing == (SVG if isinstance(shown, Drawing) else "")
    assert "max-width:100%" in image.style
    assert (' width="192"' in shown.image()) == (mime == "image/png")
    assert front_end.widgets() == []


def test_a_figure_is_drawn_once_when_it_is_looked_at() -> None:
    drawn = []

    def draw() -> Figure:
        drawn.append(Figure(figsize=(2, 1)))
        return drawn[-1]

    made = Picture(draw, "One bar.", "Pins: 64.")
    assert drawn == []
    assert made.image() == made.image() == picture().image()
    assert drawn == [made.figure]


def test_a_figure_that_cannot_be_drawn_has_its_words_still(front_end: FrontEnd) -> None:
    def draw() -> Figure:
        raise ModuleNotFoundError(name="numpy.linalg")

    Picture(draw, "One bar.", "Pins: 64.", TABLE)._ipython_display_()
    seen, folded = front_end.bundles
    told = "<p>numpy is missing here, so there are its words alone.</p>"
    assert seen == {"text/html": told, "text/plain": "One bar."}
    assert folded["text/plain"] == str(picture(TABLE)).replace("In words.\n", "")


def test_in_a_browser_it_says_what_fetches_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "emscripten")
    assert "Online, <code>import numpy</code> in a cell fetches it;" in not_drawn("numpy", "")


def test_the_words_are_displayed_below_and_folded(front_end: FrontEnd) -> None:
    picture(TABLE)._ipython_display_()
    _, folded = front_end.bundles
    assert folded["text/plain"] == str(picture(TABLE))
    assert folded["text/html"].startswith(f"{TWIN}{SUMMARY}<p>Pins: 64.</p><p>In words.</p><table")
    assert folded["text/html"].endswith("<td>65537</td>\n    </tr>\n  </tbody>\n</table></details>")


def test_items_are_a_list_and_links_are_there_if_the_text_is_the_projects_own() -> None:
    twin = "Two terms:\n- [pin](glossary.ipynb#cell-id=pin): a hold\n- a < b"
    items = (
        '<ul><li><a href="glossary.ipynb#cell-id=pin">pin</a>: a hold</li><li>a &lt; b</li></ul>'
    )
    assert f"<p>Two terms:</p>{items}" in Drawing(SVG, "A map.", twin, linked=True).folded()
    assert "<a " not in Drawing(SVG, "A map.", twin).folded()


def test_a_widget_stands_in_the_place_of_the_picture_and_the_words_say_what_they_are_about(
    front_end: FrontEnd,
) -> None:
    live = {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "VBox()"}
    display_all(picture().bundles(live, "Two of many:"))
    assert front_end.widgets() == front_end.pictures() == [0]
    shown, folded = front_end.bundles
    assert shown["text/plain"] == "One bar."
    assert folded["text/plain"].startswith("Two of many:\nPins: 64.\n")
    assert "</summary><p>Two of many:</p><p>Pins: 64.</p>" in folded["text/html"]


CAPTION = "Figure 2. A *second* [pin](glossary.ipynb#cell-id=pin) of `page` < 3."
AS_HTML = (
    'Figure 2. A <em>second</em> <a href="glossary.ipynb#cell-id=pin">pin</a> of '
    "<code>page</code> &lt; 3."
)


@pytest.mark.parametrize("shown", [picture(TABLE), Drawing(SVG, "A map.", "Pins.", linked=True)])
def test_a_caption_stands_in_the_figure_with_its_links(
    shown: Picture | Drawing, front_end: FrontEnd
) -> None:
    named = shown.captioned(CAPTION)
    assert (named.alt, named.twin, named.table) == (shown.alt, shown.twin, shown.table)
    named._ipython_display_()
    first, folded = front_end.bundles
    assert first["text/html"].startswith(f'<figure style="margin:0">{shown.image()}<figcaption')
    assert first["text/html"].endswith(f">{AS_HTML}</figcaption></figure>")
    assert folded["text/html"] == shown.folded()
    assert folded["text/plain"] == f"Figure 2. A *second* pin of `page` < 3.\n{shown}"
    assert shown.caption == ""


def test_below_a_widget_the_caption_stands_once_and_above_the_words() -> None:
    shown, folded = picture().captioned(CAPTION).bundles({WIDGET_VIEW: {"model_id": "1"}})
    assert "Figure" not in str(shown)
    assert re.match(f"<p[^>]*>{re.escape(AS_HTML)}</p><details ", str(folded["text/html"]))


def test_printed_it_is_its_words_and_its_table() -> None:
    assert str(picture()) == "Pins: 64.\nIn words."
    assert re.fullmatch(r"Pins: 64\.\nIn words\.\n(?s:.+65537)", str(picture(TABLE)))


def test_long_lines_are_broken_between_words_and_others_stay() -> None:
    text = ("eight " * 40).strip()
    first, *lines, last = fitted(f"short\n{text}\n{'x' * COLUMNS}").split("\n")
    assert (first, last) == ("short", "x" * COLUMNS)
    assert max(map(len, lines)) <= COLUMNS
    assert " ".join(lines) == text


def test_a_diagram_of_pieces_says_what_it_shows() -> None:
    made = drawing(3, 4, ["<g/>", "<g/>"], "A map.", ["One.", "Two."], TABLE)
    assert (made.alt, made.twin, made.table) == ("A map. One.\nTwo.", "One.\nTwo.", TABLE)
    assert made.svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 4"')
    assert made.svg.endswith("<g/><g/></svg>")
