"""Lesson 04: what is drawn and told is the model's, the recording's, and plain arithmetic's."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import accumulate, product
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pinlab import FOLL_GET, FOLL_PIN, PAGE_SIZE, Kernel, lab, wrap
from pinlab.data_folder import DATA
from pinlab.lab.callers import KERNEL, WITH_FIX, WITHOUT_FIX, recorded_calls
from pinlab.lab.palette import YOURS
from pinlab.lab.picture import Picture, png
from pinlab.lab.problems import exercise
from pinlab.lab.text import two_to
from pinlab.lessons import count_to_two_million as here
from pinlab.lessons.count_to_two_million import Writes
from pinlab.machine.limits import Limit, OwnLimits, limits
from tests.lab.lines import points
from tests.lab.parts import Parts, differ
from tests.lessons.given import recorded, trace

MAIL = Writes()
APART = replace(MAIL, together=False)
TOP, BOTTOM = 2**31 - 1023, 1 - 2**31
"""The last refcount above zero on the way of the mail's pins, and the one after it."""


def numbers(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"(?<![\w^.-])-?\d+(?![\w%]|\.\d)", text)}


def row_of(shown: object, name: str) -> str:
    """The row of a table in words that begins with a name, its columns apart by one space."""
    rows = (" ".join(line.split()) for line in str(shown).splitlines())
    (found,) = (row for row in rows if row.startswith(f"{name} "))
    return found


# Writes: closed forms.


def in_the_model(writes: Writes) -> tuple[int, int, int]:
    """Most holds at once, the refcount then, and its highest value, in the model."""
    rules: dict[str, Any] = {"zero_page_pins": "counted"} if writes.bias == 1024 else {}
    kernel = Kernel("6.5" if rules else "6.4", **rules)
    mm = kernel.new_mm()
    addr = mm.mmap(writes.pages * PAGE_SIZE)
    held, refcount = 0, 1
    for _ in range(writes.writes):
        with suppress(OSError):
            request = kernel.submit_dio_write(mm, addr, writes.pages)
            held += len(request.pages)
        refcount = kernel.zero_page.refcount
        if not writes.together:
            held = len(request.pages)
            request.complete()
            assert kernel.zero_page.refcount == 1
    return held, refcount, max(event.refcount_after for event in kernel.trace)


def step_by_step(writes: Writes) -> tuple[int, int, int]:
    """The same, one addition after another in plain arithmetic."""
    value = highest = 1
    held = 0
    while held < writes.wanted and value > 0:
        held += 1
        value += writes.bias
        if value > 2 ** (writes.bits - 1) - 1:
            value -= 2**writes.bits
        highest = max(highest, value)
    return held, value, highest


SMALL = [(1, 1), (1, 64), (2, 3), (5, 16), (40, 7)]
IN_32_BITS = [Writes(*size, bias, together=together)
              for size, bias, together in product(SMALL, (1, 1024), (True, False))]  # fmt: skip


@pytest.mark.parametrize("writes", [*IN_32_BITS, MAIL, Writes(4097, 512)], ids=str)
def test_writes_are_as_in_the_model(writes: Writes) -> None:
    held, refcount, highest = in_the_model(writes)
    assert (writes.held, writes.refcount) == (held, refcount)
    # A whole write is one event of the model: it does not show the pin before the fall.
    assert writes.highest == (highest if refcount > 0 else TOP)
    assert writes.refused == (held < writes.wanted)


@pytest.mark.parametrize(("writes", "pages"), [*SMALL, (1, 512), (100, 64)])
def test_a_counter_of_any_width_is_as_in_plain_arithmetic(writes: int, pages: int) -> None:
    for bias, bits, together in product((1, 512, 1024, 4096), (16, 17, 33), (True, False)):
        made = Writes(writes, pages, bias, bits, together)
        assert (made.held, made.refcount, made.highest) == step_by_step(made)
        assert made.limit == int("1" * (bits - 1), 2)


# The refcount in flight.

