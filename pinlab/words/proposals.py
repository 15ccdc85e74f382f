"""Proposals: the new names of the mail, tried on every place where somebody says pin.

A proposal says what FOLL_PIN is called, and perhaps what everything else is called. A name may
promise something: PIN_DMA that a device is involved, "temporary reference" that it is a plain
reference and short. Each place then is *unambiguous* (the word that stands there now means one
thing only), *wrong* (the word promises what does not hold of all that is meant there) or
*ambiguous* (as before). Which it is follows from the columns of data/terms.csv.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pinlab.data_folder import DATA
from pinlab.model.arguments import LONGEST, instance, mapping, one_of, several, shown
from pinlab.model.rules import VERSIONS, parse_release, rules_for
from pinlab.text_files import table
from pinlab.words.terms import CHOICES, Term, known

if TYPE_CHECKING:
    from pandas import DataFrame

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
        for claims in (self.claims_of_foll_pin, self.claims_of_the_rest):
            for name, values in claims.items():
                _check_claim(name, values)

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


def _check_claim(name: str, values: Iterable[str]) -> None:
    if name not in CLAIMABLE:
        raise ValueError(f"unknown claim {shown(name)}: a name can promise {', '.join(CLAIMABLE)}")
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
    return Proposal(
        record["id"],
        record["calls_foll_pin"],
        record["calls_the_rest"],
        _claims(record["claims_of_foll_pin"]),
        _claims(record["claims_of_the_rest"]),
        record["who"],
        record["source"],
    )


def _claims(text: str) -> Claims:
    """Read `hold=get;lasts=short|either`."""
    pairs = [claim.partition("=") for claim in text.split(";") if claim]
    return {name: tuple(values.split("|")) for name, _, values in pairs}


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

    wanted = _known(proposal)
    found = known(places)
    meanings = _meanings(wanted, found)
    rows = [(p.id, p.sense, p.word, wanted.word(p), *_verdict(wanted, p, meanings)) for p in found]
    columns = ["id", "sense", "now", "then", "verdict", "why"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


def _known(proposal: Proposal | str) -> Proposal:
    if isinstance(proposal, str):
        return proposals()[one_of("proposal", proposal, proposals())]
    return instance("proposal", proposal, Proposal)


def _verdict(
    proposal: Proposal, place: Term, meanings: Mapping[str, frozenset[str]]
) -> tuple[str, str]:
    broken = proposal.broken(place)
    if broken:
        return WRONG, broken
    others = sorted(meanings[proposal.word(place)] - {_thing(place)})
    if others:
        return AMBIGUOUS, f"also for {', '.join(others)}"
    return UNAMBIGUOUS, ""


def _thing(place: Term) -> str:
    """What a place is about: FOLL_PIN with its guess and its counter is one thing."""
    return "foll-pin" if place.sense in OF_FOLL_PIN else place.sense


def _meanings(proposal: Proposal, places: tuple[Term, ...]) -> dict[str, frozenset[str]]:
    """Return the things that each word would stand for, where it is not wrong."""
    meanings = defaultdict(set)
    for place in places:
        if not proposal.broken(place):
            meanings[proposal.word(place)].add(_thing(place))
    if proposal.calls_foll_pin != PIN:
        meanings[proposal.calls_foll_pin] |= _in_use(proposal.calls_foll_pin, places)
    return {word: frozenset(things) for word, things in meanings.items()}


def _in_use(word: str, places: tuple[Term, ...]) -> set[str]:
    """Return where a name stands already, in kernel texts, for something else.

    A name is taken if it is part of a longer one: FOLL of FOLL_GET. A mail that proposes a name
    does not count.
    """
    pattern = re.compile(rf"(?<![a-z]){word}(?![a-z])", re.IGNORECASE)
    taken = [p for p in places if p.kind != "mail" and pattern.search(p.words)]
    return {f"{word} in {taken[0].id}"} if taken else set()


def contest(*names: Proposal | str, places: tuple[Term, ...] | None = None) -> DataFrame:
    """Return the scores of the mail's proposals, and of yours.

    names: proposals, or names for FOLL_PIN. One row for each, index proposal; columns: who,
    unambiguous, wrong and ambiguous (how many places), and score: unambiguous less wrong. The
    best comes first.
    """
    import pandas as pd

    yours = [
        rename(name) if isinstance(name, str) else instance("name", name, Proposal)
        for name in names
    ]
    rows = []
    for proposal in [*proposals().values(), *yours]:
        verdicts = applied(proposal, places)["verdict"]
        counts = [int((verdicts == v).sum()) for v in (UNAMBIGUOUS, WRONG, AMBIGUOUS)]
        rows.append((proposal.id, proposal.who, *counts, counts[0] - counts[1]))
    columns = ["proposal", "who", UNAMBIGUOUS, WRONG, AMBIGUOUS, "score"]
    table = pd.DataFrame(rows, columns=columns).set_index("proposal")
    return table.sort_values("score", ascending=False, kind="stable")
