"""Lesson 11, ask a real kernel: the game of five recorded kernels, and what a reading shows."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from itertools import combinations, count, pairwise
from statistics import mean, median
from typing import NamedTuple

import ipywidgets

from pinlab.data_folder import DATA
from pinlab.lab.claims import Claims, claims
from pinlab.lab.draw import Draw, Drawn, checked_seed
from pinlab.lab.exercise import is_open
from pinlab.lab.exhibit import Exhibit
from pinlab.lab.grid import Grid
from pinlab.lab.misconceptions import diagnosis
from pinlab.lab.palette import ZERO_PAGE
from pinlab.lab.panel import ButtonPanel, Face, button, row
from pinlab.lab.picture import Drawing, without_links
from pinlab.lab.reply import Reply
from pinlab.lab.svg import fitted, rect, text
from pinlab.lab.task import Trial
from pinlab.lab.text import listed, many
from pinlab.lab.timeline import mainline
from pinlab.machine.buffers import PAGES
from pinlab.machine.measured import DIRECT_IO, PROCESS_VM_READV
from pinlab.machine.predictions import predict
from pinlab.machine.predictions.calls import buffer_in
from pinlab.machine.recordings import Build, Compared, builds, compared, recording, recordings
from pinlab.model.arguments import one_of, several, shown
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST
from pinlab.table import Table
from pinlab.text_files import table

MARGIN = {"ref_inflight": 1}
"""How far readings of a quantity may lie apart by chance: a per-CPU batch of the LRU lists may or
may not hold a reference of its own (data/recordings/README.md). All others are exact."""


class Clue(NamedTuple):
    """One question, in words, and the quantity of the recordings that answers it."""

    id: str
    words: str
    experiment: str
    case: str
    quantity: str

    @property
    def margin(self) -> int:
        """How far two answers may lie apart although nothing is different."""
        return MARGIN.get(self.quantity, 0)


CLUES = tuple(table(DATA / "clues.csv", Clue._fields, lambda row: Clue(**row), unique=["id"]))
BY_ID = {clue.id: clue for clue in CLUES}
READ_ZEROS, WRITE_ZEROS = BY_ID["read-zeros"], BY_ID["write-zeros"]


@cache
def kernels() -> dict[str, Build]:
    """Return the kernels that were asked everything, by name, in the order of the recordings.

    A name is the release, and where there are two builds of it the first word of the build.

    >>> list(kernels())
    ['5.10.262', '6.1.192 without', '6.1.192 with', '6.12.117', '7.3.4']
    """
    answers = {row[:5] for row in recordings()}
    found = [
        one for one in builds()
        if all((one.kernel, one.build, *clue[2:]) in answers for clue in CLUES)
    ]  # fmt: skip
    releases = [one.kernel for one in found]
    return {
        f"{one.kernel} {one.build.split()[0]}"
        if releases.count(one.kernel) > 1
        else one.kernel: one
        for one in found
    }


@cache
def answer(clue: Clue, name: str) -> int | str:
    """Return what a recorded kernel answered."""
    one = kernels()[name]
    return recording(one.kernel, clue.experiment, clue.case, one.build)[clue.quantity]


@cache
def predicted(clue: Clue, name: str) -> int | str:
    """Return what a recorded kernel answers in the model."""
    return predict(clue.experiment, clue.case, kernels()[name].boot())[clue.quantity]


def asked(*ids: str) -> Table:
    """Return what the recorded kernels answered to some clues, beside the model's to the first.

    A row for each kernel; a clue's column has its id, or "recorded" if there is but one. Raises
    ValueError for what is no clue.

    >>> asked("read-zeros").rows()["6.1.192 with"]
    (0, 0)
    """
    clues = [BY_ID[one_of("id", id, BY_ID)] for id in ids]
    columns = {"the model": [predicted(clue, name) for clue in clues[:1] for name in kernels()]}
    columns |= {
        clue.id if len(clues) > 1 else "recorded": [answer(clue, name) for name in kernels()]
        for clue in clues
    }
    return Table(columns, [*kernels()], "Linux")


def tells(clue: Clue, one: str, other: str) -> bool:
    """Return whether the answers of two kernels lie further apart than chance may put them.

    >>> tells(BY_ID["read-zeros"], "6.1.192 with", "6.1.192 without")
    True
    >>> tells(BY_ID["flight-1"], "6.12.117", "7.3.4")  # 1026 and 1025
    False
    """
    first, second = answer(clue, one), answer(clue, other)
    if isinstance(first, int) and isinstance(second, int):
        return abs(first - second) > clue.margin
    return first != second


def steps() -> dict[str, tuple[str, str]]:
    """Return each recorded kernel and the next one, by what is said of the two.

    >>> list(steps())[-1]
    '6.12.117 to 7.3.4'
    """
    return {f"{old} to {new}": (old, new) for old, new in pairwise(kernels())}


def from_a_rule(id: str) -> str:
    """Return where a recorded answer changes, from one kernel to the next, by more than chance.

    Raises ValueError for what is no clue.

    >>> from_a_rule("write-letters")
    '6.1.192 with to 6.12.117'
    """
    clue = BY_ID[one_of("id", id, BY_ID)]
    return ", ".join(step for step, pair in steps().items() if tells(clue, *pair))


Pairs = frozenset[frozenset[str]]


@cache
def pairs(clue: Clue) -> Pairs:
    """Return the pairs of kernels that a clue tells apart."""
    return frozenset(frozenset(two) for two in combinations(kernels(), 2) if tells(clue, *two))


def told_apart(clues: Iterable[Clue]) -> Pairs:
    """Return the pairs that at least one of some clues tells apart."""
    return frozenset[frozenset[str]]().union(*map(pairs, clues))


def fewest(clues: Iterable[Clue]) -> tuple[Clue, ...]:
    """Return the first of the smallest sets of clues that tell apart what all of them do.

    >>> [clue.id for clue in fewest(CLUES)]
    ['read-zeros', 'write-letters', 'fork-1022']
    """
    shelf = tuple(clues)
    sizes = (some for size in range(len(shelf) + 1) for some in combinations(shelf, size))
    return next(some for some in sizes if told_apart(some) == told_apart(shelf))


def possible(clues: Iterable[Clue], name: str) -> frozenset[str]:
    """Return the kernels that no clue tells from this one, itself among them."""
    apart = told_apart(clues)
    return frozenset(other for other in kernels() if {name, other} not in apart)


def shelf(draw: Draw) -> tuple[Clue, ...]:
    """Return the clues of one game: of each kind one or two, so that other games need others.

    Kinds are what clues tell apart; noisy ones are a kind of their own. The one that is the same
    on all kernels and looks like an answer is always there.
    """
    kinds: dict[object, list[Clue]] = {}
    for clue in CLUES:
        kinds.setdefault("noisy" if clue.margin else pairs(clue), []).append(clue)
    kinds[pairs(WRITE_ZEROS)].remove(WRITE_ZEROS)
    drawn = [WRITE_ZEROS]
    for some in kinds.values():
        drawn += draw.shuffled(some)[: 2 if len(some) > 2 else draw.one((1, 2))]
    return tuple(draw.shuffled(drawn))


LETTERS = "ABCDE"

ZERO, ONCE, VERSION = "zero-means-patched", "one-measurement-is-a-fact", "the-version-number-tells"

MORE = "the shelf has a clue that tells more"


class Remark(NamedTuple):
    """What is said about one letter of an answer."""

    right: bool
    words: str
    idea: str | None = None


@dataclass(repr=False)
class Game:
    """The kernels A to E, the clues that are for sale, and those that were bought so far.

    A clue shows its five values at once. Fewest clues win, and an answer is right only if the
    clues that were bought show it.
    """

    seed: int
    shelf: tuple[Clue, ...]
    _names: Mapping[str, str]
    bought: list[Clue] = field(default_factory=list)

    @property
    def fewest(self) -> int:
        """With how many clues of the shelf it can be done, found by trying."""
        return len(fewest(self.shelf))

    def clue(self, id: str) -> Clue:
        """Return a clue of the shelf, closed as it is; ValueError naming those there are."""
        for clue in self.shelf:
            if clue.id == id:
                return clue
        raise ValueError(f"id is {shown(id)}: there are {', '.join(c.id for c in self.shelf)}")

    def buy(self, id: str) -> Reply:
        """Buy a clue and return its five values; one that was bought before costs nothing.

        Raises ValueError as `clue`.
        """
        clue = self.clue(id)
        if clue not in self.bought:
            self.bought.append(clue)
        return Reply(self.sentence(clue))

    def predict(self, id: str) -> Reply:
        """Return what the model predicts of a clue for each kernel by name; it costs nothing.

        Raises ValueError as `clue`.
        """
        clue = self.clue(id)
        told = ", ".join(f"{name} {predicted(clue, name)}" for name in kernels())
        return Reply(f"The model of {clue.id}, {clue.words}: {told}.")

    def values(self, clue: Clue) -> dict[str, int | str]:
        """Return a clue's value for each letter."""
        return {letter: answer(clue, name) for letter, name in self._names.items()}

    def sentence(self, clue: Clue) -> str:
        """Return a clue that was bought in a sentence."""
        values = ", ".join(f"{letter} {value}" for letter, value in self.values(clue).items())
        number = self.bought.index(clue) + 1
        return f"Clue {number}, {clue.id}, {clue.words}: {values}."

    def table(self) -> Table:
        """Return the clues that were bought as a table, a column for each letter."""
        rows = [(clue.id, *self.values(clue).values()) for clue in self.bought]
        return Table.of_rows([*self._names], rows)

    def answer(self, **names: object) -> Reply:
        """Judge names for A to E: each one name, or all that cannot be told apart.

        `D="6.12.117 or 7.3.4"` and `D={"6.12.117", "7.3.4"}` are the same; None is an open place.
        Raises TypeError or ValueError for what is no letter or no name.
        """
        if all(is_open(name) for name in names.values()):
            return Reply(f"No answer yet: name {', '.join(self._names)}, from {listed(kernels())}.")
        if missing := [letter for letter in self._names if is_open(names.get(letter))]:
            raise ValueError(f"no name for {', '.join(missing)}: an answer names all five")
        if strange := [letter for letter in names if letter not in self._names]:
            raise ValueError(f"{strange[0]} is no letter: there are {', '.join(self._names)}")
        return self._judge({letter: _names(letter, names[letter]) for letter in self._names})

    def _judge(self, names: Mapping[str, frozenset[str]]) -> Reply:
        lines = {letter: self._line(letter, said) for letter, said in names.items()}
        letters: dict[str, list[str]] = {}
        for letter, line in lines.items():
            letters.setdefault(line.words, []).append(letter)
        told = "\n".join(f"- {listed(some)}: {words}" for words, some in letters.items())
        if all(line.right for line in lines.values()):
            return Reply(f"{self._score()}\n\n{told}\n\n{self._afterwards()}", right=True)
        ideas = list(dict.fromkeys(line.idea for line in lines.values() if line.idea))
        reasons = "\n\n".join(map(diagnosis, ideas))
        return Reply(f"\n{told}\n\n{reasons}".rstrip(), False, next(iter(ideas), None))

    def _score(self) -> str:
        spent = len(self.bought)
        told = f"All five, with {many(spent, 'clue')}; the fewest are {self.fewest}."
        needed = fewest(self.bought)
        idle = [clue.id for clue in self.bought if clue not in needed]
        return f"{told} You could have done without {listed(idle)}." if idle else told

    def _afterwards(self) -> str:
        """What is told of the shelf when the game is won: its noise, and what says nothing."""
        noisy = [clue.id for clue in self.shelf if clue.margin]
        same = [clue.id for clue in self.shelf if not clue.margin and not pairs(clue)]
        tells = f"{listed(same)} {'has' if len(same) == 1 else 'have'} one answer for all five"
        return (
            f"The traps on this shelf: {listed(noisy)} may be one off by chance, since a per-CPU "
            "batch of the LRU lists holds a reference for a while, and the model has no such "
            f"lists. {tells}."
        )

    def excluded(self, letter: str, name: str) -> bool:
        """Return whether the clues that were bought tell a letter from this kernel."""
        return name not in possible(self.bought, self._names[letter])

    def _line(self, letter: str, said: frozenset[str]) -> Remark:
        """Judge what was said of a letter by what the clues that were bought leave of it."""
        true = self._names[letter]
        left, one_kind = possible(self.bought, true), possible(self.shelf, true)
        if said == left == one_kind:
            return Remark(True, f"{listed(_ordered(said), 'or')}, as your clues show.")
        if said == left:
            return Remark(False, f"that is all your clues tell; {MORE}.")
        idea = self._idea(true, said)
        if wrong := _ordered(said - left):
            return Remark(False, self._contradiction(true, wrong[0]), idea)
        others = f"your clues leave {listed(_ordered(left - said))}, too"
        if left == one_kind:
            noise = self._noise(true, left - said)
            return Remark(
                False, f"{others}, and no clue here tells them apart: name them all.{noise}", idea
            )
        return Remark(False, f"{others}; {MORE}.", idea)

    def _noise(self, true: str, others: Iterable[str]) -> str:
        """What is said of noisy answers that look as if they told these kernels apart."""
        for clue in self.bought:
            seen = answer(clue, true)
            if clue.margin and any(answer(clue, other) != seen for other in others):
                return f" A reading of {clue.id} may be {clue.margin} off by chance."
        return ""

    def _contradiction(self, true: str, name: str) -> str:
        clue = next(clue for clue in self.bought if tells(clue, true, name))
        return (
            f'it is not "{name}": you have {clue.id}, which is {answer(clue, true)} here, and '
            f'"{name}" did not answer that.'
        )

    def _idea(self, true: str, said: frozenset[str]) -> str | None:
        if len(said) > 1 == len({kernels()[name].kernel for name in said}):
            return VERSION
        zero = any(c.quantity == "acq" and answer(c, true) == 0 for c in self.bought)
        left = possible(self.bought, true)
        if zero and all(map(_exempt, said)) and not all(map(_exempt, {true} | left)):
            return ZERO
        others = left - said
        noisy = [clue for clue in self.bought if clue.margin]
        apart = any(answer(c, one) != answer(c, k) for c in noisy for one in said for k in others)
        return ONCE if apart else None

    def __str__(self) -> str:
        return "\n".join([self.spent, *map(self.sentence, self.bought), *self._offers()])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        bought = [self.spent, *map(self.sentence, self.bought)]
        return "\n\n".join(bought) + "\n\n" + "\n".join(f"- {line}" for line in self._offers())

    @property
    def spent(self) -> str:
        """How many clues were bought, in a sentence."""
        spent = len(self.bought)
        return f"Game {self.seed}, {many(spent, 'clue')} bought."

    def _offers(self) -> list[str]:
        return [f"{c.id}: {c.words}" for c in self.shelf if c not in self.bought]