SETTINGS = [
    MAIL, APART, Writes(16384), Writes(65536), Writes(bias=1), Writes(bits=64), Writes(bits=16),
    Writes(bits=16, together=False), Writes(1, 1, 1, 16),
    *(Writes(*corner) for corner in product((1, 65536), (1, 512), (1, 4096), (17, 64))),
]  # fmt: skip
LOW, HIGH = TOP / 2**31, BOTTOM / 2**31


@cache
def panel() -> tuple[Axes, here.InFlight]:
    made = Figure().subplots()
    return made, here.InFlight(made, MAIL)


def drawn(writes: Writes) -> tuple[list[tuple[float, float]], ...]:
    """The points of the climb, the drop and the end; behind them is the line at zero."""
    axes, plot = panel()
    plot.draw(writes)
    _, *lines = axes.lines
    return tuple(map(points, lines))


@pytest.mark.parametrize(
    ("writes", "climb", "drop"),
    [
        (MAIL, [(0, 2**-31), (32768, LOW)], [(32768, LOW), (32768, HIGH), (32768, HIGH)]),
        (Writes(16384), [(0, 2**-31), (16384, (1 + 2**30) / 2**31)], []),
        (Writes(65536), [(0, 2**-31), (32768, LOW)], [(32768, LOW), (32768, HIGH), (65536, HIGH)]),
        (APART, [(0, 2**-31)] * 2, []),
    ],
)
def test_the_climb_goes_to_the_top_and_the_drop_to_the_bottom(
    writes: Writes, climb: list[tuple[float, float]], drop: list[tuple[float, float]]
) -> None:
    assert drawn(writes)[:2] == (climb, drop)


@pytest.mark.parametrize("writes", SETTINGS, ids=str)
def test_a_setting_is_drawn_on_axes_that_stay_and_told_in_numbers(writes: Writes) -> None:
    axes, _ = panel()
    before = axes.get_xlim(), axes.get_ylim(), len(axes.get_children())
    climb, drop, end = drawn(writes)
    assert (axes.get_xlim(), axes.get_ylim(), len(axes.get_children())) == before
    ((x, y),) = end
    assert (x, y * 2 ** (writes.bits - 1)) == (writes.writes, pytest.approx(writes.refcount))
    assert bool(drop) == (writes.refcount < 0)
    assert all(0 <= x <= 2**16 and -1 <= y <= 1 for x, y in climb + drop + end)
    half = two_to(writes.bits - 1)
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    assert ticks == [f"-{half}", "0", f"{half} - 1"]
    when = "together" if writes.together else "one after another"
    told = here.in_words(writes)
    assert when in told
    assert when in axes.get_title()
    assert numbers(told) >= {writes.writes, writes.wanted, writes.refcount}
    assert ("None is refused" in told) != writes.refused
    assert not writes.refused or writes.wanted - writes.held in numbers(told)


def test_one_after_another_is_a_band() -> None:
    drawn(APART)
    (band,) = (patch for patch in panel()[0].patches if patch.get_hatch())
    assert band.get_extents().height > 0


@pytest.mark.parametrize(
    ("bias", "kind"), [(1, " references"), (1024, " pins"), (512, " holds of 512")]
)
def test_a_hold_is_called_what_it_is_in_a_colour_of_its_own(bias: int, kind: str) -> None:
    drawn(Writes(3, 5, bias))
    colour = panel()[0].lines[1].get_color()
    assert kind in here.in_words(Writes(3, 5, bias))
    drawn(Writes(bias=1024 if bias == 1 else 1))
    assert panel()[0].lines[1].get_color() != colour or bias == 512


@pytest.mark.parametrize(
    "writes", [Writes(1, 1), Writes(1, 1, together=False), Writes(1, 1, 1), Writes(33, 1, bits=16)]
)
@pytest.mark.parametrize("tell", [here.in_words, here.headline])
def test_one_is_not_spoken_of_as_many(tell: Callable[[Writes], str], writes: Writes) -> None:
    assert not re.findall(r"(?<!\^)\b1 (?:writes|pages|pins|references|more are)\b", tell(writes))


