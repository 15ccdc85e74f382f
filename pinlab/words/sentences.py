"""Sentences: three wordings of one note, as claims about what a step does to a machine.

A claim looks at the state before, the step, and the state after, and answers True, False, or None
where it says nothing of such a step. Where a word has several senses the sentence has as many
readings, each with claims of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pinlab.explore.reach import PIN, UNPIN, ZERO, Counters, State, Step
from pinlab.model.arguments import instance, shown

Says = Callable[[State, Step, State], bool | None]
"""What a claim says of a step: True, False, or None for nothing."""

Amount = Callable[[Counters, int], int | None]
"""How many pins a page has in one sense of the word; None where the sense makes no sense."""


@dataclass(frozen=True)
class Claim:
    """One claim: what it says in plain words, and as a function."""

    text: str
    says: Says


@dataclass(frozen=True)
class Sentence:
    """A sentence under one reading: it holds where none of its claims is False.

    id: `refcount-sentence`, or with the reading, `patch-note/foll-pin`; quotation: the id of its
    words in data/quotations.csv, if they are somebody's; text: what it says, read so.
    """

    id: str
    claims: tuple[Claim, ...]
    quotation: str | None = None

    @property
    def text(self) -> str:
        """What it says, read so."""
        return " and ".join(claim.text for claim in self.claims)

    def __str__(self) -> str:
        return self.text

    def says(self, before: State, step: Step, after: State) -> bool | None:
        """Return False if a claim is, True if it says anything at all, else None."""
        instance("before", before, State)
        instance("step", step, Step)
        instance("after", after, State)
        answers = [claim.says(before, step, after) for claim in self.claims]
        if False in answers:
            return False
        return True if True in answers else None


def returned(step: Step) -> bool:
    """Return whether pin_user_pages() returned a zero page: it was not refused.

    "Returned among the pinned pages" speaks of nothing else. So a kernel that refuses makes both
    the patch's note and the reviewer's sentence true: there is no page for them to be wrong about.
    """
    return step.verb == PIN and step.page == ZERO and step.error is None


def unpinned(step: Step) -> bool:
    """Return whether a zero page was unpinned."""
    return step.verb == UNPIN and step.page == ZERO


def references(counters: Counters, bias: int) -> int:
    """Any reference: what the refcount shows beyond the 1 that a zero page starts with."""
    return counters.refcount - 1


def foll_pins(counters: Counters, bias: int) -> int:
    """FOLL_PIN: what pins leave on record, in the pincount or else in the refcount."""
    return counters.pins(bias)


def maybe(counters: Counters, bias: int) -> int:
    """The refcount says maybe: 1024 or more, read as unsigned (folio_maybe_dma_pinned(), 6.18)."""
    return int(counters.refcount % 2**32 >= 1024)


def pincount(counters: Counters, bias: int) -> int | None:
    """The separate pincount, which a small page does not have."""
    return counters.pincount


def _has_none(amount: Amount) -> Says:
    """A zero page that was returned has no pins in it, whoever put them there."""

    def says(before: State, step: Step, after: State) -> bool | None:
        has = amount(after.pages[ZERO], after.bias)
        return has <= 0 if returned(step) and has is not None else None

    return says


def _adds_none(amount: Amount) -> Says:
    """The call puts no pins into a zero page that it returns."""

    def says(before: State, step: Step, after: State) -> bool | None:
        had, has = (amount(s.pages[ZERO], s.bias) for s in (before, after))
        return has <= had if returned(step) and had is not None and has is not None else None

    return says


def _removes_none(amount: Amount) -> Says:
    """unpin_user_page() takes no pins from a zero page."""

    def says(before: State, step: Step, after: State) -> bool | None:
        had, has = (amount(s.pages[ZERO], s.bias) for s in (before, after))
        return has >= had if unpinned(step) and had is not None and has is not None else None

    return says


def _is_not_refused(before: State, step: Step, after: State) -> bool | None:
    """Pretending to pin, transparently to the caller, is no refusal."""
    return step.error is None if step.verb == PIN and step.page == ZERO else None


def _leaves_both(done: Callable[[Step], bool]) -> Says:
    """Neither the refcount nor the pincount of a zero page changes."""

    def says(before: State, step: Step, after: State) -> bool | None:
        old, new = before.pages[ZERO], after.pages[ZERO]
        same = (old.refcount, old.pincount) == (new.refcount, new.pincount)
        return same if done(step) else None

    return says


def _patch_note(reading: str, has: str, removes: str, amount: Amount) -> Sentence:
    """The note under a reading of "pins": how many of them "in it" there are, in all."""
    return Sentence(
        f"patch-note/{reading}",
        (
            Claim(f"a zero page that is returned {has}", _has_none(amount)),
            Claim(f"unpin_user_page() {removes}", _removes_none(amount)),
        ),
        "note-on-zero-pages",
    )


_ALL = (
    _patch_note(
        "any-reference", "has no extra reference of any kind", "removes none from it", references
    ),
    Sentence(
        "patch-note/any-reference-by-this-call",
        (
            Claim("the call adds no reference to a zero page it returns", _adds_none(references)),
            Claim("unpin_user_page() removes no reference from it", _removes_none(references)),
        ),
        "note-on-zero-pages",
    ),
    _patch_note("foll-pin", "has no FOLL_PIN on record", "removes none from it", foll_pins),
    _patch_note(
        "refcount-says-maybe", "has a refcount that does not say maybe", "takes no maybe from it",
        maybe,
    ),
    _patch_note(
        "pincount-above-zero", "has no pin in its pincount", "removes none from it", pincount
    ),
    Sentence(
        "refcount-sentence",
        (
            Claim("the refcount of a zero page that is returned does not rise",
                  _adds_none(references)),
            Claim("unpin_user_page() does not lower it", _removes_none(references)),
        ),
        "proposed-note",
    ),
    Sentence(
        "landed-rst",
        (
            Claim("pinning a zero page is not refused", _is_not_refused),
            Claim("it changes neither refcount nor pincount of it",
                  _leaves_both(lambda step: step.verb == PIN and step.page == ZERO)),
            Claim("unpin_user_page() changes neither", _leaves_both(unpinned)),
        ),
        "only-pretend",
    ),
)  # fmt: skip

SENTENCES: Mapping[str, Sentence] = MappingProxyType({sentence.id: sentence for sentence in _ALL})
"""By id. The patch's note has several readings, the other two sentences one each.

`any-reference-by-this-call` reads "will not have pins" as "will be given none". "A zero page" is
what is_zero_page() says (6.5, include/linux/mm.h): not the huge zero folio.
"""


def find(sentence: str) -> Sentence:
    """Return a sentence by its id; ValueError names the choices."""
    if sentence in SENTENCES:
        return SENTENCES[sentence]
    readings = [name for name in SENTENCES if name.startswith(f"{sentence}/")]
    if readings:
        raise ValueError(
            f"sentence is {sentence!r}, which has several readings: choose {', '.join(readings)}"
        )
    raise ValueError(f"sentence is {shown(sentence)}: there are {', '.join(SENTENCES)}")
