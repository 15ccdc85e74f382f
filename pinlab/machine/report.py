"""A report to keep: what was measured here, for a reader and for a pool of many machines."""

from __future__ import annotations

import csv
import mmap
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
from typing import TYPE_CHECKING, NamedTuple

from pinlab.machine.ask import in_experiments, measure
from pinlab.machine.measured import AGAIN, NOT_SEEN, Place, Value
from pinlab.machine.predictions import predict
from pinlab.machine.questions import Measured, kernel_like, spans
from pinlab.machine.recordings import BUILD, RECORDED, Quantity, builds, differences, read
from pinlab.model.arguments import instance, path, shown
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel

if TYPE_CHECKING:
    import pandas

LONGEST = 100
"""Characters of a machine's name that go into the names of its files."""

UNEXPLAINED = "No reason is known. data/recordings/README.md says how to report it."


class Report(NamedTuple):
    """The two files; csv is None where nothing was measured, since there is nothing to pool."""

    markdown: Path
    csv: Path | None


def report(
    measured: Measured | None = None,
    folder: str | os.PathLike[str] = ".",
    build: str | None = None,
) -> Report:
    """Write what was measured into `folder`, made if it is missing, as Markdown and CSV.

    Returns the two files. measured: from `measure`, which is done now if it is None. build: what
    to call this machine beside its kernel's version; None is the whole of what `uname -r` says. An
    earlier report of the same name is replaced, once both files are whole. The Markdown file has
    prediction, recording and measurement in three columns; the CSV has the measurements alone,
    with the columns of data/recordings. Raises OSError where nothing can be written, TypeError for
    a `build` that is no text.
    """
    where = path("folder", folder)
    if build is not None and not (instance("build", build, str).isprintable() and build):
        raise ValueError(f"build is {shown(build)}: allowed are letters in one line")
    found = measure() if measured is None else instance("measured", measured, Measured)
    if build is not None and found.live:
        found = replace(found, build=build)
    name = where / f"which_kernel_{_slug(f'{found.kernel} {found.build}')}"
    markdown, table = (name.with_name(f"{name.name}.{ending}") for ending in ("md", "csv"))
    texts = {markdown: "\n".join(_lines(found)) + "\n"}
    if found.live and found.values:
        texts[table] = _table(found)
    where.mkdir(parents=True, exist_ok=True)
    _replace(texts)
    return Report(markdown, table if table in texts else None)


def _slug(text: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9.]+", "_", text).strip("_")
    if len(slug) <= LONGEST:
        return slug
    return f"{slug[:LONGEST]}_{sha256(text.encode()).hexdigest()[:8]}"


def _table(measured: Measured) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Quantity._fields)
    names = (measured.kernel, measured.build)
    writer.writerows((*names, *place, value) for place, value in measured.values.items())
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
    yield from _findings(measured)
    yield from _columns(list(_rows(measured)))
    if measured.missing:
        yield from ("", "## Not measured", "")
    for (experiment, case), reason in measured.missing.items():
        yield f"- `{experiment}`, `{case}`: {_plain(reason)}"
    yield ""
    if measured.note:
        yield _plain(measured.note)
        yield ""
    yield "data/recordings/README.md of pinlab says how to add the CSV file to the recordings."


def _findings(measured: Measured) -> Iterator[str]:
    yield from ("", "## Which kernel is this, really?", "")
    for finding in measured.findings:
        yield f"- {finding.question.text}"
        if finding.why_not:
            yield f"  Not measured: {_plain(finding.why_not)}"
        if finding.answer:
            source = "Recorded: " if finding.why_not else ""
            model = f"So does the model of: {spans(finding.releases)}."
            yield f"  {source}{finding.answer} {model}"
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


def _columns(rows: list[tuple[Value, ...]]) -> Iterator[str]:
    agreeing = sum(row[6] == "yes" for row in rows)
    yield from ("", "## Three columns", "")
    agree = f"The model agrees in {agreeing} of {len(rows)} rows."
    yield f"Recorded by Linux {RECORDED}, {BUILD}. {agree}"
    yield ""
    yield "| experiment | case | quantity | predicted | recorded | yours | agrees | why not |"
    yield f"|{'---|' * 8}"
    for row in rows:
        yield f"| {' | '.join(_plain(str(cell)) for cell in row)} |"


def _rows(measured: Measured) -> Iterator[tuple[Value, ...]]:
    """What `measure` can find, predicted, recorded and found, and why that differs."""
    like = kernel_like(measured)
    asked = {place[0] for place in measured.values} | {case[0] for case in measured.missing}
    everything = in_experiments(asked)
    cases = dict.fromkeys(place[:2] for place in everything)
    predicted = {case: predict(*case, like) for case in cases}
    for place, recorded in everything.items():
        told = predicted[place[:2]].get(place[2])
        own = measured.values.get(place) if measured.live else None
        judge = own if measured.live else recorded
        agrees = told is not None and told == judge
        why = "" if agrees else _why(measured, place, told, judge)
        values = ("" if told is None else told, recorded, "" if own is None else own)
        yield (*place, *values, "yes" if agrees else "no", why)


def _why(measured: Measured, place: Place, predicted: Value | None, found: Value | None) -> str:
    if found is None:
        return measured.missing.get(place[:2], NOT_SEEN)
    for build in builds():  # the reason that a recorded kernel has for the same difference
        row = Quantity(build.kernel, build.build, *place, found)
        for difference in differences():
            if difference.explains(row, predicted):
                return f"{difference.reason} ({difference.source})"
    if measured.live and mmap.PAGESIZE != PAGE_SIZE:
        return f"A page has {mmap.PAGESIZE} bytes here, and {PAGE_SIZE} in the model."
    if place[2] in ("acq", "rel") and measured.noisy:
        return f"{measured.note} {AGAIN}"
    return UNEXPLAINED


def pooled(*files: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return one row for each quantity, and a column for each machine of some CSV files.

    files: written by `report`, or recordings. A column is named after kernel and build; what a
    machine has no value for is empty. Raises OSError for a file that cannot be read, ValueError
    naming file and line where it is no recording or says one thing twice.
    """
    import pandas

    machines: dict[str, dict[tuple[str, ...], Value]] = {}
    for file in [path("file", file) for file in files]:
        for row in read(file):
            told = machines.setdefault(f"{row.kernel}, {row.build}", {})
            if row[2:5] in told:
                told_twice = f"{', '.join(row[:5])} is in another of the files, too"
                raise ValueError(f"{file}: {told_twice}: each report needs a build of its own")
            told[row[2:5]] = row.value
    places = dict.fromkeys(place for told in machines.values() for place in told)
    rows = [[*place, *(told.get(place, "") for told in machines.values())] for place in places]
    return pandas.DataFrame(rows, columns=[*Quantity._fields[2:5], *machines])