def test_powers_are_short_in_the_headline() -> None:
    headline = here.headline(Writes(63, 64, 1))
    assert headline == "63 writes of 2⁶ pages, together\n1 for each hold, 32 bits"


def test_toggle_and_sliders_set_the_numbers() -> None:
    parts = Parts(here.refcount_in_flight())
    assert [row.box.value for row in parts.rows] == [32768, 64, 1024, 32]
    assert parts.sentence == here.in_words(APART)
    apart = parts.picture
    parts.toggle.value = parts.toggle.options[0]
    assert parts.sentence == here.in_words(MAIL)
    assert parts.picture != apart
    for (bar, box), last in zip(parts.rows, (2**16, 2**9, 2**12, 2**6), strict=True):
        bar.value = bar.max
        assert box.value == last
    assert parts.sentence == here.in_words(Writes(2**16, 2**9, 2**12, 2**6))
    began = Parts(here.refcount_in_flight(writes=1000, pages=65, bias=1, bits=33))
    assert began.sentence == here.in_words(Writes(1000, 65, 1, 33, together=False))


def test_what_is_right_of_a_guess_is_what_the_rules_and_the_limits_say() -> None:
    assert here.have_both("dio_hold") == []
    assert here.have_both("dio_hold_smb") == ["6.3"]  # and 6.4, which has no rules of its own
    assert Kernel("6.4").rules.dio_hold_smb == "pin"
    assert Kernel("6.2").rules.dio_hold_smb == "get"
    assert here.place_with_both() == "on an SMB server"
    assert here.comes_first() == "the disk"
    (nvme,) = (limit.value for limit in limits() if limit.id == "queue-nvme")
    assert nvme is not None
    assert nvme * 32 < 32768 <= nvme * 33


# The cliff.

BUILDS = (WITHOUT_FIX, WITH_FIX)
drawn_cliff = cache(here.Readers)


def in_the_file(build: str, quantity: str) -> dict[int, int]:
    """A recorded quantity by the number of readers, straight from the data file."""
    rows = recorded(kernel=KERNEL, build=build, experiment="held_pins", quantity=quantity)
    found = {row["case"].partition(":threads=")[2]: int(row["value"]) for row in rows
             if row["case"].startswith("hold2056:threads=")}  # fmt: skip
    return {int(n): value for n, value in found.items() if n.isdigit() and int(n) <= 2052}


@pytest.mark.parametrize("build", BUILDS)
def test_the_model_has_what_was_recorded_and_that_is_what_the_file_says(build: str) -> None:
    found = here.recorded_readers(build)
    refcounts, pins = in_the_file(build, "refcount"), in_the_file(build, "vmstat_inflight")
    assert {n: held.refcount for n, held in found.items()} == {0: 1, **refcounts}
    assert {n: held.pins for n, held in found.items()} == {0: 0, **pins}
    assert len(found) > 15
    assert all(here.modelled_readers(build)[n] == held for n, held in found.items())


def test_every_recorded_point_lies_on_a_line_of_the_model() -> None:
    panels = drawn_cliff().figure.axes
    drawn = [
        {point for line in panel.lines if line.get_marker() in ("o", "D") for point in points(line)}
        for panel in panels
    ]
    each = [
        {(n * 1024, held.refcount) for n, held in here.recorded_readers(build).items()}
        for build in BUILDS
    ]
    assert drawn == [each[0] | each[1]] * 2
    for found, panel in zip(drawn, panels, strict=True):
        model = (line for line in panel.lines if line.get_marker() == "None")
        assert found <= {point for line in model for point in points(line)}


def test_the_climb_ends_with_the_last_pin_above_zero() -> None:
    for panel in drawn_cliff().figure.axes:
        climb, fall, *_ = map(points, panel.lines)
        assert climb[-1] == fall[0] == (2**21 - 1, TOP)
        assert fall[1] == (2**21, BOTTOM)