def game(seed: int = 0) -> Game:
    """Return a game: five recorded kernels as A to E, and clues to be bought.

    The same seed gives the same game; another one other letters and other clues. Raises TypeError
    or ValueError for what is no seed.

    >>> one = game(7)
    >>> len(one.bought), one.fewest
    (0, 3)
    """
    draw = Draw("identify", checked_seed(seed))
    names = dict(zip(LETTERS, draw.shuffled(list(kernels())), strict=True))
    return Game(seed, shelf(draw), names)


def _names(letter: str, said: object) -> frozenset[str]:
    """The kernels that are named; a release stands for all builds of it."""
    if isinstance(said, str):
        said = re.split(r"\s+or\s+", said.strip())
    if not isinstance(said, Iterable):
        raise TypeError(f"{letter} is {shown(said)}: it has to be a name or a set of names")
    names = frozenset[str]().union(*(_builds(letter, str(name).strip()) for name in said))
    if not names:
        raise ValueError(f"{letter} has no name: there are {listed(kernels())}")
    return names


def _builds(letter: str, said: str) -> frozenset[str]:
    found = frozenset(name for name, one in kernels().items() if said in (name, one.kernel))
    if not found:
        raise ValueError(f"{letter} is {shown(said)}: there are {listed(kernels())}")
    return found


