"""The refcount over rounds: lines that go where counting by hand goes, on axes that stay."""

import re

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pinlab import lab
from pinlab.lab.figures.rounds import (
    FEW_ROUNDS,
    MOST_ROUNDS,
    ONE_OF_EACH,
    Rounds,
    headline,
    rounds_filmstrip,
    sentence,
)
from pinlab.lab.rounds import EVERY, OUTCOMES, Switches, outcome
from tests.lab.lines import points
from tests.lab.test_rounds import by_hand, id_of

STUCK = Switches(release=False)


def drawn(switches: Switches, rounds: int = 100, *, together: bool = False) -> Axes:
    """A panel that showed another kernel before this one."""
    panel = Figure().subplots()
    figure = Rounds(panel, MOST_ROUNDS, bent=True)
    figure.draw(STUCK, 7, together=True)
    figure.draw(switches, rounds, together=together)
    return panel


def curve(panel: Axes) -> list[tuple[float, float]]:
    """The line with its edge behind it, which has the same points."""
    edge, line = (line for line in panel.lines if line.get_drawstyle() == "steps-post")
    assert points(edge) == points(line)
    return points(line)


def marks(panel: Axes, marker: str) -> list[tuple[float, float]]:
    (line,) = (line for line in panel.lines if line.get_marker() == marker)
    return points(line)


def numbers(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"-?\d+", text)}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("switches", EVERY, ids=id_of)
def test_the_line_goes_as_counting_by_hand_does(switches: Switches, together: bool) -> None:
    expected = list(enumerate(by_hand(switches, 30, together)))
    panel = drawn(switches, 30, together=together)
    assert curve(panel) == expected
    assert marks(panel, "o") == expected[-1:]
    assert [text.get_text() for text in panel.texts] == [str(expected[-1][1])]


def test_a_cross_marks_each_refused_pin() -> None:
    assert marks(drawn(STUCK, 5), "X") == [(call, -1023) for call in (3, 4, 5, 6)]
    assert marks(drawn(STUCK, 5, together=True), "X") == []


def test_axes_and_artists_stay_and_everything_is_inside() -> None:
    panel = Figure().subplots()
    figure = Rounds(panel, MOST_ROUNDS, bent=True)
    before = (panel.get_xlim(), panel.get_ylim(), len(panel.get_children()))
    (left, right), (low, high) = before[:2]
    for switches in EVERY:
        for together in (False, True):
            figure.draw(switches, MOST_ROUNDS, together=together)
            assert all(left <= x <= right and low < y < high for x, y in curve(panel))
    assert (panel.get_xlim(), panel.get_ylim(), len(panel.get_children())) == before


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("switches", EVERY, ids=id_of)
def test_the_sentence_has_the_tests_the_end_and_the_outcome(
    switches: Switches, together: bool
) -> None:
    told = sentence(switches, 20, together=together)
    refcounts = by_hand(switches, 20, together)
    assert told.startswith(f"Tests: {switches}. ")
    assert numbers(told) >= {20, refcounts[-1]}
    assert f"{outcome(switches).capitalize()}: {OUTCOMES[outcome(switches)]}." in told
    assert "fast never" in told
    assert outcome(switches) in headline(switches)


def test_what_was_highest_is_told_where_it_is_not_the_end() -> None:
    assert "ends at 1, and was 20481 in between" in sentence(
        Switches(slow=False, release=False), 20, together=True
    )
    assert "in between" not in sentence(STUCK, 20, together=False)


@pytest.mark.parametrize(
    ("rounds", "together", "words"),
    [
        (1, False, "The next pin will be refused."),
        (2, False, "1 pin is refused"),
        (3, False, "2 pins are refused"),
        (3, True, "The next pin will be refused."),
    ],
)
def test_refusals_are_told_also_those_to_come(rounds: int, together: bool, words: str) -> None:
    assert words in sentence(STUCK, rounds, together=together)


def test_nobody_is_refused_on_the_other_kernels() -> None:
    for switches in (each for each in EVERY if outcome(each) != "stuck"):
        for together in (False, True):
            assert "be refused" not in sentence(switches, 100, together=together)


def test_one_is_not_spoken_of_as_many() -> None:
    told = [sentence(switches, 1, together=each) for switches in EVERY for each in (False, True)]
    assert not re.findall(r"\b1 (?:pins|rounds|times)\b", " ".join(told))


def test_the_four_panels_have_the_four_outcomes() -> None:
    picture = lab.four_outcomes()
    for panel, (kind, switches) in zip(picture.figure.axes, ONE_OF_EACH.items(), strict=True):
        assert panel.get_title().endswith(kind) or kind in panel.get_title()
        assert curve(panel) == list(enumerate(by_hand(switches, FEW_ROUNDS, together=False)))
    assert set(ONE_OF_EACH) == set(OUTCOMES)
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in picture.figure.axes}) == 1


def test_the_four_panels_are_told_in_words_and_in_a_table() -> None:
    picture = lab.four_outcomes()
    assert picture.table is not None
    assert list(picture.table["at the end"]) == [1, 1 + 8 * 1024, -1023, 1]
    assert list(picture.table["pins refused"]) == [0, 0, 7, 0]
    assert numbers(picture.alt) >= {1, 1025, 8193, -1023}
    for kind, switches in ONE_OF_EACH.items():
        row = picture.table.loc[kind]
        assert row["pin"] == ("skipped" if switches.slow else "counted")
        assert row["release"] == ("skipped" if switches.release else "counted")
        first = by_hand(switches, FEW_ROUNDS, together=False)[:5]
        assert row["refcount, two rounds"] == ", ".join(map(str, first))


def test_the_table_of_eight_has_each_kernel_once() -> None:
    table = lab.eight_kernels()
    rows = {tuple(row[:3]): row[3] for row in table.itertuples(index=False, name=None)}
    assert len(rows) == 8
    for switches in EVERY:
        on = ("test" if each else "-" for each in (switches.slow, switches.fast, switches.release))
        assert rows[tuple(on)] == outcome(switches)


def test_the_filmstrip_tells_each_of_its_panels() -> None:
    picture = rounds_filmstrip()
    panels = picture.figure.axes
    assert picture.table is not None
    assert len(panels) == len(picture.table) == 8
    assert numbers(picture.alt) >= {1, 1025, 102401, -1023, -102399, 99}
    for panel, end in zip(panels, picture.table["at the end"], strict=True):
        assert marks(panel, "o")[0][1] == end


@pytest.mark.parametrize(
    ("outcome", "order", "row"),
    [
        ("balanced", "one after another", (1, 1025, 0, "100, 0, 100")),
        ("balanced", "held together", (1, 102401, 0, "100, 0, 100")),
        ("leaking", "held together", (102401, 102401, 0, "100, 0, 100")),
        ("stuck", "one after another", (-1023, -1023, 99, "1, 0, 1")),
        ("stuck", "held together", (-102399, -102399, 0, "100, 0, 100")),
        ("exempt", "one after another", (1, 1, 0, "100, 0, 100")),
    ],
)
def test_the_table_of_the_filmstrip_has_what_is_known(
    outcome: str, order: str, row: tuple[int, int, int, str]
) -> None:
    table = rounds_filmstrip().table
    assert table is not None
    rows = {(words[0], words[1]): words[2:] for words in table.itertuples(name=None)}
    assert rows[outcome, order] == row
