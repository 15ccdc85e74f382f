"""Lesson 11: clues told apart by eye, the game in code and with buttons, and its exercises."""

import csv
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest
from bs4 import BeautifulSoup

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.lab.draw import Draw
from pinlab.lab.exercise import Program
from pinlab.lab.problems import exercise
from pinlab.lab.svg import measured
from pinlab.lessons import ask_a_real_kernel as here
from pinlab.lessons.ask_a_real_kernel import CLUES, LETTERS, Clue, Game, answer, game, kernels
from pinlab.machine.predictions import predict
from pinlab.machine.recordings import cases, recording, recordings
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST

SEEDS = range(50)


GROUPS = {
    "hold-zeros": "aabbb", "read-zeros": "aabbb", "write-letters": "aaabb",
    "read-from-disk": "aaabb", "flight-letters": "aaabb", "flight-zeros": "aaabb",
    "huge-buffer": "aaabb", "lost-byte": "aaabb", "moved-away": "aaabb", "fork-1022": "abbbb",
    "smaps-1022": "abbbb", "flight-1": "aaabb", "flight-2": "aaabb",
    "flight-3": "aaabb", "flight-ring": "aaaaa", "write-zeros": "aaaaa",
    "read-letters": "aaaaa", "read-huge-zeros": "aaaaa", "fork-1023": "aaaaa",
    "fork-2000": "aaaaa", "splice-zeros": "aaaaa", "ring-page": "aaaaa", "ring-zeros": "aaaaa",
}  # fmt: skip
"""What each clue says about the five kernels, oldest first: the same letter, the same rule."""


def rows() -> list[dict[str, str]]:
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


RECORDED = {tuple(row.values())[:5]: row["value"] for row in rows()}
SHELVES = [here.shelf(Draw("identify", seed)) for seed in SEEDS]


def test_the_five_kernels_are_those_of_the_file() -> None:
    assert [(one.kernel, one.build) for one in kernels().values()] == list(
        dict.fromkeys((r["kernel"], r["build"]) for r in rows())
    )
    assert len(kernels()) == 5


@pytest.mark.parametrize("clue", CLUES, ids=lambda clue: str(clue.id))
def test_a_clue_is_a_row_of_the_file_tells_its_groups_apart_and_is_predicted(clue: Clue) -> None:
    group = dict(zip(kernels(), GROUPS[clue.id], strict=True))
    assert here.pairs(clue) == {
        frozenset(two) for two in combinations(group, 2) if len({group[k] for k in two}) > 1
    }
    for name, one in kernels().items():
        seen, expected = answer(clue, name), here.predicted(clue, name)
        assert str(seen) == RECORDED[(one.kernel, one.build, *clue[2:])]
        assert seen == expected or 0 <= int(seen) - int(expected) <= clue.margin


def test_no_exact_row_of_the_file_tells_the_two_newest_apart() -> None:
    def of(name: str) -> dict[tuple[str, ...], str]:
        one = kernels()[name]
        return {k[2:]: v for k, v in RECORDED.items() if k[:2] == (one.kernel, one.build)}

    old, new = of("6.12.117"), of("7.3.4")
    differ = {case for case in old.keys() & new.keys() if old[case] != new[case]}
    assert {quantity for *_, quantity in differ} == {"ref_inflight"}
    assert here.possible(CLUES, "7.3.4") == {"6.12.117", "7.3.4"}


def test_a_shelf_has_every_kind_and_no_clue_twice_and_takes_three_clues() -> None:
    for clues in SHELVES:
        full = here.told_apart(clues)
        assert full == here.told_apart(CLUES)
        assert len(here.fewest(clues)) == 3
        assert all(here.told_apart(two) != full for two in combinations(clues, 2))
        assert len(set(clues)) == len(clues) <= 12
        assert {GROUPS[clue.id] for clue in clues if not clue.margin} == set(GROUPS.values())
        assert any(clue.margin for clue in clues)
        assert here.BY_ID["write-zeros"] in clues
    assert len({frozenset(clues) for clues in SHELVES}) > 20
    assert all(measured(clue.words, 11) < 2 * 340 for clue in CLUES)


# The game in code.


def told(played: Game, *ids: str) -> dict[str, list[str]]:
    """What the values of some clues say of each letter, by hand: only exact ones are looked at."""
    for id in ids:
        played.buy(id)
    exact = [clue for clue in played.bought if not clue.margin]
    return {
        letter: [
            name for name in kernels()
            if all(played.values(clue)[letter] == answer(clue, name) for clue in exact)
        ]
        for letter in LETTERS
    }  # fmt: skip


