"""The timeline: what it says of a release is what the model does in that release."""

import re

import pytest

from pinlab import Kernel, lab
from pinlab.lab.timeline import CELL, LEFT, TRACKS
from pinlab.model.rules import VERSIONS
from tests.lab.parts import Parts

RELEASES = list(Parts(lab.timeline()).menu.options)
DISK = {"get": "references (disk", "pin": "pins (disk"}
FORK = {"never": "nothing", "maybe_pinned": "what may", "exclusive_and_maybe_pinned": "what is ex"}
FAULT = {"mapped_once": "mapped once", "held_once": "held once", "exclusive_or_held_once": "exclu"}
ZERO = {"counted": "counted", "refused": "refused", "skipped": "not counted"}
COUNT = {"none": "none", "order_2_up": "of 4 pages", "order_1_up": "of 2 pages"}


def test_every_release_is_there_in_order_and_a_stable_branch_where_a_rule_changes_in_it() -> None:
    assert RELEASES[:3] == ["5.6", "5.7", "5.8"]
    assert {"5.19", "6.0", "6.4", "6.18"} <= set(RELEASES)
    assert RELEASES[RELEASES.index("6.1") :][:4] == ["6.1", "6.1.130", "6.1.135", "6.2"]
    assert {".".join(map(str, v)) for v in VERSIONS if len(v) == 2} <= set(RELEASES)
    assert [r for r in Parts(lab.timeline("fork")).menu.options if r.count(".") > 1] == []


@pytest.mark.parametrize("release", RELEASES)
def test_the_menu_reads_out_the_rules_of_a_release(release: str) -> None:
    parts = Parts(lab.timeline())
    parts.menu.value = release
    rules = Kernel(release).rules
    words = [
        f"Direct I/O holds its pages by: {DISK[rules.dio_hold]}",
        f"Fork copies at once: {FORK[rules.fork_copies]}",
        f"A write fault keeps a frame that is: {FAULT[rules.write_fault_reuses]}",
        f"Pins of the zero page are: {ZERO[rules.zero_page_grab]}.",
        f"Folios with a pincount: {COUNT[rules.separate_pincount]}",
    ]
    assert parts.sentence.startswith(f"Linux {release}. ")
    assert [each for each in words if each not in parts.sentence] == []


def test_the_marked_lane_is_the_release_or_the_last_one_before_it() -> None:
    def marked(at: str) -> set[int]:
        svg = lab.timeline(at=at).filmstrip.svg  # type: ignore[attr-defined]
        thick = re.findall(r'<rect x="([\d.]+)"[^>]*stroke-width="3"', svg)
        return {round((float(x) - LEFT) / CELL) for x in thick}

    for at, lane in (("5.6", "5.6"), ("6.1.130", "6.1.130"), ("6.1.9", "6.1"), ("7.3", "6.18")):
        assert marked(at) == {RELEASES.index(lane)}


def test_the_twin_has_the_eras_of_every_rule() -> None:
    twin = str(lab.timeline("who pins", "zero page")).replace("\n", " ")
    assert "(SMB): 5.6 to 6.2 references; from 6.3 on pins." in twin
    assert "in 6.1 from .130 on refused; in 6.1 from .135 on not counted; 6.2 to 6.4 co" in twin
    assert "fork" not in twin.lower()


def test_what_is_no_track_or_no_release_is_refused() -> None:
    with pytest.raises(ValueError, match=f"track is 'forks': .*{', '.join(TRACKS)}"):
        lab.timeline("forks")
    with pytest.raises(ValueError, match=r"begins with 5\.6"):
        lab.timeline(at="5.5")
