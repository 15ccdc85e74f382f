"""How many writes can be in flight: bars as long as the limits, and words for each of them."""

from functools import cache

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from pinlab import lab
from pinlab.lab.figures.limits import SHOWN
from pinlab.lab.palette import DEVICE
from pinlab.lab.picture import Picture, png
from pinlab.machine.limits import Limit, OwnLimits, limits
from tests.lab.figures.lines import points

BY_ID = {limit.id: limit for limit in limits()}
in_flight = cache(lab.in_flight)
NOT_READ = OwnLimits((), live=False, note="This system is Plan 9, not Linux.", label="not read")


def own(*values: int) -> OwnLimits:
    """A machine with a limit for each of these numbers."""
    found = tuple(
        Limit(f"disk-{n}", f"disk {n}", value, "requests per disk", "", "/sys", "your kernel, 6.18")
        for n, value in enumerate(values)
    )
    return OwnLimits(found, live=True, note="", label="your kernel, 6.18")


def bars(picture: Picture) -> dict[str, Rectangle]:
    """The bars by the name beside them."""
    (panel,) = picture.figure.axes
    names = [label.get_text() for label in panel.get_yticklabels()]
    patches = [patch for patch in panel.patches if isinstance(patch, Rectangle)]
    return dict(zip(names, patches, strict=True))


def line_of(picture: Picture, name: str) -> str:
    """The line about a limit, its columns apart by one space."""
    (line,) = (line for line in str(picture).splitlines() if line.startswith(name))
    return " ".join(line.split())


def is_own(bar: Rectangle) -> bool:
    return to_hex(bar.get_facecolor()) == DEVICE.lower()


@pytest.mark.parametrize("id", [id for id in SHOWN if BY_ID[id].value is not None])
def test_a_bar_is_as_long_as_its_limit(id: str) -> None:
    assert bars(in_flight(NOT_READ))[BY_ID[id].name].get_width() == BY_ID[id].value


@pytest.mark.parametrize("id", [id for id in SHOWN if BY_ID[id].value is None])
def test_a_bar_without_an_end_is_dotted_and_said_to_have_none(id: str) -> None:
    picture = in_flight(NOT_READ)
    bar = bars(picture)[BY_ID[id].name]
    assert bar.get_hatch()
    assert bar.get_width() > 65536
    assert "no limit" in line_of(picture, BY_ID[id].name)


@pytest.mark.parametrize("id", [id for id in SHOWN if BY_ID[id].value is not None])
def test_a_bar_with_an_end_is_not_dotted(id: str) -> None:
    assert not bars(in_flight(NOT_READ))[BY_ID[id].name].get_hatch()


@pytest.mark.parametrize("id", SHOWN)
def test_the_words_have_the_number_and_its_unit(id: str) -> None:
    line = line_of(in_flight(NOT_READ), BY_ID[id].name)
    assert BY_ID[id].unit in line
    assert str(BY_ID[id].value or "no limit") in line


@pytest.mark.parametrize("id", SHOWN)
def test_the_alt_text_names_every_bar(id: str) -> None:
    alt = in_flight(NOT_READ).alt
    assert f"{BY_ID[id].name}: {BY_ID[id].value or 'no'}" in alt


def test_the_mails_writes_are_a_line_across_all_bars() -> None:
    (panel,) = in_flight(NOT_READ).figure.axes
    assert [x for line in panel.lines for x, _ in points(line)] == [32768, 32768]
    assert "32768" in in_flight(NOT_READ).twin


def test_a_machine_that_was_not_read_has_no_bar_and_a_reason() -> None:
    picture = in_flight(NOT_READ)
    assert len(bars(picture)) == len(SHOWN)
    assert not any(map(is_own, bars(picture).values()))
    assert "This system is Plan 9, not Linux." in picture.twin


def test_a_machine_that_was_read_has_its_bars_below_the_others() -> None:
    picture = lab.in_flight(own(256, 16384))
    *source, first, second = bars(picture).items()
    assert [name for name, _ in source] == [BY_ID[id].name for id in SHOWN]
    assert not any(is_own(bar) for _, bar in source)
    assert is_own(first[1])
    assert is_own(second[1])
    assert (first[1].get_width(), second[1].get_width()) == (256, 16384)


def test_the_bars_of_a_machine_are_told_with_its_name() -> None:
    picture = lab.in_flight(own(256, 16384))
    assert "your kernel, 6.18" in picture.twin
    names = list(bars(picture))[-2:]
    for name, value in zip(names, (256, 16384), strict=True):
        assert str(value) in line_of(picture, name)
        assert f"{name}: {value}" in picture.alt


def test_a_machine_with_the_same_number_as_the_source_still_has_a_bar_of_its_own() -> None:
    assert sum(map(is_own, bars(lab.in_flight(own(128))).values())) == 1


def texts_outside(panel: Axes) -> list[str]:
    low, high = panel.get_xlim()
    return [text.get_text() for text in panel.texts if not low <= text.get_position()[0] <= high]


@pytest.mark.parametrize("value", [0, 1, 2, 31, 32, 2**20, 2**24, 2**40, 2**63, 2**64 - 1])
def test_whatever_a_machine_says_can_be_drawn_and_read(value: int) -> None:
    picture = lab.in_flight(own(value))
    (panel,) = picture.figure.axes
    assert png(picture.figure, dpi=20)
    assert texts_outside(panel) == []
    assert str(value) in line_of(picture, list(bars(picture))[-1])


@pytest.mark.parametrize("value", [0, 1])
def test_a_limit_of_nothing_is_a_limit(value: int) -> None:
    picture = lab.in_flight(own(value))
    assert f"{list(bars(picture))[-1]}: {value}" in picture.alt


@pytest.mark.parametrize("own", [None, 3, (), limits()])
def test_only_what_own_limits_returns_can_be_drawn(own: object) -> None:
    with pytest.raises(TypeError, match="own is "):
        lab.in_flight(own)  # type: ignore[arg-type]
