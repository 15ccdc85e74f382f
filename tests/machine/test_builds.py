"""The recorded builds, and the files that describe the recordings."""

import csv
import hashlib
import re
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.data_folder import DATA
from pinlab.machine.recordings import NO_RECORDINGS, files
from pinlab.model.rules import ZERO_PAGE_PINS

FOLDER = DATA / "recordings"
COLUMNS = ["kernel", "build", "experiment", "case", "quantity", "value"]


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_recorded_build_is_described_and_no_other() -> None:
    assert {(b.kernel, b.build) for b in machine.builds()} == {
        (q.kernel, q.build) for q in machine.recordings()
    }
    assert len({b[:2] for b in machine.builds()}) == len(machine.builds())


def test_each_build_says_where_it_is_from() -> None:
    for build in machine.builds():
        assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", build.date)
        assert build.machine
        assert build.asked_by
        assert build.release == build.kernel


def test_only_the_unfixed_build_follows_other_rules_than_its_release() -> None:
    assert {b.build: dict(b.overrides) for b in machine.builds() if b.overrides} == {
        "without the zero-page fix (A/B pair)": {"zero_page_pins": "counted"}
    }


def test_boot() -> None:
    without = machine.boot("6.1.192", "without the zero-page fix (A/B pair)")
    rules = without.rules
    hunks = (rules.zero_page_grab, rules.zero_page_grab_fast, rules.zero_page_unpin)
    assert hunks == ZERO_PAGE_PINS["counted"]
    assert (without.release, machine.boot("7.3.4").release) == ("6.1.192", "7.3.4")


def test_which_of_two_builds_has_to_be_said() -> None:
    of_both = "'without the zero-page fix.*', 'with the zero-page fix"
    with pytest.raises(ValueError, match=f"^build= is missing: of '6.1.192' there are {of_both}"):
        machine.boot("6.1.192")


@pytest.mark.parametrize("wanted", [("6.5",), ("6.1.192", "SUSE"), ("7.3.4", "SUSE")])
def test_what_was_not_recorded_cannot_be_booted(wanted: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="one of these is needed: '") as caught:
        machine.boot(*wanted)
    assert all(repr(word) in str(caught.value) for word in wanted)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_schema(path: Path) -> None:
    head, *rows = table(path)
    assert head == COLUMNS
    assert all(len(row) == len(head) and all(row) for row in rows)


def test_nobody_has_edited_a_recording() -> None:
    """`sha256sum -c SHA256SUMS`, in Python."""
    lines = (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files()}


def test_every_file_is_a_recording_or_describes_them() -> None:
    found = {path.name for path in FOLDER.glob("*.csv")}
    assert found == {path.name for path in files()} | set(NO_RECORDINGS)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(name in readme for name in (*NO_RECORDINGS, "SHA256SUMS"))


def test_the_dictionary_has_every_quantity_of_every_experiment_once() -> None:
    head, *rows = table(FOLDER / "quantities.csv")
    assert head == ["experiment", "quantity", "values", "meaning"]
    assert all(len(row) == 4 and all(row) for row in rows)
    named = [(row[0], row[1]) for row in rows]
    assert len(named) == len(set(named))
    assert set(named) == {(q.experiment, q.quantity) for q in machine.recordings()}


def test_values_are_what_the_dictionary_says() -> None:
    values = {(row[0], row[1]): row[2] for row in table(FOLDER / "quantities.csv")[1:]}
    for q in machine.recordings():
        allowed = values[q.experiment, q.quantity]
        words = re.findall(r"[^, ]+", allowed.replace(" or ", " "))
        if allowed.startswith(("0 or 1", "0, 1", "A", "OK")):
            assert str(q.value) in words, q
        else:
            assert isinstance(q.value, int), q
