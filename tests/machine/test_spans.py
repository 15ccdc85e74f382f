"""Spans: releases in words, with the branches that differ."""

import pytest

from pinlab.machine.spans import NONE, spans
from pinlab.model.rules import parse_release, releases

MAINLINE = [release for release in releases() if len(parse_release(release)) == 2]


def since(first: str, before: str = "99.0") -> set[str]:
    low, high = parse_release(first), parse_release(before)
    return {release for release in releases() if low <= parse_release(release) < high}


@pytest.mark.parametrize(
    ("fitting", "words"),
    [
        (set(releases()), "5.6 and later"),
        (set(), NONE),
        (since("6.5"), "6.5 and later"),
        (since("6.5") | {"6.1.135"}, "6.5 and later; of 6.1.y 6.1.135 and later"),
        (since("6.5") | {"6.1.130", "6.1.135"}, "6.5 and later; of 6.1.y 6.1.130 and later"),
        ({"6.1.130"}, "of 6.1.y 6.1.130 to before 6.1.135"),
        (since("5.19", "6.5"), "5.19 to before 6.5"),
        (
            since("5.19", "6.5") - {"6.1.130", "6.1.135"},
            "5.19 to before 6.5, but of 6.1.y not 6.1.130 and later",
        ),
        (
            since("5.19", "6.5") - {"6.1.130"},
            "5.19 to before 6.5, but of 6.1.y not 6.1.130 to before 6.1.135",
        ),
        (since("5.6", "5.9"), "before 5.9"),
        ({"5.6"}, "before 5.7"),
    ],
)
def test_words(fitting: set[str], words: str) -> None:
    assert spans(fitting) == words


def test_every_release_alone_is_named() -> None:
    for release in MAINLINE:
        assert release in spans({release}) or release == MAINLINE[0]


def test_only_releases() -> None:
    with pytest.raises(ValueError, match=r"release is '6\.x'"):
        spans({"6.x"})