def solving(played: Game) -> tuple[str, ...]:
    """The first three exact clues that leave one kernel, or the two newest, for each letter."""
    exact = [clue.id for clue in played.shelf if not clue.margin]
    for ids in combinations(exact, 3):
        if sum(map(len, told(game(played.seed), *ids).values())) == 7:
            return ids
    raise AssertionError(played.shelf)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_buys_the_right_three_and_says_what_they_show_wins_and_nothing_less_does(
    seed: int,
) -> None:
    played = game(seed)
    ids = solving(played)
    left = told(played, *ids)
    reply = played.answer(**left)
    assert reply.right
    assert reply.text.startswith("All five, with 3 clues; the fewest are 3.")
    assert "without" not in reply.text.splitlines()[0]
    assert sorted(len(names) for names in left.values()) == [1, 1, 1, 2, 2]
    letter = next(letter for letter in LETTERS if len(left[letter]) == 2)
    reply = played.answer(**left | {letter: left[letter][:1]})
    assert reply.right is False
    assert f"- {letter}: your clues leave 7.3.4, too, and no clue here" in reply.text
    fewer = game(seed)
    less = told(fewer, *ids[:2])
    assert fewer.answer(**left).right is False
    reply = fewer.answer(**less)
    assert reply.right is False
    assert "that is all your clues tell; the shelf has a clue that tells more" in reply.text


@pytest.mark.parametrize("seed", range(10))
def test_what_a_bought_clue_contradicts_is_said_with_the_value_that_was_bought(seed: int) -> None:
    played = game(seed)
    left = told(played, *solving(played))
    for letter in LETTERS:
        for name in set(kernels()) - set(left[letter]):
            text = played.answer(**left | {letter: name}).text
            found = re.search(
                rf'- {letter}: it is not "{name}": you have ([\w-]+), which is (\S+) here, and '
                rf'"{name}" did not answer that\.', text,
            )  # fmt: skip
            assert found, text
            clue = played.clue(found[1])
            assert clue in played.bought
            assert found[2] == str(played.values(clue)[letter]) != str(answer(clue, name))


THREE = ("read-zeros", "write-letters", "fork-1022")
"""Three clues that are enough for game 0."""


def buying(*ids: str) -> tuple[Game, dict[str, list[str]]]:
    """Game 0 with some clues, and what is right in the end."""
    played = game(0)
    told(played, *ids)
    return played, told(game(0), *THREE)


def letter_of(final: dict[str, list[str]], name: str) -> str:
    return next(letter for letter in LETTERS if name in final[letter])


def test_clues_that_were_not_needed_are_named_and_words_with_or_are_a_set() -> None:
    played, final = buying("write-zeros", *THREE)
    reply = played.answer(**{letter: " or ".join(names) for letter, names in final.items()})
    assert reply.right
    assert "with 4 clues; the fewest are 3. You could have done without write-zeros." in reply.text


@pytest.mark.parametrize(
    ("bought", "said", "idea"),
    [
        (("write-zeros",), {"5.10.262": "6.1.192 with"}, "zero-means-patched"),
        ((*THREE, "flight-2"), {"6.12.117": "6.12.117"}, "one-measurement-is-a-fact"),
        ((*THREE, "flight-2"), {"7.3.4": "7.3.4"}, "one-measurement-is-a-fact"),
        (THREE, {"7.3.4": "7.3.4"}, None),
        (THREE, dict.fromkeys(("6.1.192 with", "6.1.192 without"), "6.1.192"),
         "the-version-number-tells"),
        (("write-letters", "fork-1022"),
         dict.fromkeys(("6.1.192 with", "6.1.192 without"), "6.1.192"), None),
    ],
)  # fmt: skip
def test_an_idea_is_recognised_where_the_clues_do_not_bear_it_out(
    bought: tuple[str, ...], said: dict[str, str], idea: str | None
) -> None:
    played, final = buying(*bought)
    reply = played.answer(**final | {letter_of(final, is_): name for is_, name in said.items()})
    assert (reply.right, reply.misconception) == (False, idea)