def _exempt(name: str) -> bool:
    """Whether this kernel takes no pin of the zero page."""
    return answer(READ_ZEROS, name) == 0


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=list(kernels()).index)


NAME, WORDS = 118, 356
"""How wide a clue's id is on the board, and how wide its words."""
CLOSED = "?"
"""Stands in the place of a value that nobody has bought."""

BOARD = Grid(left=8 + NAME + WORDS, cell=62, head=34, tall=38, margin=8)


def board(game: Game) -> Drawing:
    """Draw the clues of a game as rows and A to E as columns; what was not bought is closed."""
    heads = [BOARD.heading(n, letter, 10, 12) for n, letter in enumerate(LETTERS)]
    clue = text(BOARD.margin, BOARD.head - 10, "clue", size=13, weight="bold")
    rows = [_row(n, game, clue) for n, clue in enumerate(game.shelf)]
    spent = text(BOARD.margin + NAME, BOARD.head - 10, game.spent, size=11)
    about = "A board of clues, a column for each kernel."
    twin = [game.spent, *map(game.sentence, game.bought)]
    drawn = [clue, spent, *heads, *rows]
    return BOARD.drawing(len(LETTERS), len(rows), drawn, about, twin, game.table())


def _row(place: int, game: Game, clue: Clue) -> str:
    bought = clue in game.bought
    values = game.values(clue).values() if bought else [CLOSED] * len(LETTERS)
    top = BOARD.y(place)
    y = top + 24
    lines = fitted(clue.words, WORDS - 8, 11)
    first = y - 7 * (len(lines) - 1)
    words = [
        text(BOARD.margin + NAME, first + 14 * n, line, size=11) for n, line in enumerate(lines)
    ]
    fill = "white" if bought else ZERO_PAGE
    cells = [
        rect(BOARD.x(n), top, BOARD.cell, BOARD.tall, fill=fill, round=0)
        + text(BOARD.middle(n), y, str(value), size=12, weight="bold", anchor="middle")
        for n, value in enumerate(values)
    ]
    weight = "bold" if bought else "normal"
    return text(BOARD.margin, y, clue.id, size=12, weight=weight) + "".join([*words, *cells])


