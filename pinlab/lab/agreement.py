"""Agreement: a rule in C and the model, asked the same in many states."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from pinlab.lab.compiler import MINE, NotRunError, output
from pinlab.lab.excerpt import FILE, Excerpt, c
from pinlab.lab.reply import Reply, literal
from pinlab.model.arguments import shown, whole
from pinlab.model.counter import INT_MAX, INT_MIN
from pinlab.model.fault import Pte
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Folio
from pinlab.model.gup import ACQUIRED, FLAG_NAMES, FOLL_GET, FOLL_PIN, RELEASED
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm
from pinlab.model.rules import rules_for
from pinlab.text_files import decoded

STATES = 2000

EDGES = (
    1, 2, 3, 4, 1022, 1023, 1024, 1025, 2048, 0, -1, -126, -127, -128,
    INT_MAX, INT_MAX - 1, INT_MAX - 1022, INT_MAX - 1023, INT_MAX - 1024, INT_MIN, INT_MIN + 1,
)  # fmt: skip
"""Refcounts where something changes: every other state has one of them."""


class FolioState(NamedTuple):
    """A folio, the process that has it, and what is wanted: a line that pins.c reads."""

    refcount: int
    pincount: int
    mapcount: int
    large: bool
    zero: bool
    exclusive: bool
    has_pinned: bool
    refs: int
    flags: int


Found = Mapping[str, int]
"""What a rule returns, and the counters afterwards, where it says anything about them."""

PRINTED = ("returns", "refcount", "pincount", ACQUIRED, RELEASED, "warning", "exclusive")
"""What pins.c prints of each state, in order."""

RESULT = re.compile(r"^=>((?: -?\d+){7})$", re.MULTILINE)


def _folio(kernel: Kernel, state: FolioState) -> Folio:
    folio = kernel.alloc_folio(HPAGE_ORDER if state.large else 0)
    folio = kernel.zero_page.folio if state.zero else folio
    folio.refcount = state.refcount
    folio.pincount = state.pincount if state.large else folio.pincount
    return folio


def _counters(kernel: Kernel, folio: Folio, **more: int) -> Found:
    pincount = {} if folio.pincount is None else {"pincount": folio.pincount}
    return more | {"refcount": folio.refcount} | pincount | kernel.vmstat


def _grab(kernel: Kernel, state: FolioState) -> Found:
    folio, returns = _folio(kernel, state), 0
    try:
        kernel.try_grab_folio(folio, state.refs, state.flags)
    except OSError as error:
        returns = -(error.errno or 0)
    return _counters(kernel, folio, returns=returns, warning=bool(kernel.warnings))


def _grabbed(kernel: Kernel, state: FolioState) -> Found:
    found = _grab(kernel, state)
    return {**found, "returns": found["returns"] == 0}


def _grab_fast(kernel: Kernel, state: FolioState) -> Found:
    folio = _folio(kernel, state)
    grabbed = kernel.try_grab_folio_fast(folio, state.refs, state.flags)
    return _counters(kernel, folio, returns=grabbed, warning=bool(kernel.warnings))


def _put(kernel: Kernel, state: FolioState) -> Found:
    folio = _folio(kernel, state)
    put = kernel.unpin_user_page if state.flags & FOLL_PIN else kernel.put_page
    put(folio.page(0), state.refs)
    return _counters(kernel, folio)


def _maybe_pinned(kernel: Kernel, state: FolioState) -> Found:
    return {"returns": kernel.folio_maybe_dma_pinned(_folio(kernel, state))}


def _close(kernel: Kernel, state: FolioState) -> Found:
    return {"returns": kernel.folio_ref_zero_or_close_to_overflow(_folio(kernel, state))}


def _needs_cow(kernel: Kernel, state: FolioState) -> Found:
    return _maybe_pinned(kernel, state) if state.has_pinned else {"returns": False}


def _mapped(kernel: Kernel, state: FolioState) -> tuple[Mm, int, Pte]:
    """A process with one page that was written."""
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"old")
    (pte,) = mm.ptes.values()
    folio, mm.has_pinned = pte.page.folio, bool(state.has_pinned)
    folio.refcount, folio.mapcount = state.refcount, state.mapcount
    folio.anon_exclusive = bool(state.exclusive)
    return mm, addr, pte


def _fork(kernel: Kernel, state: FolioState) -> Found:
    mm, addr, pte = _mapped(kernel, state)
    copied, folio = mm.fork().page_at(addr) is not pte.page, pte.page.folio
    return {"returns": copied, "refcount": folio.refcount, "exclusive": folio.anon_exclusive}


def _write(kernel: Kernel, state: FolioState) -> Found:
    mm, addr, pte = _mapped(kernel, state)
    page, pte.writable = pte.page, False
    mm.write(addr, b"new")
    marks = kernel.rules.write_fault_reuses == "exclusive_or_held_once"
    return {"returns": pte.page is page} | (
        {"exclusive": page.folio.anon_exclusive} if marks else {}
    )


QUESTIONS: Mapping[str, Callable[[Kernel, FolioState], Found]] = MappingProxyType(
    {
        "grab": _grab, "grabbed": _grabbed, "grab_fast": _grab_fast, "put": _put,
        "maybe_pinned": _maybe_pinned, "close": _close, "needs_cow": _needs_cow, "fork": _fork,
        "write": _write,
    }
)  # fmt: skip
"""What the model is asked, by the words in pins.c."""

MEANT = {"backport": "6.1.135"}
"""The release that does what an excerpt was meant to do, where that is not its own."""


def _state(fields: str, random: Random) -> FolioState:
    """Draw a state; what is not among the fields is as usual."""

    def drawn(field: str, *values: int) -> int:
        return random.choice(values) if field in fields else values[0]

    large, mapcount = bool(drawn("large", 0, 1)), drawn("mapcount", 1, 2, 3)
    refcount = random.choice((random.choice(EDGES), random.randint(INT_MIN, INT_MAX)))
    return FolioState(
        max(refcount, mapcount) if "refcount>0" in fields else refcount,
        random.choice((0, 1, 64, 512, INT_MAX)) if large else 0,
        mapcount,
        large,
        drawn("zero", 0, 1) > large,
        drawn("exclusive", 0, 1) == mapcount,  # who has a page alone has mapped it once
        bool(drawn("has_pinned", 0, 1)),
        drawn("refs", 1, 2, 64, 512, 2**21 - 1, 2**21, INT_MAX),
        drawn("flags", FOLL_GET, FOLL_PIN),
    )


NEGATIVE = re.compile(r"\breturn\s*-")
"""What gives back an error's number, as the functions of other releases do."""