def test_a_reason_is_told_once() -> None:
    played, final = buying("write-zeros", "flight-2")
    text = played.answer(**dict.fromkeys(final, "6.1.192 with")).text
    assert text.count("](misconceptions.md#A-zero-means-that-the-patch-is-in).") == 1


def test_a_bought_clue_is_paid_for_once_and_stands_in_table_and_words_and_not_on_the_shelf() -> (
    None
):
    played = game(0)
    offers = [f"{clue.id}: {clue.words}" for clue in played.shelf]
    assert str(played).splitlines() == ["Game 0, 0 clues bought.", *offers]
    assert played.buy("read-zeros") == played.buy("read-zeros")
    assert len(played.bought) == 1
    values = played.values(played.clue("read-zeros"))
    assert played.table().rows() == {"read-zeros": tuple(values.values())}
    assert [*played.table().columns] == [*values]
    assert str(played).count("read-zeros") == 1 == played._repr_markdown_().count("read-zeros")
    assert "- write-zeros: one direct write" in played._repr_markdown_()


def test_an_open_answer_is_answered_kindly() -> None:
    for nothing in ({}, dict.fromkeys(LETTERS)):
        reply = game(0).answer(**nothing)
        assert reply.right is None
        assert "name A, B, C, D, E, from 5.10.262, 6.1.192 without" in reply.text


@pytest.mark.parametrize(
    ("change", "words", "error"),
    [
        ({"B": None}, "no name for B", ValueError),
        ({"F": "7.3.4"}, "F is no letter: there are A, B, C, D, E", ValueError),
        ({"C": "6.5"}, "C is '6.5': there are 5.10.262, 6.1.192 without", ValueError),
        ({"C": set()}, "C has no name", ValueError),
        ({"C": 6.12}, "C is 6.12: it has to be a name", TypeError),
    ],
)
def test_what_is_no_answer_is_named(
    change: dict[str, object], words: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=re.escape(words)):
        game(0).answer(**dict.fromkeys(LETTERS, "7.3.4") | change)


@pytest.mark.parametrize("what", [Game.buy, Game.predict])
def test_an_unknown_clue_is_named_with_the_shelf(what: Callable[[Game, str], object]) -> None:
    with pytest.raises(ValueError, match=r"id is 'uname': there are .*read-zeros"):
        what(game(0), "uname")


@pytest.mark.parametrize("make", [game, here.who_is_who])
@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), ("1", TypeError), (1.5, TypeError)])
def test_a_seed_is_a_whole_number(
    make: Callable[[Any], object], seed: object, error: type[Exception]
) -> None:
    with pytest.raises(error, match="seed is "):
        make(seed)


def test_the_same_seed_is_the_same_game_and_others_are_others() -> None:
    first, second = game(3), game(3)
    assert first.shelf == second.shelf
    assert all(first.values(clue) == second.values(clue) for clue in CLUES)
    games = [game(seed) for seed in SEEDS]
    assert len({tuple(each.values(CLUES[0]).values()) for each in games}) > 5
    assert len({each.shelf for each in games}) > 20


def test_the_model_is_asked_for_nothing_and_by_name() -> None:
    played = game(0)
    reply = played.predict("read-zeros")
    assert reply.text.endswith(
        "5.10.262 64, 6.1.192 without 64, 6.1.192 with 0, 6.12.117 0, 7.3.4 0."
    )
    assert played.bought == []


# The board, drawn and with buttons.

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("bought", [(), ("read-zeros",), ("read-zeros", "write-zeros")])
def test_five_values_for_each_clue_that_was_bought_and_five_marks_for_the_others(
    bought: tuple[str, ...],
) -> None:
    played = game(0)
    for id in bought:
        played.buy(id)
    drawing = here.board(played)
    shown = [str(one.text) for one in ET.fromstring(drawing.svg).iter(f"{SVG}text")]
    assert shown.count(here.CLOSED) == 5 * (len(played.shelf) - len(bought))
    for clue in played.bought:
        values = [str(value) for value in played.values(clue).values()]
        assert any(shown[n : n + 5] == values for n in range(len(shown)))
    plural = "clue" if len(bought) == 1 else "clues"
    assert drawing.twin.splitlines() == [
        f"Game 0, {len(bought)} {plural} bought.", *map(played.sentence, played.bought),
    ]  # fmt: skip
    assert drawing.twin in drawing.alt
    assert drawing.table is not None
    assert tuple(drawing.table.index) == bought


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_cut_off_or_wider_than_its_place(seed: int) -> None:
    svg = ET.fromstring(here.board_of_another(seed).svg)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    assert width <= 800
    for box in svg.iter(f"{SVG}rect"):
        assert float(box.get("x", 0)) + float(box.attrib["width"]) <= width
        assert float(box.get("y", 0)) + float(box.attrib["height"]) <= height
    for one in svg.iter(f"{SVG}text"):
        wide = measured(str(one.text), int(one.attrib["font-size"]))
        assert wide < (60 if one.get("text-anchor") == "middle" else here.WORDS)


