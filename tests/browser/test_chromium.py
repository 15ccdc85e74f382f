"""Without Chromium: skipped on a reader's machine, failed where it is required."""

from pathlib import Path

import pytest

from tests.browser.chromium import find_or_skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All there is on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_it_is_found_under_each_of_its_names(folder: Path, name: str) -> None:
    (folder / name).touch(mode=0o755)
    assert find_or_skip() == str(folder / name)


@pytest.mark.usefixtures("folder")
def test_without_it_a_reader_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PINLAB_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install the package chromium"):
        find_or_skip()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("asked", ["required", "all"])
def test_where_it_is_asked_for_its_absence_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("PINLAB_BROWSER", asked)
    with pytest.raises(pytest.fail.Exception, match="install the package chromium"):
        find_or_skip()