ANOTHER = "Another game, after two clues:"
"""What the words below the exhibit are about: nothing of the game itself is told."""
BEGIN = "Five kernels, A to E. Ask the model, buy a clue, then strike out what it excludes."
OPEN, OUT, MARKED = "", "out", "marked"
SIGNS = {OPEN: "·", OUT: "✗", MARKED: "✓"}
"""What a cell shows: the letter can be this kernel, cannot be it, or is it."""


class Deduction:
    """A game on one grid: letters as rows, kernels as columns, and what was bought beside them.

    A letter is what is marked in its row, or else all that is not struck out there.
    """

    def __init__(self, seed: int) -> None:
        self.played = game(seed)
        self._cells = {(letter, name): OPEN for letter in LETTERS for name in kernels()}
        self._asked: list[Clue] = []
        self._wrong: set[tuple[str, str]] = set()
        self._checks = 0
        self._won = False

    def answer(self, press: str) -> Face:
        """Return what is shown after a press: `cell A 7.3.4`, `ask ID`, `buy ID` or `check`."""
        verb, _, what = press.partition(" ")
        presses = {"cell": self._turn, "ask": self._ask, "buy": self._buy, "check": self._check}
        said = presses[verb](what) if verb else BEGIN
        return Face(self._status() + self._shelf(), said, self._grid())

    def said_of(self, letter: str) -> frozenset[str]:
        """Return the kernels that a letter is said to be."""
        cells = {name: self._cells[letter, name] for name in kernels()}
        wanted = MARKED if MARKED in cells.values() else OPEN
        return frozenset(name for name, cell in cells.items() if cell == wanted)

    def _turn(self, what: str) -> str:
        letter, _, name = what.partition(" ")
        order = [OPEN, OUT, MARKED, OPEN]
        now = order[order.index(self._cells[letter, name]) + 1]
        self._cells[letter, name] = now
        self._wrong.discard((letter, name))
        told = {OPEN: "can be", OUT: "is not", MARKED: "is marked as"}
        return f"{letter} {told[now]} {name}{' again' * (now == OPEN)}."

    def _ask(self, id: str) -> str:
        clue = self.played.clue(id)
        if clue not in self._asked:
            self._asked.append(clue)
        return str(self.played.predict(id))

    def _buy(self, id: str) -> str:
        return str(self.played.buy(id))

    def _check(self, _: str) -> str:
        self._checks += 1
        said = {letter: self.said_of(letter) for letter in LETTERS}
        self._wrong = {
            (letter, name) for letter, names in said.items() for name in names
            if self._cells[letter, name] == MARKED and self.played.excluded(letter, name)
        }  # fmt: skip
        if empty := [letter for letter, names in said.items() if not names]:
            return f"{empty[0]} has no name left, and it is one of the five."
        reply = self.played.answer(**said)
        self._won = bool(reply.right)
        told = without_links(str(reply))  # what is said below the grid is plain text
        return told.replace("\n- ", "\n")

    def _status(self) -> str:
        won = "<b>Won.</b> " * self._won
        checks = many(self._checks, "check")
        return f"<p>{won}{self.played.spent[:-1]}, {checks}. The fewest clues win.</p>"

    def _grid(self) -> str:
        bought = self.played.bought
        heads = [*kernels(), *(clue.id for clue in bought)]
        rows = [self._row(n, letter) for n, letter in enumerate(LETTERS)]
        foot = [
            _line(f"model: {clue.id}", [f"<td>{predicted(clue, name)}</td>" for name in kernels()])
            for clue in self._asked
        ]
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
        return (
            f"<div class='grid'><table><thead><tr><td></td>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody><tfoot>{''.join(foot)}</tfoot></table></div>"
            f"{button('check', 'Check')}"
        )

    def _row(self, place: int, letter: str) -> str:
        cells = [self._cell(place, n, letter, name) for n, name in enumerate(kernels())]
        values = [self.played.values(clue)[letter] for clue in self.played.bought]
        return _line(letter, [*cells, *(f'<td class="bought">{value}</td>' for value in values)])

    def _cell(self, row: int, column: int, letter: str, name: str) -> str:
        now, wrong = self._cells[letter, name], (letter, name) in self._wrong
        told = f"{letter}, {name}: {now or 'open'}{', excluded by a clue' * wrong}"
        cell = button(
            f"cell {letter} {name}", f"{SIGNS[now]}{' !' * wrong}",
            data_at=f"{row},{column}", aria_label=told, class_=f"{now}{' wrong' * wrong}",
        )  # fmt: skip
        return f"<td>{cell}</td>"

    def _shelf(self) -> str:
        return f'<div class="cards">{"".join(map(self._card, self.played.shelf))}</div>'

    def _card(self, clue: Clue) -> str:
        bought = clue in self.played.bought
        buy = "Bought" if bought else "Buy: 1"
        buttons = [
            button(f"{verb} {clue.id}", words, aria_label=f"{words}, {clue.id}", **more)
            for verb, words, more in (
                ("ask", "Ask the model: free", {}),
                ("buy", buy, {"aria_disabled": str(bought).lower()}),
            )
        ]
        return f"<div><b>{clue.id}</b> {escape(clue.words)}{row(*buttons)}</div>"


