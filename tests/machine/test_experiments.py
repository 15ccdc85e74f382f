"""From how many references on fork copies: the search, and what this kernel does."""

import mmap
import platform

import pytest

from pinlab.machine import proc
from pinlab.machine.experiments import EXPERIMENTS
from pinlab.machine.predictions.calls import Values
from pinlab.machine.predictions.holds import first_that_copies
from pinlab.machine.proc import UnavailableError

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)

FORKS = EXPERIMENTS["fork_copy_threshold"]
KIB = mmap.PAGESIZE >> 10
SHARED = {"child_Shared_Dirty_kB": KIB, "child_Private_Dirty_kB": 0}
COPIED = {"child_Shared_Dirty_kB": 0, "child_Private_Dirty_kB": KIB}


@pytest.mark.parametrize("threshold", [0, 1, 2, 511, 1022, 1023, 1099, 1100, None])
def test_the_search_finds_every_threshold(threshold: int | None) -> None:
    asked: list[int] = []

    def copies(extra: int) -> bool:
        asked.append(extra)
        return threshold is not None and extra >= threshold

    assert first_that_copies(copies) == (-1 if threshold is None else threshold)
    assert len(asked) <= 13
    assert all(0 <= extra <= 1100 for extra in asked)


def dirty(case: str) -> Values:
    """What the child's smaps says, which frames have to agree with where anybody may see them."""
    found = FORKS[case]()
    seen = {name: value for name, value in found.items() if name in SHARED}
    if "child_has_own_copy" in found:
        assert found["child_has_own_copy"] == int(seen == COPIED)
    return seen


def test_fork_shares_a_page_that_nobody_holds_and_all_of_who_never_pinned() -> None:
    assert dirty("vmsplice_refs_0_haspinned_0") == SHARED
    assert dirty("vmsplice_refs_0_haspinned_1") == SHARED
    assert dirty("vmsplice_refs_1024_haspinned_0") == SHARED
    assert FORKS["unpriv_threshold_haspinned_0"]() == {"copies_from_extra": -1}


def test_this_kernel_has_one_threshold() -> None:
    """From 5.9 on there is one, and it is not the same before and after 5.19."""
    first = FORKS["unpriv_threshold_haspinned_1"]()["copies_from_extra"]
    assert first in (-1, 1022, 1023)
    for extra in (1000, 1022, 1023, 1024):
        copied = COPIED if 0 <= int(first) <= extra else SHARED
        assert dirty(f"vmsplice_refs_{extra}_haspinned_1") == copied


def test_a_fixed_buffer_is_copied() -> None:
    try:
        assert dirty("really_pinned_iouring") == COPIED
    except OSError as error:
        pytest.skip(str(error))


def test_no_frame_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def secret(memory: memoryview, process: int | None = None) -> list[int]:
        raise UnavailableError("secret")

    monkeypatch.setattr(proc, "frames", secret)
    found = FORKS["vmsplice_refs_0_haspinned_1"]()
    assert found == {"extra": 0, "has_pinned": 1, **SHARED}


def test_smaps_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def tell_nothing(memory: memoryview, field: str) -> int:
        raise LookupError(f"smaps has no {field}")

    monkeypatch.setattr(proc, "smaps_kib", tell_nothing)
    with pytest.raises(UnavailableError, match=r"^smaps has no Shared_Dirty\.$"):
        FORKS["vmsplice_refs_0_haspinned_0"]()
