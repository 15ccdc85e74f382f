"""The browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import find_or_skip, launched


# Not for the session: playwright's event loop would run beneath every test that starts one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file of tests."""
    with launched(find_or_skip()) as browser:
        yield browser
