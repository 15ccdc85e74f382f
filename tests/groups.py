"""Groups of tests, one worker for each: pytest-xdist's own do nothing with pytest 9.2.

(It adds a group to a test's name, which cannot be changed any more: pytest-xdist's issue 1386.)
"""

import re
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "machine": "machine",
    "browser": "browser",
    "test_makefile.py": "browser",
}
"""What one worker runs, below tests/: what measures this kernel, so that nobody measures in
between, and what one server of `make lab` serves."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no worker is left with it in the end."""
    groups = {item: group(item.nodeid) for item in items}
    notebooks = (name for name in groups.values() if "ipynb" in name)
    order = dict.fromkeys([*TOGETHER.values(), *notebooks])
    places = {name: place for place, name in enumerate(order)}
    items.sort(key=lambda item: places.get(groups[item], len(places)))


def group(nodeid: str) -> str:
    """The name of what is run by one worker: a notebook, a file, or what has to be together."""
    file, _, _ = nodeid.partition("::")
    name = TOGETHER.get(Path(file).relative_to("tests").parts[0])
    notebook = re.search(r"\[([\w/]+\.ipynb)", nodeid)
    return name or (notebook[1] if notebook else file)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands groups to workers, in the order above."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Return who hands out the tests of `-n`."""
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
