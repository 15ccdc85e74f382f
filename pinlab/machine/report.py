"""A report to keep: what was measured here, for a reader and for a pool of many machines."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html import escape
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from pinlab.machine.columns import Row, rows
from pinlab.machine.measured import Measured, kernel_like
from pinlab.machine.measuring import measure
from pinlab.machine.recordings import Quantity
from pinlab.machine.spans import spans
from pinlab.model.arguments import instance, path, shown
from pinlab.model.kernel import Kernel

LONGEST = 100
"""Characters of a machine's name that go into the names of its files."""

HEADS = ("predicted", "recorded", "yours")


class Report(NamedTuple):
    """The two files; csv is None where nothing was measured, since there is nothing to pool."""

    markdown: Path
    csv: Path | None


def report(
    measured: Measured | None = None,
    folder: str | os.PathLike[str] = ".",
    build: str | None = None,
) -> Report:
    """Write what was measured into `folder`, as Markdown and CSV, and return where.

    measured: from `measure`, which is done now if it is None. build: what to call this machine
    beside its kernel's version; None is the whole of what `uname -r` says. An earlier report of
    the same name is replaced, once both files are whole. The Markdown file has prediction,
    recording and measurement in three columns; the CSV has the measurements alone, with the
    columns of data/recordings. Raises OSError where nothing can be written, TypeError for a
    `build` that is no text.
    """
    where = path("folder", folder)
    if build is not None:
        _check_build(build)
    found = measure() if measured is None else instance("measured", measured, Measured)
    if build is not None:
        found = _renamed(found, build)
    name = where / f"which_kernel_{_slug(f'{found.kernel} {found.build}')}"
    markdown, table = (name.with_name(f"{name.name}.{ending}") for ending in ("md", "csv"))
    texts = {markdown: "\n".join(_lines(found)) + "\n"}
    if found.live and found.quantities:
        texts[table] = _rows(found)
    _replace(texts)
    return Report(markdown, table if table in texts else None)


def _check_build(build: str) -> None:
    """It is in a line of each file."""
    if not instance("build", build, str).isprintable() or not build:
        raise ValueError(f"build is {shown(build)}: allowed are letters in one line")


def _renamed(measured: Measured, build: str) -> Measured:
    quantities = tuple(row._replace(build=build) for row in measured.quantities)
    return replace(measured, build=build, quantities=quantities) if measured.live else measured


def _slug(text: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9.]+", "_", text).strip("_")
    if len(slug) <= LONGEST:
        return slug
    return f"{slug[:LONGEST]}_{sha256(text.encode()).hexdigest()[:8]}"


def _rows(measured: Measured) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Quantity._fields)
    writer.writerows(measured.quantities)
    return text.getvalue()


def _replace(texts: Mapping[Path, str]) -> None:
    """Write all files or none; a link of that name is replaced, not followed."""
    with ExitStack() as left:
        whole: dict[Path, Path] = {}
        for path, text in texts.items():
            handle, name = tempfile.mkstemp(prefix=".which_kernel_", dir=path.parent)
            whole[path] = Path(name)
            left.callback(Path(name).unlink, missing_ok=True)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).chmod(0o644)
        for path, ready in whole.items():
            ready.replace(path)


def _plain(text: str) -> str:
    """Return somebody's words so that Markdown shows them as they are, on one line."""
    return re.sub(r"([\\`*\[\]|])", r"\\\1", escape(" ".join(text.split()), quote=False))


def _lines(measured: Measured) -> Iterator[str]:
    when = date.today().isoformat() if measured.live else measured.date
    yield f"# Linux {_plain(measured.kernel)}, {_plain(measured.build)}"
    yield ""
    yield f"Made by `pinlab.machine.report()`; {_plain(measured.label)}, {when}."
    yield from _answers(measured)
    yield from _columns(rows(measured))
    yield from _missing(measured)
    yield ""
    if measured.note:
        yield _plain(measured.note)
        yield ""
    yield "data/recordings/README.md of pinlab says how to add the CSV file to the recordings."


def _answers(measured: Measured) -> Iterator[str]:
    yield from ("", "## Which kernel is this, really?", "")
    for answer in measured.answers:
        yield f"- {answer.question}"
        if answer.why_not:
            yield f"  Not measured: {_plain(answer.why_not)}"
        if answer.answer:
            source = "Recorded: " if answer.why_not else ""
            yield f"  {source}{answer.answer} So does the model of: {answer.spans}."
    yield from ("", f"All together: {spans(measured.releases)}. The model that answers the same:")
    yield f"`{_spelled(kernel_like(measured))}`."


def _spelled(kernel: Kernel) -> str:
    """The call that makes the machine: its release, and the rules that differ from it."""
    usual = Kernel(kernel.release).rules
    changed = [
        f", {rule}={getattr(kernel.rules, rule)!r}"
        for rule in usual.sources
        if getattr(kernel.rules, rule) != getattr(usual, rule)
    ]
    return f"Kernel({kernel.release!r}{''.join(changed)})"


def _columns(found: list[Row]) -> Iterator[str]:
    agreeing = sum(row.agrees for row in found)
    by = found[0].recorded_by if found else ""
    yield from ("", "## Three columns", "")
    yield f"Recorded by Linux {by}. The model agrees in {agreeing} of {len(found)} rows."
    yield ""
    yield f"| experiment | case | quantity | {' | '.join(HEADS)} | agrees | why not |"
    yield f"|{'---|' * 8}"
    for row in found:
        values = (row.experiment, row.case, row.quantity, row.predicted, row.recorded, row.yours)
        cells = (*map(str, values), "yes" if row.agrees else "no", row.why)
        yield f"| {' | '.join(map(_plain, cells))} |"


def _missing(measured: Measured) -> Iterator[str]:
    if not measured.missing:
        return
    yield from ("", "## Not measured", "")
    for (experiment, case), reason in measured.missing.items():
        yield f"- `{experiment}`, `{case}`: {_plain(reason)}"