@pytest.mark.parametrize("readers", [0, 1, 1000, 2047, 2048, 2052])
def test_mark_and_title_follow_the_readers_and_nothing_else_moves(readers: int) -> None:
    plot = drawn_cliff()

    def still() -> list[object]:
        return [(p.get_xlim(), p.get_ylim(), len(p.get_children())) for p in plot.figure.axes]

    before = still()
    plot.draw(readers)
    assert still() == before
    refcount = here.modelled_readers(WITHOUT_FIX)[readers].refcount
    for panel in plot.figure.axes:
        assert points(panel.lines[-1]) == [(readers * 1024, refcount)]
        assert panel.get_title() == "" or panel.get_title().endswith(f": {refcount}")
    assert f"{readers} reader" in plot.figure.axes[0].get_title()


def test_one_panel_shows_all_readers_and_one_the_last_few() -> None:
    whole, edge = drawn_cliff().figure.axes
    assert whole.get_xlim()[0] <= 0 < edge.get_xlim()[0] < 2048 * 1024 < edge.get_xlim()[1]


@pytest.mark.parametrize(
    ("readers", "words"),
    [
        (1, "1 reader wants 1024 (2¹⁰) pins."),
        (2048, "2048 readers want 2097152 (2²¹) pins. Without the patch "
         "2097152 (2²¹) are held and the refcount is -2147483647 (-2³¹ + 1), recorded "
         "-2147483647. With it 0 are held and the refcount is 1, recorded 1."),
        (1000, "the refcount is 1048576001. With it 0 are held and the "
         "refcount is 1."),
    ],
)  # fmt: skip
def test_the_sentence_has_the_modelled_and_the_recorded_numbers(readers: int, words: str) -> None:
    assert words in here.cliff_in_words(readers)


def test_the_slider_stops_where_something_was_recorded() -> None:
    tell = here.cliff_in_words
    parts = Parts(here.cliff())
    ((bar, box),) = parts.rows
    assert (box.value, parts.sentence) == (2047, tell(2047))
    pictures: list[object] = []
    for box.value in (2047, 1000, 2048):
        assert parts.sentence == tell(box.value)
        pictures.append(parts.picture)
    assert differ(pictures)
    bar.value += 1
    assert box.value == 2049
    assert bar.max + 1 == len(here.recorded_readers(WITHOUT_FIX))
    assert (box.min, box.max) == (0, 2052)
    assert Parts(here.cliff(readers=77)).sentence == tell(77)


# The limits of writes.

BY_ID = {limit.id: limit for limit in limits()}
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
    return dict(zip(names, (p for p in panel.patches if isinstance(p, Rectangle)), strict=True))


def own_bars(picture: Picture) -> list[float]:
    """How long the bars of the machine are, from above."""
    colour = YOURS.lower()
    found = bars(picture).values()
    return [bar.get_width() for bar in found if to_hex(bar.get_facecolor()) == colour]


def test_a_bar_is_as_long_as_its_limit_or_ends_in_an_arrow() -> None:
    picture = here.limits_of_writes(NOT_READ)
    assert len(bars(picture)) == len(here.SHOWN)
    for limit in map(BY_ID.__getitem__, here.SHOWN):
        bar, line = bars(picture)[limit.name], row_of(picture, limit.name)
        assert bar.get_width() == (limit.value or here.FARTHEST)
        assert str(limit.value or "no limit") in line
        assert limit.unit in line
        assert f"{limit.name}: {limit.value or 'no limit'}" in picture.alt
    assert own_bars(picture) == []
    (panel,) = picture.figure.axes
    assert [x for line in panel.lines for x, _ in points(line)].count(32768) == 2
    arrows = [y for line in panel.lines if line.get_marker() == ">" for _, y in points(line)]
    endless = [n for n, name in enumerate(here.SHOWN) if BY_ID[name].value is None]
    assert arrows == endless
    assert endless
    assert all(text.get_position()[0] > 32768 for text in panel.texts)
    assert "This system is Plan 9, not Linux." in picture.twin


