"""The game of lesson 11 in JupyterLab itself: it is won with the keyboard, and says so."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pinlab.lessons.ask_a_real_kernel import answer, game, kernels
from tests.browser.jupyterlab import SECONDS, SECONDS_TO_SHOW, open_notebook, run_all, watch
from tests.lab_server import ROOT, Server
from tests.notebooks.lesson import FOLDER, read

LESSON = FOLDER / "11_ask_a_real_kernel.ipynb"
CLUES = ("read-zeros", "write-letters", "fork-1022")


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The lesson, all of whose cells have been run."""
    page = browser.new_page()
    complaints = watch(page, server)
    try:
        cells = len([*read(LESSON).cells("code")])
        open_notebook(page, server, str(LESSON.relative_to(ROOT)), cells)
        run_all(page)
        yield page
    finally:
        page.close()
        server.close_notebooks()
    assert complaints == []


def press(one: Locator, key: str) -> None:
    """Go to a control and press a key there."""
    one.focus()
    one.press(key)


def test_the_game_is_won_without_a_mouse(page: Page) -> None:
    board = page.locator(".pinlab-game")
    board.scroll_into_view_if_needed()
    said = board.get_by_role("status")
    menu, buy = board.locator("select"), board.get_by_role("button", name="Buy this clue")
    same = game(0)
    for id in CLUES:
        menu.select_option(label=f"{id}: {same.clue(id).words}")
        press(buy, "Enter")
        expect(said).to_have_text(str(same.buy(id)), timeout=SECONDS_TO_SHOW * SECONDS)
    for letter in "ABCDE":
        for name in kernels():
            if any(same.values(clue)[letter] != answer(clue, name) for clue in same.bought):
                row = board.locator(".widget-hbox", has_text=f"{letter} can be")
                press(row.get_by_role("checkbox", name=name, exact=True), "Space")
    press(board.get_by_role("button", name="Check the ticks"), "Enter")
    expect(said).to_contain_text("Right. All five, with 3 clues", timeout=SECONDS_TO_SHOW * SECONDS)
