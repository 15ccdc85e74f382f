"""The corpus: where kernel sources, documents and the mail say pin, and what new names would do.

The places are in data/terms.csv; data/terms.md explains its columns. Six senses are the model's
own (`pinlab.words.senses`). Three more occur in kernel texts and are none of these:
`SENSES_BESIDE` says what they mean.

A proposal says what FOLL_PIN is called, and perhaps what everything else is called. A name may
promise something: PIN_DMA that a device is involved, "temporary reference" that it is a plain
reference and short. Each place then is *unambiguous* (the word that stands there now means one
thing only), *wrong* (the word promises what does not hold of all that is meant there) or
*ambiguous* (as before). Which it is follows from the columns of data/terms.csv.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from pinlab.data_folder import DATA
from pinlab.model.arguments import LONGEST, instance, mapping, one_of, several, shown
from pinlab.model.rules import VERSIONS, parse_release, rules_for
from pinlab.table import Table
from pinlab.text_files import table
from pinlab.words.senses import SENSES

if TYPE_CHECKING:
    from pandas import DataFrame

SENSES_BESIDE: Mapping[str, str] = MappingProxyType(
    {
        "keeps-in-ram": "memory that is never reclaimed, with no reference and no mlock needed",
        "held-by-flag": "a bit in the page's flags: PG_locked, or Xen's PG_pinned",
        "another-object": "no page at all is held: a file, an inode, an mm, a task on a CPU",
    }
)
"""The senses that kernel texts have besides, and what is meant."""

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kind": ("source", "documentation", "mail"),
        "sense": (*SENSES, *SENSES_BESIDE),
        "hold": ("pin", "get", "either", "none"),
        "lasts": ("short", "unbounded", "either", "-"),
        "dma": ("yes", "no", "either", "-"),
    }
)
"""The values of the columns that have a fixed set."""

MOST_WORDS = 25
"""The most words of a quotation."""


class Term(NamedTuple):
    """One place where somebody says pin; data/terms.md explains each field."""

    id: str
    kind: str
    release: str
    file: str
    place: str
    speaker: str
    date: str
    words: str
    word: str
    sense: str
    hold: str
    lasts: str
    dma: str
    basis: str

    @property
    def stem(self) -> str:
        """The word without its ending: pins, pinned and pinning are all pin.

        What stands before it stays: gup-pinned is gup-pin, and dma-pinned dma-pin.
        """
        return re.sub(r"(s|ned|ning|nings)$", "", self.word.lower())


def _term(record: Mapping[str, str]) -> Term:
    term = Term(**record)
    for column, allowed in CHOICES.items():
        one_of(column, record[column], allowed)
    needed = ["id", "file", "words", "word", "basis"]
    needed += ["speaker", "date"] if term.kind == "mail" else ["release", "place"]
    for column in needed:
        if not record[column]:
            raise ValueError(f"{column} is empty: a row of kind {term.kind} needs it")
    if not re.search("pin", term.word, re.IGNORECASE) or term.word not in term.words:
        raise ValueError(f"word is {shown(term.word)}: it has to be one of words, with pin in it")
    if len(term.words.split()) > MOST_WORDS:
        raise ValueError(f"words has {len(term.words.split())} words: at most {MOST_WORDS}")
    if term.hold == "none" and (term.lasts, term.dma) != ("-", "-"):
        raise ValueError("hold is 'none': then lasts and dma have to be '-'")
    return term


@cache
def corpus(path: Path = DATA / "terms.csv") -> tuple[Term, ...]:
    """Return the places of a file of terms; ValueError with file and line for one that is wrong."""
    return tuple(table(path, Term._fields, _term, unique=["id"]))


def _known(places: tuple[Term, ...] | None) -> tuple[Term, ...]:
    return corpus() if places is None else several("places", places, Term)


def terms(places: tuple[Term, ...] | None = None) -> DataFrame:
    """Return places, those of data/terms.csv or yours: one row each, `id` is the index."""
    import pandas as pd

    return pd.DataFrame(_known(places), columns=list(Term._fields)).set_index("id")


class Contradiction(NamedTuple):
    """One word (without its ending) in several senses; `places` are the ids of one for each."""

    release: str
    file: str
    word: str
    senses: str
    places: str


def contradictions(places: tuple[Term, ...] | None = None) -> list[Contradiction]:
    """Return where one document uses one word in several senses."""
    uses: defaultdict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for place in _known(places):
        uses[place.release or place.kind, place.file, place.stem].setdefault(place.sense, place.id)
    return [
        Contradiction(*key, ", ".join(senses), ", ".join(senses.values()))
        for key, senses in uses.items()
        if len(senses) > 1
    ]


PIN = "pin"

OF_FOLL_PIN = ("foll-pin", "refcount-says-maybe", "pincount-above-zero")
"""The senses that are about FOLL_PIN: the hold, the guess at it, and its counter."""

Claims = Mapping[str, tuple[str, ...]]

CLAIMABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: CHOICES[name] for name in ("sense", "hold", "lasts", "dma")}
    | {"fork": ("keeps", "loses", "-")}
)
"""What a name can promise, and the values. fork: does a page that is held stay the parent's."""


