"""What is folded on a page, once it is printed."""

from playwright.sync_api import Browser

from pinlab.lab.picture import COMES_OUT, SUMMARY, TWIN, fold

FOLDS = """() => [...document.querySelectorAll('details')].map(one => [
    one.lastElementChild.checkVisibility(),
    getComputedStyle(one, '::details-content').transform !== 'none'])"""


def test_answers_stand_upside_down_on_paper_and_the_title_upright(browser: Browser) -> None:
    page = browser.new_page()
    title = f"<h1>Pin a page</h1><details>{SUMMARY}<p>50 minutes</p></details>"
    words = f"{TWIN}{SUMMARY}<p>The same.</p></details>"
    page.set_content(f"<div>{title}</div><div>{fold(COMES_OUT, '<pre>1025</pre>')}{words}</div>")
    assert [seen for seen, _ in page.evaluate(FOLDS)] == [False] * 3
    page.emulate_media(media="print")
    assert page.evaluate(FOLDS) == [[True, False], [True, True], [False, False]]
    page.close()
