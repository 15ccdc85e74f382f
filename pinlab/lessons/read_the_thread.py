"""Lesson 12, read the thread: a mail turn by turn, with what each turn claims and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from ipywidgets import ToggleButtons

from pinlab.data_folder import DATA, HOME
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import Dial, Exhibit, exhibit, row, switch
from pinlab.lab.palette import EDGE, YOURS, ZERO_PAGE
from pinlab.lab.picture import Drawing, display_all, folded_outputs
from pinlab.lab.svg import document, fitted, text
from pinlab.lab.task import Trial
from pinlab.lab.text import many
from pinlab.model.arguments import mapping
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS
from pinlab.model.folio import HPAGE_ORDER, Folio
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.model.rules import rules_for
from pinlab.words.sentences import counterexample
from pinlab.words.thread import (
    AFTER,
    BEFORE,
    MAIL,
    NO_CLAIM,
    PARTS,
    RIGHT,
    VERDICTS,
    WITH_A_CONDITION,
    WRONG,
    Turn,
    turns,
)

WIDTH, MARGIN, SIZE, LINE, GAP = 800, 8, 12, 15, 7
SPEAKER, TREE, VERDICT = 34, 118, 636
"""Where the columns begin: the speaker, the claims (each further in than what it answers), and the
verdict. The number stands at the margin."""
BESIDE = 82
"""How wide a verdict is where yours has ours beside it."""
STEP = 16
"""How much further in an answer stands."""

TITLES = {BEFORE: "Before the mail", MAIL: "The mail", AFTER: "After it"}


class Placed(NamedTuple):
    """A turn where it stands: how far in, its lines, and where its first line is from the top."""

    turn: Turn
    depth: int
    lines: Sequence[str]
    y: float

    @property
    def x(self) -> float:
        """Where the claim begins."""
        return TREE + STEP * self.depth

    @property
    def bottom(self) -> float:
        """Where the last line stands."""
        return self.y + LINE * (len(self.lines) - 1)


def tree(part: str = "") -> Drawing:
    """Draw the turns of one part ("before", "mail" or "after"), or of all, with their verdicts.

    Raises ValueError for another part.
    """
    chosen = turns(part)
    told = "\n".join([counted(chosen), *map(in_words, chosen)])
    alt = f"A tree of {len(chosen)} turns, each below the one that it answers. {counted(chosen)}"
    drawn = drawn_tree(chosen, {turn.number: turn.verdict for turn in chosen})
    return Drawing(drawn, alt, told, linked=True)


def counted(chosen: Sequence[Turn]) -> str:
    """Say how many turns there are of each verdict."""
    found = [turn.verdict for turn in chosen]
    each = ", ".join(f"{found.count(verdict)} {verdict}" for verdict in VERDICTS)
    return f"{many(len(found), 'turn')}: {each}."


def in_words(turn: Turn) -> str:
    """Return a turn as a line of Markdown, with a link to the cell that settles it."""
    answered = f" to {turn.answers}" if turn.answers else ""
    condition = f": {turn.condition}" if turn.condition else "."
    # Where a file is named, Notebook 7 opens it once more, and at its top.
    there = "" if turn.notebook == NOTEBOOK.stem else f"{turn.notebook}.ipynb"
    return (
        f"- {turn.number}, {turn.surname}{answered}: {turn.claim}. "
        f"[{turn.verdict.capitalize()}]({there}#cell-id={turn.cell}){condition}"
    )


def drawn_tree(
    chosen: Sequence[Turn],
    ours: Mapping[int, str] = MappingProxyType({}),
    at: int | None = None,
    yours: Mapping[int, str] | None = None,
) -> str:
    """Return turns as SVG with a frame around one, and verdicts: ours, or yours beside ours."""
    drawn, y = "", float(MARGIN)
    for part in PARTS:
        members = [turn for turn in chosen if turn.part == part]
        if members:
            rows = list(_rows(members, y + 2 * LINE + GAP))
            drawn += _heading(part, members, y + LINE) + _branches(rows)
            if yours is not None:
                drawn += text(VERDICT, y + LINE, "you", size=13, weight="bold")
                drawn += text(VERDICT + BESIDE, y + LINE, "we", size=13, weight="bold")
            for placed in rows:
                number = placed.turn.number
                drawn += _turn(placed, at)
                if yours is None and number in ours:
                    drawn += _verdict(VERDICT, placed.y, ours[number])
                elif yours is not None:
                    drawn += _beside(placed.y, yours.get(number), ours.get(number))
            y = rows[-1].bottom + LINE
    said = (_said(turn, ours if yours is None else yours) for turn in chosen)
    return document(WIDTH, y, drawn, "; ".join(said))


def _said(turn: Turn, judged: Mapping[int, str]) -> str:
    verdict = f" ({judged[turn.number]})" if turn.number in judged else ""
    return f"{turn.number}, {turn.surname}: {turn.claim}{verdict}"


def _rows(members: Sequence[Turn], y: float) -> Iterator[Placed]:
    """The turns of a part from the top on; what answers a turn of another part begins at the left.

    The words of a claim go on in a second line if there is no room beside the verdict.
    """
    depth: dict[int, int] = {}
    for turn in members:
        depth[turn.number] = depth.get(turn.answers or 0, -1) + 1
        room = VERDICT - GAP - TREE - STEP * depth[turn.number]
        placed = Placed(turn, depth[turn.number], fitted(_claim(turn, members), room, SIZE), y)
        yield placed
        y = placed.bottom + LINE + GAP


def _claim(turn: Turn, members: Sequence[Turn]) -> str:
    here = {member.number for member in members}
    elsewhere = turn.answers is not None and turn.answers not in here
    return f"{turn.claim} (to\N{NO-BREAK SPACE}{turn.answers})" if elsewhere else turn.claim


def _heading(part: str, members: Sequence[Turn], y: float) -> str:
    days = sorted({turn.date.date() for turn in members})
    dates = " to ".join(dict.fromkeys(f"{day.day} {day:%B}" for day in (days[0], days[-1])))
    return (
        text(MARGIN, y, f"{TITLES[part]}, {dates} {days[-1]:%Y}", size=13, weight="bold")
        + f'<path d="M{MARGIN} {y + 5:g}H{WIDTH - MARGIN}" stroke="{EDGE}" stroke-width="0.6"/>'
    )


def _branches(rows: Sequence[Placed]) -> str:
    """A line from each turn down to those that answer it."""
    where = {placed.turn.number: placed for placed in rows}
    drawn = ""
    for placed in rows:
        if above := where.get(placed.turn.answers or 0):
            drawn += (
                f'<path class="branch" d="M{above.x + 3:g} {above.bottom + 4:g}V{placed.y - 4:g}'
                f'H{placed.x - 3:g}" fill="none" stroke="{EDGE}" stroke-opacity="0.55"/>'
            )
    return drawn


def _turn(placed: Placed, at: int | None) -> str:
    turn, y = placed.turn, placed.y
    frame = (
        f'<rect class="here" x="2" y="{y - LINE:g}" width="{WIDTH - 4}" '
        f'height="{placed.bottom - y + LINE + GAP - 1:g}" fill="{ZERO_PAGE}" fill-opacity="0.45" '
        f'stroke="{EDGE}" stroke-width="2"/>'
    )
    return (
        (frame if turn.number == at else "")
        + text(SPEAKER - 8, y, str(turn.number), size=SIZE, weight="bold", anchor="end")
        + text(SPEAKER, y, turn.surname, size=SIZE)
        + "".join(
            text(placed.x, y + LINE * n, line, size=SIZE) for n, line in enumerate(placed.lines)
        )
    )


def _beside(y: float, yours: str | None, ours: str | None) -> str:
    """Your verdict and ours, each as far as there is one."""
    drawn = _verdict(VERDICT, y, yours, YOURS, SHORT) if yours else ""
    return drawn + (_verdict(VERDICT + BESIDE, y, ours, EDGE, SHORT) if ours else "")


SHORT = {verdict: verdict for verdict in VERDICTS} | {WITH_A_CONDITION: "condition"}
"""What a verdict is called where there is little room."""


def _verdict(
    left: float, y: float, verdict: str, colour: str = EDGE,
    words: Mapping[str, str] = MappingProxyType({}),
) -> str:  # fmt: skip
    """A disc, half a disc, a cross or a ring, and the verdict in words."""
    x, middle = left + 6, y - 4
    ring = f'<circle cx="{x:g}" cy="{middle:g}" r="5.5" stroke="{EDGE}" fill='
    marks = {
        RIGHT: f'{ring}"{colour}"/>',
        WITH_A_CONDITION: f'{ring}"white"/><path d="M{x:g} {middle - 5.5:g}a5.5 5.5 0 0 0 0 11z" '
        f'fill="{colour}" stroke="{EDGE}"/>',
        WRONG: f'<path d="M{x - 5:g} {middle - 5:g}l10 10m0 -10l-10 10" stroke="{colour}" '
        'stroke-width="3"/>',
        NO_CLAIM: f'{ring}"white"/>',
    }
    return marks[verdict] + text(left + 17, y, words.get(verdict, verdict), size=SIZE)


OPEN = "none yet"


def turn_by_turn(part: str = "mail", at: int | None = None) -> Exhibit:
    """Return a slider over the turns of a part, buttons for your verdict on each, and a switch.

    The tree shows the verdicts that you have given, and each goes on to the next turn. The switch
    puts ours beside them and the condition into words; then the turn stays. It begins at turn
    `at`, by default the first. Raises ValueError for another part than "before", "mail" and
    "after", or a turn that it has not, TypeError for what is no number.
    """
    chosen = turns(part)
    numbers = [turn.number for turn in chosen]
    verdicts = {turn.number: turn.verdict for turn in chosen}
    given: dict[int, str] = {}

    def draw(number: int, verdict: str | None, ours: bool) -> tuple[str, str]:
        if verdict:
            given[number] = verdict
        beside = {turn: verdicts[turn] for turn in given if ours}
        turn = chosen[number - numbers[0]]
        last = given.get(number - 1) if verdict is None else None
        taken = f"You said of turn {number - 1}: {last}. " if last else ""
        told = taken + sentence(turn, verdict or OPEN)
        told += compared(turn, verdict or OPEN) if ours else ""
        return scrolled(drawn_tree(chosen, beside, number, given)), told

    dial = Dial("turn", numbers[0] if at is None else at, numbers, argument="at")
    yours = ToggleButtons(
        options=list(VERDICTS), value=None, description="your verdict",
        style={"description_width": "initial", "button_width": "auto"},
    )  # fmt: skip
    # Before the exhibit draws: another turn comes with the verdict that it was given.
    dial.observe(lambda turned: yours.set_trait("value", given.get(turned["new"])), "value")
    compare = switch("show our verdicts beside mine")
    alt = f"A tree of {len(chosen)} turns, each below the one that it answers, without verdicts."
    ends = "\n".join(sentence(turn, OPEN) for turn in (chosen[0], chosen[-1]))
    bare = Drawing(drawn_tree(chosen), alt, ends)
    made = exhibit(draw, dial, yours, row(compare), filmstrip=bare)

    def go_on(pressed: Mapping[str, Any]) -> None:
        if pressed["new"] and not compare.value:
            dial.box.value = dial.value + 1  # which stays at the last turn

    yours.observe(go_on, "value")
    return made


def scrolled(svg: str) -> str:
    """Return a tree whose letters stay readable in a narrow column, where it is scrolled."""
    kept = svg.replace("max-width:100%", f"max-width:100%;min-width:{WIDTH - 60}px", 1)
    return f'<div tabindex="0" style="overflow-x:auto">{kept}</div>'


def sentence(turn: Turn, given: str) -> str:
    """Say who says what in a turn, and which verdict was given."""
    answered = f", to turn {turn.answers}" if turn.answers else ""
    return (
        f"Turn {turn.number}: {turn.speaker}{answered}, {turn.date.day} {turn.date:%B %Y}: "
        f"{turn.claim}. Your verdict: {given}."
    )


def compared(turn: Turn, given: str) -> str:
    """Say what our verdict is beside the one that was given, and on which condition."""
    if given == OPEN:
        return " Ours stands beside yours when you have given one."
    same = " as well" if given == turn.verdict else ""
    condition = f": {turn.condition}" if turn.condition else "."
    return f" Ours: {turn.verdict}{same}{condition}"


@contextmanager
def folded() -> Iterator[None]:
    """Fold what comes out of a block, also where all cells are run before they are read.

    Of a block that ends with an error nothing else is shown.
    """
    from IPython.utils.capture import capture_output

    with capture_output() as out:
        yield
    shown = [{"text/plain": out.stdout}] * bool(out.stdout) + [each.data for each in out.outputs]
    plain = "\n".join(each["text/plain"] for each in shown)
    display_all([{"text/html": folded_outputs(shown), "text/plain": plain}])


NOTEBOOK = HOME / "notebooks" / "12_read_the_thread.ipynb"
FOLDER = Path("slides")
"""What is read, and where slides are written, seen from where the program runs."""


def write_slides(notebook: Path = NOTEBOOK, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Write the slides of a lesson, as data/slides has them, and the handout; return their files.

    Raises OSError or ValueError if the notebook cannot be read or has no slides.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_file=str(DATA / "slides" / "slides.html.j2"), exclude_anchor_links=True
    )  # type: ignore[no-untyped-call]
    slides, _ = exporter.from_filename(str(notebook))
    if "<section " not in slides:
        raise ValueError("no cell of the notebook is of the slide type slide or subslide")
    handout = exporter.environment.get_template("handout.html.j2").render(mail=turns("mail"))
    folder.mkdir(exist_ok=True)
    files = folder / f"{notebook.stem}.html", folder / "handout.html"
    for file, page in zip(files, (slides, handout), strict=True):
        file.write_text(page, encoding="utf-8", newline="\n")
    return files


NAMES = ("Ada", "Ben", "Cem", "Dan", "Eve", "Fay")
SENTENCES = (
    "A pin adds 1024.",
    "Only where there is no pincount.",
    "What about the zero page?",
    "It is exempt since 6.5.",
    "And the huge one?",
    "That one is counted.",
    "Does fork see it?",
)

ASKED = "   <-- this line"
"""Behind the line of a mail that is asked about: a mail is shown without its question, too."""


def whose_words(draw: Draw) -> Drawn:
    """Draw a mail that quotes three others, and the line of it that is asked about."""
    two = draw.shuffled(NAMES)
    chain = [two[0], two[1], two[0] if draw.one((True, False)) else two[2], two[3]]
    levels = draw.shuffled((0, 1, 1, 2, 2, 3, 3))
    asked = draw.one([n for n, level in enumerate(levels) if level])
    said = draw.shuffled(SENTENCES)
    lines = [
        f"{'>' * level}{' ' * bool(level)}{sentence}"
        for level, sentence in zip(levels, said, strict=True)
    ]
    lines[asked] += ASKED
    heads = [f"{'>' * level} {name} wrote:".lstrip() for level, name in enumerate(chain[1:])]
    marks: dict[str, list[str]] = {}
    for level, name in enumerate(chain):
        marks.setdefault(name, []).append(many(level, "mark"))
    return {
        "given": "\n".join([f"From: {chain[0]}", f"Cc: {two[4]}", "", *heads, *lines]),
        "said": said[asked],
        "level": levels[asked],
        "right": chain[levels[asked]],
        "sender": chain[0],
        "other": {name: {"marks": " or ".join(marks[name])} for name in marks if name != chain[0]},
        "copied": two[4],
    }


ZERO, HUGE_ZERO = "the zero page", "the huge zero folio"
HOLDS = {"pin": FOLL_PIN, "reference": FOLL_GET}
LETTERS = "ABCDE"

Held = str | int
"""What is held: one of the two above, or a folio of some order."""


class Change(NamedTuple):
    """What an operation adds to the two counters; pincount is 0 where there is none."""

    refcount: int
    pincount: int


class RunClaim(NamedTuple):
    """A claim of the thread: the runs that it speaks of, and what of them it leaves open.

    `of` says in words what those runs are; `holds` is asked of such a run alone.
    """

    words: str
    speaks_of: Callable[[str, Held], bool]
    of: str
    holds: Callable[[Change], bool]

    def kept(self, hold: str, what: Held, change: Change) -> bool:
        """Return whether a run does not contradict it."""
        return not self.speaks_of(hold, what) or self.holds(change)

    def reason(self, hold: str, what: Held) -> str:
        """Say why a run does not contradict it."""
        if self.speaks_of(hold, what):
            return f"speaks of {self.of}, and this run agrees with it"
        return f"speaks of {self.of}, and this run is none of them"


CLAIMS = (
    RunClaim(
        "A pin adds 1024 to the refcount.",
        lambda hold, what: hold == "pin",
        "pins",
        lambda change: change.refcount == GUP_PIN_COUNTING_BIAS,
    ),
    RunClaim(
        "A pin and a reference change the refcount in any case.",
        lambda hold, what: True,
        "pins and references",
        lambda change: change.refcount != 0,
    ),
    RunClaim(
        "A pin of a zero page, small or huge, changes no pincount.",
        lambda hold, what: hold == "pin" and what in (ZERO, HUGE_ZERO),
        "pins of the two zero pages",
        lambda change: change.pincount == 0,
    ),
    RunClaim(
        "A pin of a folio with order > 0 changes its pincount.",
        lambda hold, what: hold == "pin" and what not in (0, ZERO),
        "pins of folios with order > 0",
        lambda change: change.pincount > 0,
    ),
    RunClaim(
        "A pin of the small zero page does not change its refcount.",
        lambda hold, what: hold == "pin" and what == ZERO,
        "pins of the small zero page",
        lambda change: change.refcount == 0,
    ),
)

RUNS: Sequence[tuple[str, str, Held]] = (
    ("5.10", "pin", 1), ("5.17", "pin", 1), ("5.10", "pin", 9), ("6.1", "pin", 1),
    ("6.18", "pin", 9), ("5.15", "pin", ZERO), ("6.4", "pin", ZERO), ("6.5", "pin", ZERO),
    ("6.18", "pin", ZERO), ("6.4", "pin", HUGE_ZERO), ("6.18", "pin", HUGE_ZERO),
    ("6.18", "reference", ZERO), ("6.12", "reference", HUGE_ZERO), ("6.18", "reference", 9),
    ("6.18", "pin", 0), ("5.7", "reference", 0),
)  # fmt: skip
"""Release, hold, and what is held."""


def which_claims_fail(draw: Draw) -> Drawn:
    """Draw a run, and the letters of five claims; which of them does it contradict?"""
    release, hold, what = draw.one(RUNS)
    kernel = Kernel(release)
    change = _changed(
        _folio(kernel, what), lambda folio: kernel.try_grab_folio(folio, 1, HOLDS[hold])
    )
    letters = dict(zip(LETTERS, draw.shuffled(CLAIMS), strict=True))
    named = what if isinstance(what, str) else f"a folio of order {what}"
    told = (
        f"Linux {release}, a {hold} of {'' if what == ZERO else 'one page of '}{named}:\n"
        f"the refcount changes by {change.refcount}, the pincount by {change.pincount} "
        "(0 if there is none).\n"
    )
    kept = {letter for letter, claim in letters.items() if claim.kept(hold, what, change)}
    return {
        "given": "\n".join([told, *(f"{name}  {claim.words}" for name, claim in letters.items())]),
        "release": release,
        "hold": hold,
        "what": named,
        "contradicted": [letter for letter in letters if letter not in kept],
        "kept": {letter: {"reason": letters[letter].reason(hold, what)} for letter in sorted(kept)},
    }


def _folio(kernel: Kernel, what: Held) -> Folio:
    if isinstance(what, int):
        return kernel.alloc_folio(what)
    return kernel.zero_page.folio if what == ZERO else kernel.huge_zero_folio


def _changed(folio: Folio, operate: Callable[[Folio], object]) -> Change:
    """Operate on a folio, and return what that adds to its counters."""
    before = folio.refcount, folio.pincount or 0
    operate(folio)
    return Change(folio.refcount - before[0], (folio.pincount or 0) - before[1])


OPERATIONS = ("get", "put", "pin", "unpin")

Counters = tuple[int, int]
"""What is added to the refcount and to the pincount."""


def what_changes() -> Drawn:
    """Return the states in which an operation is tried, on Linux 6.18, and what the model does."""
    return {
        "states": tuple(product(OPERATIONS, (False, True), (False, True), (1, 64))),
        "model": adds_in_the_model,
        "trace": lambda *state: str(_operated(*state)[0].trace),
    }


def adds_in_the_model(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    """Return what an operation adds to the refcount and to the pincount of a folio."""
    _, change = _operated(operation, zero, large, pages)
    return change.refcount, change.pincount


def _operated(operation: str, zero: bool, large: bool, pages: int) -> tuple[Kernel, Change]:
    """Do one operation on a folio; what is released was held before."""
    kernel = Kernel("6.18")
    small, huge = (ZERO, HUGE_ZERO) if zero else (0, HPAGE_ORDER)
    folio = _folio(kernel, huge if large else small)
    kind = FOLL_PIN if operation in ("pin", "unpin") else FOLL_GET
    held = _changed(folio, lambda folio: kernel.try_grab_folio(folio, pages, kind))
    if operation in ("get", "pin"):
        return kernel, held
    put = kernel.unpin_user_page if kind == FOLL_PIN else kernel.put_page
    return kernel, _changed(folio, lambda folio: put(folio.page(0), pages))


def _exempts_references(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return (0, 0) if zero and not large else adds_in_the_model(operation, zero, large, pages)


def _exempts_the_huge_one(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    exempt = zero and operation in ("pin", "unpin")
    return (0, 0) if exempt else adds_in_the_model(operation, zero, large, pages)


def _adds_1024_always(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    refcount, pincount = adds_in_the_model(operation, zero, large, pages)
    return refcount * (GUP_PIN_COUNTING_BIAS if pincount else 1), pincount


def _adds_1_for_a_call(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return adds_in_the_model(operation, zero, large, 1)


def _skips_the_pin_only(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return adds_in_the_model(operation, zero and operation == "pin", large, pages)


def _puts_for_unpin(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    if operation == "unpin" and (large or not zero):
        return -pages, 0
    return adds_in_the_model(operation, zero, large, pages)


def _leaves_the_refcount(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    refcount, pincount = adds_in_the_model(operation, zero, large, pages)
    return (0, pincount) if pincount else (refcount, pincount)


def _without_bias(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    refcount, pincount = adds_in_the_model(operation, zero, large, pages)
    sign = (refcount > 0) - (refcount < 0)
    return sign * pages, pincount


def _without_the_patch(operation: str, zero: bool, large: bool, pages: int) -> Counters:
    return adds_in_the_model(operation, False, large, pages)


# The open task.

NOTE_AND_REVIEW = {
    "the note": "patch-note/foll-pin",
    "the reviewer's sentence": "refcount-sentence",
}
"""The two sentences that the thread is about, by the ids that they have in pinlab.words."""

WORDINGS = {**NOTE_AND_REVIEW, "the sentence in pin_user_pages.rst": "landed-rst"}
"""The same two, and the one that landed in the document."""


def sentences_part(mine: object) -> Trial:
    """Try a release and rules: whether the two sentences are true of it, or which one is."""
    rules: dict[str, Any] = dict(mapping("mine", mine))
    release = rules.pop("release", "6.5")
    rules_for(release, rules)
    found = {name: counterexample(id, release, rules) for name, id in NOTE_AND_REVIEW.items()}
    note, review = (f"{name} is {'false' if run else 'true'}" for name, run in found.items())
    runs = [f"{name} is false here:\n{run}" for name, run in found.items() if run]
    told = f"{note} of this kernel, and {review}.".capitalize()
    if rules.get("zero_page_still_counts") in ("pincount", "refcount"):
        told += " (With this rule every page has a pincount, and pins are on record there.)"
    trial = Trial(told, "\n\n".join(runs))
    return trial.checked({"both-true": len(runs) > 0, "both-false": len(runs) < 2})
