"""The naming contest: every verdict follows from the columns of the corpus."""

import csv
import re
from pathlib import Path

import pytest

from pinlab.data_folder import DATA
from pinlab.words.corpus import (
    AMBIGUOUS,
    UNAMBIGUOUS,
    WRONG,
    Proposal,
    Term,
    applied,
    contest,
    corpus,
    proposals,
    read_proposals,
    rename,
)

with (DATA / "terms.csv").open(newline="", encoding="utf-8") as file:
    ROWS = {row["id"]: row for row in csv.DictReader(file)}

ABOUT_PINS = {"foll-pin", "refcount-says-maybe", "pincount-above-zero"}


def verdicts(proposal: Proposal | str) -> dict[str, str]:
    return dict(applied(proposal)["verdict"])


def scores(*names: Proposal | str, places: tuple[Term, ...] | None = None) -> dict[str, list[int]]:
    """Proposal -> places that are unambiguous, wrong and ambiguous, and the score."""
    table = contest(*names, places=places)[[UNAMBIGUOUS, WRONG, AMBIGUOUS, "score"]]
    return {
        str(name): [int(number) for number in row]
        for name, row in zip(table.index, table.to_numpy().tolist(), strict=True)
    }


def changed(place: str, **columns: str) -> tuple[Term, ...]:
    """The corpus with other values in one row."""
    return tuple(t._replace(**columns) if t.id == place else t for t in corpus())


def test_the_mails_names_are_all_there() -> None:
    assert list(proposals()) == [
        "nail", "screw", "peg", "foll", "pin-dma", "pin-alone", "reference",
    ]  # fmt: skip


def test_a_name_that_promises_nothing_helps_where_foll_pin_is_meant_and_nowhere_else() -> None:
    for place, verdict in verdicts("nail").items():
        about_pins = ROWS[place]["sense"] in ABOUT_PINS
        assert verdict == (UNAMBIGUOUS if about_pins else AMBIGUOUS)
    assert verdicts("peg") == verdicts("nail") == verdicts(rename("PLUG"))


def test_pin_dma_is_wrong_where_no_device_need_be_involved() -> None:
    wrong = {place for place, verdict in verdicts("pin-dma").items() if verdict == WRONG}
    assert wrong == {
        place
        for place, row in ROWS.items()
        if row["sense"] in ABOUT_PINS and row["dma"] in ("no", "either")
    }
    assert {"rst-case-5", "io-uring-region"} <= wrong
    assert "vfio-static" not in wrong


def test_temporary_is_wrong_for_a_reference_that_nobody_ends() -> None:
    found = applied("pin-alone")
    assert found.loc["rst-case-3", "verdict"] == WRONG
    assert found.loc["rst-case-3", "why"] == "lasts is unbounded, not short"
    assert found.loc["futex-key", "verdict"] == UNAMBIGUOUS


def test_reserving_pin_is_right_where_every_column_allows_it() -> None:
    for place, verdict in verdicts("pin-alone").items():
        row = ROWS[place]
        kept = row["sense"] == "any-reference" and row["hold"] == "get" and row["lasts"] in "short-"
        assert (verdict == WRONG) == (row["sense"] not in ABOUT_PINS and not kept)
        assert verdict != AMBIGUOUS


def test_without_the_word_temporary_less_is_wrong() -> None:
    plain, temporary = verdicts("reference"), verdicts("pin-alone")
    wrong = [place for place in plain if plain[place] == WRONG]
    assert all(temporary[place] == WRONG for place in wrong)
    assert len(wrong) < sum(verdict == WRONG for verdict in temporary.values())


def test_screw_says_what_the_flag_did_before_fork_copied() -> None:
    """Fork copies what is maybe pinned from 5.9 on (70e806e4e645)."""
    told = verdicts("screw")
    assert told["5.7-report-if"] == UNAMBIGUOUS
    assert told["5.9-potentially"] == WRONG
    assert told["gup-zero-page"] == WRONG


