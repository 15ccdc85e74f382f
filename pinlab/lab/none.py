"""None: Python's zero page, an object that everybody uses and nobody may free.

CPython counts the uses of every object in a refcount. Since 3.12 it leaves that of None and of
some others alone (PEP 683, immortal objects), by a test in what adds and one in what takes away.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from statistics import mode
from typing import TYPE_CHECKING

from pinlab.data_folder import DATA
from pinlab.model.arguments import whole
from pinlab.text_files import table, whole_number

if TYPE_CHECKING:
    import pandas

USES, MOST_USES = 1000, 10**6
TRIES = 9
"""Other threads may use the object meanwhile, so what most tries say is believed."""


def rise(thing: object, uses: int = USES) -> int:
    """Return by how much the refcount of a thing rises when it is used so many times more.

    Raises TypeError or ValueError for what is no number of uses.

    >>> rise(object(), 10)
    10
    """
    uses = whole("uses", uses, 1, MOST_USES)
    return mode(_rise(thing, uses) for _ in range(TRIES))


def _rise(thing: object, uses: int) -> int:
    before = sys.getrefcount(thing)
    held = [thing] * uses
    risen = sys.getrefcount(thing) - before
    del held
    return risen


def uses_of_none(uses: int = USES) -> pandas.DataFrame:
    """Return by how much so many more uses raise two refcounts: None's and an ordinary object's.

    The first row is the Python that runs this; below are those that were recorded, with 1000 uses
    (data/none_refcount.csv). Raises as `rise`.
    """
    import pandas

    here = f"your {platform.python_implementation()} {platform.python_version()}"
    rows = {here: (uses, rise(None, uses), rise(object(), uses))}
    head = ("python", "uses", "none", "object", "source")
    rows |= table(DATA / "none_refcount.csv", head, _recorded, unique=["python"])
    columns = ["more uses", "refcount of None", "of an ordinary object"]
    return pandas.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("Python")


def _recorded(row: Mapping[str, str]) -> tuple[str, tuple[int, int, int]]:
    uses, none, thing = (whole_number(row[name]) for name in ("uses", "none", "object"))
    return f"recorded: {row['python']}", (uses, none, thing)
