"""The timeline: which rule holds in which release, from the first that pins to the newest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import NamedTuple

from pinlab.lab.exhibit import Exhibit, exhibit, menu
from pinlab.lab.palette import EDGE, PIN, REFERENCE
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import THICK, measured, rect, text
from pinlab.model.arguments import one_of
from pinlab.model.rules import (
    FILE_SYSTEMS,
    NEWEST,
    ROWS,
    VERSIONS,
    Version,
    parse_release,
    rules_for,
)

LEFT, CELL, TALL, NOTE, HEAD = 130, 12.8, 20, 15, 24
"""Sizes: the names, a release, a bar, a line below it, and the releases above all."""

NUMBERED = 4
"""Of so many releases one has its number above it."""

SERIES_ENDS = 19
"""5.19 was followed by 6.0."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "fork_copies": {
        "never": "nothing",
        "maybe_pinned": "what may be pinned",
        "exclusive_and_maybe_pinned": "what is exclusive and may be pinned",
    },
    "write_fault_reuses": {
        "mapped_once": "mapped once",
        "held_once": "held once",
        "exclusive_or_held_once": "exclusive, or held once",
    },
    "zero_page_grab": {"counted": "counted", "refused": "refused", "skipped": "not counted"},
    "separate_pincount": {
        "none": "none",
        "order_2_up": "of 4 pages and more",
        "order_1_up": "of 2 pages and more",
    },
} | {rule: {"get": "references", "pin": "pins"} for rule in FILE_SYSTEMS.values()}
"""What the values of a rule are called here."""

FILLS = {"references": "white", "pins": PIN}
GREYS = "white", "#EEEEEE", "#D6D6D6"


class Track(NamedTuple):
    """A question, how it reads behind the track's name, and the rules that answer it, by names."""

    question: str
    half: str
    rules: Mapping[str, str]


TRACKS = {
    "who pins": Track(
        "Direct I/O holds its pages by", "",
        {
            "disk": "dio_hold", "SMB": "dio_hold_smb", "9p": "dio_hold_9p",
            "FUSE": "dio_hold_fuse", "NFS": "dio_hold_nfs", "Ceph": "dio_hold_ceph",
        },
    ),
    "fork": Track("Fork copies at once", "copies at once", {"": "fork_copies"}),
    "write fault": Track("A write fault keeps a frame that is", "keeps a frame",
                         {"": "write_fault_reuses"}),
    "zero page": Track("Pins of the zero page are", "its pins are", {"": "zero_page_grab"}),
    "pincount": Track("Folios with a pincount", "of folios", {"": "separate_pincount"}),
}  # fmt: skip


class Era(NamedTuple):
    """A value of a rule, in words, with the lane in which it begins, and its releases."""

    value: str
    first: int
    releases: list[str]

    def __str__(self) -> str:
        first, last = self.releases[0], self.releases[-1]
        branch, _, later = first.rpartition(".")
        if "." in branch:
            span = f"in {branch} from .{later} on"
        elif last == NEWEST:
            span = f"from {first} on"
        else:
            span = first if first == last else f"{first} to {last}"
        return f"{span} {self.value}"


def timeline(*tracks: str, at: str = NEWEST) -> Exhibit:
    """Show which rule holds in which release, from 5.6 to the newest, and read out one release.

    tracks: "who pins", "fork", "write fault", "zero page" or "pincount"; all if none is named.
    A stable branch stands behind its release where a rule that is shown changes in it. Raises
    ValueError for another track, or a release before 5.6.

    >>> print(timeline("fork", at="5.9"))
    Linux 5.9. Fork copies at once: what may be pinned.
    Fork copies at once: 5.6 to 5.8 nothing; 5.9 to 5.18 what may be pinned; from 5.19 on what is
    exclusive and may be pinned.
    """
    try:
        rules_for(at)
    except (TypeError, ValueError) as error:
        raise type(error)(f"at: {error}") from None
    shown = {name: TRACKS[one_of("track", name, TRACKS)] for name in tracks or TRACKS}
    lanes = _lanes(shown.values())
    chosen = menu("Linux", sorted({*lanes, at}, key=parse_release), at)
    strip = partial(_strip, shown, lanes)
    return exhibit(strip, chosen, filmstrip=strip(at, list(_histories(shown.values(), lanes))))