def test_a_machine_that_was_read_has_its_bars_below_the_others() -> None:
    picture = here.limits_of_writes(own(128, 16384))
    assert own_bars(picture) == [bar.get_width() for bar in bars(picture).values()][-2:]
    assert own_bars(picture) == [128, 16384]
    assert "your kernel, 6.18" in picture.twin
    assert "yours: disk 1: 16384 (2¹⁴)" in picture.alt


@pytest.mark.parametrize("value", [0, 1, 31, 2**20, 2**40, 2**64 - 1])
def test_whatever_a_machine_says_can_be_drawn_and_read(value: int) -> None:
    picture = here.limits_of_writes(own(value))
    (panel,) = picture.figure.axes
    low, high = panel.get_xlim()
    assert all(low <= text.get_position()[0] <= high for text in panel.texts)
    assert png(picture.figure, dpi=20)
    assert str(value) in row_of(picture, "yours: disk 0")


# Five ends.

FOUND = {
    "wrap": ("freed while held", 255, 0, "1"),
    "refuse": ("refused", 128, -128, "1"),
    "saturate": ("saturated", 127, -64, "-64"),
    "abort": ("aborted", 128, 129, "no program left"),
    "exempt": ("ignored", 1, 1, "1"),
}
"""What happens, from which get on, what the counter shows at last, and after as many puts."""

CLIMBED = {
    "wrap": [*range(1, 128), *range(-128, 1)],
    "refuse": [*range(1, 128), *[-128] * 146],
    "saturate": [*range(1, 128), *[-64] * 146],
    "abort": [*range(1, 130)],
    "exempt": [1] * 273,
}
"""What a counter of 8 bits shows at first and after each of 272 gets, as long as there are any."""

five_ends = cache(here.five_ends)


@pytest.mark.parametrize("end", FOUND)
def test_an_end_is_drawn_told_and_tabled_as_the_counter_climbs(end: str) -> None:
    event, number, last, after = FOUND[end]
    (panel,) = (axes for axes in five_ends().figure.axes if axes.get_title() == end)
    steps = CLIMBED[end]
    lines = {line.get_marker(): points(line) for line in panel.lines}
    assert [y for _, y in lines["None"]] == steps
    assert lines.get("X", []) == ([] if end == "exempt" else [(number, steps[number])])
    low, high = panel.get_ylim()
    assert low < min(steps) <= max(steps) < high
    assert panel.get_xlabel().startswith(f"references\n{event}: no. {number}\n")
    assert f"{end}: up to {max(steps)}, {event} from number {number} on, {last} at last" in (
        five_ends().alt
    )
    assert panel.get_xlabel().endswith(f"come and leave:\n{after}")
    assert row_of(five_ends(), end) == f"{end} {event} {number} {last} {after}"