class Grid:
    """The game with buttons, found as a reader meets them."""

    def __init__(self, seed: int = 0) -> None:
        self.exhibit = here.who_is_who(seed)
        (self.panel,) = self.exhibit.widget.children

    @property
    def said(self) -> str:
        return str(self.panel.said)

    @property
    def rows(self) -> list[list[str]]:
        """The table, as text."""
        soup = BeautifulSoup(self.panel.below, "html.parser")
        return [[cell.get_text() for cell in row.find_all(["td", "th"])]
                for row in soup.find_all("tr")]  # fmt: skip

    @property
    def status(self) -> str:
        return BeautifulSoup(self.panel.above, "html.parser").p.get_text()  # type: ignore[union-attr]

    def press(self, *presses: str) -> None:
        """Press buttons that are there."""
        for press in presses:
            assert f'data-press="{press}"' in self.panel.above + self.panel.below
            self.panel.press(press)

    def strike_out(self, names: Mapping[str, Collection[str]]) -> None:
        """Leave these names of each letter."""
        self.press(*(f"cell {letter} {name}" for letter in LETTERS for name in kernels()
                     if name not in names[letter]))  # fmt: skip


def test_it_begins_with_an_open_grid_every_clue_on_a_card_and_nothing_bought() -> None:
    grid = Grid()
    assert grid.said == here.BEGIN
    assert grid.rows == [["", *kernels()], *([letter, *"·····"] for letter in LETTERS)]
    assert grid.status == "Game 0, 0 clues bought, 0 checks. The fewest clues win."
    cards = BeautifulSoup(grid.panel.above, "html.parser").select(".cards > div")
    assert len(cards) == len(game(0).shelf)
    for card, clue in zip(cards, game(0).shelf, strict=True):
        words = f"{clue.id} {clue.words}Ask the model: freeBuy: 1"
        assert card.get_text() == words
    names = re.findall('aria-label="([^"]*)"', grid.panel.above + grid.panel.below)
    assert len(set(names)) == len(names) == 25 + 2 * len(cards)
    places = re.findall('data-at="([^"]*)"', grid.panel.below)
    assert places == [f"{row},{column}" for row in range(5) for column in range(5)]


def test_asking_adds_a_row_of_the_model_and_buying_a_column_of_this_game_alone() -> None:
    grid, other, played = Grid(), Grid(), game(0)
    grid.press("ask read-zeros", "ask read-zeros")
    assert grid.said == str(played.predict("read-zeros"))
    assert grid.rows[6:] == [["model: read-zeros", "64", "64", "0", "0", "0"]]
    grid.press("buy read-zeros", "buy read-zeros")
    assert grid.said == str(played.buy("read-zeros"))
    values = [str(value) for value in played.values(played.clue("read-zeros")).values()]
    assert [row[-1] for row in grid.rows[:6]] == ["read-zeros", *values]
    assert grid.status.startswith("Game 0, 1 clue bought,")
    assert 'aria-label="Bought, read-zeros" aria-disabled="true"' in grid.panel.above
    assert len(other.rows[0]) == 6


def test_a_cell_is_struck_out_marked_and_open_again_and_each_press_is_told() -> None:
    grid = Grid()
    for sign, told in (("✗", "A is not 7.3.4."), ("✓", "A is marked as 7.3.4."),
                       ("·", "A can be 7.3.4 again.")):  # fmt: skip
        grid.press("cell A 7.3.4")
        assert (grid.rows[1][5], grid.said) == (sign, told)


