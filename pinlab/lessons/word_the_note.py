"""Lesson 10, word the note: which wrong kernels slip through which sentences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import NamedTuple

import ipywidgets

from pinlab.explore.reach import (
    HUGE_ZERO,
    MOST_STEPS,
    PIN,
    UNPIN,
    ZERO,
    Reached,
    Transition,
    reach,
)
from pinlab.lab.claims import Claims, claims
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exercise import ONE_THING
from pinlab.lab.exhibit import Exhibit, Shot, exhibit, menu, row
from pinlab.lab.grid import IDLE, NO, PARTLY, SOME, Grid
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import rect, text
from pinlab.lab.task import Trial
from pinlab.lab.text import many, plural
from pinlab.model.arguments import sequence, shown, whole
from pinlab.model.folio import PAGE_SIZE, Page
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace
from pinlab.table import Table
from pinlab.words import SENTENCES, WRONG_KERNELS, Claim, Sentence, clause, judge, sentence
from pinlab.words.sentences import (
    FALSE,
    OF_NOTHING,
    Judged,
    Verdict,
    counterexample,
    missed_by,
)
from pinlab.words.vocabulary import (
    ALWAYS,
    ANY_PAGE,
    CALLS,
    COUNTERS,
    HOW,
    NEVER,
    NOT_BY_THIS_CALL,
    ON,
    PINCOUNT,
    REFCOUNT,
    SUCCESS,
    length,
)

RELEASE = "6.5"
SLIPS, CAUGHT, HOLDS, WRONG, EMPTY = "slips", "caught", "true", "false", "of nothing"
FILLS = {SLIPS: PARTLY, CAUGHT: NO, HOLDS: NO, WRONG: IDLE, EMPTY: NO}


NAMED: Mapping[str, str] = {each.name: id for id, each in SENTENCES.items()}
"""The sentences, with what "pins" is taken to mean in the note."""

PANEL, TALL = 380, 118

TWO: Mapping[str, Mapping[str, object]] = {
    f"Linux {RELEASE}": {},
    "a kernel that was never released": WRONG_KERNELS["pincount-still-counted"].rules,
}
"""The right kernel, and one that counts pins of the zero page in a pincount."""


def readings() -> Claims:
    """Show what each sentence says of a pin and of an unpin.

    >>> readings().table.rows()["the reviewer's"][1]
    'unpin_user_page() does not lower it'
    """
    found = {name: [claim.text for claim in SENTENCES[id].claims] for name, id in NAMED.items()}
    rows = [(name, "; ".join(texts[:-1]), texts[-1]) for name, texts in found.items()]
    return claims(Table.of_rows(["after a pin", "at an unpin"], rows))


def wrong_kernels() -> Claims:
    """Show the wrong kernels: what is wrong with each, and whether it was released.

    >>> wrong_kernels().table.rows()["zero-page-refused"][1]
    'yes'
    """
    rows = [(n, each.text, "yes" if each.real else "no") for n, each in WRONG_KERNELS.items()]
    return claims(Table.of_rows(["what is wrong", "released"], rows))


def two_kernels(sentence: Judged) -> Drawing:
    """Draw a pin of the zero page on Linux 6.5, and on a kernel that counts it in a pincount.

    Each is told whether the sentence is true of it. Raises as `judge`.

    >>> print(two_kernels("landed-rst").twin)
    Linux 6.5: refcount 1 -> 1; no pincount. The sentence is true of it.
    a kernel that was never released: refcount 1 -> 1; pincount 0 -> 1. The sentence is false of it.
    """
    drawn, twin = [], []
    for n, (name, rules) in enumerate(TWO.items()):
        word = HOLDS if _obeys(sentence, rules) else WRONG
        counters, verdict = _around_a_pin(rules), f"The sentence is {word} of it."
        x = 10 + n * (PANEL + 10)
        drawn.append(rect(x, 10, PANEL, TALL))
        drawn.append(text(x + 14, 36, name, size=15, weight="bold"))
        lines = [*counters, verdict]
        drawn += [text(x + 14, 62 + 24 * at, line, size=14) for at, line in enumerate(lines)]
        twin.append(f"{name}: {'; '.join(counters)}. {verdict}")
    about = "Two kernels, and the counters of the zero page before and after a pin."
    return drawing(2 * PANEL + 30, TALL + 20, drawn, about, twin)


def obeyed_by(sentence: Judged) -> str:
    """Return of which of the two kernels a sentence is true. Raises as `judge`.

    >>> obeyed_by("landed-rst")
    'Linux 6.5 alone'
    """
    told = {
        (True, True): "both",
        (True, False): f"Linux {RELEASE} alone",
        (False, True): "the other alone",
        (False, False): "neither",
    }
    right, other = (_obeys(sentence, rules) for rules in TWO.values())
    return told[right, other]


def _obeys(sentence: Judged, rules: Mapping[str, object]) -> bool:
    return counterexample(sentence, RELEASE, rules) is None


def _around_a_pin(rules: Mapping[str, object]) -> list[str]:
    """What the counters of the zero page read before and after a pin."""
    (event,) = play([(PIN, ZERO)], rules)
    pincount = f"pincount {event.pincount_before} -> {event.pincount_after}"
    none = event.pincount_after is None
    return [
        f"refcount {event.refcount_before} -> {event.refcount_after}",
        "no pincount" if none else pincount,
    ]


def adequacy(sentences: Sequence[Judged] | Mapping[str, Judged] = NAMED) -> Drawing:
    """Draw which wrong kernels slip through which sentences, beside whether Linux 6.5 obeys them.

    Rows have the names of a mapping, or else the ids. Raises as `judge`.

    >>> adequacy(["landed-rst"]).table["pincount-still-counted"]
    ['caught']
    """
    if not isinstance(sentences, Mapping):
        asked = sequence("sentences", sentences, "sentences")
        sentences = {str(each): each for each in asked}
    verdicts = {name: judge(each, RELEASE) for name, each in sentences.items()}
    rows = {name: _row(sentences[name], verdict) for name, verdict in verdicts.items()}
    kernels = [f"Linux {RELEASE}", *WRONG_KERNELS]
    grid = Grid(244, 61, 62)
    drawn = [SOME]
    for n, name in enumerate(kernels):
        drawn.append(grid.heading(n, name.replace("-", " "), 8, 10, "normal" if n else "bold"))
    for n, (name, words) in enumerate(rows.items()):
        # What is false of the right kernel is no catch of a wrong one.
        fills = FILLS if words[0] != WRONG else FILLS | {SLIPS: IDLE, CAUGHT: IDLE}
        drawn += [grid.row(n, name, words, fills), grid.edge(1, n, 3)]
    return grid.drawing(
        len(kernels), len(rows), drawn, "A heat map of sentences and wrong kernels.",
        [f"{name}: {_row_in_words(words)}" for name, words in rows.items()],
        Table.of_rows(kernels, [(name, *words) for name, words in rows.items()]),
    )  # fmt: skip


def _row(sentence: Judged, verdict: Verdict) -> list[str]:
    missed = missed_by(sentence, RELEASE)
    right = {FALSE: WRONG, OF_NOTHING: EMPTY}.get(verdict.answer, HOLDS)
    return [right, *(SLIPS if name in missed else CAUGHT for name in WRONG_KERNELS)]


def _row_in_words(row: Sequence[str]) -> str:
    right, *others = row
    slip = [name for name, word in zip(WRONG_KERNELS, others, strict=True) if word == SLIPS]
    number = f"{len(slip)} of {len(others)} wrong {plural(len(others), 'kernel')}"
    which = f": {', '.join(slip)}" if slip else ""
    verb = "slips" if len(slip) == 1 else "slip"
    idle = "" if right != WRONG else ", and that it catches the rest is a false alarm"
    told = "true of nothing in" if right == EMPTY else f"{right} of"
    return f"{told} Linux {RELEASE}; {number} {verb} through{which}{idle}."


WORDED = {
    "the refcount, at the pin": sentence(
        clause("pin", "zero page", "refcount", "not by this call")
    ),
    "no refcount at all": sentence(clause("pin", "zero page", "refcount", "never")),
    "the pincount, at both": sentence(
        clause("pin or unpin", "zero page", "pincount", "not by this call")
    ),
}
"""Sentences that can be made of the vocabulary, none of them adequate."""


FIRST = (
    ("pin", "refcount", NEVER), ("unpin", "refcount", NOT_BY_THIS_CALL),
    ("pin", "pincount", NOT_BY_THIS_CALL), ("unpin", "pincount", NOT_BY_THIS_CALL),
    ("pin", "vmstat", NOT_BY_THIS_CALL),
)  # fmt: skip
"""The call, the counter and the how that the menus of each clause show at first."""

MOST_CLAUSES = len(FIRST)

AND, END = "and", "end here"
"""What the button behind a clause does, by whether the next one is there."""

NAMES = {"call": tuple(CALLS), "page": tuple(ON), "counter": tuple(COUNTERS), "how": HOW}


def wording(clauses: int = 1) -> Exhibit:
    """Return menus for the clauses of a sentence, and how it fares on Linux 6.5 and wrong kernels.

    It begins with `clauses` clauses (1 to 5); behind each but the fifth a button adds the next, and
    takes it away again. Raises TypeError or ValueError for another number.
    """
    first = whole("clauses", clauses, 1, MOST_CLAUSES)
    rows = [_menus(number, first) for number in range(1, MOST_CLAUSES + 1)]

    def draw(*values: object) -> Shot:
        wide = len(NAMES) + 1
        each = [values[at : at + wide] for at in range(0, len(values), wide)]
        told = 1 + len([*takewhile(lambda one: one[-1] is True, each)])
        for number, one in enumerate(rows):
            one.layout.display = "" if number < told else "none"
        chosen = dict.fromkeys(tuple(map(str, one[: len(NAMES)])) for one in each[:told])
        made = sentence(*(_clause(*one) for one in chosen))
        return adequacy({f"yours: {_size(made)}": made}).svg, _in_words(made)

    return exhibit(draw, *rows, filmstrip=adequacy(WORDED))


def _clause(*words: str) -> Claim:
    call, page, counter, how = words
    return clause(call, page, counter, how)


def _menus(number: int, clauses: int) -> ipywidgets.HBox:
    """The menus of a clause; behind them, of all but the last one, whether another follows."""
    call, counter, how = FIRST[number - 1]
    menus = [
        menu(name, options, value, wide="13.5em", tooltip=f"clause {number}, {name}")
        for (name, options), value in zip(NAMES.items(), (call, ZERO, counter, how), strict=True)
    ]
    menus[-2].observe(lambda change: _allow(menus[-1], change["new"]), "value")
    if number == MOST_CLAUSES:
        return row(*menus)
    another = ipywidgets.ToggleButton(
        number < clauses, tooltip=f"clause {number + 1}", layout={"width": "5em"}
    )

    def name(_: object = None) -> None:
        another.description = END if another.value else AND

    another.observe(name, "value")
    name()
    return row(*menus, another)


def _allow(how: ipywidgets.Dropdown, counter: str) -> None:
    """Offer what makes sense of a counter: a call has success or not."""
    kept = how.value
    how.options = [one for one in HOW if counter != SUCCESS or one != NOT_BY_THIS_CALL]
    how.value = kept if kept in how.options else how.options[0]


def _size(made: Sentence) -> str:
    clauses, words = length(made)
    return f"{many(clauses, 'clause')}, {words} words"


def _in_words(made: Sentence) -> str:
    """A sentence, and what came out."""
    verdict = judge(made)
    start = f"{made.text[0].upper()}{made.text[1:]}. {_size(made)}."
    if verdict.counterexample:
        return f"{start} False of Linux 6.5: {'; '.join(verdict.counterexample.steps)}."
    if not verdict.missed:
        return f"{start} True of Linux 6.5, and no wrong kernel slips through: it is adequate."
    slip = f"{len(verdict.missed)} of {len(WRONG_KERNELS)} wrong kernels slip through"
    return f"{start} True of Linux 6.5; {slip}: {', '.join(verdict.missed)}."


SAID = (
    ("unpin", ZERO, "refcount", NOT_BY_THIS_CALL), ("pin", ZERO, "vmstat", NOT_BY_THIS_CALL),
    ("pin", ZERO, "pincount", NOT_BY_THIS_CALL), ("put", ZERO, "refcount", ALWAYS),
    ("pin", HUGE_ZERO, "refcount", ALWAYS),
)  # fmt: skip
"""Clauses of which two are put together: Linux 6.5 obeys them, and no figure has such a pair."""


def who_slips(draw: Draw) -> Drawn:
    """Draw a true sentence of two clauses, and some wrong kernels of which it is true or not."""
    chosen = sorted(draw.shuffled(SAID)[:2], key=SAID.index)
    asked = sentence(*(clause(*words) for words in chosen))
    slips = missed_by(asked, RELEASE)
    caught = [name for name in WRONG_KERNELS if name not in slips]
    few = {*draw.shuffled(slips)[:3], *draw.shuffled(caught)[:2]}
    options = [name for name in WRONG_KERNELS if name in few]
    right = [name for name in options if name in slips]
    counters = {counter for call, page, counter, _ in chosen if call != "put" and page == ZERO}
    return {
        "sentence": asked.text,
        "kernels": "\n".join(f"- `{name}`: {WRONG_KERNELS[name].text}" for name in options),
        "options": tuple(options),
        "right": frozenset(right),
        "missing": {name: _why_true(name, counters) for name in right},
        "extra": {name: _why_false(name, asked) for name in options if name not in right},
    }


def _why_true(kernel: str, counters: Collection[str]) -> str:
    """Why a sentence that speaks of some counters of the zero page is true of a wrong kernel."""
    if (kernel == "pincount-still-counted" and REFCOUNT in counters) or (
        kernel == "refcount-still-counted" and PINCOUNT in counters
    ):
        return ONE_THING
    if kernel == "zero-page-refused" and counters:
        return (
            "Nothing is returned there, so there is nothing that the sentence could be wrong about"
        )
    return "At least one more does only what the sentence says nothing of"


def _why_false(kernel: str, asked: Sentence) -> str:
    """Which steps show that a sentence is false of a wrong kernel."""
    found = counterexample(asked, RELEASE, WRONG_KERNELS[kernel].rules)
    steps = "" if found is None else "; ".join(found.steps)
    return f"The sentence is false of it: {steps}"


def which_kernel(draw: Draw) -> Drawn:
    """Draw a wrong kernel, and calls whose trace tells it from the others."""
    name = draw.one(tuple(WRONG_KERNELS))
    calls = _calls(draw)
    told = {other: str(play(calls, WRONG_KERNELS[other].rules)) for other in WRONG_KERNELS}
    ideas = {other: SHOWS[other] for other in told if told[other] != told[name]}
    confused = {"pincount-still-counted": "refcount-still-counted"}
    confused |= {other: one for one, other in confused.items()}
    if name in confused:
        ideas[confused[name]] = ONE_THING
    return {
        "given": play(calls, WRONG_KERNELS[name].rules),
        "right": name,
        "rule": WRONG_KERNELS[name].text,
        "wrong": ideas | {f"Linux {RELEASE}": f"Linux {RELEASE} itself has another trace"},
    }


SHOWS: Mapping[str, str] = {
    "unpin-still-counted": "On that kernel an unpin of the zero page takes 1024 from its refcount",
    "pin-still-counted": "On that kernel a pin of the zero page adds 1024 to its refcount",
    "pincount-still-counted": "On that kernel a pin of the zero page adds 1 to its pincount",
    "refcount-still-counted": "On that kernel a pin of the zero page adds 1 to its refcount",
    "vmstat-still-counted": "On that kernel a pin of the zero page shows in the column acquired",
    "get-skipped-too": "On that kernel a reference to the zero page changes nothing",
    "zero-page-refused": "On that kernel a pin of the zero page is refused",
    "huge-zero-skipped-too": "On that kernel a pin of the huge zero folio changes nothing",
}
"""What the trace of each wrong kernel has that others do not."""

TAKES = (("get", ZERO), (PIN, ZERO), (PIN, HUGE_ZERO))


def _calls(draw: Draw) -> list[tuple[str, str]]:
    """Takes in some order, one or two of them twice, and then a release of each."""
    takes = draw.shuffled([*TAKES, draw.one(TAKES)])
    releases = {"get": "put", PIN: UNPIN}
    return [*takes, *((releases[verb], page) for verb, page in draw.shuffled(takes))]


def play(calls: list[tuple[str, str]], rules: Mapping[str, object]) -> Trace:
    """Make calls on a kernel and return their trace; who was refused has nothing to release."""
    kernel = Kernel(RELEASE, **rules)
    mm = kernel.new_mm("A")
    addr = {ZERO: mm.mmap(PAGE_SIZE), HUGE_ZERO: mm.mmap(PAGE_SIZE, order=9)}
    for place in addr.values():
        mm.read(place, 1)
    begun = len(kernel.trace)
    held: dict[tuple[str, str], list[Page]] = {}
    take = {"get": mm.get_user_pages, PIN: mm.pin_user_pages}
    release = {"put": ("get", kernel.put_page), UNPIN: (PIN, kernel.unpin_user_page)}
    for verb, page in calls:
        if verb in take:
            try:
                held.setdefault((verb, page), []).extend(take[verb](addr[page], 1))
            except OSError:
                continue
        else:
            kind, give_back = release[verb]
            if held.get((kind, page)):
                give_back(held[kind, page].pop())
    events = kernel.trace[begun:]
    return Trace(event._replace(step=step) for step, event in enumerate(events))


def adequate() -> Drawn:
    """Return sentences that are not adequate, as examples."""
    at_pin = clause("pin", ZERO, "refcount", NOT_BY_THIS_CALL)
    return {
        "release": RELEASE,
        "examples": (
            sentence(at_pin, clause("unpin", ZERO, "refcount", NOT_BY_THIS_CALL)),
            sentence(clause("pin or unpin", ZERO, "pincount", NOT_BY_THIS_CALL)),
            sentence(clause("pin", ZERO, "refcount", "never")),
        ),
    }


class Counters(NamedTuple):
    """The two counters of a page; pincount is None where it has none."""

    refcount: int
    pincount: int | None


Call = tuple[str, str, bool, Counters, Counters]
"""A step as `obeys` gets it: verb, page, refused, before, after."""


class Met(NamedTuple):
    """Where a step was met first: on which kernel, as which transition."""

    kernel: str
    reached: Reached
    transition: Transition


@cache
def _met() -> dict[Call, Met]:
    """The different steps of the right kernel and the wrong ones."""
    kernels: dict[str, Mapping[str, object]] = {f"Linux {RELEASE}": {}} | {
        name: wrong.rules for name, wrong in WRONG_KERNELS.items()
    }
    met: dict[Call, Met] = {}
    for name, rules in kernels.items():
        reached = reach(RELEASE, rules)
        for t in reached.transitions:
            page = t.step.page
            before, after = (Counters(*state.pages[page][:2]) for state in (t.before, t.after))
            call = (t.step.verb, page, t.step.error is not None, before, after)
            met.setdefault(call, Met(name, reached, t))
    return met


def obeys() -> Drawn:
    """Return the steps on which the sentence is tried, and what it says of them."""
    return {"states": tuple(_met()), "model": obeys_landed, "trace": _shown_trace}


def obeys_landed(verb: str, page: str, refused: bool, before: Counters, after: Counters) -> bool:
    """Return whether the landed sentence is wrong about no part of a step."""
    t = _met()[verb, page, refused, before, after].transition
    return SENTENCES["landed-rst"].says(t.before, t.step, t.after) is not False


def _shown_trace(*call: object) -> str:
    met = _met()[call]  # type: ignore[index]
    way = "\n".join(map(str, met.reached.way(met.transition)))
    return f"{met.kernel}\n{way}\n\n{met.reached.trace(met.transition)}"


def _spoken_of(verb: str, page: str) -> bool:
    return page == ZERO and verb in (PIN, UNPIN)


def _refcount_only(verb: str, page: str, refused: bool, before: Counters, after: Counters) -> bool:
    same = before.refcount == after.refcount and not refused
    return same or not _spoken_of(verb, page)


def _pins_only(verb: str, page: str, refused: bool, before: Counters, after: Counters) -> bool:
    return (before == after and not refused) or (verb, page) != (PIN, ZERO)


def _refusal_allowed(
    verb: str, page: str, refused: bool, before: Counters, after: Counters
) -> bool:
    return before == after or not _spoken_of(verb, page)


def _every_page(verb: str, page: str, refused: bool, before: Counters, after: Counters) -> bool:
    return (before == after and not refused) or verb not in (PIN, UNPIN)


def _references_too(verb: str, page: str, refused: bool, before: Counters, after: Counters) -> bool:
    return (before == after and not refused) or page != ZERO


def _huge_zero_too(verb: str, page: str, refused: bool, before: Counters, after: Counters) -> bool:
    spoken_of = page in (ZERO, HUGE_ZERO) and verb in (PIN, UNPIN)
    return (before == after and not refused) or not spoken_of


def _says_yes(verb: str, page: str, refused: bool, before: Counters, after: Counters) -> bool:
    return True


# The open task.

ONE_AGAIN = sentence(clause(UNPIN, ANY_PAGE, REFCOUNT, NEVER))
"""What the task wants refuted: after any unpin the refcount is what it was at first."""

A_CALL = 'it has to be one like ("A", "pin", "small folio"), of the words in the question'


def shortest_refutation(mine: Sequence[Sequence[object]]) -> Trial:
    """Try a run on Linux 6.5: whether it contradicts ONE_AGAIN, and no shorter one does."""
    reached = reach(RELEASE)
    numbers = {state.key(): number for number, state in enumerate(reached.states)}
    steps = {(t.number, t.step[:4]): t for t in reached.transitions}
    known = {call for _, call in steps}
    at, way = 0, list[Transition]()
    for each in sequence("mine", mine, "calls", MOST_STEPS):
        call = (*sequence("a call in mine", each, "words"), 1)[:4]
        if call not in known:
            raise ValueError(f"a call in mine is {shown(each)}: {A_CALL}")
        if (at, call) not in steps:
            break
        way.append(steps[at, call])
        at = numbers[way[-1].after.key()]
    refuted = [ONE_AGAIN.says(t.before, t.step, t.after) for t in way]
    shortest = counterexample(ONE_AGAIN, RELEASE)
    whole_way = len(way) == len(mine)
    releases = not whole_way and mine[len(way)][1] in ("put", UNPIN)
    return Trial(f"{many(len(way), 'call')} made.", "\n".join(map(str, way))).checked(
        {
            "not_held": not releases,
            "too_many": whole_way or releases,
            "stands": False in refuted,
            "longer": shortest is not None and len(way) == len(shortest.steps),
        },
        number=len(way) + 1,
    )
