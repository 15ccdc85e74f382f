"""The panels in a browser, with Python behind them: pressed, held down, and walked by keyboard.

JupyterLab is not needed for this: a page that hands presses to Python stands in its place.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from pinlab import lab
from pinlab.lab.exhibit import Exhibit
from pinlab.lab.panel import ButtonPanel
from pinlab.lessons.ask_a_real_kernel import who_is_who
from tests.lab.parts import Parts

# What anywidget does: a model with the state of the Python side, and a place on the page.
STAND_IN = """
const heard = new Map();
let state = await window.answer(null);
const model = {
    get: name => state[name],
    on: (event, listener) => heard.set(event, listener),
    off: event => heard.delete(event),
    send: async ({ press }) => {
        state = await window.answer(press);
        heard.get("change:turn")?.();
    },
};
window.end = render({ model, el: document.querySelector("main") });
"""
OPENED = "document.body.dataset.opened = 'yes';"
DISPATCHED = """button => {
    button.dispatchEvent(new MouseEvent('click', { bubbles: true, detail: 0 }));
}"""
Open = Callable[[Exhibit], tuple[ButtonPanel, Page]]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """What opens an exhibit's panel in a page of its own."""
    page = browser.new_page(viewport={"width": 900, "height": 900}, reduced_motion="reduce")

    def open_panel(exhibit: Exhibit) -> tuple[ButtonPanel, Page]:
        panel = exhibit.widget.children[0]
        assert isinstance(panel, ButtonPanel)

        def answer(press: str | None) -> dict[str, str]:
            if press is not None:
                panel.press(press)
            return {name: getattr(panel, name) for name in ("above", "said", "below")}

        page.expose_function("answer", answer)
        page.set_content(f"<style>{panel.get_state()['_css']}</style><main></main>")
        page.add_script_tag(content=f"{panel._esm}{STAND_IN}{OPENED}", type="module")
        page.wait_for_selector("[data-opened]")
        return panel, page

    yield open_panel
    page.close()


def until(page: Page, reached: Callable[[], bool]) -> None:
    """Let the page go on until something is so, ten seconds at most."""
    for _ in range(100):
        if reached():
            return
        page.wait_for_timeout(100)
    pytest.fail("it never came to that")


def test_the_scheduler_is_pressed_with_a_pointer_or_with_keys_and_the_focus_stays(
    opened: Open,
) -> None:
    _, page = opened(lab.walk_the_states("dio-read+fork+child-exits"))
    said, node = page.get_by_role("status"), page.query_selector("[role=status]")
    page.get_by_role("button", name="parent: submit_dio_read r x").click()
    expect(said).to_contain_text("Step 1, parent")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(said).to_have_text("The child has to wait to be forked.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Step 2, parent: fork child.")
    page.keyboard.press("Space")
    expect(said).to_have_text("The parent has to wait for child to exit.")
    expect(page.locator("[data-press='go parent']")).to_be_focused()
    assert node is not None
    assert node.evaluate("node => node.isConnected")


def test_what_is_below_the_graph_never_moves_up(opened: Open) -> None:
    _, page = opened(lab.walk_the_states("dio-read+fork+child-exits"))
    tops = []
    for press in ("go parent", "go parent", "go child", "back", "back", "again"):
        page.locator(f"[data-press='{press}']").click()
        page.wait_for_timeout(100)
        tops.append(page.locator("main > div").last.bounding_box())
    heights = [(round(top["y"]), top["height"]) for top in tops if top]
    assert heights == sorted(heights)


def test_the_arrows_lead_through_the_grid_which_is_one_stop_of_the_tab_key(opened: Open) -> None:
    _, page = opened(who_is_who())
    (place,) = page.locator("[data-at][tabindex='0']").all()
    place.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    at = page.locator("[data-press='cell A 6.1.192 without']")
    expect(at).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("A is not 6.1.192 without.")
    expect(at).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Check")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(at).to_be_focused()
    page.locator("[data-press='cell C 7.3.4']").click()
    expect(page.locator("[data-at][tabindex='0']")).to_have_attribute("data-at", "2,4")


def test_a_button_that_is_held_down_repeats_until_it_is_let_go_or_the_sign_turns(
    opened: Open,
) -> None:
    exhibit = lab.odometer()
    pins = Parts(exhibit).rows[0].box
    panel, page = opened(exhibit)
    page.locator("[data-press='64']").hover()
    page.mouse.down()
    until(page, lambda: pins.value > 1 + 3 * 64)
    page.mouse.up()
    page.wait_for_timeout(300)
    held = pins.value
    page.wait_for_timeout(300)
    assert pins.value == held
    panel.press("again")
    page.locator("[data-press='65536']").hover()
    pins.value = 2**21 - 3
    page.mouse.down()
    until(page, lambda: pins.value == 2**21)
    page.wait_for_timeout(600)
    page.mouse.up()
    assert pins.value == 2**21


def test_a_key_pins_once_for_each_press_and_so_does_whoever_only_clicks(opened: Open) -> None:
    exhibit = lab.odometer(0)
    pins = Parts(exhibit).rows[0].box
    _, page = opened(exhibit)
    one = page.locator("[data-press='1']")
    one.focus()
    for key in ("Enter", "Space", "Enter"):
        page.keyboard.press(key)
    one.evaluate(DISPATCHED)
    one.click()
    until(page, lambda: pins.value == 5)
