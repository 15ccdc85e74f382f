"""The reader's own copies of the lessons: made once, renewed while unchanged, never overwritten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import metadata
from itertools import count
from pathlib import Path
from typing import NamedTuple

from pinlab.data_folder import HOME

LESSONS = "notebooks"
MINE = "my_lessons"
"""Beside data/ and README.md, so that links to them lead on."""

STAMPS = ".copied.json"
FILES = ("*.ipynb", "*.md", "solutions/*.ipynb")
README = "README.md"
BESIDE = ("data/**/*",)
"""What lessons link to besides, where they are not in a checkout."""


class Stamp(NamedTuple):
    """What a file was when it was copied: `work` is what a reader changes by working in it.

    Running a notebook changes its outputs and nothing else that counts, so its work is the
    sources of its cells; that of another file is all of it.
    """

    whole: str
    work: str

    @classmethod
    def of(cls, file: Path) -> Stamp:
        """Return the stamp of a file as it stands; raises OSError."""
        raw = file.read_bytes()
        return cls(_digest([raw]), _digest(_sources(raw) if file.suffix == ".ipynb" else [raw]))


def _sources(raw: bytes) -> list[bytes]:
    try:
        cells = json.loads(raw)["cells"]
        return [f"{cell['cell_type']}\n{''.join(cell['source'])}".encode() for cell in cells]
    except (KeyError, TypeError, ValueError):
        return [raw]  # no notebook (any more): somebody's work all the same


def _digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def renew(lessons: Path, mine: Path, patterns: Sequence[str] = FILES) -> list[str]:
    """Make what is missing in the reader's folder, and return a line for each thing to know.

    A copy that nobody has worked in becomes what its lesson is now. Of one with work in it, the
    new lesson is put beside it, once, as "... (new).ipynb"; it is not offered again to who throws
    it away. Raises OSError where the folder cannot be written, ValueError if no lesson is there.

    lessons: the folder of the lessons. mine: that of the copies, made where it is missing.
    patterns: which files are copied.
    """
    found = (file for pattern in patterns for file in sorted(lessons.glob(pattern)))
    files = [file for file in found if file.is_file()]
    if not files:
        raise ValueError(f"no lesson is in {lessons}: allowed is pinlab's folder of notebooks")
    told = []
    if not mine.exists():
        told.append(f"Your own copies of the lessons are in {mine}: nothing will overwrite them.")
    stamps = _stamps(mine)
    for file in files:
        path = file.relative_to(lessons)
        put = _place(file, mine, path, stamps)
        if put not in (None, path):
            told.append(f"{path} has changed and yours has work in it: beside it is now {put}")
    (mine / STAMPS).write_text(json.dumps(stamps, indent=0), encoding="utf-8")
    return told


def readme() -> str:
    """Return pinlab's README: that of the checkout, or else what pip knows of it."""
    file = HOME / README
    return file.read_text("utf-8") if file.exists() else str(metadata("pinlab").json["description"])


def prepare(root: Path) -> tuple[str, list[str]]:
    """See to the copies below a folder; return which folder there to open, and what to tell.

    Outside a checkout, what the lessons link to is put there, too. Where a checkout cannot be
    written its lessons are opened as they are. Raises OSError where nothing can be opened.
    """
    try:
        told = renew(HOME / LESSONS, root / MINE)
        if root != HOME:
            told += renew(HOME, root, BESIDE)
            if not (mine := root / README).exists():
                text = readme().replace(f"]({LESSONS}/", f"]({MINE}/")
                mine.write_text(text, encoding="utf-8")
    except OSError as error:
        if root != HOME:
            raise
        why = f"{MINE} cannot be written ({error.strerror}), so the lessons open as they are"
        way = "for copies of your own, copy this whole folder to a place that is yours"
        return LESSONS, [f"{why}, and what you do in them is not kept: {way}."]
    return MINE, told


def _stamps(mine: Path) -> dict[str, Stamp]:
    """What was copied, by its place in the reader's folder; nothing where that cannot be told."""
    try:
        stored = json.loads((mine / STAMPS).read_text("utf-8"))
        return {name: Stamp(*stamp) for name, stamp in stored.items()}
    except (AttributeError, FileNotFoundError, TypeError, ValueError):
        return {}


def _place(file: Path, mine: Path, path: Path, stamps: dict[str, Stamp]) -> Path | None:
    """Put a file where it hides no work; return where, or None where there is nothing to do."""
    now = Stamp.of(file)
    for place in _places(path):
        copy, before = mine / place, stamps.get(place.as_posix())
        there = Stamp.of(copy) if copy.exists() else None
        offered = before is not None and before.work == now.work
        if there is None:
            if offered and place != path:
                return None
        elif there.work == now.work:
            if before is not None and before.whole == now.whole:
                return None
        elif offered:
            return None
        elif before is None or there.work != before.work:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
        stamps[place.as_posix()] = now
        return place
    raise AssertionError("there is always one more place")


def _places(path: Path) -> Iterator[Path]:
    """`name.ipynb`, `name (new).ipynb`, `name (new 2).ipynb` and so on."""
    yield path
    yield path.with_stem(f"{path.stem} (new)")
    for number in count(2):
        yield path.with_stem(f"{path.stem} (new {number})")
