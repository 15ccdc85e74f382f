"""The site: a page for every lesson, links that lead on, words for pictures, nothing fetched.

And in a browser without a network: each exhibit moves, guesses are answered, axe finds nothing.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect

from pinlab.lessons import pin_a_page
from pinlab.site.pages import Cell, let_move
from tests.browser.chromium import find_or_skip, launched, some
from tests.browser.jupyterlab import arrow
from tests.lab.parts import Parts
from tests.lab_server import ROOT, clean_environment
from tests.notebooks.lesson import FOLDER, paths


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "pinlab", "site"]
    environment = clean_environment(PYTHONPATH=str(ROOT))
    subprocess.run(command, cwd=folder, env=environment, check=True)
    return folder / "site"


@cache
def page(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


@cache
def places(file: Path) -> set[str]:
    return {str(tag["id"]) for tag in page(file).find_all(id=True)}


def lessons(built: Path) -> list[Path]:
    """The pages of all lessons and solutions."""
    return [built / path.relative_to(FOLDER).with_suffix(".html") for path in paths()]


def test_every_lesson_is_a_page_that_leads_to_the_next(built: Path) -> None:
    files = lessons(built)
    assert all(file.exists() for file in files)
    following = page(files[0]).find(class_="next-page")
    assert following is not None
    assert following["href"] == files[1].name


def test_every_link_leads_to_a_page_or_a_place_on_one(built: Path) -> None:
    dead = []
    others = (
        built / f"{name}.html" for name in ("index", "misconceptions", "facilitator", "instructor")
    )
    for file in [*lessons(built), *others]:
        for tag in page(file).find_all("a", href=True):
            parts = urlsplit(str(tag["href"]))
            if parts.scheme:
                continue
            there = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            known = there.exists() and (not parts.fragment or parts.fragment in places(there))
            dead += [] if known else [f"{file.name}: {tag['href']}"]
    assert dead == []


def test_every_picture_has_words_and_nothing_is_fetched_from_elsewhere(built: Path) -> None:
    for file in lessons(built):
        assert [tag for tag in page(file).find_all("img") if not tag.get("alt")] == []
        fetched = page(file).find_all(["img", "script", "link", "iframe"])
        addresses = [str(tag.get("src") or tag.get("href") or "") for tag in fetched]
        assert [each for each in addresses if re.match(r"(https?:)?//", each)] == []


MEGABYTES = 40
LESSONS = [path for path in paths() if path.parent == FOLDER and path.name[0].isdigit()]
MOVING = {"00": 1, "01": 1, "02": 1, "03": 1, "04": 4, "07": 3, "11": 1}
"""How many exhibits of a lesson move; other lessons have none with so few positions."""

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
SCHEMES: dict[Literal["light", "dark"], dict[str, list[str]]] = {
    "light": {},
    "dark": {"runOnly": ["color-contrast"]},
}

PHONE: ViewportSize = {"width": 390, "height": 844}
SEEN = "one => one.outerHTML"
PUT_IN = """async () => {
    for (const host of document.querySelectorAll('[data-cell]')) {
        host.scrollIntoView();
        while (!host.querySelector('form, button, .pinlab-exhibit')) {
            await new Promise(requestAnimationFrame);
        }
    }
}"""


def test_a_lesson_leads_to_where_it_runs_and_where_more_of_it_moves() -> None:
    game, counter = ({"data": {"text/html": html}} for html in ("<img>", "<details></details>"))
    cells: list[Cell] = [
        {"id": "title", "source": "# A lesson"},
        {"id": "a", "outputs": [game, counter]},
    ]
    moves = {"a": [(0, False, True), (1, True, True)]}
    let_move(cells, Path("04_a.ipynb"), moves, edition=True)
    there = 'href="try/lab/index.html?path=my_lessons/04_a.ipynb"'
    assert cells[0]["source"].startswith("# 04. A lesson\n")
    assert there in cells[0]["source"]
    for output, how in ((game, "stands still"), (counter, "controls are missing")):
        assert re.search(f"{how}.*{re.escape(there)}", output["data"]["text/html"])


def test_it_is_small(built: Path) -> None:
    sizes = (file.stat().st_size for file in built.rglob("*") if "try" not in file.parts)
    assert sum(sizes) < MEGABYTES * 2**20


@pytest.fixture(scope="module")
def offline() -> Iterator[BrowserContext]:
    with launched(find_or_skip()) as browser:
        context = browser.new_context()
        context.set_offline(True)
        yield context


@pytest.fixture
def opened(offline: BrowserContext) -> Iterator[Page]:
    """A page that complains in the end of what went wrong, and of what was asked of a network."""
    page, complaints = offline.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(f"raised {error}"))
    page.on(
        "console",
        lambda said: complaints.append(f"logged {said.text}") if said.type == "error" else None,
    )
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url)
        ),
    )
    yield page
    page.close()
    assert complaints == []


def put_in(page: Page, built: Path, lesson: str) -> None:
    """Open a lesson from the disk, and go through it until everything that moves is there."""
    page.goto((built / f"{lesson}.html").as_uri())
    page.evaluate(PUT_IN)


def test_every_page_opens(built: Path, opened: Page) -> None:
    for file in built.rglob("*.html"):
        if "try" in file.parts:  # JupyterLite's own
            continue
        opened.goto(file.as_uri())
        assert opened.title() != ""


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_exhibit_moves_by_keyboard(path: Path, built: Path, opened: Page) -> None:
    put_in(opened, built, path.stem)
    for button in opened.locator(".pinlab-moving > button").all():
        button.press("Enter")
    exhibits = opened.locator(".pinlab-exhibit").all()
    assert len(exhibits) == MOVING.get(path.stem[:2], 0)
    for exhibit in exhibits:
        controls = exhibit.locator(":is(select, input[type=range], input:checked)").all()
        assert controls
        for control in controls:
            moves(exhibit, control)
    if path in some(LESSONS):
        find_nothing(opened)


def moves(exhibit: Locator, control: Locator) -> None:
    """A key at a control changes what is seen and what is said; another takes it back."""
    words, picture = exhibit.get_by_role("status"), exhibit.locator("img, svg").first
    begun = words.inner_text(), picture.evaluate(SEEN)
    key, back = keys(control)
    control.press(key)
    expect(words).not_to_have_text(begun[0])
    assert picture.evaluate(SEEN) != begun[1]
    control.press(back)
    expect(words).to_have_text(begun[0], use_inner_text=True)
    assert exhibit.locator("img, svg").first.evaluate(SEEN) == begun[1]


def test_two_sliders_lead_where_those_of_the_widget_do(built: Path, opened: Page) -> None:
    put_in(opened, built, "03_pin_a_page")
    opened.get_by_role("button", name="Show me").first.press("Enter")
    exhibit, parts = opened.locator(".pinlab-exhibit"), Parts(pin_a_page.sliders())
    for n, presses in enumerate((2, 3)):
        for _ in range(presses):
            exhibit.get_by_role("slider").nth(n).press("ArrowRight")
        parts.rows[n].bar.value += presses
    expect(exhibit.get_by_role("status")).to_have_text(parts.sentence)


def keys(control: Locator) -> tuple[str, str]:
    """The key that moves a control to another place, and the one that takes it back."""
    if control.evaluate("one => one.tagName") != "SELECT":
        key = arrow(control)
        return key, {"ArrowRight": "ArrowLeft", "ArrowLeft": "ArrowRight"}[key]
    last = control.evaluate("one => one.selectedIndex === one.length - 1")
    return ("ArrowUp", "ArrowDown") if last else ("ArrowDown", "ArrowUp")


def find_nothing(page: Page) -> None:
    """Let axe look at what is ours: around it is furo's. In the dark it looks at colours alone."""
    page.evaluate(AXE)
    for scheme, rules in SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("rules => axe.run('article', {preload: false, ...rules})", rules)
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_a_guess_is_answered_and_drawn_beside_what_happens(built: Path, opened: Page) -> None:
    put_in(opened, built, "00_start_here")
    hosts = opened.locator('[data-cell="00_start_here/three-buffers"]')
    form, cover = hosts.first, hosts.last
    for name, number in {"letters": "6400", "zeros": "0", "never": "77"}.items():
        expect(cover.get_by_role("img")).to_be_hidden()
        form.get_by_label(name).fill(number)
        form.get_by_label(name).press("Enter")
    words = cover.get_by_role("status")
    expect(words).to_contain_text("letters: 6400 is right.")
    expect(words).to_contain_text("never: 77 is not right.")
    expect(cover.get_by_role("img")).not_to_have_attribute("alt", re.compile("You said"))
    form.get_by_label("never").fill("64")
    form.get_by_label("never").press("Enter")
    expect(words).to_contain_text("never: 64 is not right. ")
    expect(cover.get_by_role("img")).to_have_attribute("alt", re.compile("You said"))
    form.get_by_label("never").fill("-1")
    form.get_by_label("never").press("Enter")
    expect(words).to_contain_text("never: 64 is not right. ")  # the browser refuses the other


