"""Questions in JupyterLab: answered with the keyboard, and what is covered comes into sight."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.jupyterlab import errors, open_notebook, run_all, watch
from tests.browser.latency import jupyterlab
from tests.lab_server import running

CELLS = (
    "from pinlab import lab; lab.ask('which-hold')",
    "lab.ask('one-byte')",
    "lab.predict(lab.Guess('Pins?', options=('all', 'none')), then=lab.odometer().captioned("
    "'Figure 1. As in [lesson 04](04.md#two).'))",
)


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A notebook whose cells have been run."""
    folder = tmp_path_factory.mktemp("ask")
    kernel = {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    cells = [new_code_cell(code) for code in CELLS]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "ask.ipynb")
    Path(folder / "04.md").write_text("# Two\n")
    with running(jupyterlab(folder), folder) as server:
        page = browser.new_page()
        complaints = watch(page, server)
        open_notebook(page, server, "ask.ipynb", cells=len(CELLS))
        run_all(page)
        assert errors(page) == []
        yield page
        assert complaints == []
        page.close()


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number)


def test_a_choice_is_answered_wrongly_and_rightly_with_the_keyboard(page: Page) -> None:
    asked = cell(page, 0)
    asked.get_by_role("button", name="both").press("Enter")
    reply = asked.locator(".jp-RenderedMarkdown", has_text="Not yet.")
    expect(reply).to_contain_text('You chose "both".')
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    right = "Right, at the second try. Pins."
    expect(asked.locator(".jp-RenderedMarkdown", has_text=right)).to_be_visible()
    expect(asked.get_by_role("status")).to_contain_text(right)
    expect(asked.get_by_role("button", name="pins")).to_be_focused()


def test_a_number_is_typed_and_entered(page: Page) -> None:
    asked = cell(page, 1)
    asked.get_by_label("your number").fill("1OO")
    page.keyboard.press("Enter")
    expect(asked.get_by_role("status")).to_have_text(
        "'1OO' is no number here: write a whole number, such as 2097152, 2 097 152 or 2^21."
    )
    asked.get_by_label("your number").fill("10 * 10")
    page.keyboard.press("Enter")
    expect(asked.get_by_role("status")).to_contain_text("Right. 100.")


def test_an_exhibit_is_covered_until_there_is_a_guess(page: Page) -> None:
    asked = cell(page, 2)
    expect(asked.get_by_role("slider")).to_have_count(0)
    asked.get_by_role("button", name="all").press("Enter")
    slider = asked.get_by_role("slider", name="pins tried")
    expect(slider).to_be_visible()
    expect(asked.locator(".jp-RenderedMarkdown", has_text="You said")).to_have_text(
        'You said: "all".'
    )
    caption = asked.get_by_role("link", name="lesson 04")
    assert "04.md" in (caption.get_attribute("href") or "")
    below = "one => one.getBoundingClientRect().y"
    picture = asked.get_by_role("img").first
    apart = picture.evaluate(below) - slider.evaluate(below)
    slider.press("Home")
    sentence = asked.get_by_role("status").filter(has_text="No pin yet")
    expect(sentence).to_be_visible()
    assert picture.evaluate(below) - slider.evaluate(below) == apart
    expect(slider).to_have_attribute("aria-valuetext", "0")
