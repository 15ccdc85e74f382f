"""Five recorded kernels without their names: clues are bought, and the answer has to follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pinlab.lab.clues import (
    EXEMPT,
    Clue,
    answer,
    fewest,
    kernels,
    possible,
    predicted,
    shelf,
    tells,
)
from pinlab.lab.draw import Draw, checked_seed
from pinlab.lab.exercise import is_open, reason
from pinlab.lab.powers import plural
from pinlab.lab.reply import Reply
from pinlab.model.arguments import shown

if TYPE_CHECKING:
    import pandas

LETTERS = "ABCDE"

ZERO, ONCE, VERSION = "zero-means-patched", "one-measurement-is-a-fact", "the-version-number-tells"

MORE = "the shelf has a clue that tells more"


class Line(NamedTuple):
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

    def table(self) -> pandas.DataFrame:
        """Return the clues that were bought as a DataFrame, a column for each letter."""
        import pandas

        rows = {clue.id: self.values(clue) for clue in self.bought}
        return pandas.DataFrame.from_dict(rows, orient="index", columns=list(self._names))

    def answer(self, **names: object) -> Reply:
        """Judge names for A to E: each one name, or all that cannot be told apart.

        `D="6.12.117 or 7.3.4"` and `D={"6.12.117", "7.3.4"}` are the same; None is an open place.
        Raises TypeError or ValueError for what is no letter or no name.
        """
        if all(is_open(name) for name in names.values()):
            return Reply(
                f"No answer yet: name {', '.join(self._names)}, from {_listed(kernels())}."
            )
        if missing := [letter for letter in self._names if is_open(names.get(letter))]:
            raise ValueError(f"no name for {', '.join(missing)}: an answer names all five")
        if strange := [letter for letter in names if letter not in self._names]:
            raise ValueError(f"{strange[0]} is no letter: there are {', '.join(self._names)}")
        return self._judge({letter: _names(letter, names[letter]) for letter in self._names})

    def _judge(self, names: Mapping[str, frozenset[str]]) -> Reply:
        lines = {letter: self._line(letter, said) for letter, said in names.items()}
        told = "\n".join(f"- {letter}: {line.words}" for letter, line in lines.items())
        if all(line.right for line in lines.values()):
            return Reply(f"{self._score()}\n\n{told}", right=True)
        ideas = list(dict.fromkeys(line.idea for line in lines.values() if line.idea))
        reasons = "\n\n".join(map(reason, ideas))
        return Reply(f"\n{told}\n\n{reasons}".rstrip(), False, next(iter(ideas), None))

    def _score(self) -> str:
        spent = len(self.bought)
        told = f"All five, with {spent} {plural(spent, 'clue')}; the fewest are {self.fewest}."
        needed = fewest(self.bought)
        idle = [clue.id for clue in self.bought if clue not in needed]
        return f"{told} You could have done without {_listed(idle)}." if idle else told

    def _line(self, letter: str, said: frozenset[str]) -> Line:
        """Judge what was said of a letter by what the clues that were bought leave of it."""
        true = self._names[letter]
        left, one_kind = possible(self.bought, true), possible(self.shelf, true)
        if said == left == one_kind:
            return Line(True, f"{_listed(_ordered(said), 'or')}, as your clues show.")
        if said == left:
            return Line(False, f"that is all your clues tell; {MORE}.")
        idea = self._idea(true, said)
        if wrong := _ordered(said - left):
            return Line(False, self._contradiction(true, wrong[0]), idea)
        others = f"your clues leave {_listed(_ordered(left - said))}, too"
        if left == one_kind:
            return Line(False, f"{others}, and no clue here tells them apart: name them all.", idea)
        return Line(False, f"{others}; {MORE}.", idea)

    def _contradiction(self, true: str, name: str) -> str:
        clue = next(clue for clue in self.bought if tells(clue, true, name))
        return (
            f"it is not {name}: you have {clue.id}, which is {answer(clue, true)} here and "
            f"{answer(clue, name)} on {name}."
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
        return f"Game {self.seed}, {spent} {plural(spent, 'clue')} bought."

    def _offers(self) -> list[str]:
        return [f"{c.id}: {c.words}" for c in self.shelf if c not in self.bought]


def identify(seed: int = 0) -> Game:
    """Return a game: five recorded kernels as A to E, and clues to be bought.

    The same seed gives the same game; another one other letters and other clues. Raises TypeError
    or ValueError for what is no seed.

    >>> game = identify(7)
    >>> len(game.bought), game.fewest
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
        raise ValueError(f"{letter} has no name: there are {_listed(kernels())}")
    return names


def _builds(letter: str, said: str) -> frozenset[str]:
    found = frozenset(name for name, one in kernels().items() if said in (name, one.kernel))
    if not found:
        raise ValueError(f"{letter} is {shown(said)}: there are {_listed(kernels())}")
    return found


def _exempt(name: str) -> bool:
    """Whether this kernel takes no pin of the zero page."""
    return answer(EXEMPT, name) == 0


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=list(kernels()).index)


def _listed(things: Iterable[str], word: str = "and") -> str:
    *first, last = things
    return f"{', '.join(first)} {word} {last}" if first else last
