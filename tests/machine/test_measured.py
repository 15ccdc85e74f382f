"""The answer: its table, its ways in, and what it says of other people's pins."""

from collections.abc import Sequence
from typing import Any

import pytest

from pinlab.machine.ask import written
from pinlab.machine.measured import Answer, Measurement

LETTERS = ("letters", 100, 64, 64, 6400, 6400, 0.0123, "direct I/O")
NEVER = ("never", 100, 64, 0, 0, 0, 0.0101, "direct I/O")
QUIET = ("control", 0, 0, 0, 0, 0, 0.1)
NOISY = ("control", 0, 0, 0, 16, 12, 1.5)
ALONE = (
    "Controls of 0.10 s, before and after, saw no pin of others, and counting again gave the "
    "same numbers."
)


def answer(
    control: Sequence[Any] = QUIET,
    rows: Sequence[Sequence[Any]] = (LETTERS, NEVER),
    method: str = "direct I/O",
    kind: str = "ext4",
) -> Answer:
    result = {"method": method, "file_system": kind, "control": control, "measurements": rows}
    return written(result)


def test_it_is_a_sequence_of_measurements_with_names() -> None:
    letters, never = found = answer()
    assert len(found) == 2
    assert found[0] == found["letters"] == letters == Measurement(*LETTERS)
    assert found[-1] == never == Measurement(*NEVER)
    with pytest.raises(IndexError):
        found[2]
    with pytest.raises(KeyError, match=r"'zeros', only of \['letters', 'never'\]"):
        found["zeros"]


@pytest.mark.parametrize(
    ("release", "label"),
    [("6.18.44-1-generic", "your kernel, 6.18.44"), ("mine", "your kernel, mine")],
)
def test_whose_it_is(release: str, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: release)
    found = answer()
    assert (found.kernel, found.live, found.date, found.label) == (release, True, None, label)


def test_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "6.18.44")
    found = answer()
    assert found.table() == str(found) == repr(found)
    assert found.table() == (
        "your kernel, 6.18.44; direct I/O\n"
        "buffer   writes  pages  written  acquired  released  seconds\n"
        "letters     100     64       64      6400      6400    0.012\n"
        "never       100     64        0         0         0    0.010\n"
        "control       0      0        0         0         0    0.100\n"
        f"{ALONE}"
    )


@pytest.mark.parametrize(
    ("control", "agreed", "note"),
    [
        (QUIET, (True, True), ALONE),
        (
            NOISY, (True, True),
            "Others were pinning meanwhile. Controls of 1.50 s, before and after, saw 16 pins "
            "acquired, 12 released. Counting again gave the same numbers all the same.",
        ),
        (
            NOISY, (False, True),
            "Others were pinning meanwhile. Controls of 1.50 s, before and after, saw 16 pins "
            "acquired, 12 released. Their pins are in the rows letters, too: the smallest of "
            "several tries is shown. Measure again when it is quieter.",
        ),
        (
            QUIET, (False, False),
            "Others were pinning meanwhile. Controls of 0.10 s, before and after, saw 0 pins "
            "acquired, 0 released. Their pins are in the rows letters, never, too: the smallest "
            "of several tries is shown. Measure again when it is quieter.",
        ),
        (
            (*QUIET[:5], 3, 0.1), (True, True),
            "Others were pinning meanwhile. Controls of 0.10 s, before and after, saw 0 pins "
            "acquired, 3 released. Counting again gave the same numbers all the same.",
        ),
        (
            (*QUIET[:4], 1, 0, 0.1), (True, True),
            "Others were pinning meanwhile. Controls of 0.10 s, before and after, saw 1 pin "
            "acquired, 0 released. Counting again gave the same numbers all the same.",
        ),
    ],
    ids=["quiet", "noisy and agreed", "one is not", "quiet is no proof", "late release", "one pin"],
)  # fmt: skip
def test_the_note_says_how_noisy_it_was(
    control: tuple[Any, ...], agreed: tuple[bool, bool], note: str
) -> None:
    rows = [(*row, sure) for row, sure in zip((LETTERS, NEVER), agreed, strict=True)]
    found = answer(control, rows)
    assert (found.noisy, found.note) == (note != ALONE, note)
    cases = {place[1].partition(":")[0] for place in found.values}
    assert cases == {str(m.buffer) for m in found if m.agreed}


@pytest.mark.parametrize(
    ("release", "kind", "why"),
    [
        ("6.4.16-arch1", "ext4", "up to Linux 6.4 it takes references"),
        ("mine", "ext4", "up to Linux 6.4 it takes references"),
        (
            "6.18.44", "btrfs",
            "Linux 6.18.44 should, so the file system, btrfs, may copy: btrfs does since 6.15, "
            "where files have checksums",
        ),
        (
            "6.5.0", "",
            "Linux 6.5.0 should, so the file system, which is not listed, may copy: btrfs does "
            "since 6.15, where files have checksums",
        ),
    ],
)  # fmt: skip
def test_pins_of_another_call_are_not_those_of_direct_io(
    release: str, kind: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.release", lambda: release)
    rows = [(*LETTERS[:7], "process_vm_readv")]
    found = answer(rows=rows, method="process_vm_readv", kind=kind)
    assert found.values == {}
    assert found.note == (
        f"Direct I/O takes no pins of written memory here ({why}), so process_vm_readv read the "
        f"same pages instead. {ALONE}"
    )


def test_values_are_placed_as_the_recordings_have_them() -> None:
    found = answer(rows=[NEVER, (8, *LETTERS[1:4], 800, 801, 0.1)])
    assert found.values == {
        ("touched_pages", "never:writes=100", "acq"): 0,
        ("touched_pages", "never:writes=100", "rel"): 0,
        ("touched_pages", "k=8:writes=100", "acq"): 800,
        ("touched_pages", "k=8:writes=100", "rel"): 801,
    }