def test_check_marks_what_was_marked_and_a_clue_excludes_until_it_is_turned() -> None:
    grid, played = Grid(), game(0)
    grid.press("buy read-zeros", "check")
    assert " !" not in str(grid.rows)  # nothing was marked: what is open is for the reader to see
    left = told(played, "read-zeros")
    names = [*kernels()]
    wrong = next(name for name in names if name not in left["A"])
    right = next(name for name in names if name in left["B"])
    grid.press(*[f"cell A {wrong}"] * 2, *[f"cell B {right}"] * 2, "check")
    assert grid.rows[1][1 + names.index(wrong)] == "✓ !"
    assert grid.rows[2][1 + names.index(right)] == "✓"
    assert f'aria-label="A, {wrong}: marked, excluded by a clue"' in grid.panel.below
    grid.press(f"cell A {wrong}")
    assert grid.rows[1][1 + names.index(wrong)] == "·"
    assert "0 checks" not in grid.status


def test_what_is_left_is_judged_as_in_code_and_the_game_can_be_won() -> None:
    grid, played = Grid(), game(0)
    grid.press(*(f"buy {id}" for id in THREE))
    left = told(played, *THREE)
    grid.press("check")
    reply = str(played.answer(**dict.fromkeys(LETTERS, frozenset(kernels()))))
    assert grid.said == reply.replace("- ", "")
    assert grid.said.startswith("Not yet.")
    grid.strike_out(left)
    grid.press("check")
    assert grid.said.startswith("Right. All five, with 3 clues; the fewest are 3.")
    assert grid.status == "Won. Game 0, 3 clues bought, 2 checks. The fewest clues win."
    for name in left["C"]:
        grid.press(f"cell C {name}")
    grid.press("check")
    assert grid.said == "C has no name left, and it is one of the five."


def test_what_is_marked_counts_more_than_what_is_open() -> None:
    grid = Grid()
    grid.press(*(f"buy {id}" for id in THREE))
    for letter, names in told(game(0), *THREE).items():
        for name in names:
            grid.press(*[f"cell {letter} {name}"] * 2)
    grid.press("check")
    assert grid.said.startswith("Right.")


def test_who_has_won_is_told_the_traps_of_the_shelf() -> None:
    played = game(1)
    names = {letter: sorted(left) for letter, left in told(played, *solving(played)).items()}
    reply = str(played.answer(**names))
    assert "The traps on this shelf: flight-1 and flight-ring may be one off by chance" in reply
    assert "splice-zeros, write-zeros and read-huge-zeros have one answer for all five." in reply


def test_what_is_stored_is_another_game() -> None:
    exhibit = Grid(0).exhibit
    assert exhibit.moves == "Another game, after two clues:"
    assert exhibit.filmstrip.twin.startswith("Game 2, 2 clues bought.\n")
    assert str(exhibit) == str(here.board_of_another(0))
    assert ">Game 2, 2 clues bought.<" in here.board_of_another(0).svg


@pytest.mark.parametrize("seed", range(8))
def test_no_letter_of_the_stored_game_is_the_kernel_that_it_is_in_this_one(seed: int) -> None:
    def shown(n: int) -> list[list[str]]:
        left = told(game(n), *solving(game(n)))
        return [left[letter] for letter in LETTERS]

    stored = int(here.board_of_another(seed).twin.split()[1].rstrip(","))
    assert all(mine != other for mine, other in zip(shown(seed), shown(stored), strict=True))


def test_where_noise_looks_like_an_answer_it_is_named_and_no_link_is_spelled_out() -> None:
    final = told(game(0), *THREE)
    for bought, named in ((THREE, False), ((*THREE, "flight-2"), True)):
        grid = Grid()
        grid.press(*(f"buy {id}" for id in bought))
        grid.strike_out(final | {"C": ["7.3.4"]})
        grid.press("check")
        assert "C: your clues leave 6.12.117, too, and no clue here tells them apart" in grid.said
        assert ("A reading of flight-2 may be 1 off by chance." in grid.said) is named
        assert ("A common mistake: One measurement is a fact." in grid.said) is named
        assert "](" not in grid.said


def test_what_is_for_sale_is_shown_in_full() -> None:
    html = here.for_sale()._repr_html_()
    sold = [clue for clue in CLUES if clue.id not in THREE]
    assert len(sold) == len(here.for_sale().table) == len(CLUES) - len(THREE)
    shown = BeautifulSoup(html, "html.parser").get_text()
    assert all(clue.id in shown and clue.words in shown for clue in sold)


def test_a_clue_that_is_sold_out_is_not_answered() -> None:
    reply = str(lab.check("cheapest-clues", {"read-zeros"}))
    assert "There is no `read-zeros`: sold out." in reply
    assert "6.12.117" not in reply