def _line(head: str, cells: Iterable[str]) -> str:
    return f'<tr><th scope="row">{escape(head)}</th>{"".join(cells)}</tr>'


def who_is_who(seed: int = 0) -> Exhibit:
    """Return the same game with buttons: buy clues, strike out names, check.

    It is a game of its own: what is bought here is not bought in another. Raises TypeError or
    ValueError for what is no seed.
    """
    panel = ButtonPanel(Deduction(seed).answer)
    panel.add_class("pinlab-game")
    return Exhibit(ipywidgets.VBox([panel]), board_of_another(seed), ANOTHER)


def _letters(one: Game) -> list[frozenset[str]]:
    """What A to E are, as far as all clues tell."""
    return [possible(CLUES, one._names[letter]) for letter in LETTERS]


def board_of_another(seed: int) -> Drawing:
    """Draw another game than that of the seed, after two clues: nothing of this one is told.

    No letter is the same kernel in both, nor one that no clue tells from it.
    """
    this = _letters(game(seed))
    others = (game(n) for n in count(seed + 1))
    other = next(one for one in others if all(map(operator.ne, _letters(one), this)))
    for clue in (WRITE_ZEROS, fewest(other.shelf)[0]):
        other.buy(clue.id)
    return board(other)


def pins_of(kernel: Kernel, method: str, written: int) -> int:
    """Return the pins that one access of 64 pages takes, some of which were written before."""
    mm, addr = buffer_in(kernel, range(written))
    if method == DIRECT_IO:
        kernel.submit_dio_write(mm, addr, PAGES).complete()
    else:
        kernel.unpin_user_pages(mm.pin_user_pages(addr, PAGES))
    return kernel.vmstat["nr_foll_pin_acquired"]


