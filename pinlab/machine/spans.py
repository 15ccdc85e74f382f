"""Spans of releases in words: which of those with rules of their own are meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from pinlab.model.rules import Version, parse_release, releases, speaks_of

NONE = "no release of the model"


def spans(fitting: Collection[str]) -> str:
    """Return releases of `rules.releases()` as spans, with the stable branches that differ.

    >>> spans({"6.18", "6.1.135"})
    '6.18 and later; of 6.1.y 6.1.135 and later'
    >>> spans({"5.6", "5.7"})
    'before 5.8, but of 5.7.y not 5.7.3 and later'
    """
    fits = [parse_release(release) for release in fitting]
    known = [parse_release(release) for release in releases()]
    mainline = [version for version in known if len(version) == 2]
    found = "; ".join([*_runs(mainline, fits), *_branches(known, fits, added=True)])
    without = "; ".join(_branches(known, fits, added=False))
    return (f"{found}, but {without}" if without else found) or NONE


def _runs(versions: Sequence[Version], fits: Collection[Version]) -> Iterator[str]:
    """Each stretch of neighbours that fit, in words."""
    position = 0
    for fit, group in groupby(versions, key=lambda version: version in fits):
        length = len(list(group))
        if fit:
            yield _run(versions, position, position + length)
        position += length


def _run(versions: Sequence[Version], start: int, stop: int) -> str:
    first = f"{_text(versions[start])}"
    if stop == len(versions):
        return f"{first} and later"
    before = f"before {_text(versions[stop])}"
    if versions[start] == parse_release(releases()[0]):
        return before
    return f"{first} to {before}"


def _branches(known: Sequence[Version], fits: Collection[Version], added: bool) -> Iterator[str]:
    """What the stable branches with rules of their own add, or take away."""
    for branch in sorted({version[:2] for version in known if len(version) == 3}):
        if _fits(branch, known, fits) is added:
            continue
        points = [version for version in known if len(version) == 3 and version[:2] == branch]
        meant = [point for point in points if (point in fits) is added]
        if runs := "; ".join(_runs(points, meant)):
            yield f"of {_text(branch)}.y {'' if added else 'not '}{runs}"


def _fits(version: Version, known: Sequence[Version], fits: Collection[Version]) -> bool:
    """Whether a release fits: as the newest before it with rules of its own does."""
    base = max(other for other in known if len(other) == 2 and speaks_of(other, version))
    return base in fits


def _text(version: Version) -> str:
    return ".".join(map(str, version))