def test_of_the_step_from_2_to_1026_all_but_one_is_the_rule() -> None:
    model = here.asked("flight-2")["the model"]
    assert here.from_a_rule("flight-2") == "6.1.192 with to 6.12.117"
    assert (model[2], model[3]) == (2, 2 + 1023)


# The exercises.


def given(id: str, seed: int) -> str:
    """What an exercise hands out."""
    return str(lab.given(id, seed))


def known(seed: int) -> str:
    """`zero-of-what`: a count is a count; a zero counts only where pins are sure to be taken."""
    lines = given("zero-of-what", seed).splitlines()
    pins = {line[: -len("64 pins")].strip(): int(line.split()[-2]) for line in lines}
    zeros = {how.split(",")[0]: n for how, n in pins.items() if how.endswith("never written")}
    if any(zeros.values()):
        return "counted"
    if "process_vm_readv" in zeros:
        return "exempt"
    dio_pins = pins.get("direct write to disk, 64 pages written", 0) > 0
    return "exempt" if dio_pins and "direct write to disk" in zeros else "cannot be told"


def flaw(seed: int) -> str:
    """`find-the-flaw`: the line that is not as it should be."""
    report = given("find-the-flaw", seed)
    lines = {line[:10].strip(": "): line[10:] for line in report.splitlines()}
    checks = {
        "shared": "MAP_SHARED" in lines["memory"],
        "huge": "MADV_HUGEPAGE" in lines["memory"],
        "written": "set to 0" in lines["before"],
        "cached": "O_DIRECT" not in lines["file"],
        "unflushed": "flushed" not in lines["counter"],
        "crowded": not lines["control"].endswith(": 0"),
    }
    (found,) = [flaw for flaw, there in checks.items() if there]
    return found


def noise(seed: int) -> tuple[list[int], list[int]]:
    """The runs and controls of `through-noise`."""
    runs, controls = (
        [int(number) for number in re.findall(r"\d{2,}", line.partition(":")[2])]
        for line in given("through-noise", seed).splitlines()
    )
    return runs, controls


