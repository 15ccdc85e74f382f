"""A small vocabulary: clauses that are put together into a sentence, and the shortest good one.

A clause names a call, a page, a counter, and what that call does to it:

    always            each such call changes it (one of them, where several are named)
    not by this call  no such call changes it
    never             after such a call it shows nothing: it stands where it stood at the beginning

The last two are what "will not have pins in it" leaves open. "success" stands in the place of a
counter, with always or never: the call gives its caller what it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, combinations, count, product
from types import MappingProxyType

from pinlab.explore.reach import GET, PAGES, PIN, PUT, UNPIN, Call, OnRecord, State
from pinlab.model.arguments import instance, one_of
from pinlab.model.rules import parse_release
from pinlab.words.sentences import WRONG_KERNELS, Claim, Sentence, counterexample, missed_by

CALLS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        words: words.split(" or ")
        for words in (PIN, UNPIN, f"{PIN} or {UNPIN}", GET, PUT, f"{GET} or {PUT}")
    }
)
ANY_PAGE, ANY_COUNTER = "page of any kind", "any counter"
ON: Mapping[str, Sequence[str]] = MappingProxyType(
    {page: [page] for page in PAGES} | {ANY_PAGE: PAGES}
)
REFCOUNT, PINCOUNT, VMSTAT, SUCCESS = "refcount", "pincount", "vmstat", "success"
COUNTERS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        **{counter: [counter] for counter in (REFCOUNT, PINCOUNT, VMSTAT)},
        "refcount or pincount": [REFCOUNT, PINCOUNT],
        ANY_COUNTER: [REFCOUNT, PINCOUNT, VMSTAT],
        SUCCESS: [],
    }
)
ALWAYS, NEVER, NOT_BY_THIS_CALL = "always", "never", "not by this call"
HOW = (ALWAYS, NEVER, NOT_BY_THIS_CALL)

AT_FIRST = {REFCOUNT: 1, PINCOUNT: 0, VMSTAT: 0}
"""What each counter shows of a page that nobody holds, beside the process that maps it."""


def clause(call: str, page: str, counter: str, how: str) -> Claim:
    """Return a clause of four choices from the vocabulary.

    Raises ValueError for a word that is not in it, or for success "not by this call".

    >>> clause("pin", "zero page", "refcount", "not by this call").text
    'a pin of the zero page does not change the refcount'
    """
    for name, word, known in (
        ("call", call, CALLS), ("page", page, ON), ("counter", counter, COUNTERS), ("how", how, HOW)
    ):  # fmt: skip
        one_of(name, word, known)
    if counter == SUCCESS and how == NOT_BY_THIS_CALL:
        raise ValueError(f"a call has success or not: allowed are {ALWAYS}, {NEVER}")

    def says(before: State, step: Call, after: State) -> bool | None:
        if step.verb not in CALLS[call] or step.page not in ON[page]:
            return None
        if counter == SUCCESS:
            return (step.error is None) == (how == ALWAYS)
        was, now = _shown(before, step), _shown(after, step)
        there = [each for each in COUNTERS[counter] if each in now]
        if how == ALWAYS:
            return any(was[each] != now[each] for each in there)
        if step.error is not None or not there:
            return None  # a page without a pincount has none that could change
        if how == NEVER:
            return all(now[each][0] == AT_FIRST[each] for each in there)
        return all(was[each] == now[each] for each in there)

    return Claim(_text(call, page, counter, how), says)


def _shown(state: State, step: Call) -> dict[str, tuple[int, ...]]:
    """Return what each counter shows of a step's page; of vmstat first what is outstanding."""
    counters: OnRecord = state.pages[step.page]
    shown = {
        REFCOUNT: (counters.refcount,),
        VMSTAT: (state.acquired - state.released, state.acquired),
    }
    return shown if counters.pincount is None else shown | {PINCOUNT: (counters.pincount,)}


def _text(call: str, page: str, counter: str, how: str) -> str:
    calls = (
        f"{'an' if call == 'unpin' else 'a'} {call} of {'a' if page == ANY_PAGE else 'the'} {page}"
    )
    if counter == SUCCESS:
        return f"{calls} {how} succeeds"
    named = {VMSTAT: "vmstat's counters", ANY_COUNTER: ANY_COUNTER}.get(counter, f"the {counter}")
    if how == ALWAYS:
        return f"{calls} always changes {named}"
    if how == NEVER:
        return f"after {calls} {named} shows no hold"
    return f"{calls} does not change {named}"


def sentence(*clauses: Claim) -> Sentence:
    """Return the sentence that clauses make, joined by "and".

    Raises ValueError if there are none, TypeError for what is no clause.

    >>> from pinlab.words import judge
    >>> both = sentence(clause("pin", "zero page", "refcount", "not by this call"),
    ...                 clause("unpin", "zero page", "refcount", "not by this call"))
    >>> judge(both).missed == judge("refcount-sentence").missed
    True
    """
    if not clauses:
        raise ValueError("a sentence has at least one clause")
    checked = tuple(instance("clause", each, Claim) for each in clauses)
    return Sentence(" and ".join(each.text for each in checked), checked)


def length(asked: Sentence) -> tuple[int, int]:
    """Return what the shortest sentence goes by: clauses, and then words."""
    return len(asked.claims), len(asked.text.split())


def every_clause() -> Iterator[Claim]:
    """Return all clauses of the vocabulary, in its order."""
    for call, page, counter, how in product(CALLS, ON, COUNTERS, HOW):
        if counter != SUCCESS or how != NOT_BY_THIS_CALL:
            yield clause(call, page, counter, how)


def shortest(release: str = "6.5") -> Sentence:
    """Return the shortest adequate sentence: true of a release, and of no wrong kernel.

    Fewest clauses, then fewest words; of equals the first in the order of the vocabulary. Raises
    ValueError as `missed_by`.
    """
    parse_release(release)
    return _shortest(release)


@cache
def _shortest(release: str) -> Sentence:
    everything = frozenset(WRONG_KERNELS)
    texts = [each.text for each in every_clause()]
    rejecting: dict[frozenset[str], Claim] = {}
    for each in sorted(every_clause(), key=lambda each: len(each.text.split())):
        if not counterexample(sentence(each), release):
            rejecting.setdefault(everything.difference(missed_by(sentence(each), release)), each)
    adequate = (
        [some for some in combinations(rejecting, clauses) if everything.issubset(chain(*some))]
        for clauses in count(1)
    )
    found = (
        sentence(*(rejecting[kernels] for kernels in some)) for some in next(filter(None, adequate))
    )
    best = min(found, key=length).claims
    return sentence(*sorted(best, key=lambda each: texts.index(each.text)))
