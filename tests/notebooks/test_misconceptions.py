"""The page of common mistakes is made of the data and the exercises."""

from pinlab.lab.misconceptions import misconceptions
from tests.notebooks.misconceptions import FILE, page


def test_the_stored_page_is_made_of_the_rows() -> None:
    assert FILE.read_text("utf-8") == page(), "the page differs: run `make notebooks`"


def test_each_mistake_has_a_heading_what_is_so_and_where_it_comes_up() -> None:
    headings = [line[3:] for line in page().splitlines() if line.startswith("## ")]
    assert headings == [row.name for row in misconceptions().values()]
    entry = page().split("## A pin is a bit\n\n")[1].split("\n\n")
    assert entry[0] == "<details><summary>What is so</summary>"
    assert entry[1] == f"{misconceptions()['pin-is-a-bit'].sentence}."
    place = "First in [lesson 03](03_pin_a_page.ipynb). Exercises: `encoding`, `maybe-dma-pinned`."
    assert entry[2] == place
    assert entry[3].strip() == "</details>"
