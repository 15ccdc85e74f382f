"""The stage and the brush of pages: by pointer and by keyboard, with the model behind them."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from pinlab import Kernel, lab
from pinlab.lessons import draw_a_page
from pinlab.lessons.fork_during_direct_io import story
from tests.browser.mounted import mounted

SIZE = {"width": 640, "height": 900}


def high(page: Page) -> list[float]:
    """How far down everything of a widget begins and ends."""
    boxes = [one.bounding_box() for one in page.locator("main > *").all()]
    return [edge for box in boxes if box for edge in (box["y"], box["y"] + box["height"])]


def test_a_story_is_stepped_through_and_played_and_nothing_jumps(browser: Browser) -> None:
    player = lab.step_through(story("parent writes"), Kernel("6.4"), at=3, letters=8).widget
    with mounted(browser, player, viewport=SIZE) as page:
        said = page.get_by_role("status").locator(".now")
        stood = high(page)
        expect(said).to_have_text(re.compile("^Step 3 of 6: It forks."))
        expect(page.locator(".picture")).not_to_contain_text("frame 3")
        page.get_by_role("button", name="Step").click()
        expect(said).to_have_text(re.compile("^Step 4 of 6: The parent writes p"))
        expect(page.get_by_role("group", name="code")).to_contain_text(
            'parent.write(addr + 7, b"p")'
        )
        expect(page.locator(".picture")).to_contain_text("frame 3")
        slider = page.get_by_role("slider", name="step")
        slider.press("Home")
        expect(said).to_have_text("Before the first step.")
        expect(page.get_by_role("button", name="Back")).to_be_disabled()
        slider.press("End")
        expect(slider).to_have_attribute("aria-valuetext", "step 6 of 6")
        page.get_by_role("button", name="Back").press("Enter")
        expect(said).to_have_text(re.compile("^Step 5 of 6"))
        page.get_by_role("button", name="Play").press("Space")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(said).to_have_text(re.compile("^Step 6 of 6"))
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        assert high(page) == stood
    assert player.at == 6


def moving(page: Page) -> int:
    """How many things move after a step."""
    page.get_by_role("button", name="Step").click()
    return int(page.evaluate("document.getAnimations().length"))


def test_things_move_unless_the_reader_wants_them_still(browser: Browser) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        player = lab.step_through(story("parent writes"), Kernel("6.4"), at=3).widget
        with mounted(browser, player, viewport=SIZE, reduced_motion=motion) as page:
            assert (moving(page) > 0) is moves


def square(page: Page, number: int, process: int = 0) -> Locator:
    """A page of a buffer."""
    name = re.compile(f"^page {number}:")
    return page.get_by_role("button", name=name).nth(process)


def test_pages_are_touched_by_pointer_and_by_keyboard(browser: Browser) -> None:
    brush = draw_a_page.touch(read=0, written=0).widget
    with mounted(browser, brush, viewport=SIZE) as page:
        said, ram = page.get_by_role("status"), page.get_by_text("RAM: ")
        page.get_by_role("button", name="write", exact=True).click()
        square(page, 9).click()
        expect(square(page, 9)).to_have_accessible_name("page 9: has a frame of its own")
        expect(ram).to_have_text("RAM: 4 kB of 256 kB")
        page.get_by_role("button", name="read", exact=True).click()
        start, end = (square(page, n).bounding_box() for n in (16, 20))
        assert start
        assert end
        page.mouse.move(start["x"] + 5, start["y"] + 5)
        page.mouse.down()
        page.mouse.move(end["x"] + 5, end["y"] + 5, steps=20)
        page.mouse.up()
        expect(said).to_contain_text("5 entries point to the zero page")
        square(page, 20).focus()
        for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Space"):
            page.keyboard.press(key)
        expect(square(page, 31)).to_have_accessible_name("page 31: points to the zero page")
        page.get_by_role("button", name="write", exact=True).press("Space")
        square(page, 31).press("Enter")
        expect(ram).to_have_text("RAM: 8 kB of 256 kB")
        page.get_by_role("button", name="start with two processes").click()
        expect(ram).to_have_text("RAM: 0 kB of 512 kB")
        square(page, 63, process=1).click()
        expect(said).to_have_text(re.compile("^other writes page 63. 1 page has a frame"))
    assert brush.entries == [[0] * 64, [0] * 63 + [2]]
