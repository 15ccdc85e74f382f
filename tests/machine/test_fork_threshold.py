"""From how many references on fork copies: the search, and what this kernel does."""

import errno
import os
import platform
from collections.abc import Callable

import pytest

from pinlab.machine import fork_threshold, proc
from pinlab.machine.fork_threshold import Forked, first_that_copies
from pinlab.machine.proc import UnavailableError
from tests.machine.faults import refuse

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


@pytest.mark.parametrize("threshold", [0, 1, 2, 511, 1022, 1023, 1099, 1100])
def test_the_search_finds_every_threshold(threshold: int) -> None:
    asked: list[int] = []

    def copies(extra: int) -> bool:
        asked.append(extra)
        return extra >= threshold

    assert first_that_copies(copies) == threshold
    assert len(asked) <= 13
    assert all(0 <= extra <= 1100 for extra in asked)


def test_the_search_for_what_never_happens() -> None:
    asked: list[int] = []

    def copies(extra: int) -> bool:
        asked.append(extra)
        return False

    assert first_that_copies(copies) is None
    assert asked == [1100]


def test_a_lone_page_is_a_mapping_of_its_own() -> None:
    with fork_threshold.lone_page() as page:
        size = len(page) >> 10
        assert [proc.smaps_kib(page, name) for name in ("Size", "Rss", "Private_Dirty")] == [
            size
        ] * 3
        assert bytes(page[:4]) == b"page"


def test_a_page_that_nobody_else_holds_is_shared() -> None:
    for has_pinned in (False, True):
        forked = fork_threshold.with_references(0, has_pinned=has_pinned)
        assert (forked.shared, forked.private) == (os.sysconf("SC_PAGESIZE") >> 10, 0)
        assert forked.own_copy in (0, None)


def test_who_never_pinned_has_every_page_shared() -> None:
    assert fork_threshold.with_references(1100, has_pinned=False).private == 0


def test_this_kernel_has_one_threshold() -> None:
    """From 5.9 on there is one, and it is not the same before and after 5.19."""

    def copies(extra: int) -> bool:
        return fork_threshold.with_references(extra, has_pinned=True).private > 0

    first = first_that_copies(copies)
    assert first in (None, 1022, 1023)
    if first is not None:
        assert not copies(first - 1)
        assert copies(first)
        assert copies(first + 1)


def test_smaps_and_frames_agree() -> None:
    """Two ways to see the same: root sees the frames as well."""
    for extra in (0, 1024):
        forked = fork_threshold.with_references(extra, has_pinned=True)
        if forked.own_copy is None:
            pytest.skip("nobody may see frame numbers here")
        assert forked.own_copy == int(forked.private > 0)
        assert bool(forked.shared) != bool(forked.private)


def test_a_fixed_buffer_is_copied() -> None:
    try:
        forked = fork_threshold.with_fixed_buffer()
    except OSError as error:
        pytest.skip(str(error))
    assert (forked.shared, forked.private) == (0, os.sysconf("SC_PAGESIZE") >> 10)


def test_no_frame_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def secret(memory: memoryview, process: int | None = None) -> list[int]:
        raise UnavailableError("secret")

    monkeypatch.setattr(proc, "frames", secret)
    assert fork_threshold.with_references(0, has_pinned=True) == Forked(
        os.sysconf("SC_PAGESIZE") >> 10, 0, None
    )


def test_smaps_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def tell_nothing(memory: memoryview, field: str) -> int:
        raise LookupError(f"smaps has no {field}")

    monkeypatch.setattr(proc, "smaps_kib", tell_nothing)
    with pytest.raises(UnavailableError, match=r"^smaps has no Shared_Dirty\.$"):
        fork_threshold.with_references(0, has_pinned=False)


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("vmsplice", lambda: fork_threshold.with_references(1, has_pinned=False)),
        ("io_uring_setup", fork_threshold.with_fixed_buffer),
    ],
)
def test_a_system_call_that_is_refused(
    name: str, ask: Callable[[], Forked], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, name, errno.EPERM)
    with pytest.raises(OSError, match=f"{name} answers 'Operation not permitted'"):
        ask()
