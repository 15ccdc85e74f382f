"""Sentences: three wordings of one note, as claims about what a step does to a machine.

A claim looks at the state before, the step, and the state after, and answers True, False, or None
where it says nothing of such a step. Where a word has several senses the sentence has as many
readings, each with claims of its own. A sentence is judged by every step of a small machine, and
by wrong kernels: each is one rule away from a kernel that leaves its zero page unpinned.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pinlab.data_folder import DATA
from pinlab.explore.reach import PIN, UNPIN, ZERO, Call, OnRecord, State, Transition, reach
from pinlab.model.arguments import instance, mapping, sequence, shown
from pinlab.model.rules import parse_release, rules_for
from pinlab.model.trace import Trace
from pinlab.text_files import table

if TYPE_CHECKING:
    import pandas

T = TypeVar("T")

Says = Callable[[State, Call, State], bool | None]
"""What a claim says of a step: True, False, or None for nothing."""

Amount = Callable[[OnRecord, int], T | None]
"""How many pins a page has in one sense of the word; None where the sense makes no sense."""

TRUE, BY_ACCIDENT, OF_NOTHING, FALSE = "true", "true only by accident", "true of nothing", "false"

COLUMNS = 96
"""Characters that a printed page of a notebook has room for in a line."""


@dataclass(frozen=True)
class Claim:
    """One claim: what it says in plain words, and as a function."""

    text: str
    says: Says


@dataclass(frozen=True)
class Sentence:
    """A sentence under one reading: it holds where none of its claims is False.

    id: `refcount-sentence`, or with the reading, `patch-note/foll-pin`; quotation: the id of its
    words in data/quotations.csv, if they are somebody's; name: what lessons call it, if they do;
    text: what it says, read so.
    """

    id: str
    claims: tuple[Claim, ...]
    quotation: str | None = None
    name: str = ""

    @property
    def text(self) -> str:
        """What it says, read so."""
        return " and ".join(claim.text for claim in self.claims)

    @property
    def called(self) -> str:
        """Its name, or else its id."""
        return self.name or self.id

    def __str__(self) -> str:
        return self.text

    def says(self, before: State, step: Call, after: State) -> bool | None:
        """Return False if a claim is, True if it says anything at all, else None."""
        instance("before", before, State)
        instance("step", step, Call)
        instance("after", after, State)
        answers = [claim.says(before, step, after) for claim in self.claims]
        if False in answers:
            return False
        return True if True in answers else None


Judged = str | Sentence | Says
"""What can be judged: the id of a sentence, a sentence, or a function (before, step, after)."""


def pinned(step: Call) -> bool:
    """Return whether somebody asked to pin a zero page."""
    return step.verb == PIN and step.page == ZERO


def returned(step: Call) -> bool:
    """Return whether pin_user_pages() returned a zero page: it was not refused.

    "Returned among the pinned pages" speaks of nothing else. So a kernel that refuses makes both
    the patch's note and the reviewer's sentence true: there is no page for them to be wrong about.
    """
    return pinned(step) and step.error is None


def unpinned(step: Call) -> bool:
    """Return whether a zero page was unpinned."""
    return step.verb == UNPIN and step.page == ZERO


READINGS: Mapping[str, Amount[int]] = MappingProxyType(
    {
        # What the refcount shows beyond the 1 that a zero page starts with.
        "any-reference": lambda counters, bias: counters.refcount - 1,
        # What pins leave on record, in the pincount or else in the refcount.
        "foll-pin": lambda counters, bias: counters.pins(bias),
        # 1024 or more, read as unsigned (folio_maybe_dma_pinned(), 6.18).
        "refcount-says-maybe": lambda counters, bias: int(counters.refcount % 2**32 >= 1024),
        # Which a small page does not have.
        "pincount-above-zero": lambda counters, bias: counters.pincount,
    }
)
"""How many pins there are in a page, by what is meant by them: senses of `pinlab.words.senses`."""


def _both(counters: OnRecord, bias: int) -> tuple[int, int | None]:
    return counters.refcount, counters.pincount


def _zero_page(
    done: Callable[[Call], bool], amount: Amount[T], fits: Callable[[T, T], bool]
) -> Says:
    """What a zero page had before such a step, and what it has after it, fit each other."""

    def says(before: State, step: Call, after: State) -> bool | None:
        had, has = (amount(state.pages[ZERO], state.bias) for state in (before, after))
        return fits(had, has) if done(step) and had is not None and has is not None else None

    return says


_ADDS_NONE = _zero_page(returned, READINGS["any-reference"], operator.ge)
_REMOVES_NONE = _zero_page(unpinned, READINGS["any-reference"], operator.le)


def _patch_note(reading: str, name: str, has: str, removes: str) -> Sentence:
    """The note under a reading of "pins": how many "in it" there are in all, whoever put them."""
    has_none = _zero_page(returned, READINGS[reading], lambda _, has: has <= 0)
    removes_none = _zero_page(unpinned, READINGS[reading], operator.le)
    return Sentence(
        f"patch-note/{reading}",
        (
            Claim(f"a zero page that is returned {has}", has_none),
            Claim(f"unpin_user_page() {removes}", removes_none),
        ),
        "note-on-zero-pages",
        f"the note: {name}",
    )


_ALL = (
    _patch_note(
        "any-reference", "no hold of any kind",
        "shows no hold of any kind", "removes no hold from it",
    ),
    Sentence(
        "patch-note/any-reference-by-this-call",
        (
            Claim("the call adds no hold to a zero page it returns", _ADDS_NONE),
            Claim("unpin_user_page() removes no hold from it", _REMOVES_NONE),
        ),
        "note-on-zero-pages",
        "the note: none by this call",
    ),
    _patch_note(
        "foll-pin", "no FOLL_PIN", "has no FOLL_PIN on record", "removes no FOLL_PIN from it"
    ),
    _patch_note(
        "refcount-says-maybe", "does not say maybe",
        "has a refcount below 1024", "does not take that below 1024",
    ),
    _patch_note(
        "pincount-above-zero", "pincount is 0",
        "has no pin in its pincount", "removes no such pin from it",
    ),
    Sentence(
        "refcount-sentence",
        (
            Claim("the refcount of a zero page that is returned does not rise", _ADDS_NONE),
            Claim("unpin_user_page() does not lower it", _REMOVES_NONE),
        ),
        "proposed-note",
        "the reviewer's",
    ),
    Sentence(
        "landed-rst",
        (
            # Pretending to pin, transparently to the caller, is no refusal.
            Claim("pinning a zero page is not refused",
                  lambda _, step, __: returned(step) if pinned(step) else None),
            Claim("it changes neither refcount nor pincount of it",
                  _zero_page(pinned, _both, operator.eq)),
            Claim("unpin_user_page() changes neither", _zero_page(unpinned, _both, operator.eq)),
        ),
        "only-pretend",
        "the document's",
    ),
)  # fmt: skip

SENTENCES: Mapping[str, Sentence] = MappingProxyType({sentence.id: sentence for sentence in _ALL})
"""By id. The patch's note has several readings, the other two sentences one each.

