"""The places that say pin: what a row needs, and that each count follows from the rows."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from pinlab.data_folder import DATA
from pinlab.model.rules import parse_release
from pinlab.words.corpus import (
    CHOICES,
    MOST_WORDS,
    SENSES_BESIDE,
    Term,
    contradictions,
    corpus,
    read_terms,
    spread,
    terms,
)
from pinlab.words.senses import SENSES

with (DATA / "terms.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))

HEADER = ",".join(Term._fields)
GOOD = "x,source,6.5,mm/gup.c,f(),,,take a pin here,pin,foll-pin,pin,short,yes,read there"


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "places.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    return path


def test_there_are_enough_places_of_each_kind() -> None:
    kinds = Counter(row["kind"] for row in ROWS)
    assert sum(kinds.values()) >= 60
    assert all(kinds[kind] >= 10 for kind in ("source", "documentation", "mail"))


def test_every_sense_occurs_and_is_known() -> None:
    assert {row["sense"] for row in ROWS} == {*SENSES, *SENSES_BESIDE}


def test_the_readme_explains_every_column_and_every_sense() -> None:
    text = (DATA / "terms.md").read_text("utf-8")
    for name in (*Term._fields, *SENSES, *SENSES_BESIDE):
        assert name in text


def test_the_same_place_is_not_counted_twice() -> None:
    places = [(row["release"], row["file"], row["words"]) for row in ROWS]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_place_says_where_it_is(row: dict[str, str]) -> None:
    if row["kind"] == "mail":
        assert re.fullmatch(r"<\S+@\S+>", row["file"])
        assert re.fullmatch(r"2023-0[56]-\d\d", row["date"])
        assert (row["release"], row["place"]) == ("", "")
    else:
        assert parse_release(row["release"])
        assert (row["kind"] == "documentation") == row["file"].startswith("Documentation/")
        assert (row["speaker"], row["date"]) == ("", "")


def test_foll_pin_is_held_nowhere_before_it_existed() -> None:
    old = [row for row in ROWS if row["release"] and parse_release(row["release"]) < (5, 6)]
    assert old
    assert {row["hold"] for row in old} <= {"get", "none"}


def test_a_send_without_a_copy_lasts_until_the_other_end_lets_go() -> None:
    named = {row["id"]: row["lasts"] for row in ROWS if row["id"].startswith("zerocopy")}
    assert named == {"zerocopy-pin": "unbounded", "zerocopy-page-pinning": "unbounded"}


def test_a_pin_in_the_sense_of_foll_pin_is_held_as_one() -> None:
    assert {row["hold"] for row in ROWS if row["sense"] == "foll-pin"} == {"pin"}


def test_the_frame_has_the_rows_of_the_file() -> None:
    found = terms()
    assert list(found.index) == [row["id"] for row in ROWS]
    assert found.loc["gup-note", "words"] == next(
        row["words"] for row in ROWS if row["id"] == "gup-note"
    )


@pytest.mark.parametrize("by", ["kind", "release"])
def test_the_spread_counts_the_rows(by: str) -> None:
    counted = Counter((row["sense"], row[by] or "mail") for row in ROWS)
    table = spread(by)
    assert int(table.to_numpy().sum()) == len(ROWS)
    for (sense, value), number in counted.items():
        assert table.loc[sense, value] == number


def test_a_changed_row_changes_the_spread() -> None:
    first = corpus()[0]
    changed = (first._replace(sense="held-by-flag"), *corpus()[1:])
    moved = (spread(places=terms(changed)) - spread())[first.kind]
    assert moved["held-by-flag"] == 1
    assert moved[first.sense] == -1
    assert moved.abs().sum() == 2


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(ValueError, match="by is 'author': allowed are kind, release"):
        spread("author")


def in_two_senses() -> set[tuple[str, str, str]]:
    """Release, file and stem with several senses, counted another way: pairs of rows."""
    stems = {
        "pins": "pin", "pinned": "pin", "pinning": "pin", "pinnings": "pin", "pin": "pin",
        "gup-pinned": "gup-pin", "dma-pinned": "dma-pin",
    }  # fmt: skip
    told = [
        (row["release"] or "mail", row["file"], stems.get(row["word"].lower(), row["word"]), row)
        for row in ROWS
    ]
    return {a[:3] for a in told for b in told if a[:3] == b[:3] and a[3]["sense"] != b[3]["sense"]}


def test_documents_that_contradict_themselves_are_found() -> None:
    found = contradictions()
    named = set(zip(found["release"], found["file"], found["word"], strict=True))
    assert named == in_two_senses()
    files = {file for _, file, _ in named}
    assert {"mm/gup.c", "include/linux/mm_types.h"} <= files
    assert "Documentation/core-api/pin_user_pages.rst" in files
    assert ("6.18.2", "mm/gup.c", "gup-pin") in named


def test_a_contradiction_names_a_place_for_each_sense() -> None:
    senses = {row["id"]: row["sense"] for row in ROWS}
    for _, row in contradictions().iterrows():
        places = str(row["places"]).split(", ")
        assert [senses[place] for place in places] == str(row["senses"]).split(", ")


def test_documents_with_one_sense_do_not_contradict_themselves() -> None:
    place = Term(*GOOD.split(","))
    assert contradictions((place, place._replace(id="y", word="pins"))).empty
    assert len(contradictions((place, place._replace(id="y", sense="any-reference")))) == 1
    other = place._replace(id="y", sense="any-reference", release="6.4")
    assert contradictions((place, other)).empty


@pytest.mark.parametrize(
    ("word", "stem"),
    [("Pinning", "pin"), ("gup-pinned", "gup-pin"), ("pin", "pin"), ("pincount", "pincount")],
)
def test_the_stem_leaves_endings_out(word: str, stem: str) -> None:
    assert Term(*GOOD.split(","))._replace(word=word).stem == stem


def test_a_good_row_is_read(tmp_path: Path) -> None:
    (term,) = read_terms(written(tmp_path, GOOD))
    assert term == Term(*GOOD.split(","))


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
    ],
)
def test_a_wrong_row_is_refused_with_file_and_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    wrong = GOOD.replace(old, new, 1)
    assert wrong != GOOD
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        read_terms(written(tmp_path, GOOD.replace("x,", "w,", 1), wrong))
    assert str(error.value).startswith(f"{tmp_path / 'places.csv'}, line 3: ")


def test_an_id_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 3: 'x' is there twice, before in line 2"):
        read_terms(written(tmp_path, GOOD, GOOD))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("id,words\nx,pin\n", "utf-8")
    with pytest.raises(
        ValueError, match=r"places.csv, line 1: column 2 is 'words', and has to be 'kind'"
    ):
        read_terms(path)


def test_the_choices_are_those_of_the_columns() -> None:
    assert set(CHOICES) <= set(Term._fields)