def test_a_name_that_is_part_of_another_one_helps_nobody() -> None:
    for name in ("foll", rename("GET"), rename("longterm")):
        assert UNAMBIGUOUS not in set(verdicts(name).values())
    assert "foll in" in str(applied("foll").loc["gup-zero-page", "why"])


def test_a_new_name_in_a_mail_is_not_taken() -> None:
    places = changed("mail-useful-verb", words="pin or plug", word="pin")
    assert (applied(rename("plug"), places)["verdict"] == applied("nail")["verdict"]).all()
    places = changed("shmem-inode", words="pin or plug", word="pin")
    assert UNAMBIGUOUS not in set(applied(rename("plug"), places)["verdict"])


def test_the_table_says_what_stands_there_now_and_then() -> None:
    found = applied("pin-alone")
    assert tuple(found.loc["futex-key", ["now", "then"]]) == ("pinned", "temporary reference")
    assert tuple(found.loc["gup-note", ["now", "then"]]) == ("pins", "pin")
    assert set(found.loc[found["verdict"] == UNAMBIGUOUS, "why"]) == {""}
    assert "" not in set(found.loc[found["verdict"] != UNAMBIGUOUS, "why"])


def test_the_contest_counts_the_verdicts() -> None:
    yours = rename("io_pin", dma="yes", lasts="short")
    found = scores("PLUG", yours)
    assert set(found) == {*proposals(), "plug", "io_pin"}
    assert contest("PLUG").loc["plug", "who"] == "you"
    for name, numbers in found.items():
        known: Proposal | str = (
            name if name in proposals() else {"plug": rename("plug")}.get(name, yours)
        )
        told = list(verdicts(known).values())
        counts = [told.count(verdict) for verdict in (UNAMBIGUOUS, WRONG, AMBIGUOUS)]
        assert numbers == [*counts, counts[0] - counts[1]]
        assert sum(counts) == len(ROWS)
    in_order = [numbers[-1] for numbers in found.values()]
    assert in_order == sorted(in_order, reverse=True)


@pytest.mark.parametrize(
    ("proposal", "columns", "difference"),
    [("pin-dma", {"dma": "no"}, -1), ("pin-dma", {"dma": "yes"}, 0), ("nail", {"dma": "no"}, 0)],
)
def test_a_changed_row_changes_the_score(
    proposal: str, columns: dict[str, str], difference: int
) -> None:
    places = changed("vfio-static", **columns)
    before, after = scores()[proposal], scores(places=places)[proposal]
    assert after[:2] == [before[0] + difference, before[1] - difference]


def test_foll_in_front_and_capitals_do_not_matter() -> None:
    assert rename("FOLL_NAIL").calls_foll_pin == rename("nail").calls_foll_pin == "nail"
    assert rename("FOLL_FOLL").calls_foll_pin == "foll"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: rename(""), "name is '': a name has small letters"),
        (lambda: rename("pin2"), "name is 'pin2'"),
        (lambda: rename("plug", colour="red"), "unknown claim 'colour': a name can promise"),
        (lambda: rename("plug", dma="often"), "dma is 'often': allowed are yes, no"),
        (lambda: applied("rivet"), "proposal is 'rivet': allowed are nail, screw"),
    ],
)
def test_bad_input_is_named(make: object, said: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=re.escape(said)):
        make()


def test_a_name_is_a_str() -> None:
    with pytest.raises(TypeError, match="name is 7"):
        rename(7)  # type: ignore[arg-type]


def test_a_wrong_proposal_is_refused_with_file_and_line(tmp_path: Path) -> None:
    header = (DATA / "proposals.csv").read_text("utf-8").splitlines()[0]
    path = tmp_path / "names.csv"
    path.write_text(f"{header}\nx,me,2026-01-01,here,peg,,dma=often,,\n", "utf-8")
    with pytest.raises(ValueError, match=r"names.csv, line 2: dma is 'often'"):
        read_proposals(path)
