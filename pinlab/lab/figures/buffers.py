"""Figures: pure functions from a state to a picture, and figures that are kept and updated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pinlab.lab.counterpart import asked, in_the_model, require_some
from pinlab.lab.palette import EDGE, OTHERS, OTHERS_HATCH, PIN, PIN_HATCH, ZERO_PAGE
from pinlab.lab.picture import Picture
from pinlab.lab.svg import label
from pinlab.machine.buffers import PAGES
from pinlab.machine.measured import AGAIN, PROCESS_VM_READV, Answer, Measurement
from pinlab.model.arguments import sequence, whole

if TYPE_CHECKING:
    import pandas
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

COLUMNS = 8

MOST_PANELS = 16
"""Side by side, more than can be read."""

BUFFERS = {"letters": "letters", "zeros": "zeros you wrote", "never": "never written"}
NEVER_WRITTEN = {"never": "small pages", "huge-never": "huge pages"}


def three_buffers(*answers: Answer) -> Picture:
    """Draw the pins of each buffer as bars, one panel per answer, on one scale.

    A bar that has others' pins in it is grey, and hatched as far as a control says they go.
    Raises TypeError for what is no Answer, ValueError for none, too many, or an empty one.
    """
    return _side_by_side("three_buffers", answers, BUFFERS)


def never_written(*answers: Answer) -> Picture:
    """Draw the pins of never-written memory in small and in huge pages, as `three_buffers` does.

    `answers` are those to a question such as `machine.ask("never", "huge-never", writes=100)`.
    Raises as `three_buffers`.
    """
    return _side_by_side("never_written", answers, NEVER_WRITTEN)


def _side_by_side(caller: str, answers: Sequence[Answer], names: Mapping[str, str]) -> Picture:
    """Bars for the buffers that have a name here."""
    if not answers:
        raise ValueError(f"no answers: {caller}() draws at least one")
    if len(answers) > MOST_PANELS:
        raise ValueError(f"{len(answers)} answers: {caller}() draws at most {MOST_PANELS}")
    for answer in answers:
        require_some(answer, "draw")
    figure = Figure(figsize=(3.6 * len(answers), 3.3), layout="constrained")
    panels = figure.subplots(1, len(answers), sharey=True, squeeze=False)[0]
    highest = max(map(_highest, answers))
    for panel, answer in zip(panels, answers, strict=True):
        _bars(panel, answer, names, highest)
    # All have the same scale, with room for the number on the highest bar: "at most" is a line.
    panels[0].set_ylim(0, (1.3 if any(map(_unsure, answers)) else 1.15) * highest)
    panels[0].set_ylabel("pins acquired")
    words = [line for answer in answers for line in _told(answer, names)]
    alt = f"Bars, one panel each. {' '.join(words)}"
    return Picture(figure, alt, "\n".join([*words, *_verdict(answers)]))


def require_numbers(measured: Answer) -> None:
    """Raise as `require_some`, and ValueError if it is about buffers that have a name."""
    require_some(measured, "draw", "measured")
    names = [m.buffer for m in measured if isinstance(m.buffer, str)]
    if names:
        raise ValueError(f"measured is about {names}: ask for numbers of pages, as in ask(0, 8)")


def _bars(panel: Axes, answer: Answer, names: Mapping[str, str], highest: int) -> None:
    for place, buffer in enumerate(names):
        measurement = _find(answer, buffer)
        if measurement is None:
            panel.text(place, 0.03 * highest, "not\nrecorded", ha="center", color=EDGE)
            continue
        _bar(panel, place, measurement, answer.control)
        top = measurement.acquired + 0.02 * highest
        panel.text(place, top, _pins(measurement, "\n"), ha="center", va="bottom", weight="bold")
    panel.set_title(_title(answer), fontsize=10)
    if _unsure(answer):
        panel.set_xlabel("grey: with others' pins; hatched:\nabout theirs, by the control")
    panel.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names.values()])
    panel.set_xlim(-0.6, len(names) - 0.4)
    panel.set_yticks(_ticks(answer, highest))
    panel.spines[["top", "right"]].set_visible(False)


def _bar(panel: Axes, place: int, measurement: Measurement, control: Measurement | None) -> None:
    pins, others = measurement.acquired, _others_share(measurement, control)
    if measurement.agreed:
        panel.bar(place, pins, 0.62, color=PIN, edgecolor=EDGE, hatch=PIN_HATCH)
        return
    panel.bar(place, pins, 0.62, color=OTHERS, edgecolor=EDGE)
    panel.bar(
        place, others, 0.62, bottom=pins - others,
        color=OTHERS, edgecolor=EDGE, hatch=OTHERS_HATCH,
    )  # fmt: skip


def _others_share(measurement: Measurement, control: Measurement | None) -> int:
    """Pins that others take in the time of a measurement, if they go on as in the control."""
    if control is None or not control.seconds or not measurement.seconds:
        return 0
    pins = round(control.acquired * measurement.seconds / control.seconds)
    return min(pins, measurement.acquired)


def _unsure(answer: Answer) -> bool:
    return not all(measurement.agreed for measurement in answer)


def _highest(answer: Answer) -> int:
    """The top of a scale on which all can be seen that was measured, and all that could be."""
    return max(max(m.acquired, m.writes * m.pages) for m in answer)


def _ticks(answer: Answer, highest: int) -> range:
    step = answer[0].writes * answer[0].pages // 4
    while highest > 6 * step:
        step *= 2
    return range(0, highest + 1, step)


def _title(answer: Answer) -> str:
    """The label on lines short enough for a panel; a recording's says what was done, too."""
    named = "\n".join(map(label, (answer.label, *_meanwhile(answer))))
    if answer.date is not None:
        return named
    writes, what = answer[0].writes, _accesses(answer[0])
    done = f"{writes} {what.removesuffix('s') if writes == 1 else what} of {PAGES} pages each"
    return f"{named}\n{done}"