MAINLINE = tuple(".".join(map(str, version)) for version in mainline())
"""The releases of the model, without stable branches."""


def releases_that_count() -> int:
    """Return in how many releases a direct write of pages that were never written counts pins."""
    return sum(pins_of(Kernel(release), DIRECT_IO, 0) > 0 for release in MAINLINE)


ROWS = {
    "64 zero pages read": ("process_vm_readv", "zero64", "acq"),
    "64 written pages read": ("process_vm_readv", "anon64", "acq"),
    "huge zero page read": ("process_vm_readv", "hugezero512", "acq"),
    "64 written pages to disk": ("direct_io", "file:write_anon64", "acq"),
}
"""How many pins each of these acquires: the experiment, its case, and the quantity."""


def rows_that_tell() -> str:
    """Return which of ROWS differ between Linux 6.4 and the newest release."""
    places = ["the first", "the second", "the third", "the last"]
    told = []
    for place, (experiment, case, quantity) in zip(places, ROWS.values(), strict=True):
        old, new = (predict(experiment, case, Kernel(r))[quantity] for r in ("6.4", NEWEST))
        told += [place] * (old != new)
    return listed(told)


def every_row() -> list[Compared]:
    """Return all that was recorded with what the model predicts: the rows of `machine.compare`."""
    return [*compared(recordings())]


def reasons(rows: Iterable[Compared]) -> Table:
    """Return why rows do not agree, the most frequent reason first; TypeError for another row."""
    rows = several("rows", rows, Compared)
    why = (row.why.partition(": ")[2].rpartition(" (")[0] for row in rows if not row.agrees)
    return Table.of_rows(["rows"], Counter(why).most_common(), "why")


UNKNOWN, EXEMPT, COUNTED = "cannot be told", "exempt", "counted"

Kind = tuple[str, str]
"""What direct I/O takes, and what a pin of the zero page does."""

FAMILY: Mapping[Kind, Callable[[], Kernel]] = {
    ("references", COUNTED): lambda: Kernel("6.4"),
    ("references", EXEMPT): lambda: Kernel("6.1.192"),
    ("pins", COUNTED): lambda: Kernel("6.5", zero_page_pins="counted"),
    ("pins", EXEMPT): lambda: Kernel("6.5"),
}
"""A kernel that is so."""


class Reading(NamedTuple):
    """One measurement: how 64 pages were accessed, and whether they had been written before."""

    method: str
    written: bool

    def __str__(self) -> str:
        memory = "written" if self.written else "never written"
        how = "direct write to disk" if self.method == DIRECT_IO else PROCESS_VM_READV
        return f"{how}, 64 pages {memory}"


READINGS = tuple(
    Reading(m, written) for written in (False, True) for m in (DIRECT_IO, PROCESS_VM_READV)
)


def zero_of_what(draw: Draw) -> Drawn:
    """Draw a kernel and a few readings; what do they show of the zero page?"""
    known = draw.one((UNKNOWN, EXEMPT, COUNTED, UNKNOWN))
    kind, readings = draw.one(_telling(known))
    zero = any(_pins(kind, reading) == 0 for reading in readings)
    return {
        "given": "\n".join(f"{one!s:45}{_pins(kind, one):4} pins" for one in readings),
        "known": known,
        "tempting": EXEMPT if zero else None,
        "fitting": ", or ".join(
            f"direct I/O takes {dio} and the zero page is {zero}"
            for dio, zero in _fitting(kind, readings)
        ),
    }


@cache
def _pins(kind: Kind, reading: Reading) -> int:
    """What a kernel of the family gives for a reading."""
    return pins_of(FAMILY[kind](), reading.method, PAGES if reading.written else 0)


