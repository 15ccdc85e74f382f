"""Answers of machines: the pins of each buffer as bars, and the same experiment in the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pinlab.lab.palette import EDGE, OTHERS, OTHERS_HATCH, PIN, PIN_HATCH
from pinlab.lab.picture import Picture, blank
from pinlab.lab.svg import label
from pinlab.machine.buffers import PAGES, Buffer, check_all, touched
from pinlab.machine.measured import (
    AGAIN,
    PROCESS_VM_READV,
    Answer,
    Measurement,
    of_buffers,
    version,
)
from pinlab.machine.predictions.calls import buffer_in, huge_buffer_in
from pinlab.model.arguments import instance, one_of, sequence, shown, whole
from pinlab.model.kernel import Kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 16
"""Side by side, more than can be read."""

LEFT = 0.48
"""From the middle of a bar to that of the guess beside it."""

BUFFERS = {"letters": "letters", "zeros": "zeros you wrote", "never": "never written"}
NEVER_WRITTEN = {"never": "small pages", "huge-never": "huge pages"}


def pins_by_buffer(
    *answers: Answer, said: Sequence[int | None] | Mapping[str, int | None] | None = ()
) -> Picture:
    """Draw the pins of each buffer as bars, one panel per answer, on one scale.

    What was `said` before stands beside the bars of the first one, dotted: a number for each
    buffer, in their order or by their names, None where there was no guess.

    The buffers are letters, zeros and never written; or, where the first answer has "huge-never",
    never-written memory in small and in huge pages. A bar that has others' pins in it is grey, and
    hatched as far as a control says they go. Raises TypeError for what is no Answer or number,
    ValueError for none, too many, or an empty one, and for another number of guesses.
    """
    if not answers:
        raise ValueError("no answers: pins_by_buffer() draws at least one")
    if len(answers) > MOST_PANELS:
        raise ValueError(f"{len(answers)} answers: pins_by_buffer() draws at most {MOST_PANELS}")
    for answer in answers:
        require_some(answer, "draw")
    names = NEVER_WRITTEN if find(answers[0], "huge-never") else BUFFERS
    guesses = _guesses(said, names)
    told = ", ".join(f"{name} {guess}" for name, guess in guesses.items())
    words = [f"You said: {told}."] if guesses else []
    for answer in answers:
        words.append(f"{answer.label}: {by_buffer(answer, names)}.")
        if answer.note and (answer.noisy or accesses(answer[0]) == "reads"):
            words.append(answer.note)
    alt = f"Bars, one panel each. {' '.join(words)}"
    twin = "\n".join([*words, *_verdict(answers)])
    return Picture(lambda: _drawn(answers, names, guesses), alt, twin)


def _drawn(
    answers: Sequence[Answer], names: Mapping[str, str], guesses: Mapping[str, int]
) -> Figure:
    """The bars of each answer on a panel."""
    first = 5.0 if guesses else 3.6
    width = [first, *[3.6] * (len(answers) - 1)]
    figure = blank(sum(width), 3.3)
    (panels,) = figure.subplots(
        1, len(answers), sharey=True, squeeze=False, gridspec_kw={"width_ratios": width}
    )
    highest = max(*map(top_of, answers), 0, *guesses.values())
    for panel, answer in zip(panels, answers, strict=True):
        _bars(panel, answer, names, highest)
    for name, guess in guesses.items():
        _guessed(panels[0], [*names.values()].index(name), guess, highest)
    if guesses:
        panels[0].set_xlim(left=-1)
        panels[0].set_xlabel(f"dotted: what you said\n{panels[0].get_xlabel()}".strip())
    # All have the same scale, with room for the number on the highest bar: "at most" is a line.
    panels[0].set_ylim(0, (1.3 if any(map(_unsure, answers)) else 1.15) * highest)
    panels[0].set_ylabel("pins acquired")
    return figure


def _guesses(
    said: Sequence[int | None] | Mapping[str, int | None] | None, names: Mapping[str, str]
) -> dict[str, int]:
    """The guesses that there are, by what their buffer is called in the picture."""
    if isinstance(said, Mapping):
        for name in said:
            one_of("a name in said", name, [*names])
        said = [said.get(name) for name in names]
    told = sequence("said", () if said is None else said, "numbers") or [None] * len(names)
    if len(told) != len(names):
        raise ValueError(f"said is {shown(said)}: allowed is a number or None for each of {names}")
    each = zip(names.values(), told, strict=True)
    return {name: whole(f"said of {name}", n, 0) for name, n in each if n is not None}


def _guessed(panel: Axes, place: int, guess: int, highest: int) -> None:
    """A guess, left of its bar."""
    panel.bar(place - LEFT, guess, 0.3, color="white", edgecolor=EDGE, ls=":", lw=1.5)
    panel.text(place - LEFT, guess + 0.02 * highest, str(guess), ha="center", size=8)


def _bars(panel: Axes, answer: Answer, names: Mapping[str, str], highest: int) -> None:
    for place, buffer in enumerate(names):
        measurement = find(answer, buffer)
        if measurement is None:
            panel.text(place, 0.03 * highest, "not\nrecorded", ha="center", color=EDGE)
            continue
        _bar(panel, place, measurement, answer.control)
        top = measurement.acquired + 0.02 * highest
        panel.text(
            place, top, pins_told(measurement, "\n"), ha="center", va="bottom", weight="bold"
        )
    panel.set_title(_title(answer), fontsize=10)
    if _unsure(answer):
        panel.set_xlabel("grey: with others' pins; hatched:\nabout how many are theirs")
    panel.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names.values()])
    panel.set_xlim(-0.6, len(names) - 0.4)
    panel.set_yticks(ticks(answer, highest))
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


def top_of(answer: Answer) -> int:
    """Return the top of a scale for all that was measured, and all that could be."""
    return max(max(m.acquired, m.writes * m.pages) for m in answer)


def ticks(answer: Answer, highest: int) -> range:
    """Return where the axis of the pins has its numbers."""
    step = answer[0].writes * answer[0].pages // 4
    while highest > 6 * step:
        step *= 2
    return range(0, highest + 1, step)


def _title(answer: Answer) -> str:
    """The label on lines short enough for a panel; a recording's says what was done, too."""
    named = "\n".join(map(label, (answer.label, *meanwhile(answer))))
    if answer.date is not None:
        return named
    writes, what = answer[0].writes, accesses(answer[0])
    done = f"{writes} {what.removesuffix('s') if writes == 1 else what} of {PAGES} pages each"
    return f"{named}\n{done}"


