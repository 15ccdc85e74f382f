"""A small table of numbers and words: it looks as a DataFrame does, and needs no pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from pinlab.model.arguments import one_of, shown

if TYPE_CHECKING:
    from pandas import DataFrame

IN_A_LINE = str.maketrans({"\n": r"\n", "\r": r"\r", "\t": r"\t"})


@dataclass(frozen=True, repr=False, eq=False)
class Table:
    """Columns of cells by their heads; `index` has what each row is called.

    name: what the rows are. corner: what stands before the heads where it is printed.
    """

    columns: Mapping[str, Sequence[Any]]
    index: Sequence[Any]
    name: str = ""
    corner: str = ""

    @classmethod
    def of_rows(
        cls, heads: Sequence[str], rows: Iterable[Iterable[object]], name: str = ""
    ) -> Table:
        """Return a table of rows that begin with what they are called."""
        index, *cells = [*zip(*rows, strict=True)] or [()] * (1 + len(heads))
        return cls(dict(zip(heads, cells, strict=True)), index, name)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, head: str) -> list[Any]:
        return [*self.columns[one_of("head", head, self.columns)]]

    def rows(self) -> dict[Any, tuple[Any, ...]]:
        """Return the cells of each row by what it is called."""
        columns = self.columns.values()
        return {name: tuple(cells[n] for cells in columns) for n, name in enumerate(self.index)}

    def part(self, *, rows: Iterable[object] = (), heads: Iterable[str] = ()) -> Table:
        """Return some rows and columns, all if none are named; ValueError for one not there.

        >>> table = Table.of_rows(["pins", "refcount"], [("6.4", 1, 1025), ("6.5", 0, 1)])
        >>> table.part(rows=["6.5"], heads=["refcount"]).rows()
        {'6.5': (1,)}
        """
        named = [*rows]
        for row in named:
            if row not in self.index:
                raise ValueError(f"rows has {shown(row)}: there are {shown([*self.index])}")
        places = [self.index.index(row) for row in named] or range(len(self))
        columns = {head: self[head] for head in heads or self.columns}
        some = {head: [cells[n] for n in places] for head, cells in columns.items()}
        return replace(self, columns=some, index=[self.index[n] for n in places])

    def to_dataframe(self) -> DataFrame:
        """Return the same for who goes on with pandas."""
        import pandas

        frame = pandas.DataFrame(dict(self.columns), index=pandas.Index([*self.index]))
        return frame.rename_axis(index=self.name or None, columns=self.corner or None)

    def _repr_html_(self) -> str:
        """The name of the rows stands in the corner."""
        heads = "".join(_cell("th", head) for head in (self.name, *self.columns))
        lines = (
            [_cell("th", name), *(_cell("td", cells[n]) for cells in self.columns.values())]
            for n, name in enumerate(self.index)
        )
        body = "".join(f"    <tr>\n{''.join(line)}    </tr>\n" for line in lines)
        return (
            '<table class="dataframe">\n  <thead>\n    <tr style="text-align: right;">\n'
            f"{heads}    </tr>\n  </thead>\n  <tbody>\n{body}  </tbody>\n</table>"
        )

    def __str__(self) -> str:
        below = [self.name] if self.name else []
        names = [*map(_line, (self.corner, *below, *self.index))]
        wide = max(map(len, names))
        columns = [[name.ljust(wide) for name in names]]
        for head, cells in self.columns.items():
            column = _printed(head, [""] * len(below), cells)
            wide = max(map(len, column))
            columns.append([cell.rjust(wide) for cell in column])
        return "\n".join(map(" ".join, zip(*columns, strict=True)))

    __repr__ = __str__


def _printed(head: str, below: list[str], cells: Sequence[Any]) -> list[str]:
    """A column; before a number there is room for its sign, and before a word for a blank."""
    kinds = {type(cell) for cell in cells}
    if kinds == {int}:
        return [f" {_line(head)}", *below, *(f"{cell: d}" for cell in cells)]
    blank = " " if kinds == {bool} else ""
    return [blank + _line(head), *below, *(f" {_line(cell)}" for cell in cells)]


def _line(cell: object) -> str:
    return str(cell).translate(IN_A_LINE)


def _cell(tag: str, cell: object) -> str:
    """A cell as HTML; no heading is empty."""
    words = escape(_line(cell).strip(), quote=False)
    tag = tag if words else "td"
    return f"      <{tag}>{words}</{tag}>\n"