def _fitting(kind: Kind, readings: Sequence[Reading]) -> list[Kind]:
    """The kinds that give the same for all of some readings."""
    return [one for one in FAMILY if all(_pins(one, r) == _pins(kind, r) for r in readings)]


@cache
def _telling(wanted: str) -> list[tuple[Kind, tuple[Reading, ...]]]:
    """Kinds and readings that tell so; of those that tell nothing only what looks exempt."""
    found = []
    for kind in FAMILY:
        for size in (2, 3):
            for readings in combinations(READINGS, size):
                left = {zero for _, zero in _fitting(kind, readings)}
                told = left.pop() if len(left) == 1 else UNKNOWN
                zeros = [r for r in readings if not r.written and _pins(kind, r) == 0]
                if told == wanted and (told != UNKNOWN or zeros):
                    found.append((kind, readings))
    return found


class Flaw(NamedTuple):
    """A line of a report that is wrong, what comes of it, and why; and what is said where not."""

    line: str
    words: str
    reason: str
    sound: str


SOUND = {
    "kernel": "Linux 6.12.117",
    "memory": "64 pages, MAP_PRIVATE, MADV_NOHUGEPAGE",
    "before": "one byte of each page is read",
    "file": "opened with O_DIRECT, on a disk",
    "counter": "nr_foll_pin_acquired, flushed by root before each reading",
    "control": "before and after, each as long as the run: 0",
}
FLAWS: Mapping[str, Flaw] = {
    "shared": Flaw("memory", "64 pages, MAP_SHARED, MADV_NOHUGEPAGE",
                   "A shared mapping has ordinary pages of its own and no zero page",
                   "This mapping is private"),
    "huge": Flaw("memory", "64 pages of a 2 MiB area, MAP_PRIVATE, MADV_HUGEPAGE",
                 "There the huge zero folio is mapped, and its pins are counted",
                 "MADV_NOHUGEPAGE keeps these pages small"),
    "written": Flaw("before", "one byte of each page is set to 0",
                    "A page that was written is an ordinary one, whatever was written",
                    "These pages were only read"),
    "cached": Flaw("file", "opened without further flags, on a disk",
                   "Without O_DIRECT the bytes are copied to the page cache, and nobody pins",
                   "With O_DIRECT this write goes past the page cache"),
    "unflushed": Flaw("counter", "nr_foll_pin_acquired, read as it stands",
                      "Each processor keeps up to 125 to itself before they are added",
                      "This counter was flushed before each reading"),
    "crowded": Flaw("control", "before and after, each as long as the run: {pins}",
                    "The controls say that others take just as many",
                    "These controls counted 0"),
}  # fmt: skip
CLAIMS = {
    "cached": "direct I/O of this kernel takes no pins of written memory",
    "unflushed": "this kernel loses pins of written memory",
}
COUNTS_ZERO = "this kernel counts pins of the zero page"


def find_the_flaw(draw: Draw) -> Drawn:
    """Draw a report, and the line of it because of which its claim does not follow."""
    flaw = draw.one(list(FLAWS))
    writes = draw.one((10, 50, 100, 200))
    expected = writes * pins_of(Kernel("6.12.117"), DIRECT_IO, PAGES)
    counted = {"cached": 0, "unflushed": expected - draw.one(range(3, 120))}.get(flaw, expected)
    lines = dict(SOUND)
    if flaw in CLAIMS:
        lines["before"] = "one letter is written into each page"
    lines[FLAWS[flaw].line] = FLAWS[flaw].words.format(pins=counted)
    lines["run"] = f"{writes} writes of all 64 pages"
    lines["counted"] = f"{counted} pins"
    lines["claim"] = CLAIMS.get(flaw, COUNTS_ZERO)
    return {
        "given": "\n".join(f"{name + ':':10}{words}" for name, words in lines.items()),
        "flaw": flaw,
        "other": {name: {"sound": each.sound} for name, each in FLAWS.items()},
        "as_claimed": "written" if flaw in CLAIMS else None,
        "place": FLAWS[flaw].line,
        "reason": FLAWS[flaw].reason,
    }


WRITES = 100


class Samples(NamedTuple):
    """Pins that were counted in some runs, and in as many intervals without a run."""

    runs: list[int]
    controls: list[int]


def sampled(draw: Draw, pins: int) -> Samples:
    """Draw what five runs of 100 writes and five controls count on a busy machine.

    Somebody else takes pins all the time, about the same number in each interval, and a burst
    falls into one run and one control.
    """
    steady = draw.one(range(300, 900, 10))
    runs = [WRITES * pins + steady + draw.one(range(21)) for _ in range(5)]
    controls = [steady + draw.one(range(21)) for _ in range(5)]
    runs[draw.one((0, 0, 1, 2, 3, 4))] += draw.one(range(2000, 9000, 64))
    controls[draw.one(range(5))] += draw.one(range(1000, 2000, 64))
    return Samples(runs, controls)