`any-reference-by-this-call` reads "will not have pins" as "will be given none". "A zero page" is
what is_zero_page() says (6.5, include/linux/mm.h): not the huge zero folio.
"""


def find(sentence: Judged) -> Sentence:
    """Return a sentence by its id, itself, or what makes a function one.

    Raises ValueError, which names the choices, for an unknown id, TypeError for something else.
    """
    if isinstance(sentence, Sentence):
        return sentence
    if callable(sentence):
        name = getattr(sentence, "__name__", "yours")
        return Sentence(name, (Claim(name, sentence),))
    if not isinstance(sentence, str):
        raise TypeError(
            f"sentence is {shown(sentence)}: it has to be a str, a Sentence or a function"
        )
    if sentence in SENTENCES:
        return SENTENCES[sentence]
    readings = [name for name in SENTENCES if name.startswith(f"{sentence}/")]
    if readings:
        raise ValueError(
            f"sentence is {sentence!r}, which has several readings: choose {', '.join(readings)}"
        )
    raise ValueError(f"sentence is {shown(sentence)}: there are {', '.join(SENTENCES)}")


class WrongKernel(NamedTuple):
    """What is changed (a rule and its value) and what that means, in a few words.

    real: whether some release was like that; the others are hypothetical.
    """

    rule: str
    value: str
    text: str
    real: bool = False

    @property
    def rules(self) -> dict[str, object]:
        """The override, as `Kernel` takes it."""
        return {self.rule: self.value}


def _wrong_kernel(row: Mapping[str, str]) -> tuple[str, WrongKernel]:
    return row["id"], WrongKernel(row["rule"], row["value"], row["text"], row["real"] == "yes")


WRONG_KERNELS: Mapping[str, WrongKernel] = MappingProxyType(
    dict(table(DATA / "wrong_kernels.csv", ("id", *WrongKernel._fields), _wrong_kernel, ["id"]))
)
"""By id. Only one of them was ever released; see `pinlab.model.rules.HYPOTHETICAL`."""


def _has_patch(release: str) -> bool:
    """Does a release leave its zero page unpinned? 6.5 and later do, and 6.1 from 6.1.135 on."""
    rules = rules_for(release)
    hunks = (rules.zero_page_grab, rules.zero_page_grab_fast, rules.zero_page_unpin)
    return hunks == ("skipped",) * 3


@dataclass(frozen=True)
class Counterexample:
    """A shortest way to a step that a sentence is wrong about: as sentences, and as a trace."""

    steps: tuple[str, ...]
    trace: Trace
    transition: Transition

    def __str__(self) -> str:
        numbered = (f"{n}. {step}" for n, step in enumerate(self.steps, 1))
        return "\n".join([*numbered, "", str(self.trace)])


@dataclass(frozen=True, repr=False)
class Verdict:
    """What came out.

    answer: FALSE; OF_NOTHING, where it speaks of no step; BY_ACCIDENT, where a wrong kernel
    satisfies it, too; or else TRUE. missed: the wrong kernels that slip through. speaks_of: in how
    many steps it says anything at all.
    missed is None where wrong kernels are not asked: the sentence is false, or the release does not
    leave its zero page unpinned, so that they are not one rule away from it.
    """

    sentence: str
    release: str
    answer: str
    speaks_of: int
    steps: int
    missed: tuple[str, ...] | None = None
    counterexample: Counterexample | None = None

    def __str__(self) -> str:
        head = f'"{self.sentence}" of Linux {self.release}: {self.answer}'
        if self.counterexample is not None:
            return f"{fill(head, COLUMNS, break_on_hyphens=False)}\n{self.counterexample}"
        lines = [f"{head}. It speaks of {self.speaks_of} of {self.steps} steps."]
        if self.missed and self.speaks_of:
            lines.append(f"True of these wrong kernels as well: {', '.join(self.missed)}")
        return "\n".join(fill(line, COLUMNS, break_on_hyphens=False) for line in lines)

    __repr__ = __str__


def judge(sentence: Judged, release: str = "6.5") -> Verdict:
    """Hold a sentence against every state that the small machine can reach, and wrong kernels.

    `sentence` is one of SENTENCES, one that `sentence()` has put together, or a function of the
    state before, the step and the state after that returns True, False, or None for nothing.
    Raises ValueError for an unknown sentence or release, TypeError for something else.

    >>> judge("refcount-sentence", "6.5").missed[0]
    'pincount-still-counted'
    >>> judge("refcount-sentence", "6.4").counterexample.steps
    ('A pins the zero page: refcount 1 -> 1025, vmstat acquired 0 -> 1',)
    """
    asked = find(sentence)
    parse_release(release)
    answers = [asked.says(t.before, t.step, t.after) for t in reach(release).transitions]
    counts = len(answers) - answers.count(None), len(answers)
    if False in answers:
        wrong = counterexample(asked, release)
        return Verdict(asked.called, release, FALSE, *counts, counterexample=wrong)
    missed = missed_by(asked, release) if _has_patch(release) else None
    answer = OF_NOTHING if not counts[0] else BY_ACCIDENT if missed else TRUE
    return Verdict(asked.called, release, answer, *counts, missed=missed)


def missed_by(
    sentence: Judged, release: str = "6.5", kernels: Mapping[str, WrongKernel] = WRONG_KERNELS
) -> tuple[str, ...]:
    """Return the wrong kernels of which a sentence is true, too.

    Raises as `judge`, and ValueError for a release that does not leave its zero page unpinned.
    """
    asked = find(sentence)
    if not _has_patch(release):
        raise ValueError(
            f"release is {shown(release)}: wrong kernels are one rule away from one that leaves "
            "its zero page unpinned: allowed are 6.5 and later, and 6.1 from 6.1.135 on"
        )
    return tuple(
        name for name, kernel in kernels.items() if not counterexample(asked, release, kernel.rules)
    )


def counterexample(
    sentence: Judged, release: str, rules: Mapping[str, object] = MappingProxyType({})
) -> Counterexample | None:
    """Return a shortest way to a step that a sentence is wrong about, None if there is none.

    Raises as `judge`.
    """
    asked, reached = find(sentence), reach(release, rules)
    for step in reached.transitions:
        if asked.says(step.before, step.step, step.after) is False:
            return Counterexample(tuple(map(str, reached.way(step))), reached.trace(step), step)
    return None


def adequacy(
    release: str = "6.5",
    sentences: Iterable[Judged] = tuple(SENTENCES),
    kernels: Mapping[str, WrongKernel] = WRONG_KERNELS,
) -> pandas.DataFrame:
    """Return a table of bools: which wrong kernel (column) slips through which sentence (row).

    A sentence is adequate if its row is False throughout, and it is true of the release itself.
    Raises as `missed_by`.
    """
    import pandas

    for name in mapping("kernels", kernels):
        instance(f"a kernel in kernels, {name}", kernels[name], WrongKernel)
    asked = [find(sentence) for sentence in sequence("sentences", sentences, "sentences")]
    missed = {sentence.id: missed_by(sentence, release, kernels) for sentence in asked}
    rows = {name: [kernel in slips for kernel in kernels] for name, slips in missed.items()}
    found = pandas.DataFrame.from_dict(rows, orient="index", columns=list(kernels), dtype=bool)
    return found.rename_axis(index="sentence", columns="wrong kernel")
