"""Readings: a sentence, a sense, and the first page of which it is false."""

import pytest

from pinlab import PAGE_SIZE, Kernel
from pinlab.words import PASSAGES, SENSES, SITUATIONS, Passage, fails_at, page_in, readings, senses
from tests.lab.exercises.solved.say_what_pinned_means import EARLIER, WITH_6_5, lit


@pytest.mark.parametrize("release", ["5.6", "5.7", "6.4", "6.5"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_situation_is_what_its_name_says(situation: str, release: str) -> None:
    page = page_in(situation, release)
    assert set(senses(page).lit) == lit(situation, release)
    assert (page.folio.order == 9) == situation.startswith("a 2 MiB")
    assert (page is page.folio.kernel.zero_page) == situation.startswith("the zero page")
    page.folio.kernel.check()


@pytest.mark.parametrize(("release", "changed"), [("6.5", {}), ("6.18", {}), ("6.4", EARLIER)])
def test_in_which_senses_each_sentence_is_true(release: str, changed: dict[str, set[str]]) -> None:
    table = readings(release)
    assert list(table.columns) == list(SENSES)
    found = {str(id): {str(s) for s in table.columns if row[s]} for id, row in table.iterrows()}
    assert found == WITH_6_5 | changed


def test_the_page_at_which_it_fails_is_named() -> None:
    assert fails_at("mail-note", "foll-pin", "6.5") is None
    assert fails_at("mail-note", "foll-pin", "6.4") == "the zero page, returned by pin_user_pages"
    mine = Passage("mail-note", ("a page with a pin",), ("a page that is mlocked",))
    assert fails_at(mine, "foll-pin") is None
    assert fails_at(mine, "unevictable") == "a page with a pin"


def test_a_passage_quotes_its_place_and_names_pages() -> None:
    for id, passage in PASSAGES.items():
        assert passage.term.id == id
        assert passage.term.word in passage.term.words
        assert {*passage.pinned, *passage.not_pinned} <= set(SITUATIONS)
        assert not set(passage.pinned) & set(passage.not_pinned)


def test_the_note_is_false_of_the_zero_page_on_a_kernel_without_the_patch() -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    mm.pin_user_pages(mm.mmap(PAGE_SIZE), 1)
    assert senses(kernel.zero_page).lit == senses(page_in("a page with a pin", "6.4")).lit


def test_unknown_names_are_named() -> None:
    with pytest.raises(ValueError, match="passage is 'mine': there are mail-millions-pins"):
        fails_at("mine", "foll-pin")
    with pytest.raises(ValueError, match="sense is 'nail': there are foll-pin"):
        fails_at("mail-note", "nail")
    with pytest.raises(ValueError, match="situation is 'a page': there are a page that"):
        page_in("a page")