def through_noise(draw: Draw) -> Drawn:
    """Draw the pins of one write, and what is counted of them among those of other people."""
    pins = draw.one(range(2, 65))
    runs, controls = sampled(draw, pins)
    return {
        "given": f"runs, 100 writes each:   {_row_of(runs)}\n"
        f"controls, no write:      {_row_of(controls)}",
        "pins": pins,
        "of_the_largest": round(max(runs) / WRITES),
        "of_the_first": round(runs[0] / WRITES),
        "of_means": round((mean(runs) - mean(controls)) / WRITES),
        "without_controls": round(median(runs) / WRITES),
        "of_all": [round(median(runs)), round(median(runs) - median(controls))],
    }


def _row_of(numbers: Iterable[int]) -> str:
    return "".join(f"{number:8}" for number in numbers)


Values = Mapping[str, int]
"""The answer to each clue."""


def which_kernels() -> Drawn:
    """Return cases of nothing seen, each clue alone, then two to four; on a kernel that is drawn.

    Only clues whose answers are numbers on all kernels are used.
    """
    draw = Draw("which-kernels", 0)
    margins = {
        clue.id: clue.margin
        for clue in CLUES
        if all(isinstance(answer(clue, name), int) for name in kernels())
    }
    values = {name: {id: int(answer(BY_ID[id], name)) for id in margins} for name in kernels()}
    clues: list[list[str]] = [[], *([id] for id in margins)]
    clues += [draw.shuffled(list(margins))[: draw.one((2, 3, 4))] for _ in range(40)]
    states = []
    for ids in clues:
        known = {name: {id: values[name][id] for id in ids} for name in values}
        seen = dict(known[draw.one(list(known))])
        states.append((seen, known, {id: margins[id] for id in ids}))
    return {
        "states": states,
        "model": fitting_names,
        "trace": _side_by_side,
        "meaning": as_names,
    }


def fitting_names(
    seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]
) -> list[str]:
    """Return the kernels of which no clue that was seen differs by more than its margin, sorted."""
    return sorted(name for name in known if max(_beyond(seen, known[name], margin), default=0) <= 0)


def _beyond(seen: Values, values: Values, margin: Mapping[str, int]) -> list[int]:
    """How much further apart than the margin two answers are, for each clue that was seen."""
    return [abs(values[clue] - value) - margin[clue] for clue, value in seen.items()]


def _side_by_side(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> str:
    heads = [f"  {clue} (margin {margin[clue]})" for clue in seen]
    lines = [
        f"{name:16}" + "".join(f"{row[c]:>{len(h)}}" for c, h in zip(seen, heads, strict=True))
        for name, row in {"seen": seen, **known}.items()
    ]
    return "\n".join([" " * 16 + "".join(heads), *lines])


def as_names(result: object) -> object:
    """Take any collection of names for a sorted list of them, each once."""
    if isinstance(result, list | tuple | set | frozenset):
        return sorted(set(map(str, result)))
    return result


def _exact(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> list[str]:
    return fitting_names(seen, known, dict.fromkeys(margin, 0))


def _strict(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> set[str]:
    return {name for name in known if all(by < 0 for by in _beyond(seen, known[name], margin))}


def _one_is_enough(
    seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]
) -> set[str]:
    return {name for name in known if any(by <= 0 for by in _beyond(seen, known[name], margin))}


def _newest(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> set[str]:
    return {max(fitting_names(seen, known, margin), key=list(known).index)}


# The open task.


SOLD_OUT = fewest(CLUES)
"""What wins the game is not to be had in the task."""


def for_sale() -> Claims:
    """Show the clues of the task, each with what it asks.

    >>> "read-zeros" in for_sale().table.index
    False
    """
    words = {clue.id: clue.words for clue in CLUES if clue not in SOLD_OUT}
    return claims(Table({"asks": [*words.values()]}, [*words]))


def cheapest_clues(mine: Iterable[str]) -> Trial:
    """Try clues: whether they tell apart what can be told apart, and as few as possible do."""
    ids = sorted(set(several("mine", mine, str)))
    clues = [BY_ID[one_of("a clue in mine", id, BY_ID)] for id in ids]
    sold = [clue.id for clue in clues if clue in SOLD_OUT]
    answers = {clue.id: [answer(clue, name) for name in kernels()] for clue in clues}
    alike = sorted(map(_ordered, told_apart(CLUES) - told_apart(clues)))
    did = f"{many(len(clues), 'clue')} bought."
    noisy = [f"{clue.id} may be {clue.margin} off by chance." for clue in clues if clue.margin]
    told = "\n".join([str(Table(answers, [*kernels()])), *noisy])
    return Trial(did, told if answers and not sold else "").checked(
        {"sold_out": not sold, "alike": not alike, "fewer": len(clues) == len(SOLD_OUT)},
        pair=listed(f"`{name}`" for name in alike[0]) if alike else "",
        clue=listed(f"`{id}`" for id in sold) if sold else "",
    )