def compare_c(name: str, mine: object = None, release: str | None = None, seed: int = 0) -> Reply:
    """Hold an excerpt of pins.c, or `mine` in its place, against the model in 2000 states.

    release: whose rules the model follows; None takes the one that the excerpt is meant to be.
    Of an excerpt as it stands, handed in as `mine`, only the number of states that differ is told.
    Where there is no compiler the reply says what to install. Raises ValueError for an unknown
    excerpt or a release that the model does not have.
    """
    excerpt, random = c(name), Random(whole("seed", seed))
    followed = MEANT.get(name, excerpt.release) if release is None else release
    rules, ask = rules_for(followed), QUESTIONS[excerpt.asked]
    if mine is not None and not (isinstance(mine, str) and f"{excerpt.function}(" in mine):
        wanted = literal(f"{excerpt.function}()")
        return Reply(f"mine is {literal(shown(mine))}: it has to be C that defines {wanted}.")
    states = [_state(excerpt.fields, random) for _ in range(STATES)]
    lines = "\n".join(" ".join(str(int(value)) for value in state) for state in states)
    try:
        printed, ended = output(_program(excerpt, mine), lines)
    except NotRunError as reason:
        words, *line = reason.args
        return Reply(f"Nothing was compared. {words}", details="".join(line))
    results = [map(int, line.split()) for line in RESULT.findall(printed)]
    if ended or len(results) != STATES:
        at = _words(states[min(len(results), STATES - 1)], excerpt)
        return Reply(f"The program {ended or 'ended too early'}, in this state: {at}.", False)
    found = [dict(zip(PRINTED, result, strict=True)) for result in results]
    expected = [ask(Kernel.with_rules(followed, rules), state) for state in states]
    differ = [i for i, each in enumerate(expected) if not each.items() <= found[i].items()]
    both = f"C and the model of {followed}"
    if not differ:
        told = f"{both} agree in all {STATES} states."
        if excerpt.source.startswith("bool") and NEGATIVE.search(str(mine)):
            return Reply(f"{told} But as a bool a negative number is true, like any that is not 0.")
        return Reply(told, None if mine is None else True)
    if mine is not None and str(mine).split() == excerpt.source.split():
        return Reply(f"Nothing is changed yet: {both} differ in {len(differ)} of {STATES} states.")
    i = min(differ, key=lambda i: _plainness(found[i], expected[i], states[i]))
    shared = _shared([states[i] for i in differ], excerpt)
    text = f"{both} differ in {len(differ)} of {STATES} states{shared}, such as this one"
    details = _differences(found[i], expected[i])
    return Reply(f"{text}: {_words(states[i], excerpt)}.", details=details)