def find(answer: Answer, buffer: str | int) -> Measurement | None:
    """Return the measurement of a buffer, if there is one."""
    return next((m for m in answer if m.buffer == buffer), None)


def meanwhile(answer: Answer) -> list[str]:
    """Return the words to put on a picture of a machine that others used."""
    if not answer.noisy:
        return []
    if answer.control is None or not answer.control.acquired:
        return ["others took pins meanwhile"]
    return [f"others alone took {answer.control.acquired} pins"]


def by_buffer(answer: Answer, names: Mapping[str, str] = BUFFERS) -> str:
    """Return the pins of each buffer, in words."""
    return ", ".join(f"{names.get(str(m.buffer), m.buffer)} {pins_told(m)}" for m in answer)


def pins_told(measurement: Measurement, between: str = " ") -> str:
    """Return the number of pins, with a word of caution where others' are in it."""
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
        and (theirs := find(other, m.buffer)) is not None
        and theirs.acquired != m.acquired
    ]
    if unsure:
        names = ", ".join(str(m.buffer) for m in first if str(m.buffer) in unsure)
        return [*found, f"Not compared: {names}. The pins of others are in these numbers."]
    return found or ["They agree on everything that was measured."]


def accesses(measurement: Measurement) -> str:
    """Return what was done to a buffer, as a word."""
    return "reads" if measurement.method == PROCESS_VM_READV else "writes"


def in_the_model(answer: Answer, *buffers: Buffer) -> Answer:
    """Repeat an answer's measurements in the model of that release, or measure other buffers.

    A version number does not tell a rule for certain (distributions backport), so the two may
    differ; `pins_by_buffer` says so where they do. Raises TypeError for what is no Answer,
    ValueError for an empty one, an unknown buffer, or a release that is not modelled.
    """
    require_some(answer, "repeat")
    release = version(answer.kernel)
    question = asked(answer, buffers) if buffers else answer
    measured = [_repeat(Kernel(release), measurement) for measurement in question]
    model = Answer(release, live=False, label=f"the model, Linux {release}")
    return of_buffers(model, measured, answer[0].method)


def require_some(answer: Answer, purpose: str, name: str = "answer") -> None:
    """Raise TypeError if it is no Answer, ValueError in its own words if it is empty."""
    if not len(instance(name, answer, Answer)):
        raise ValueError(f"{answer.label}: there is nothing to {purpose}. {answer.note}")


def asked(answer: Answer, buffers: Iterable[Buffer]) -> Answer:
    """Return the same question to the same kernel for other buffers."""
    one = answer[0]
    return replace(
        answer,
        measurements=tuple(
            one._replace(buffer=b, touched=touched(b)) for b in check_all(tuple(buffers))
        ),
    )


def _repeat(kernel: Kernel, measurement: Measurement) -> Measurement:
    if measurement.buffer == "huge-never":
        mm, addr = huge_buffer_in(kernel)
    else:
        byte = b"\0" if measurement.buffer == "zeros" else b"x"
        mm, addr = buffer_in(kernel, range(measurement.touched), byte)
    # Each access ends before the next begins, so they are all alike: one tells for all.
    if measurement.method == PROCESS_VM_READV:
        kernel.unpin_user_pages(mm.pin_user_pages(addr, measurement.pages))
    else:
        kernel.submit_dio_write(mm, addr, measurement.pages).complete()
    acquired, released = (measurement.writes * pins for pins in kernel.vmstat.values())
    return measurement._replace(acquired=acquired, released=released, seconds=None, agreed=True)