@dataclass(frozen=True)
class Proposal:
    """A proposed use of words.

    calls_foll_pin: the word for FOLL_PIN, its guess and its counter. calls_the_rest: the word for
    everything else that is called pin now; "" leaves it pin. claims_*: what the word promises, as
    a column of data/terms.csv (or fork) and the values with which the promise is kept.
    Raises ValueError for a name that is no word, or for an unknown claim.
    """

    id: str
    calls_foll_pin: str
    calls_the_rest: str = ""
    claims_of_foll_pin: Claims = field(default_factory=dict)
    claims_of_the_rest: Claims = field(default_factory=dict)
    who: str = "you"
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("id", "calls_the_rest", "who", "source"):
            instance(name, getattr(self, name), str)
        _check_name("calls_foll_pin", self.calls_foll_pin)
        _check_name("calls_the_rest", self.calls_the_rest or PIN)
        for name in ("claims_of_foll_pin", "claims_of_the_rest"):
            mapping(name, getattr(self, name))
            _check_claims(getattr(self, name))

    def word(self, place: Term) -> str:
        """Return the word that would stand at a place."""
        sense = instance("place", place, Term).sense
        return self.calls_foll_pin if sense in OF_FOLL_PIN else self.calls_the_rest or PIN

    def broken(self, place: Term) -> str:
        """Return what the word promises in vain at a place, "" if it keeps its promises."""
        about_pins = instance("place", place, Term).sense in OF_FOLL_PIN
        claims = self.claims_of_foll_pin if about_pins else self.claims_of_the_rest
        for name, values in claims.items():
            value = _survives_fork(place) if name == "fork" else getattr(place, name)
            if value not in (*values, "-"):  # "-": nothing is said of it there
                return f"{name} is {value}, not {' or '.join(values)}"
        return ""


def _check_name(argument: str, name: str) -> None:
    if not re.fullmatch(r"[a-z]+([ _][a-z]+)*", instance(argument, name, str)):
        raise ValueError(f"{argument} is {shown(name)}: a name has small letters, perhaps with _")
    if len(name) > LONGEST:
        raise ValueError(f"{argument} has {len(name)} letters: allowed are at most {LONGEST}")


def _check_claims(claims: Claims) -> None:
    for name, values in claims.items():
        if name not in CLAIMABLE:
            allowed = f"a name can promise {', '.join(CLAIMABLE)}"
            raise ValueError(f"unknown claim {shown(name)}: {allowed}")
        for value in several(name, values, str):
            one_of(name, value, CLAIMABLE[name])


def _survives_fork(place: Term) -> str:
    """Does a pinned page stay the parent's at fork? The model's rules say it, by release."""
    if place.hold != "pin" or not place.release or parse_release(place.release) < VERSIONS[0]:
        return "-"
    return "loses" if rules_for(place.release).fork_copies == "never" else "keeps"


def rename(name: str, **claims: str) -> Proposal:
    """Return the proposal to call FOLL_PIN by another name, which may promise something.

    `rename("plug")` promises nothing, `rename("io_pin", dma="yes", lasts="short")` two things.
    Capital letters and FOLL_ in front do not matter. Raises as Proposal.

    >>> rename("FOLL_NAIL").calls_foll_pin
    'nail'
    """
    word = re.sub("^foll_(?=.)", "", instance("name", name, str).lower())
    _check_name("name", word)
    return Proposal(word, word, claims_of_foll_pin={k: (v,) for k, v in claims.items()})


@cache
def proposals() -> Mapping[str, Proposal]:
    """Return the proposals of data/proposals.csv by their ids, in the order of the file."""
    return MappingProxyType({p.id: p for p in read_proposals(DATA / "proposals.csv")})


def read_proposals(path: Path) -> tuple[Proposal, ...]:
    """Return the rows of a file of proposals; ValueError with file and line for a wrong one."""
    return tuple(table(path, COLUMNS, _proposal, unique=["id"]))