def _program(excerpt: Excerpt, mine: object) -> str:
    """Return the whole of pins.c, with somebody's lines in place of an excerpt's."""
    macro, text = re.sub(r"\W", "_", excerpt.name).upper(), decoded(FILE)
    before, after = text.split(excerpt.source)
    if mine is not None:
        line = (before + excerpt.source).count("\n") + 1
        text = f'{before}{MINE}{mine}\n#line {line} "{FILE.name}"\n{after}'
    return f"#define {macro}\n{text}"


def _plainness(found: Found, expected: Found, state: FolioState) -> tuple[object, ...]:
    """First what returns something else, then what is usual, then by small numbers."""
    return expected.get("returns", 0) == found["returns"], state.refcount < 1, *map(abs, state)


def _words(state: FolioState, excerpt: Excerpt) -> str:
    """A state in words, with the fields that make a difference."""
    folio = "a 2 MiB folio" if state.large else "the zero page" if state.zero else "a small page"
    flag = [_value("flags", state.flags)] if "flags" in excerpt.names else []
    rest = [field for field in excerpt.names if field not in ("flags", "large", "zero")]
    rest += ["pincount"] if state.large else []
    told = (f"{field} {_value(field, getattr(state, field))}" for field in rest)
    return ", ".join([*flag, folio, *told])


def _shared(states: Sequence[FolioState], excerpt: Excerpt) -> str:
    """What some states have in common, of the fields that make a difference."""
    values = {name: {getattr(state, name) for state in states} for name in excerpt.names}
    same = [f"{name} {_value(name, value)}" for name, (value, *more) in values.items() if not more]
    return f", all with {', '.join(same)}" if same and len(states) > 1 else ""


def _differences(found: Found, expected: Found) -> str:
    """What differs, a line for each; what the model knows as a bool is one in C, too."""
    return "\n".join(
        f"{field}: {_value(field, type(value)(found[field]))} in C, "
        f"{_value(field, value)} in the model"
        for field, value in expected.items()
        if value != found[field]
    )


def _value(field: str, value: int) -> str:
    """A value as C says it."""
    if field == "flags":
        return FLAG_NAMES[value]
    if field == "returns" and -value in errno.errorcode:
        return f"-{errno.errorcode[-value]}"
    return str(value).lower()
