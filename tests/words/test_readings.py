"""The readings of a word in a sentence are the senses of that word, on every real kernel."""

import pytest

from pinlab.explore.reach import ZERO, reach
from pinlab.words import SENSES
from pinlab.words.sentences import Amount, foll_pins, maybe, pincount, references
from tests.explore.test_reach import again

READINGS: dict[str, Amount[int]] = {
    "any-reference": references,
    "foll-pin": foll_pins,
    "refcount-says-maybe": maybe,
    "pincount-above-zero": pincount,
}


@pytest.mark.parametrize("release", ["5.7", "6.4", "6.5", "6.18"])
def test_a_reading_says_pinned_of_the_zero_page_where_the_sense_does(release: str) -> None:
    found = reach(release)
    told = set()
    for number in range(0, len(found.transitions), 7):
        folio = again(found, number).zero_page.folio
        after = found.transitions[number].after
        for sense, amount in READINGS.items():
            says = (amount(after.pages[ZERO], after.bias) or 0) > 0
            assert says == SENSES[sense].holds(folio), (sense, found.transitions[number])
            told.add((sense, says))
    assert {("any-reference", True), ("any-reference", False)} <= told