def test_every_end_has_an_example_with_a_source() -> None:
    with (DATA / "counter_ends.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert reader.fieldnames == ["end", "what", "release", "source"]
    assert list(dict.fromkeys(row["end"] for row in rows)) == list(FOUND)
    assert all(value and value == value.strip() for row in rows for value in row.values())
    assert len({row["what"] for row in rows}) == len(rows)


# Exercises: each right answer from the model, or from arithmetic on the question.


def last(references: int, flags: int = FOLL_PIN) -> int:
    """The number of the last hold that succeeds after some references, in the model."""
    kernel = here.feared()
    zero = kernel.zero_page.folio
    if references:
        kernel.try_grab_folio(zero, references, FOLL_GET)
    number = (2**21 if flags == FOLL_PIN else 2**31) - 20
    kernel.try_grab_folio(zero, number, flags)
    with suppress(OSError):
        while True:
            kernel.try_grab_folio(zero, 1, flags)
            number += 1
    return number


def after_the_last_pin() -> int:
    """The refcount after pin 2^21."""
    kernel = here.feared()
    kernel.try_grab_folio(kernel.zero_page.folio, 2**21, FOLL_PIN)
    return kernel.zero_page.refcount


def held_after(seed: int) -> list[int]:
    """The pins held after each event of `most-at-once`."""
    return list(accumulate(SIGN.get(e.operation, 0) * e.pages for e in trace("most-at-once", seed)))


def leaking(seed: int) -> list[int]:
    """The numbers of the requests of `find-the-leak` that still hold pins at the end."""
    left: Counter[int] = Counter()
    for event in trace("find-the-leak", seed):
        if event.operation in SIGN:
            left[int(event.actor.rpartition(" ")[2])] += SIGN[event.operation] * event.pages
    return [number for number, pins in left.items() if pins]


SIGN = {"pin": 1, "unpin": -1}

RIGHT: dict[str, Any] = {
    "which-hold": "pins" if last(0) <= 2**21 < last(0, FOLL_GET) else "references",
    "last-pin": last(0),
    "what-it-reads": str(after_the_last_pin()),
    "one-after-another": 1 + 64 * 1024,
    "who-is-refused": {call for call, got in recorded_calls("overflowed").items() if "-1" in got},
    "first-refused-reader": 2**21 // 1024 + 1,
    "three-kernels": {"6.4": 1 + 2**21, "6.5": 1, "feared": 1 - 2**31},
    "five-ends": {end for end, (*_, after) in FOUND.items() if after == "1"},
    "references-first": last(2047),
    "most-at-once": max(held_after(seed=0)),
    "find-the-leak": leaking(seed=0)[0],
}
SEEDS = range(50)


@pytest.mark.parametrize(("name", "refcount"), RIGHT["three-kernels"].items())
def test_the_mails_writes_in_flight_in_the_model(name: str, refcount: int) -> None:
    kernel = here.feared() if name == "feared" else Kernel(name)
    mm = kernel.new_mm()
    addr = mm.mmap(64 * PAGE_SIZE)
    for _ in range(2**15):
        kernel.submit_dio_write(mm, addr, 64)
    assert kernel.zero_page.refcount == refcount


def asked(id: str, seed: int, pattern: str) -> list[int]:
    """The numbers that a question has in these places; 0 for one that it leaves out."""
    found = re.search(pattern, exercise(id, seed).question)
    assert found is not None
    return [int(number or 0) for number in found.groups()]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_has_the_answer_that_its_question_asks_for(seed: int) -> None:
    extra, start = asked("references-first", seed, r"(\d+) extra .* its refcount is (\d+)\.")
    assert start == extra + 1
    assert lab.check("references-first", last(extra), seed).right
    (pages,) = asked("one-after-another", seed, r"direct writes of (\d+) never-written pages")
    assert lab.check("one-after-another", 1 + 1024 * pages, seed).right
    pattern = r"(?:Others hold (\d+) .*)?and so holds (\d+) pins"
    held, pins = asked("first-refused-reader", seed, pattern)
    refcount, reader = 1 + 1024 * held, 1
    while refcount < 2**31:
        refcount, reader = refcount + 1024 * pins, reader + 1
    assert lab.check("first-refused-reader", reader, seed).right
    sizes = [event.pages for event in trace("most-at-once", seed) if event.operation == "pin"]
    assert max(sizes) < max(held_after(seed)) < sum(sizes)
    assert lab.check("most-at-once", max(held_after(seed)), seed).right
    reply = lab.check("most-at-once", sum(sizes), seed)
    assert reply.misconception == "writes-add-up-after-they-finish"
    (leak,) = leaking(seed)
    assert lab.check("find-the-leak", leak, seed).right


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("try-grab", lambda refcount, refs: (0, 0))
    assert "`try_grab(refcount=1, refs=1)`: expected (0, 1025)" in reply.text
    assert "refcount" in reply.details


def test_the_states_of_the_grab_are_as_many_as_told_and_on_both_sides_of_the_edge() -> None:
    states = vars(exercise("try-grab"))["states"]
    assert len(set(states)) == len(states) == 75
    for refs in (1, 64, 512):
        after = {n > 0 and wrap(n + 1024 * refs) > 0 for n, times in states if times == refs}
        assert after == {True, False}
