"""What the tests of the kit share: nobody has tried an exercise before."""

import pytest

from pinlab.lab.problems import TRIED


@pytest.fixture(autouse=True)
def nothing_was_tried() -> None:
    TRIED.clear()
