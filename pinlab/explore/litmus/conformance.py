"""Conformance: the promises that the kernel's own selftest cow.c holds a kernel to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from pinlab.explore.litmus.file import FOLDER, Litmus, load
from pinlab.explore.litmus.observation import ERAS, whole_verdict
from pinlab.explore.search import NEVER
from pinlab.model.arguments import mapping, several
from pinlab.text_files import table

if TYPE_CHECKING:
    import pandas

PASS, FAIL, XFAIL = "PASS", "FAIL", "XFAIL"

FAST = "fast"
"""What stands in the column `pin` for a row whose pins are GUP-fast's."""


@dataclass(frozen=True)
class Row:
    """A row of data/litmus/cow.csv: either the file that plays it, or why it is outside."""

    row: str
    test: str
    promise: str
    litmus: str
    pin: str
    outside: str

    def played(self) -> Litmus:
        """Return the litmus test, its pins taken by GUP-fast where the selftest does that."""
        test = load(self.litmus)
        if self.pin != FAST:
            return test
        programs = {
            actor: [line.replace("pin_user_pages ", "pin_user_pages_fast ") for line in lines]
            for actor, lines in test.scenario.programs.items()
        }
        return replace(test, scenario=replace(test.scenario, programs=programs))


def rows() -> list[Row]:
    """Return the rows of the selftest."""
    columns = [field.name for field in fields(Row)]
    return table(FOLDER / "cow.csv", columns, lambda row: Row(**row), unique=["row"])


def conformance(
    releases: Sequence[str] = ERAS, rules: Mapping[str, object] = MappingProxyType({})
) -> pandas.DataFrame:
    """Return a DataFrame: a row for each of the selftest's, and columns for what releases do.

    A promise that is kept in all orders is a PASS. One that is broken is an XFAIL where the litmus
    file expects that of the release (nobody promised it yet), a FAIL where it does not. Rows that
    the model does not cover have empty cells, and the reason under `outside`.
    """
    import pandas

    releases = several("releases", releases, str)
    mapping("rules", rules)
    records = [
        {"row": row.row, "test": row.test, "promise": row.promise, "litmus": row.litmus}
        | {release: _result(row, release, rules) for release in releases}
        | {"outside": row.outside}
        for row in rows()
    ]
    return pandas.DataFrame(records).set_index("row")


def _result(row: Row, release: str, rules: Mapping[str, object]) -> str:
    if row.outside:
        return ""
    test = row.played()
    if whole_verdict(test, release, rules) == NEVER:
        return PASS
    return FAIL if test.expect(release).verdict == NEVER else XFAIL