COLUMNS = (
    "id", "who", "date", "source", "calls_foll_pin", "calls_the_rest", "claims_of_foll_pin",
    "claims_of_the_rest", "note",
)  # fmt: skip


def _proposal(record: Mapping[str, str]) -> Proposal:
    """Of a row without date and note; the claims are written `hold=get;lasts=short|either`."""
    cells: dict[str, Any] = {name: record[name] for name in Proposal.__dataclass_fields__}
    for name in ("claims_of_foll_pin", "claims_of_the_rest"):
        pairs = [claim.partition("=") for claim in record[name].split(";") if claim]
        cells[name] = {claim: tuple(values.split("|")) for claim, _, values in pairs}
    return Proposal(**cells)


UNAMBIGUOUS, WRONG, AMBIGUOUS = "unambiguous", "wrong", "ambiguous"
"""The verdicts on a place."""


def applied(proposal: Proposal | str, places: tuple[Term, ...] | None = None) -> DataFrame:
    """Return what a proposal makes of each place.

    proposal: one of yours, or the id of one of `proposals()`. One row for each place, index id;
    columns: sense, now (the word that stands there), then (the one that would), verdict
    (unambiguous, wrong or ambiguous) and why (empty where it is unambiguous). Raises ValueError
    for an unknown id.
    """
    import pandas as pd

    if isinstance(proposal, str):
        proposal = proposals()[one_of("proposal", proposal, proposals())]
    instance("proposal", proposal, Proposal)
    found = _known(places)
    rows = [
        (p.id, p.sense, p.word, proposal.word(p), *verdict)
        for p, verdict in zip(found, _verdicts(proposal, found), strict=True)
    ]
    columns = ["id", "sense", "now", "then", "verdict", "why"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


def _verdicts(proposal: Proposal, places: tuple[Term, ...]) -> list[tuple[str, str]]:
    """The verdict on each place, and why."""
    meanings = _meanings(proposal, places)
    return [_verdict(proposal, place, meanings) for place in places]


def _verdict(proposal: Proposal, place: Term, meanings: Mapping[str, set[str]]) -> tuple[str, str]:
    if broken := proposal.broken(place):
        return WRONG, broken
    if others := sorted(meanings[proposal.word(place)] - {_thing(place)}):
        return AMBIGUOUS, f"also for {', '.join(others)}"
    return UNAMBIGUOUS, ""


def _thing(place: Term) -> str:
    """What a place is about: FOLL_PIN with its guess and its counter is one thing."""
    return "foll-pin" if place.sense in OF_FOLL_PIN else place.sense


def _meanings(proposal: Proposal, places: tuple[Term, ...]) -> Mapping[str, set[str]]:
    """The things that each word would stand for, where it is not wrong."""
    meanings = defaultdict(set)
    for place in places:
        if not proposal.broken(place):
            meanings[proposal.word(place)].add(_thing(place))
    if proposal.calls_foll_pin != PIN:
        meanings[proposal.calls_foll_pin] |= _in_use(proposal.calls_foll_pin, places)
    return meanings


def _in_use(word: str, places: tuple[Term, ...]) -> set[str]:
    """Where a name stands already, in kernel texts, for something else.

    A name is taken if it is part of a longer one: FOLL of FOLL_GET. A mail that proposes a name
    does not count.
    """
    pattern = re.compile(rf"(?<![a-z]){word}(?![a-z])", re.IGNORECASE)
    taken = [p.id for p in places if p.kind != "mail" and pattern.search(p.words)]
    return {f"{word} in {place}" for place in taken[:1]}


def contest(*names: Proposal | str, places: tuple[Term, ...] | None = None) -> Table:
    """Return the scores of the mail's proposals, and of yours.

    names: proposals, or names for FOLL_PIN. One row for each, by its id; columns: who,
    unambiguous, wrong and ambiguous (how many places), and score: unambiguous less wrong. The
    best comes first.
    """
    yours = [
        rename(name) if isinstance(name, str) else instance("name", name, Proposal)
        for name in names
    ]
    rows, found = [], _known(places)
    for proposal in [*proposals().values(), *yours]:
        counts = Counter(verdict for verdict, _ in _verdicts(proposal, found))
        score = counts[UNAMBIGUOUS] - counts[WRONG]
        each = (counts[verdict] for verdict in (UNAMBIGUOUS, WRONG, AMBIGUOUS))
        rows.append((proposal.id, proposal.who, *each, score))
    heads = ["who", UNAMBIGUOUS, WRONG, AMBIGUOUS, "score"]
    rows.sort(key=itemgetter(-1), reverse=True)  # stable, also this way round
    return Table.of_rows(heads, rows, "proposal")