def _lanes(tracks: Iterable[Track]) -> list[str]:
    """Every release, and those of stable branches in which a rule that is shown changes."""
    rules = {rule for track in tracks for rule in track.rules.values()}
    stable = {row.version for row in ROWS if len(row.version) == 3 and row.rule in rules}
    return [".".join(map(str, version)) for version in sorted({*mainline(), *stable})]


def mainline() -> list[Version]:
    """Return the releases without those of stable branches, from the first with rules on."""
    newest = parse_release(NEWEST)
    numbers = ((x, y) for x in range(newest[0] + 1) for y in range(SERIES_ENDS + 1))
    return [version for version in numbers if VERSIONS[0] <= version <= newest]


def _eras(rule: str, lanes: list[str]) -> Iterator[Era]:
    first = 0
    for value, group in groupby(lanes, lambda release: _value(rule, release)):
        releases = list(group)
        yield Era(value, first, releases)
        first += len(releases)


def _value(rule: str, release: str) -> str:
    return WORDS[rule][getattr(rules_for(release), rule)]


def _told(tracks: Iterable[Track], release: str) -> str:
    """What holds in a release, a sentence for each track."""
    sentences = [f"Linux {release}."]
    for question, _, rules in tracks:
        alike: dict[str, list[str]] = {}
        for name, rule in rules.items():
            alike.setdefault(_value(rule, release), []).append(name)
        values = (f"{v} ({', '.join(names)})" if any(names) else v for v, names in alike.items())
        sentences.append(f"{question}: {'; '.join(values)}.")
    return " ".join(sentences)


def _histories(tracks: Iterable[Track], lanes: list[str]) -> Iterator[str]:
    """The eras of each rule, a line for each."""
    for question, _, rules in tracks:
        for name, rule in rules.items():
            eras = "; ".join(map(str, _eras(rule, lanes)))
            yield f"{question}{f' ({name})' * bool(name)}: {eras}."


def _strip(
    tracks: Mapping[str, Track], lanes: list[str], at: str, histories: Iterable[str] = ()
) -> Drawing:
    """The strip with a release marked on it; its words are that release, and `histories`."""
    mark = sum(parse_release(lane) <= parse_release(at) for lane in lanes) - 1
    drawn, y = [_numbers(lanes, mark, at)], float(HEAD)
    for name, track in tracks.items():
        drawn.append(text(4, y + 15, name, size=12, weight="bold"))
        drawn.append(text(4, y + 29, track.half, size=11))
        for who, rule in track.rules.items():
            drawn.append(text(LEFT - 6, y + 15, who, size=11, anchor="end"))
            bar, tall = _bar(rule, lanes, mark, y)
            drawn.append(bar)
            y += tall
        y += 6
    size = LEFT + CELL * len(lanes) + 6, y + 4
    about = "A strip of the releases, with a bar for each rule."
    return drawing(*size, drawn, about, [_told(tracks.values(), at), *histories])


def _numbers(lanes: list[str], mark: int, at: str) -> str:
    """The releases above the strip: each fourth, and the marked one in bold."""
    mainline = [n for n, lane in enumerate(lanes) if lane.count(".") == 1][::NUMBERED]
    faint = (n for n in mainline if abs(n - mark) >= NUMBERED - 1)
    return "".join(
        text(LEFT + CELL * (n + 0.5), HEAD - 8, words, size=11, weight=weight, anchor="middle")
        for n, words, weight in [*((n, lanes[n], "normal") for n in faint), (mark, at, "bold")]
    )


def _bar(rule: str, lanes: list[str], mark: int, y: float) -> tuple[str, float]:
    """A rule's eras side by side, and how high that is; what an era has no room for is below."""
    bars, words, below = "", "", []
    for era in _eras(rule, lanes):
        x, wide = LEFT + CELL * era.first, CELL * len(era.releases)
        fill = FILLS.get(era.value) or GREYS[list(WORDS[rule].values()).index(era.value)]
        bars += rect(x, y, wide, TALL, fill=fill)
        if measured(era.value, 11) > wide - 4:
            below.append(str(era))
        else:
            ink = REFERENCE if era.value == "references" else EDGE
            middle = x + wide / 2
            words += text(middle, y + 14, era.value, size=11, fill=ink, anchor="middle", halo=fill)
    bars += rect(LEFT + CELL * mark, y, CELL, TALL, fill="none", edge=THICK)
    if not below:
        return bars + words, TALL
    return bars + words + text(LEFT, y + TALL + 12, "; ".join(below), size=11), TALL + NOTE
