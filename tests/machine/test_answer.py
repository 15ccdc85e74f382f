"""The answer: its sentences, its table, its ways in."""

from typing import Any

import pytest

from pinlab.machine.answer import Answer, Measurement, from_this_kernel

LETTERS = ("letters", 100, 64, 64, 6400, 6400, 0.0123, "direct I/O")
NEVER = ("never", 100, 64, 0, 0, 0, 0.0101, "direct I/O")
QUIET = ("control", 0, 0, 0, 0, 0, 0.1)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    monkeypatch.setattr("platform.release", lambda: "6.18.44-1-generic")
    return from_this_kernel("direct I/O", QUIET, [LETTERS, NEVER])


def test_it_is_a_sequence_of_measurements(answer: Answer) -> None:
    letters, never = answer
    assert len(answer) == 2
    assert answer[0] == letters == Measurement(*LETTERS)
    assert answer[-1] == never == Measurement(*NEVER)
    with pytest.raises(IndexError):
        answer[2]


def test_a_buffer_by_its_name(answer: Answer) -> None:
    assert answer["never"].acquired == 0
    with pytest.raises(KeyError, match=r"'zeros', only of \['letters', 'never'\]"):
        answer["zeros"]


def test_where_it_is_from(answer: Answer) -> None:
    assert answer.live
    assert answer.date is None
    assert answer.method == "direct I/O"
    assert answer.kernel == "6.18.44-1-generic"
    assert answer.label == "your kernel, 6.18.44"


def test_a_release_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "mine")
    assert from_this_kernel("direct I/O", QUIET, [LETTERS]).label == "your kernel, mine"


def test_sentences() -> None:
    assert Measurement(*NEVER).sentence() == (
        "100 writes of 64 pages from memory never written: 0 pins acquired, 0 released."
    )
    assert Measurement(1, 1, 64, 1, 1, 1, 0.1).sentence() == (
        "1 write of 64 pages from memory with one byte written into 1 of its 64 pages: "
        "1 pin acquired, 1 released."
    )


def test_a_read_is_not_called_a_write() -> None:
    zeros = Measurement("zeros", 2, 64, 64, 128, 128, 0.1, "process_vm_readv")
    assert zeros.sentence() == (
        "2 reads of 64 pages by process_vm_readv from memory with zeros written into it: "
        "128 pins acquired, 128 released."
    )


def test_the_sentence_of_a_control() -> None:
    assert Measurement("control", 0, 0, 0, 16, 12, 1.502).sentence() == (
        "1.50 s without a write from here: 16 pins acquired, 12 released."
    )


def test_table(answer: Answer) -> None:
    assert answer.table() == str(answer)
    assert answer.table() == (
        "your kernel, 6.18.44; direct I/O\n"
        "buffer   writes  pages  written  acquired  released  seconds\n"
        "letters     100     64       64      6400      6400    0.012\n"
        "never       100     64        0         0         0    0.010\n"
        "control       0      0        0         0         0    0.100\n"
        "Controls of 0.10 s, before and after, saw no pin of others, and counting again gave the "
        "same numbers."
    )


NOISY = ("control", 0, 0, 0, 16, 12, 1.5)


@pytest.mark.parametrize(
    ("control", "agreed", "noisy", "note"),
    [
        (
            QUIET, (True, True), False,
            "Controls of 0.10 s, before and after, saw no pin of others, and counting again gave "
            "the same numbers.",
        ),
        (
            NOISY, (True, True), True,
            "Others were pinning meanwhile. Controls of 1.50 s, before and after, saw 16 pins "
            "acquired, 12 released. Counting again gave the same numbers all the same.",
        ),
        (
            NOISY, (False, True), True,
            "Others were pinning meanwhile. Controls of 1.50 s, before and after, saw 16 pins "
            "acquired, 12 released. Their pins are in the rows letters, too: the smallest of "
            "several tries is shown. Measure again when it is quieter.",
        ),
        (
            QUIET, (False, False), True,
            "Others were pinning meanwhile. Controls of 0.10 s, before and after, saw 0 pins "
            "acquired, 0 released. Their pins are in the rows letters, never, too: the smallest "
            "of several tries is shown. Measure again when it is quieter.",
        ),
    ],
    ids=["quiet", "noisy and agreed", "one is not", "a quiet control is no proof"],
)  # fmt: skip
def test_the_note_says_how_noisy_it_was(
    control: tuple[Any, ...], agreed: tuple[bool, bool], noisy: bool, note: str
) -> None:
    rows = [(*row, sure) for row, sure in zip((LETTERS, NEVER), agreed, strict=True)]
    answer = from_this_kernel("direct I/O", control, rows)
    assert (answer.noisy, answer.note) == (noisy, note)


def test_a_late_release_is_noise_too() -> None:
    late = from_this_kernel("direct I/O", (*QUIET[:5], 3, 0.1), [LETTERS])
    assert late.noisy
    assert "3 released" in late.note


def test_a_sentence_of_a_number_that_others_are_in() -> None:
    assert Measurement(*NEVER)._replace(acquired=7, released=5, agreed=False).sentence() == (
        "100 writes of 64 pages from memory never written: 7 pins acquired, 5 released, "
        "those of others among them."
    )


def test_the_note_says_why_nothing_was_written() -> None:
    readv = from_this_kernel("process_vm_readv", QUIET, [LETTERS])
    assert readv.note == (
        "Direct I/O takes no pins of written memory here (up to Linux 6.4 it takes references), "
        "so process_vm_readv read the same pages instead. "
        "Controls of 0.10 s, before and after, saw no pin of others, and counting again gave the "
        "same numbers."
    )


def test_dataframe(answer: Answer) -> None:
    pytest.importorskip("pandas")
    frame = answer.to_dataframe()
    assert list(frame.columns) == list(Measurement._fields)
    assert list(frame["buffer"]) == ["letters", "never"]
    assert list(frame["acquired"]) == [6400, 0]
