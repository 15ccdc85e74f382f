"""Items: the seeded exercises as questions of a learning platform, and which of them to take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pinlab.lab.exercise import Choice, Exercise, Number, Numbers, Selection
from pinlab.lab.misconceptions import reason
from pinlab.lab.problems import exercise

NONE = "none of them"
"""An option of each selection, since a platform marks no question to which nothing is right."""

SHARE = 4
"""An answer may be right in one of so many items of an exercise, and not more often.

Who has heard one answer, or guesses the commonest, then gets no more marks than by a guess among
four. An exercise that has three answers cannot do that, whatever its seeds: it is left out.
"""

TRIED = 60
"""At least so many seeds are tried for an exercise, and two for each item that is wanted."""


class Option(NamedTuple):
    """An answer: a right one, or a wrong one with the idea it rests on, if that is known."""

    text: str
    right: bool
    idea: str = ""

    @property
    def told(self) -> str:
        """What is told to who gives it, in Markdown."""
        return reason(self.idea) if self.idea else ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question with its answers; `text`, `because` and `unlisted` are Markdown.

    `part` names the number that is asked for, where the exercise asks for several. `kind` says
    what there is to do: type a "number", choose "one", or choose "several". `unlisted` is told to
    a number that is not among the options.
    """

    id: str
    lesson: str
    seed: int
    text: str
    because: str
    kind: str
    options: Sequence[Option]
    part: str = ""
    unlisted: str = ""

    @property
    def name(self) -> str:
        """The exercise, and the part of it: items with the same name differ in the seed."""
        return f"{self.id} {self.part}".strip()

    @property
    def right(self) -> frozenset[str]:
        """The right answer: one text, or those to choose."""
        return frozenset(option.text for option in self.options if option.right)


def items(id: str, seed: int) -> list[Item]:
    """Return an exercise with a seed as items: one, or one for each number that it asks for.

    A program to write is none. Raises as `lab.check`.
    """
    found = exercise(id, seed)
    match found:
        case Number():
            return [_item(found, seed, "number", _number(found.right, found.wrong.items()))]
        case Numbers():
            return [
                _item(found, seed, "number", _number(right, wrong.items()), part)
                for part, (right, wrong) in found.parts.items()
            ]
        case Choice():
            options = _chosen(found.options, {found.right}, found.wrong)
            return [_item(found, seed, "one", options)]
        case Selection():
            return [_item(found, seed, "several", _selected(found))]
    return []


def _item(found: Exercise, seed: int, kind: str, options: Iterable[Option], part: str = "") -> Item:
    only = f"\n\nGive one of these numbers here: **{part}**." if part else ""
    return Item(
        id=found.id, lesson=found.lesson, seed=seed, text=f"{found.asked}{only}", part=part,
        because=found.because, kind=kind, options=tuple(options), unlisted=found.unlisted,
    )  # fmt: skip


def _number(right: int, wrong: Iterable[tuple[int, str]]) -> Iterator[Option]:
    yield Option(str(right), True)
    yield from (Option(str(number), False, idea) for number, idea in wrong)


def _selected(found: Selection) -> Iterator[Option]:
    """A wrong option rests on the idea of whoever adds it to the right ones."""
    known = dict(found.mistakes())
    ideas = {each: known.get(found.right | {each}, "") for each in found.options}
    ideas[NONE] = known.get(frozenset(), "")
    return _chosen([*found.options, NONE], found.right or {NONE}, ideas)


def _chosen(
    options: Iterable[str], right: Collection[str], ideas: Mapping[str, str]
) -> Iterator[Option]:
    return (Option(text, text in right, "" if text in right else ideas[text]) for text in options)


def seeded(id: str, wanted: int, first: int) -> dict[str, list[Item]]:
    """Return items of an exercise by name, from seeds on, as many as are wanted if there are.

    A name has none where every choice of seeds has an answer that is too common, see SHARE.
    Raises ValueError for an id, a number or a seed that is none.
    """
    pools: dict[str, list[Item]] = {}
    asked: set[str] = set()
    for seed in range(first, first + max(TRIED, 2 * wanted)):
        drawn = items(id, seed)
        if drawn[0].text in asked:
            continue
        asked.add(drawn[0].text)
        for item in drawn:
            pools.setdefault(item.name, []).append(item)
        if all(len(_fair(pool, wanted)) == wanted for pool in pools.values()):
            break
    return {name: fair(pool, wanted) for name, pool in pools.items()}


def fair(pool: Sequence[Item], wanted: int) -> list[Item]:
    """Return the first items, at most so many, of which no answer is right too often."""
    return next(filter(None, (_fair(pool, size) for size in range(wanted, 0, -1))), [])


def _fair(pool: Iterable[Item], size: int) -> list[Item]:
    """So many items of which no answer is too common, or none."""
    taken: list[Item] = []
    shares = Counter[frozenset[str]]()
    for item in pool:
        if shares[item.right] < size // SHARE:
            shares[item.right] += 1
            taken.append(item)
    return taken[:size] if len(taken) >= size else []
