"""The places that say pin, and new names tried on them: each count follows from the rows."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pinlab.data_folder import DATA
from pinlab.model.rules import parse_release
from pinlab.table import Table
from pinlab.words import (
    SENSES,
    SENSES_BESIDE,
    Proposal,
    Term,
    applied,
    contest,
    contradictions,
    proposals,
    rename,
    terms,
)
from pinlab.words.corpus import (
    AMBIGUOUS,
    MOST_WORDS,
    OF_FOLL_PIN,
    UNAMBIGUOUS,
    WRONG,
    corpus,
    read_proposals,
)

with (DATA / "terms.csv").open(newline="", encoding="utf-8") as file:
    ROWS = {row["id"]: row for row in csv.DictReader(file)}

GOOD = "x,source,6.5,mm/gup.c,f(),,,take a pin here,pin,foll-pin,pin,short,yes,read there"
PLACE = Term(*GOOD.split(","))


def changed(place: str, **columns: str) -> tuple[Term, ...]:
    """The corpus with other values in one row."""
    return tuple(t._replace(**columns) if t.id == place else t for t in corpus())


def written(folder: Path, *lines: str) -> Path:
    path = folder / "places.csv"
    path.write_text("\n".join([",".join(Term._fields), *lines]) + "\n", "utf-8")
    return path


def test_there_are_enough_places_of_each_kind_and_every_sense_occurs_and_is_explained() -> None:
    kinds = Counter(row["kind"] for row in ROWS.values())
    assert sum(kinds.values()) >= 60
    assert all(kinds[kind] >= 10 for kind in ("source", "documentation", "mail"))
    assert {row["sense"] for row in ROWS.values()} == {*SENSES, *SENSES_BESIDE}
    text = (DATA / "terms.md").read_text("utf-8")
    assert all(name in text for name in (*Term._fields, *SENSES, *SENSES_BESIDE))
    assert len({(row["release"], row["file"], row["words"]) for row in ROWS.values()}) == len(ROWS)


def test_a_place_says_where_it_is() -> None:
    for row in ROWS.values():
        if row["kind"] == "mail":
            assert re.fullmatch(r"<\S+@\S+>", row["file"])
            assert re.fullmatch(r"2023-0[56]-\d\d", row["date"])
            assert (row["release"], row["place"]) == ("", "")
        else:
            # FOLL_PIN is held nowhere before it existed.
            assert parse_release(row["release"]) >= (5, 6) or row["hold"] in ("get", "none")
            assert (row["kind"] == "documentation") == row["file"].startswith("Documentation/")
            assert (row["speaker"], row["date"]) == ("", "")
        assert row["sense"] != "foll-pin" or row["hold"] == "pin"
    # A send without a copy lasts until the other end lets go.
    named = {name: row["lasts"] for name, row in ROWS.items() if name.startswith("zerocopy")}
    assert named == {"zerocopy-pin": "unbounded", "zerocopy-page-pinning": "unbounded"}


def test_the_table_of_terms_has_the_rows_of_the_file() -> None:
    assert terms().reset_index().to_dict("records") == list(ROWS.values())


def in_two_senses() -> set[tuple[str, str, str]]:
    """Release, file and stem with several senses, counted another way: pairs of rows."""
    stems = dict.fromkeys(("pins", "pinned", "pinning", "pinnings", "pin"), "pin")
    stems |= {"gup-pinned": "gup-pin", "dma-pinned": "dma-pin"}
    told = [
        (row["release"] or "mail", row["file"], stems.get(row["word"].lower(), row["word"]), row)
        for row in ROWS.values()
    ]
    return {a[:3] for a in told for b in told if a[:3] == b[:3] and a[3]["sense"] != b[3]["sense"]}


def test_documents_that_contradict_themselves_are_found() -> None:
    found = contradictions()
    named = {(row.release, row.file, row.word) for row in found}
    assert named == in_two_senses()
    assert {"mm/gup.c", "include/linux/mm_types.h"} <= {file for _, file, _ in named}
    assert ("6.18.2", "mm/gup.c", "gup-pin") in named
    for row in found:
        places = row.places.split(", ")
        assert [ROWS[place]["sense"] for place in places] == row.senses.split(", ")


def test_documents_with_one_sense_do_not_contradict_themselves() -> None:
    assert contradictions((PLACE, PLACE._replace(id="y", word="pins"))) == []
    other = PLACE._replace(id="y", sense="any-reference")
    assert len(contradictions((PLACE, other))) == 1
    assert contradictions((PLACE, other._replace(release="6.4"))) == []
    assert PLACE._replace(word="pincount").stem == "pincount"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("source", "rumour", "kind is 'rumour': allowed are source, documentation, mail"),
        ("foll-pin", "pinnish", "sense is 'pinnish': allowed are foll-pin"),
        (",pin,short", ",lock,short", "hold is 'lock': allowed are pin, get"),
        ("short", "long", "lasts is 'long': allowed are short"),
        (",yes,", ",perhaps,", "dma is 'perhaps'"),
        ("6.5", "", "release is empty: a row of kind source needs it"),
        ("f()", "", "place is empty"),
        ("read there", "", "basis is empty"),
        ("source,6.5", "mail,6.5", "speaker is empty: a row of kind mail needs it"),
        ("here,pin,", "here,pins,", "word is 'pins': it has to be one of words"),
        ("here,pin,", "here,take,", "word is 'take': it has to be one of words, with pin"),
        ("take a pin here", "a pin" + " pin" * MOST_WORDS, f"words has {MOST_WORDS + 2} words"),
        (",pin,short", ",none,short", "hold is 'none': then lasts and dma have to be '-'"),
        ("x,", "w,", "'w' is there twice, before in line 2"),
    ],
)
def test_a_wrong_row_is_refused_with_file_and_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    wrong = GOOD.replace(old, new, 1)
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        corpus(written(tmp_path, GOOD.replace("x,", "w,", 1), wrong))
    assert str(error.value).startswith(f"{tmp_path / 'places.csv'}, line 3: ")


def verdicts(proposal: Proposal | str, places: tuple[Term, ...] | None = None) -> dict[str, str]:
    return dict(applied(proposal, places)["verdict"])


def about_pins(place: str) -> bool:
    return ROWS[place]["sense"] in OF_FOLL_PIN


def test_a_name_that_promises_nothing_helps_where_foll_pin_is_meant_and_nowhere_else() -> None:
    names = ["nail", "screw", "peg", "pin-dma", "pin-alone", "reference"]
    assert list(proposals()) == names
    assert OF_FOLL_PIN == ("foll-pin", "refcount-says-maybe", "pincount-above-zero")
    for place, verdict in verdicts("nail").items():
        assert verdict == (UNAMBIGUOUS if about_pins(place) else AMBIGUOUS)
    assert verdicts("peg") == verdicts("nail") == verdicts(rename("PLUG"))


def test_pin_dma_is_wrong_where_no_device_need_be_involved() -> None:
    wrong = {place for place, verdict in verdicts("pin-dma").items() if verdict == WRONG}
    assert wrong == {p for p in ROWS if about_pins(p) and ROWS[p]["dma"] in ("no", "either")}
    assert {"rst-case-5", "io-uring-region"} <= wrong
    assert "vfio-static" not in wrong


def test_reserving_pin_is_right_where_every_column_allows_it() -> None:
    """And "temporary" is wrong for a reference that nobody ends."""
    plain, wrong = verdicts("reference"), set[str]()
    for place, verdict in verdicts("pin-alone").items():
        row = ROWS[place]
        kept = row["sense"] == "any-reference" and row["hold"] == "get" and row["lasts"] in "short-"
        assert verdict == (UNAMBIGUOUS if about_pins(place) or kept else WRONG)
        wrong |= {place} if verdict == WRONG else set()
    assert {place for place in plain if plain[place] == WRONG} < wrong
    found = applied("pin-alone")
    assert found.loc["rst-case-3", "why"] == "lasts is unbounded, not short"
    assert tuple(found.loc["futex-key", ["now", "then"]]) == ("pinned", "temporary reference")
    assert tuple(found.loc["gup-note", ["now", "then"]]) == ("pins", "pin")
    assert ((found["why"] == "") == (found["verdict"] == UNAMBIGUOUS)).all()


def test_screw_says_what_the_flag_did_before_fork_copied() -> None:
    """Fork copies what is maybe pinned from 5.9 on (70e806e4e645)."""
    told = verdicts("screw")
    places = ["5.7-report-if", "5.9-potentially", "gup-zero-page"]
    assert [told[place] for place in places] == [UNAMBIGUOUS, WRONG, WRONG]


def test_a_name_that_is_part_of_another_one_helps_nobody() -> None:
    for name in (rename("FOLL"), rename("GET"), rename("longterm")):
        assert UNAMBIGUOUS not in set(verdicts(name).values())
    assert "foll in" in str(applied(rename("foll")).loc["gup-zero-page", "why"])


def test_a_new_name_in_a_mail_is_not_taken() -> None:
    places = changed("mail-useful-verb", words="pin or plug", word="pin")
    assert verdicts(rename("plug"), places) == verdicts("nail")
    places = changed("shmem-inode", words="pin or plug", word="pin")
    assert UNAMBIGUOUS not in verdicts(rename("plug"), places).values()


def scores(table: Table) -> dict[str, list[int]]:
    """Proposal -> places that are unambiguous, wrong and ambiguous, and the score."""
    numbers = table.part(heads=[UNAMBIGUOUS, WRONG, AMBIGUOUS, "score"])
    return {name: [*row] for name, row in numbers.rows().items()}


def test_the_contest_counts_the_verdicts() -> None:
    yours = [rename("plug"), rename("io_pin", dma="yes", lasts="short")]
    known = {**proposals(), **{each.id: each for each in yours}}
    found = contest("PLUG", yours[1])
    assert found.rows()["plug"][0] == "you"
    expected = {}
    for name, proposal in known.items():
        told = list(verdicts(proposal).values())
        counts = [told.count(verdict) for verdict in (UNAMBIGUOUS, WRONG, AMBIGUOUS)]
        expected[name] = [*counts, counts[0] - counts[1]]
    assert scores(found) == expected
    assert found["score"] == sorted(found["score"], reverse=True)


@pytest.mark.parametrize(
    ("proposal", "dma", "more"), [("pin-dma", "no", 1), ("pin-dma", "yes", 0), ("nail", "no", 0)]
)
def test_a_changed_row_changes_the_score(proposal: str, dma: str, more: int) -> None:
    before, after = scores(contest()), scores(contest(places=changed("vfio-static", dma=dma)))
    right, wrong, *_ = before[proposal]
    assert after[proposal][:2] == [right - more, wrong + more]


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
def test_bad_input_is_named(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        make()


def test_a_wrong_proposal_is_refused_with_file_and_line(tmp_path: Path) -> None:
    header = (DATA / "proposals.csv").read_text("utf-8").splitlines()[0]
    path = tmp_path / "names.csv"
    path.write_text(f"{header}\nx,me,2026-01-01,here,peg,,dma=often,,\n", "utf-8")
    with pytest.raises(ValueError, match=r"names.csv, line 2: dma is 'often'"):
        read_proposals(path)
