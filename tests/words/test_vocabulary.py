"""Sentences put together from a small vocabulary, and the shortest one that is adequate."""

from itertools import combinations

import pytest

from pinlab import words
from pinlab.explore.reach import HUGE_ZERO, ZERO, reach
from pinlab.words import WRONG_KERNELS, clause, sentence
from pinlab.words.sentences import counterexample, missed_by
from pinlab.words.vocabulary import COUNTERS, every_clause, length


def rejected(*clauses: words.Claim) -> set[str]:
    asked = sentence(*clauses)
    assert words.judge(asked).answer != words.FALSE
    return set(WRONG_KERNELS) - set(missed_by(asked))


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        (("pin", "zero page", "refcount", "not by this call"),
         "a pin of the zero page does not change the refcount"),
        (("unpin", "huge zero folio", "vmstat", "always"),
         "an unpin of the huge zero folio always changes vmstat's counters"),
        (("get or put", "page of any kind", "any counter", "never"),
         "after a get or put of a page of any kind any counter shows no hold"),
        (("pin", "zero page", "success", "always"), "a pin of the zero page always succeeds"),
        (("pin", "zero page", "success", "never"), "a pin of the zero page never succeeds"),
    ],
)  # fmt: skip
def test_clauses_in_words(choices: tuple[str, str, str, str], text: str) -> None:
    assert clause(*choices).text == text


@pytest.mark.parametrize(
    ("choices", "kernels"),
    [
        # What no call changes; the pincount is there to be changed only in hypothetical kernels.
        (("pin", "zero page", "refcount", "not by this call"),
         {"pin-still-counted", "refcount-still-counted"}),
        (("pin", "zero page", "pincount", "not by this call"), {"pincount-still-counted"}),
        (("pin", "zero page", "vmstat", "not by this call"),
         {"pin-still-counted", "vmstat-still-counted"}),
        (("unpin", "zero page", "refcount", "not by this call"),
         {"unpin-still-counted", "refcount-still-counted"}),
        # After one round of the unpin that still counts every pin and every get is refused.
        (("pin", "zero page", "success", "always"), {"zero-page-refused", "unpin-still-counted"}),
        (("get", "zero page", "refcount", "always"), {"get-skipped-too", "unpin-still-counted"}),
        (("put", "zero page", "refcount", "always"), {"get-skipped-too"}),
        (("pin", "huge zero folio", "refcount", "always"), {"huge-zero-skipped-too"}),
        (("unpin", "huge zero folio", "pincount", "always"), {"huge-zero-skipped-too"}),
        (("pin", "large folio", "any counter", "always"), set()),
        # A pin of an ordinary page adds 1024 in one kernel and 1 in another: it changes anyway.
        (("pin", "small folio", "refcount", "always"), set()),
    ],
)  # fmt: skip
def test_what_single_clauses_reject(choices: tuple[str, str, str, str], kernels: set[str]) -> None:
    assert rejected(clause(*choices)) == kernels


@pytest.mark.parametrize(
    ("choices", "steps"),
    [
        # The two readings of "it will not have": another's reference is there after the call.
        (("pin", "zero page", "refcount", "never"), 2),
        (("get", "zero page", "refcount", "not by this call"), 1),
        (("pin", "zero page", "success", "never"), 1),
        (("pin", "small folio", "pincount", "always"), 1),
        (("put", "zero page", "refcount", "never"), 3),
        (("unpin", "page of any kind", "refcount", "always"), 2),
    ],
)
def test_what_is_false_of_6_5(choices: tuple[str, str, str, str], steps: int) -> None:
    verdict = words.judge(sentence(clause(*choices)))
    assert verdict.answer == words.FALSE
    assert verdict.counterexample is not None
    assert len(verdict.counterexample.steps) == steps


@pytest.mark.parametrize("release", ["5.7", "6.4", "6.5"])
@pytest.mark.parametrize("page", [ZERO, HUGE_ZERO])
def test_any_counter_not_by_this_call(release: str, page: str) -> None:
    says = clause("pin or unpin", page, "any counter", "not by this call").says
    for before, step, after, _ in reach(release).transitions:
        if step.page != page or step.verb not in ("pin", "unpin"):
            assert says(before, step, after) is None
        else:
            shown = [
                (state.pages[page].refcount, state.pages[page].pincount, state.acquired,
                 state.released)
                for state in (before, after)
            ]  # fmt: skip
            assert says(before, step, after) == (shown[0] == shown[1])


def test_a_clause_about_what_is_not_there_says_nothing() -> None:
    verdict = words.judge(sentence(clause("pin", "zero page", "pincount", "never")))
    assert (verdict.speaks_of, verdict.answer) == (0, words.OF_NOTHING)
    assert verdict.missed is not None
    assert "pincount-still-counted" not in verdict.missed


def test_a_refused_call_changes_nothing_and_always_is_wrong_about_it() -> None:
    changes = sentence(clause("pin", "zero page", "refcount", "not by this call"))
    always = sentence(clause("pin", "zero page", "refcount", "always"))
    assert words.judge(changes, "6.1.130").speaks_of == 0
    assert words.judge(always, "6.1.130").answer == words.FALSE


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (("nail", "zero page", "refcount", "always"), "call is 'nail': allowed are pin, unpin"),
        (("pin", "ZERO_PAGE", "refcount", "always"), "page is 'ZERO_PAGE': allowed are small"),
        (("pin", "zero page", "count", "always"), "counter is 'count': allowed are refcount"),
        (("pin", "zero page", "refcount", "often"), "how is 'often': allowed are always, never"),
        (("pin", "zero page", "success", "not by this call"), "a call has success or not"),
    ],
)
def test_unknown_words_are_named(choices: tuple[str, str, str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        clause(*choices)


def test_a_sentence_has_clauses() -> None:
    with pytest.raises(ValueError, match="at least one clause"):
        sentence()
    with pytest.raises(TypeError, match="clause is 'pin': it has to be of type Claim"):
        sentence("pin")  # type: ignore[arg-type]


def test_every_clause_is_there_once() -> None:
    texts = [each.text for each in every_clause()]
    pages, calls = 5, 6
    assert len(texts) == len(set(texts)) == calls * pages * (3 * (len(COUNTERS) - 1) + 2)


def test_the_shortest_adequate_sentence() -> None:
    best = words.shortest()
    assert words.judge(best).answer == words.TRUE
    assert length(best) == (4, len(best.text.split()))
    for left_out in best.claims:
        assert missed_by(sentence(*(each for each in best.claims if each is not left_out)))


def test_no_three_clauses_are_adequate() -> None:
    """By trying: all sets of kernels that true clauses reject, in threes."""
    true = [sentence(each) for each in every_clause() if not counterexample(sentence(each), "6.5")]
    everything = frozenset(WRONG_KERNELS)
    sets = {everything - set(missed_by(each)) for each in true}
    assert not any(frozenset().union(*three) == everything for three in combinations(sets, 3))
    assert any(frozenset().union(*four) == everything for four in combinations(sets, 4))