def _find(answer: Answer, buffer: str | int) -> Measurement | None:
    return next((m for m in answer if m.buffer == buffer), None)


def _meanwhile(answer: Answer) -> list[str]:
    """The words to put on a picture of a machine that others used."""
    if not answer.noisy:
        return []
    if answer.control is None or not answer.control.acquired:
        return ["others took pins meanwhile"]
    return [f"others' pins in the control: {answer.control.acquired}"]


def _told(answer: Answer, names: Mapping[str, str]) -> list[str]:
    words = f"{answer.label}: {_pins_by_buffer(answer, names)}."
    return [words, answer.note] if answer.noisy else [words]


def _pins_by_buffer(answer: Answer, names: Mapping[str, str] = BUFFERS) -> str:
    return ", ".join(f"{names.get(str(m.buffer), m.buffer)} {_pins(m)}" for m in answer)


def _pins(measurement: Measurement, between: str = " ") -> str:
    """The number of pins, with a word of caution where others' are in it."""
    number = str(measurement.acquired)
    return number if measurement.agreed else f"at most{between}{number}"


def _verdict(answers: Sequence[Answer]) -> list[str]:
    """Say where the later answers differ from the first: a difference is shown, never hidden.

    What others have a part in is no difference between kernels.
    """
    if len(answers) < 2:
        return []
    first, *others = answers
    unsure = {str(m.buffer) for answer in answers for m in answer if not m.agreed}
    noisy = any(answer.noisy for answer in answers)
    differ, caution = ("may differ", f" {AGAIN}") if noisy else ("differ", "")
    found = [
        f"They {differ}: {other.label} has {theirs.acquired} pins for {m.buffer!r}, "
        f"{first.label} has {m.acquired}.{caution}"
        for other in others
        for m in first
        if str(m.buffer) not in unsure
        and (theirs := _find(other, m.buffer)) is not None
        and theirs.acquired != m.acquired
    ]
    if unsure:
        names = ", ".join(str(m.buffer) for m in first if str(m.buffer) in unsure)
        return [*found, f"Not compared: {names}. The pins of others are in these numbers."]
    return found or ["They agree on everything that was measured."]


class TouchedPages:
    """A buffer of 64 pages of which the first k were written, and the pins that writes of it take.

    Artists are kept and changed (`draw`); those that change are in `moving`.
    """

    def __init__(self, measured: Answer) -> None:
        require_numbers(measured)
        self.measured = measured
        self.predicted = in_the_model(asked(measured, range(PAGES + 1)))
        self.figure = Figure(figsize=(8.4, 3.4), layout="constrained")
        buffer, line = self.figure.subplots(1, 2, width_ratios=[1, 1.5])
        self._buffer = PageGrid(buffer)
        _pin_line(line, self.measured, self.predicted)
        (self._marker,) = line.plot([], [], "s", ms=14, mfc="none", mec=EDGE, mew=1.5)
        self.moving = [*self._buffer.moving, self._marker]
        self.draw(PAGES)

    def draw(self, k: int) -> None:
        """Show the buffer with k written pages, and mark its pins on the line."""
        self._buffer.draw(k)
        self._marker.set_data([k], [self.predicted[k].acquired])

    def sentence(self, k: int) -> str:
        """Return what the picture shows for k, and what was measured if it was."""
        prediction = self.predicted[k]
        own = "1 page has a frame of its own" if k == 1 else f"{k} pages have a frame of their own"
        zero = "1 is the zero page" if k == PAGES - 1 else f"{PAGES - k} are the zero page"
        times = f"{prediction.writes} {_accesses(prediction)}"
        told = f"k = {k}: {own}, {zero}. {times} take {prediction.acquired} pins in the model"
        found = _find(self.measured, k)
        if found is None:
            return f"{told}."
        others = "" if found.agreed else ": others' pins are in it"
        return f"{told}, {_pins(found)} in {self._who()}{others}."

    def _who(self) -> str:
        return "your kernel" if self.measured.live else f"the {self.measured.label.split(',')[0]}"


