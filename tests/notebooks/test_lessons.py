"""The lessons themselves: run, compared with what is stored, and held to their shape."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode

from tests.notebooks import shape
from tests.notebooks.compare import differences
from tests.notebooks.execute import HEAVY, lent, run, runs
from tests.notebooks.lesson import FOLDER, ROOT, Lesson, figures, images, paths, read
from tests.notebooks.quotations import register, unregistered

MISSING = "<p>matplotlib is missing here, so this is the picture that was stored.</p>"


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
def light_kernel() -> Iterator[KernelManager]:
    """The same without matplotlib and pandas, for lessons as well as they go."""
    with lent(FOLDER, *HEAVY) as kernel:
        yield kernel


@pytest.fixture(scope="session")
def solutions_kernel() -> Iterator[KernelManager]:
    """The same for solutions, in their folder."""
    with lent(FOLDER / "solutions", *HEAVY) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def fresh(path: Path, lesson: Lesson, request: pytest.FixtureRequest) -> list[NotebookNode]:
    """What it shows when it is run on a kernel that has forgotten the notebooks before.

    Of a lesson: each cell the first time, the second time in a row, and when all are run again.
    Where there is no figure, all that is shown is shown without matplotlib and pandas.
    """
    if path.parent == FOLDER:
        kernel = "lessons_kernel" if figures(lesson) else "light_kernel"
        return runs(path, kernel=request.getfixturevalue(kernel))
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


def test_without_matplotlib_its_figures_are_those_that_were_stored_and_it_says_so(
    lesson: Lesson, request: pytest.FixtureRequest
) -> None:
    if not figures(lesson):
        return  # it was run without it above
    fresh = Lesson(lesson.path, run(lesson.path, request.getfixturevalue("light_kernel")))
    assert figures(fresh) == figures(lesson)
    for _, output in fresh.outputs():
        data = output.get("data", {})
        told = data.get("text/html", "")
        assert (MISSING in told) == any(image.mime == "image/png" for image in images(output))
        data |= {"text/html": told.replace(MISSING, "")} if told else {}
    assert list(differences(lesson, fresh.notebook)) == []


def test_nearly_every_cell_draws_no_figure() -> None:
    lessons = [read(path) for path in paths()]
    cells = sum(1 for lesson in lessons for _ in lesson.cells("code"))
    assert cells - sum(len(figures(lesson)) for lesson in lessons) >= 350


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
