"""Every lesson with a slider, in JupyterLab itself: it runs, and its exhibits follow the reader.

Its kernel measures this machine, as a reader's does.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from pinlab.lab.picture import MOVES
from pinlab.lessons.ask_a_real_kernel import answer, game, kernels
from tests.browser.chromium import some
from tests.browser.jupyterlab import (
    HANDLE,
    SECONDS,
    SECONDS_TO_SHOW,
    arrow,
    errors,
    open_notebook,
    run_all,
    wait_until_idle,
    watch,
)
from tests.lab_server import ROOT, Server
from tests.notebooks.lesson import FOLDER, read

GAME = "11_ask_a_real_kernel.ipynb"
EXHIBIT = ".pinlab-exhibit"
PRESS = f"{EXHIBIT} > .jupyter-button"
"""What uncovers an exhibit, or checks an answer."""

PICTURED = f"{EXHIBIT}:has(img, svg):not(:has({EXHIBIT}))"
"""An exhibit with a picture, and no frame around one."""

ROW = f"{EXHIBIT} .widget-hbox:has(> .pinlab-track)"

# The sentences and the pictures of an exhibit, as text that differs when they do.
SHOWN = """exhibit => [
    [...exhibit.querySelectorAll('[role=status]')].map(words => words.textContent).join(' '),
    [...exhibit.querySelectorAll('img, svg')].map(one => one.src || one.outerHTML).join(' '),
]"""
CHANGED = f"""([exhibit, [words, picture]]) => {{
    const [wordsNow, pictureNow] = ({SHOWN})(exhibit);
    return wordsNow !== words && pictureNow !== picture;
}}"""


def exhibits(path: Path) -> int:
    """How many exhibits of a lesson tell some of their positions in words, covered or not."""
    seen = [output.get("data", {}).get("text/html", "") for _, output in read(path).outputs()]
    return sum(html.count(MOVES) for html in seen)


LESSONS = {
    path.name: found
    for path in some(sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")))
    if (found := exhibits(path))
}


@dataclass(frozen=True)
class Slider:
    """A row of controls: a slider, and the number box beside it."""

    row: Locator

    @property
    def handle(self) -> Locator:
        """What the arrow keys move."""
        return self.row.locator(HANDLE)

    @property
    def box(self) -> Locator:
        """Where a number is typed."""
        return self.row.locator("input[type=number]")

    def stands(self, where: str) -> str:
        """Where the slider stands now, by its value, or at its ends, min and max."""
        return str(self.handle.evaluate("(one, where) => one[where] || '0'", where))

    def press_arrow(self) -> None:
        """Move by one step with the keyboard."""
        self.handle.scroll_into_view_if_needed()
        self.handle.press(arrow(self.handle))

    def type(self, value: str) -> None:
        """Type a number into the box."""
        self.box.fill(value)
        self.box.press("Enter")


@dataclass(frozen=True)
class Opened:
    """A lesson whose cells have been run."""

    name: str
    page: Page
    complaints: list[str]

    def sliders(self) -> list[Slider]:
        """Every slider of an exhibit, in the order of the page."""
        last = self.page.locator(PICTURED).nth(LESSONS[self.name] - 1)
        expect(last).to_be_attached(timeout=SECONDS_TO_SHOW * SECONDS)
        return [Slider(row) for row in self.page.locator(ROW).all()]


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Opened]:
    """The lesson in a page of its own; neither its file nor a kernel tells of it afterwards."""
    path = FOLDER / request.param
    stored = path.read_bytes()
    page = browser.new_page()
    complaints = watch(page, server)
    try:
        cells = len([*read(path).cells("code")])
        open_notebook(page, server, str(path.relative_to(ROOT)), cells)
        run_all(page)
        for button in page.locator(PRESS).all():
            button.press("Enter")
        wait_until_idle(page)
        yield Opened(path.name, page, complaints)
    finally:
        page.close()
        server.close_notebooks()
    assert path.read_bytes() == stored
    assert server.running("kernels") == []


def changes(control: Locator, move: Callable[[], object]) -> tuple[str, str]:
    """Make a move that changes sentence and picture; the sentence before, and the one after."""
    page, exhibit = control.page, control.evaluate_handle(f"one => one.closest('{EXHIBIT}')")
    wait_until_idle(page)
    words, picture = exhibit.evaluate(SHOWN)
    assert words
    assert picture
    move()
    with suppress(TimeoutError):  # the comparisons below say what has not changed
        page.wait_for_function(
            CHANGED, arg=[exhibit, [words, picture]], timeout=SECONDS_TO_SHOW * SECONDS
        )
    words_now, picture_now = exhibit.evaluate(SHOWN)
    label = control.text_content()
    assert words_now != words, f"{label!r} leaves the sentence as it is"
    assert picture_now != picture, f"{label!r} leaves the picture as it is: {words!r}"
    return words, words_now


def test_every_cell_runs_without_an_error(lesson: Opened) -> None:
    assert errors(lesson.page) == []


def test_every_slider_stands_in_an_exhibit(lesson: Opened) -> None:
    assert len(lesson.sliders()) == lesson.page.locator(HANDLE).count()


def test_every_exhibit_has_something_to_move(lesson: Opened) -> None:
    for exhibit in lesson.page.locator(EXHIBIT).all():
        assert exhibit.locator("input, select, button").count() > 0


def test_an_arrow_key_moves_every_slider_and_its_number_moves_it_back(lesson: Opened) -> None:
    for slider in lesson.sliders():
        stood, typed = slider.stands("value"), slider.box.input_value()
        words, moved = changes(slider.row, slider.press_arrow)
        expect(slider.handle).not_to_have_value(stood)
        expect(slider.box).not_to_have_value(typed)
        assert changes(slider.row, partial(slider.type, typed)) == (moved, words)
        expect(slider.handle).to_have_value(stood)


def test_a_typed_number_moves_every_slider_to_its_end_and_back(lesson: Opened) -> None:
    for slider in lesson.sliders():
        typed = slider.box.input_value()
        end = "min" if slider.stands("value") == slider.stands("max") else "max"
        number = slider.box.get_attribute(end) or ""
        words, moved = changes(slider.row, partial(slider.type, number))
        expect(slider.handle).to_have_value(slider.stands(end))
        assert changes(slider.row, partial(slider.type, typed)) == (moved, words)


def test_a_menu_a_switch_and_a_row_of_buttons_move_it_too(lesson: Opened) -> None:
    """Where a lesson has them, in each of its exhibits: one of them, there and back."""
    for exhibit in lesson.page.locator(PICTURED).all():
        for menu in exhibit.locator("select").all()[:1]:
            chosen, other = menu.input_value(), menu.locator("option:not(:checked)").first
            words, moved = changes(menu, partial(menu.select_option, other.text_content()))
            assert changes(menu, partial(menu.select_option, chosen)) == (moved, words)
        for switch in exhibit.get_by_role("checkbox").all()[:1]:
            words, moved = changes(switch, partial(switch.press, "Space"))
            assert changes(switch, partial(switch.press, "Space")) == (moved, words)
        for row in exhibit.locator(".widget-radio").all()[:1]:
            labels = row.locator("div label")
            chosen_now = labels.filter(has=row.page.locator(":checked")).text_content() or ""
            another = next(name for name in labels.all_text_contents() if name != chosen_now)
            there, back = (row.get_by_label(name, exact=True) for name in (another, chosen_now))
            words, moved = changes(row, partial(there.press, "Space"))
            assert changes(row, partial(back.press, "Space")) == (moved, words)


def test_the_game_of_lesson_11_is_won_without_a_mouse(lesson: Opened) -> None:
    if lesson.name != GAME:
        pytest.skip("it is no game")
    board = lesson.page.locator(".pinlab-game")
    board.scroll_into_view_if_needed()
    said = board.get_by_role("status")
    same = game(0)
    for id in ("read-zeros", "write-letters", "fork-1022"):
        board.get_by_role("button", name=f"Buy: 1, {id}").press("Enter")
        expect(said).to_have_text(str(same.buy(id)), timeout=SECONDS_TO_SHOW * SECONDS)
    board.locator("[data-at='0,0']").focus()
    for (row, letter), name in product(enumerate("ABCDE"), kernels()):
        cell = board.locator(f"[data-press='cell {letter} {name}']")
        if row and name == next(iter(kernels())):
            for key in ("ArrowDown", *["ArrowLeft"] * 4):
                lesson.page.keyboard.press(key)
        expect(cell).to_be_focused()
        if any(same.values(clue)[letter] != answer(clue, name) for clue in same.bought):
            lesson.page.keyboard.press("Space")
            expect(said).to_have_text(f"{letter} is not {name}.")
        lesson.page.keyboard.press("ArrowRight")
    board.get_by_role("button", name="Check", exact=True).press("Enter")
    expect(said).to_contain_text("Right. All five, with 3 clues", timeout=SECONDS_TO_SHOW * SECONDS)


# The last one, since it looks back at what the others have caused.
def test_the_page_reports_no_error_and_asks_nobody_else(lesson: Opened) -> None:
    assert lesson.complaints == []