def touched_filmstrip(measured: Answer, positions: Sequence[int] = (0, 8, 64)) -> Picture:
    """Draw the slider's picture for a few k at once, and every measured point on the line.

    Raises TypeError for what is no Answer or no k, ValueError for an empty answer, a k beyond 64,
    and too many of them.
    """
    require_numbers(measured)
    positions = [
        whole("k in positions", k, 0, PAGES)
        for k in sequence("positions", positions, "pages", MOST_PANELS)
    ]
    if not positions:
        raise ValueError("positions is empty: name at least one k")
    predicted = in_the_model(measured)
    figure = Figure(figsize=(8.4, 2.9), layout="constrained")
    *grids, line = figure.subplots(1, len(positions) + 1, width_ratios=[*(1 for _ in positions), 2])
    for panel, k in zip(grids, positions, strict=True):
        PageGrid(panel).draw(k)
    _pin_line(line, measured, predicted)
    alt = (
        f"A buffer of 64 pages with {', '.join(map(str, positions))} of them written, and a line: "
        f"pins over written pages k. {measured.label}: {_pins_by_buffer(measured)}."
    )
    twin = (
        f"Pins of {measured[0].writes} {_accesses(measured[0])} of {PAGES} pages, k of them "
        f"written before. Measured: {measured.label}."
    )
    twin = "\n".join([twin, measured.note]) if measured.noisy else twin
    return Picture(figure, alt, twin, _touched_table(measured, predicted))


def _accesses(measurement: Measurement) -> str:
    return "reads" if measurement.method == PROCESS_VM_READV else "writes"


def _touched_table(measured: Answer, predicted: Answer) -> pandas.DataFrame:
    import pandas

    columns = {
        "measured": [m.acquired if m.agreed else _pins(m) for m in measured],
        f"model, Linux {predicted.kernel}": [p.acquired for p in predicted],
    }
    return pandas.DataFrame(columns, index=pandas.Index([m.touched for m in measured], name="k"))


class PageGrid:
    """The 64 pages of a buffer as squares; written ones have a frame of their own."""

    def __init__(self, panel: Axes) -> None:
        self._panel = panel
        self._squares = [Rectangle((i % COLUMNS, i // COLUMNS), 0.84, 0.84) for i in range(PAGES)]
        for square in self._squares:
            panel.add_patch(square)
        panel.set(xlim=(-0.2, COLUMNS), ylim=(PAGES // COLUMNS, -0.2), aspect="equal")
        panel.set_xticks([])
        panel.set_yticks([])
        panel.spines[:].set_visible(False)
        self.moving: list[Artist] = [*self._squares, panel.xaxis]

    def draw(self, k: int) -> None:
        """Show the first k pages as written."""
        for i, square in enumerate(self._squares):
            own = i < k
            square.set(
                facecolor=PIN if own else ZERO_PAGE, edgecolor=EDGE, linewidth=0.8,
                hatch=PIN_HATCH if own else None, linestyle="-" if own else "--",
            )  # fmt: skip
        self._panel.set_xlabel(f"k = {k}\n{k} own frames,\n{PAGES - k} × zero page")


def _pin_line(panel: Axes, measured: Answer, predicted: Answer) -> None:
    """Pins over written pages: the model as a line, what was measured as points on it."""
    panel.plot(*_points(predicted), color=EDGE, label=label(predicted.label))
    own = [m for m in measured if m.agreed]
    spoilt = [m for m in measured if not m.agreed]
    if own:
        words = label(measured.label)
        panel.plot(*_points(own), "o", ms=8, mfc=PIN, mec=EDGE, ls="", label=words)
    if spoilt:
        words = label(f"{measured.label}, with others' pins")
        panel.plot(*_points(spoilt), "X", ms=8, mfc=OTHERS, mec=EDGE, ls="", label=words)
    highest = max(_highest(measured), _highest(predicted))
    panel.set_title("\n".join(_meanwhile(measured)), fontsize=10)
    panel.set_yticks(_ticks(measured, highest))
    panel.set(xlim=(-3, PAGES + 3), ylim=(-0.04 * highest, (1.6 if spoilt else 1.35) * highest))
    panel.set_xlabel("k, pages written before")
    panel.set_ylabel(f"pins of {measured[0].writes} {_accesses(measured[0])}")
    panel.set_xticks([0, 8, 16, 32, 64])
    panel.legend(loc="upper left", frameon=False, fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)


def _points(measurements: Iterable[Measurement]) -> tuple[list[int], list[int]]:
    found = [(m.touched, m.acquired) for m in measurements]
    return [k for k, _ in found], [pins for _, pins in found]
