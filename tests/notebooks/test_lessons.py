"""The lessons themselves: run, compared with what is stored, and held to their shape."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode

from tests.notebooks import shape
from tests.notebooks.compare import differences
from tests.notebooks.execute import lent, run, runs
from tests.notebooks.lesson import FOLDER, ROOT, Lesson, paths, read
from tests.notebooks.quotations import register, unregistered


def file_name(path: Path) -> str:
    return str(path.relative_to(FOLDER))


@pytest.fixture(scope="module", params=paths(), ids=file_name)
def path(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


@pytest.fixture(scope="module")
def lesson(path: Path) -> Lesson:
    return read(path)


@pytest.fixture(scope="session")
def lessons_kernel() -> Iterator[KernelManager]:
    """What a worker's lessons are run by: to start and import takes longer than most of them."""
    with lent(FOLDER) as kernel:
        yield kernel


@pytest.fixture(scope="session")
def solutions_kernel() -> Iterator[KernelManager]:
    """The same for solutions, in their folder."""
    with lent(FOLDER / "solutions") as kernel:
        yield kernel


@pytest.fixture(scope="module")
def fresh(path: Path, request: pytest.FixtureRequest) -> list[NotebookNode]:
    """What it shows when it is run on a kernel that has forgotten the notebooks before.

    Of a lesson: each cell the first time, the second time in a row, and when all are run again.
    """
    if path.parent == FOLDER:
        return runs(path, kernel=request.getfixturevalue("lessons_kernel"))
    return [run(path, request.getfixturevalue("solutions_kernel"))]


def test_the_first_lesson_is_there() -> None:
    assert FOLDER / "00_start_here.ipynb" in paths()


def test_it_runs_from_top_to_bottom_and_stores_what_a_fresh_run_shows(
    lesson: Lesson, fresh: list[NotebookNode]
) -> None:
    found = list(differences(lesson, fresh[0]))
    assert not found, "\n\n".join(["stored outputs differ: run `make notebooks`", *found])


def test_a_cell_that_is_run_twice_says_the_same_and_spoils_no_later_one(
    path: Path, fresh: list[NotebookNode]
) -> None:
    for again in fresh[1:2]:
        assert list(differences(Lesson(path, fresh[0]), again)) == []


def test_a_lesson_is_gone_on_with_from_any_cell_once_all_above_were_run_again(
    path: Path, fresh: list[NotebookNode]
) -> None:
    for again in fresh[2:]:
        assert list(differences(Lesson(path, fresh[0]), again)) == []


@pytest.mark.parametrize("rule", shape.RULES, ids=lambda rule: rule.__name__)
def test_it_has_the_shape_of_a_lesson(lesson: Lesson, rule: shape.Rule) -> None:
    found = list(rule(lesson))
    assert not found, "\n".join(found)


def test_what_it_quotes_is_in_the_register(lesson: Lesson) -> None:
    found = list(unregistered(lesson, register()))
    assert not found, "\n".join(found)


def test_no_page_has_a_dead_link_and_the_readme_leads_to_all() -> None:
    pages = [*ROOT.glob("*.md"), *FOLDER.glob("*.md")]
    dead = [
        link for page in pages for link in shape.dead_links(page.read_text("utf-8"), page.parent)
    ]
    assert dead == []
    linked = set(shape.targets((ROOT / "README.md").read_text("utf-8")))
    assert linked >= {page.relative_to(ROOT).as_posix() for page in pages if page.stem != "README"}