def test_a_question_is_judged_as_often_as_one_likes(built: Path, opened: Page) -> None:
    put_in(opened, built, "03_pin_a_page")
    asked = opened.locator('[data-cell="03_pin_a_page/encoding"]')
    words, ticks = asked.get_by_role("status"), asked.get_by_role("checkbox")
    asked.get_by_role("button", name="Check").press("Enter")
    expect(words).to_contain_text("Not yet. You said none of them.")
    ticks.first.press("Space")
    asked.get_by_role("button", name="Check").press("Enter")
    chosen = asked.locator("label").first.inner_text()
    expect(words).to_contain_text(f"You said {chosen}.")


def test_on_a_phone_what_is_wide_can_be_read_and_the_page_is_as_wide_as_the_phone(
    built: Path, opened: Page
) -> None:
    opened.set_viewport_size(PHONE)
    put_in(opened, built, "07_fork_during_direct_io")
    opened.locator(".pinlab-moving > button").first.press("Enter")
    for wide in (".cell_output pre", ".pinlab-exhibit div:has(> svg)"):
        measured = opened.locator(wide).evaluate_all("all => all.map(each => each.scrollWidth)")
        assert max(measured) > PHONE["width"]
    assert opened.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_from_a_disk_nothing_leads_to_where_a_lesson_cannot_run(built: Path, opened: Page) -> None:
    for name in ("index", "11_ask_a_real_kernel"):
        opened.goto((built / f"{name}.html").as_uri())
        links = opened.locator("article a").evaluate_all("all => all.map(each => each.href)")
        assert (built / "index.html").as_uri() in links or not (built / "try").exists()
        assert not [link for link in links if "/try/" in link]