def quietest(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    """The pins of a write: others only ever add, so the least of each row is nearest."""
    return round((min(runs) - min(controls)) / writes)


def left(
    seen: Mapping[str, int], known: Mapping[str, Mapping[str, int]], margin: Mapping[str, int]
) -> list[str]:
    """Strike out one kernel after the other."""
    names = list(known)
    for clue, value in seen.items():
        for name in list(names):
            if not value - margin[clue] <= known[name][clue] <= value + margin[clue]:
                names.remove(name)
    return names


BY_SEED: dict[str, Callable[[int], object]] = {
    "zero-of-what": known,
    "find-the-flaw": flaw,
    "through-noise": lambda seed: quietest(*noise(seed), 100),
}
RIGHT: dict[str, object] = {
    "who-has-the-patch": "cannot be told",
    "one-release-number": "exempt",
    "which-kernels": left,
    **{id: right(0) for id, right in BY_SEED.items()},
}


def test_no_recorded_kernel_counts_a_pin_for_direct_io_of_zero_pages() -> None:
    asked = {(row.kernel, row.build) for row in recordings() if row.experiment == "direct_io"}
    assert len(asked) >= 5
    for kernel, build in asked:
        zeros = [c for c in cases(kernel, "direct_io", build) if c.endswith("write_zero64")]
        assert zeros
        assert {recording(kernel, "direct_io", c, build)["acq"] for c in zeros} == {0}


def test_no_release_counts_a_pin_for_direct_io_of_zero_pages() -> None:
    assert here.releases_that_count() == 0
    assert (len(here.MAINLINE), here.MAINLINE[0], here.MAINLINE[-1]) == (33, "5.6", NEWEST)
    # Disks pin from 6.5 on; without the patch these would count.
    unpatched = Kernel("6.5", zero_page_pins="counted")
    assert here.pins_of(unpatched, "direct_io", 0) == 64


def test_the_step_of_a_refcount_in_flight_that_a_rule_makes_is_that_to_a_pin() -> None:
    readings = [answer(here.BY_ID["flight-2"], name) for name in kernels()]
    assert readings == [2, 3, 2, 1026, 1025]
    assert here.from_a_rule("flight-2") == "6.1.192 with to 6.12.117"
    assert here.from_a_rule("write-zeros") == ""


def test_the_rows_that_tell_a_6_4_from_a_6_18() -> None:
    pins = {
        release: [predict(*place[:2], Kernel(release))["acq"] for place in here.ROWS.values()]
        for release in ("6.4", "6.18")
    }
    assert pins == {"6.4": [64, 64, 512, 0], "6.18": [0, 64, 512, 64]}
    assert here.rows_that_tell() == "the first and the last"


def test_6_1_128_counts_a_pin_of_the_zero_page_and_process_vm_readv_pins_on_every_release() -> None:
    assert here.pins_of(Kernel("6.1.128"), "process_vm_readv", 0) == 64
    assert {here.pins_of(Kernel(one), "process_vm_readv", 64) for one in here.MAINLINE[1:]} == {64}


def test_what_is_said_of_a_sound_line_is_so_in_every_report() -> None:
    signs = {
        "This mapping is private": "MAP_PRIVATE",
        "MADV_NOHUGEPAGE keeps these pages small": "MADV_NOHUGEPAGE",
        "These pages were only read": "one byte of each page is read",
        "With O_DIRECT this write goes past the page cache": "opened with O_DIRECT",
        "This counter was flushed before each reading": "flushed by root before each reading",
        "These controls counted 0": "each as long as the run: 0",
    }
    assert set(signs) == {each.sound for each in here.FLAWS.values()}
    for seed in SEEDS:
        for other in set(here.FLAWS) - {flaw(seed)}:
            told = lab.check("find-the-flaw", other, seed).text
            said = [sign for words, sign in signs.items() if words in told]
            assert all(sign in given("find-the-flaw", seed) for sign in said)
            assert said or "The claim is about written memory" in told


def test_one_number_has_two_builds_that_differ_in_the_zero_page() -> None:
    builds = {row.build for row in recordings() if row.kernel == "6.1.192"}
    found = {recording("6.1.192", "process_vm_readv", "zero64", one)["acq"] for one in builds}
    assert found == {0, 64}


@pytest.mark.parametrize(
    ("id", "least"),
    [("zero-of-what", 3), ("find-the-flaw", 6), ("through-noise", 20)],
)
def test_each_seed_has_an_answer_worked_out_by_hand_and_many_differ(id: str, least: int) -> None:
    answers = [BY_SEED[id](seed) for seed in SEEDS]
    assert [s for s, answer in enumerate(answers) if not lab.check(id, answer, s).right] == []
    assert len(set(answers)) >= least


def test_a_zero_that_shows_nothing_is_there_whenever_nothing_can_be_told() -> None:
    for seed in SEEDS:
        if known(seed) == "cannot be told":
            reply = lab.check("zero-of-what", "exempt", seed)
            assert reply.misconception == "zero-means-patched"


def test_the_first_run_alone_is_one_measurement() -> None:
    runs, _ = noise(0)
    reply = lab.check("through-noise", round(runs[0] / 100))
    assert reply.misconception == "one-measurement-is-a-fact"


def test_another_way_gives_the_same_in_every_state() -> None:
    found = exercise("which-kernels")
    assert isinstance(found, Program)
    assert len(found.states) == 63
    differ = [s for s in found.states if found.meaning(left(*s)) != found.meaning(found.model(*s))]
    assert differ == []
    assert {len(left(*state)) for state in found.states} >= {1, 2, 5}


def equal(
    seen: dict[str, int], known: dict[str, dict[str, int]], margin: dict[str, int]
) -> list[str]:
    return [name for name in known if all(known[name][clue] == seen[clue] for clue in seen)]


def test_a_wrong_function_is_known_however_it_is_written() -> None:
    reply = lab.check("which-kernels", equal)
    assert (reply.right, reply.misconception) == (False, "one-measurement-is-a-fact")
    assert "(margin 1)" in str(reply)


def test_what_was_asked_has_a_row_for_each_kernel_and_the_model_beside_it() -> None:
    table = here.asked("flight-2", "flight-3")
    assert (table.name, list(table.index)) == ("Linux", list(kernels()))
    assert table.columns == {
        "the model": [2, 2, 2, 1025, 1025],
        "flight-2": [2, 3, 2, 1026, 1025],
        "flight-3": [3, 3, 3, 1026, 1026],
    }


def test_an_unknown_clue_is_no_column() -> None:
    with pytest.raises(ValueError, match="id is 'flight'"):
        here.asked("flight")
