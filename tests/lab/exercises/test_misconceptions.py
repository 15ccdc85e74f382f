"""Misconceptions: a closed list of ideas, each with a sentence, and each with a wrong answer."""

import csv

import pytest

from pinlab.data_folder import DATA
from pinlab.lab.exercise import misconceptions, reason
from pinlab.lab.problems import EXERCISES, exercise
from tests.notebooks.lesson import FOLDER

LESSON_04 = {
    "writes-add-up-after-they-finish",
    "overflow-wraps-to-zero-and-frees",
    "the-last-pin-fails",
    "pins-and-references-are-the-same",
    "only-the-culprit-suffers",
    "a-counter-has-64-bits",
    "signed-overflow-is-undefined",
}
"""The ideas that lesson 04 was written against."""


def rows() -> list[dict[str, str]]:
    with (DATA / "misconceptions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ideas(id: str) -> set[str]:
    """What the listed wrong answers of an exercise rest on: ids and sentences."""
    return {idea for _, idea in exercise(id, 0).mistakes()}


def test_every_row_is_an_id_of_its_own_with_a_sentence() -> None:
    assert len(misconceptions()) == len(rows()) > 0
    assert all(misconceptions()[row["id"]] == row["sentence"] for row in rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row["id"]))
def test_a_sentence_has_no_end_yet_and_its_lesson_is_there(row: dict[str, str]) -> None:
    assert row["sentence"].strip()
    assert not row["sentence"].endswith((".", " "))
    assert (FOLDER / f"{row['lesson']}.ipynb").exists()


@pytest.mark.parametrize("idea", misconceptions())
def test_an_idea_has_a_wrong_answer_in_its_lesson(idea: str) -> None:
    (lesson,) = (row["lesson"] for row in rows() if row["id"] == idea)
    lessons = {exercise(id, 0).lesson for id in EXERCISES if idea in ideas(id)}
    assert lesson in lessons


def test_the_ideas_of_lesson_04_are_all_met_in_it() -> None:
    here = [id for id in EXERCISES if exercise(id, 0).lesson == "04_count_to_two_million"]
    assert set[str]().union(*map(ideas, here)) >= LESSON_04


def test_what_looks_like_an_id_is_one() -> None:
    found = {idea for id in EXERCISES for idea in ideas(id) if " " not in idea}
    assert found <= set(misconceptions())


def test_a_reason_is_the_sentence_with_its_id_or_a_sentence_as_it_is() -> None:
    sentence = misconceptions()["the-last-pin-fails"]
    assert reason("the-last-pin-fails") == f"{sentence} (mistaken: the-last-pin-fails)."
    assert reason("That counts the bytes") == "That counts the bytes."


def test_the_list_is_not_to_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        misconceptions()["another"] = "idea"  # type: ignore[index]
