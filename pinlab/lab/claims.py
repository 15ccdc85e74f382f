"""Tables of claims: the cells that matter are set off, and columns that are alike are one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pinlab.lab.picture import as_html
from pinlab.model.arguments import instance, several

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

    table: DataFrame

    def _repr_html_(self) -> str:
        head, body = as_html(self.table).split("<tbody>")
        for part, side in (("<th>", "left;font-weight:normal"), ("<td>", "center")):
            body = body.replace(part, f'{part[:-1]} style="text-align:{side}">')
        head = head.replace("<th>", '<th style="text-align:center">')
        return f"{head}<tbody>{body}".replace(BEGIN, SET_OFF).replace(END, "</strong>")

    def bundles(self) -> list[dict[str, object]]:
        """Return what is displayed, by MIME type."""
        return [{"text/html": self._repr_html_(), "text/plain": str(self)}]

    def __str__(self) -> str:
        rows = "" if self.table.index.name is None else str(self.table.index.name)
        table = str(self.table.rename_axis(index=None, columns=rows).to_string())
        return table.replace(BEGIN, "[").replace(END, "]")

    __repr__ = __str__


def claims(table: DataFrame, *words: str, merged: bool = True) -> Claims:
    """Show a table in which a cell is set off that has one of some words in it.

    Neighbouring columns that are alike are one column with all their names, unless `merged` is
    False. Raises TypeError for what is no DataFrame, or no bool.

    >>> import pandas
    >>> claims(pandas.DataFrame({"6.4": ["lost"], "6.5": ["D"], "6.18": ["D"]}), "lost")
          6.4 6.5 / 6.18
    0  [lost]          D
    """
    import pandas

    several("words", words, str)
    columns = list(instance("table", table, pandas.DataFrame).items())
    same = groupby(columns, lambda column: list(column[1]))
    once = instance("merged", merged, bool)
    alike = [list(group) for _, group in same] if once else [[column] for column in columns]
    return Claims(
        pandas.DataFrame(
            {
                " / ".join(str(name) for name, _ in some): some[0][1].map(
                    lambda cell: (
                        f"{BEGIN}{cell}{END}" if any(w in str(cell) for w in words) else cell
                    )
                )
                for some in alike
            }
        )
    )
