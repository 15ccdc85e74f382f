"""Tables of claims: the cells that matter are set off, and columns that are alike are one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from pinlab.model.arguments import instance, several
from pinlab.table import Table

if TYPE_CHECKING:
    from pandas import DataFrame

BEGIN, END = "\x02", "\x03"
"""Around a cell that matters, until it is known how that is shown; no table has these letters."""

SET_OFF = (
    '<strong style="white-space:nowrap;padding:0.1em 0.4em;border:2px solid #333333;'
    'border-radius:3px;background-color:#eeeeee;color:#111111">'
)
"""Its edge, its ground and its letters, as in a light theme so in a dark one."""


@dataclass(frozen=True, repr=False, eq=False)
class Claims:
    """A table in which each cell that matters stands between BEGIN and END."""

    table: Table

    def _repr_html_(self) -> str:
        head, body = self.table._repr_html_().split("<tbody>")
        for part, side in (("<th>", "left;font-weight:normal"), ("<td>", "center")):
            body = body.replace(part, f'{part[:-1]} style="text-align:{side}">')
        head = head.replace("<th>", '<th style="text-align:center">')
        return f"{head}<tbody>{body}".replace(BEGIN, SET_OFF).replace(END, "</strong>")

    def bundles(self) -> list[dict[str, object]]:
        """Return what is displayed, by MIME type."""
        return [{"text/html": self._repr_html_(), "text/plain": str(self)}]

    def __str__(self) -> str:
        table = str(replace(self.table, name="", corner=self.table.name))
        return table.replace(BEGIN, "[").replace(END, "]")

    __repr__ = __str__


def claims(table: Table | DataFrame, *words: str, merged: bool = True) -> Claims:
    """Show a table in which a cell is set off that has one of some words in it.

    Neighbouring columns that are alike are one column with all their names, unless `merged` is
    False. Raises TypeError for what is no Table or DataFrame, or no bool.

    >>> ends = {"6.4": ["lost"], "6.5": ["D"], "6.18": ["D"]}
    >>> claims(Table(ends, ["fork"], "scene"), "lost")
    scene     6.4 6.5 / 6.18
    fork   [lost]          D
    """
    several("words", words, str)
    table = table if isinstance(table, Table) else _of_pandas(table)
    columns = list(table.columns.items())
    same = groupby(columns, lambda column: [*column[1]])
    once = instance("merged", merged, bool)
    alike = [list(group) for _, group in same] if once else [[column] for column in columns]
    heads = [" / ".join(name for name, _ in some) for some in alike]
    cells = [[_set_off(cell, words) for cell in some[0][1]] for some in alike]
    return Claims(replace(table, columns=dict(zip(heads, cells, strict=True))))


def _set_off(cell: object, words: tuple[str, ...]) -> object:
    return f"{BEGIN}{cell}{END}" if any(word in str(cell) for word in words) else cell


def _of_pandas(table: DataFrame) -> Table:
    import pandas

    frame = instance("table", table, pandas.DataFrame)
    columns = {str(name): [*cells] for name, cells in frame.items()}
    name = "" if frame.index.name is None else str(frame.index.name)
    return Table(columns, [*frame.index], name)
