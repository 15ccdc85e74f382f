"""The slides and the handout as a reader opens them: from the disk, with no network."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pinlab.lessons.read_the_thread import NOTEBOOK, write_slides
from tests.lab_server import ROOT

WIDE, HIGH = 1280, 720
# What of a slide lies outside of it, or of a box of code outside of that box.
CUT_OFF = """() => [...document.querySelectorAll('section')].flatMap(slide => {
    const frame = slide.getBoundingClientRect();
    const foot = slide.querySelector('footer').getBoundingClientRect();
    const out = [...slide.children].filter(one => {
        const box = one.getBoundingClientRect();
        return box.top < frame.top || box.bottom > frame.bottom || box.right > frame.right
            || (one.tagName !== 'FOOTER' && box.bottom > foot.top);
    });
    const wide = [...slide.querySelectorAll('pre')].filter(p => p.scrollWidth > p.clientWidth);
    return [...out, ...wide].map(one => `${slide.id}: ${one.textContent.slice(0, 60)}`);
})"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll('section :is(p, li, td, pre, text)')]
    .filter(one => !one.closest('svg'))
    .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
SHOWN = """() => [...document.querySelectorAll('section')].filter(slide =>
    Math.abs(slide.getBoundingClientRect().top) < 2).map(slide => Number(slide.id))"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_slides(ROOT / NOTEBOOK, tmp_path_factory.mktemp("slides"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that is offline."""
    context = browser.new_context(viewport={"width": WIDE, "height": HIGH}, offline=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("which", [0, 1])
def test_it_opens_offline_and_asks_for_nothing_else(
    page: Page, files: tuple[Path, Path], which: int
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(files[which].as_uri())
    page.wait_for_load_state("networkidle")
    assert asked == [files[which].as_uri()]
    assert [page.locator(name).count() for name in ("main", "main h1")] == [1, 1]
    assert complaints == []


def test_nothing_is_cut_off_and_the_text_is_large(page: Page, files: tuple[Path, Path]) -> None:
    page.goto(files[0].as_uri())
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(SMALLEST) >= 16


@pytest.mark.parametrize(
    ("forth", "back"), [("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp"), (" ", "Shift+ ")]
)
def test_keys_go_through_the_slides(
    page: Page, files: tuple[Path, Path], forth: str, back: str
) -> None:
    page.goto(files[0].as_uri())
    many = page.locator("section").count()
    for number in range(1, 4):
        assert page.evaluate(SHOWN) == [number]
        page.keyboard.press(forth)
    page.keyboard.press(back)
    assert page.evaluate(SHOWN) == [3]
    page.keyboard.press("End")
    assert page.evaluate(SHOWN) == [many]
    page.keyboard.press(forth)
    assert page.evaluate(SHOWN) == [many]
    page.keyboard.press("Home")
    assert page.evaluate(SHOWN) == [1]


def test_a_slide_is_announced_and_can_be_opened_by_its_number(
    page: Page, files: tuple[Path, Path]
) -> None:
    page.goto(f"{files[0].as_uri()}#5")
    assert page.evaluate(SHOWN) == [5]
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Slide 6 ")
    assert page.url.endswith("#6")


def test_the_handout_prints_on_one_page_of_a4(page: Page, files: tuple[Path, Path]) -> None:
    page.goto(files[1].as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45]\.?\d* 84[12]\.?\d*\]", printed)


def test_the_slides_print_one_to_a_page(page: Page, files: tuple[Path, Path]) -> None:
    page.goto(files[0].as_uri())
    many = page.locator("section").count()
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == many
