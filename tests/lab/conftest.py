"""A front end for everything that is displayed."""

import pytest

from tests.lab.front_end import FrontEnd


@pytest.fixture
def front_end(monkeypatch: pytest.MonkeyPatch) -> FrontEnd:
    return FrontEnd(monkeypatch)
