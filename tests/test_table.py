"""Small tables: they look as in pandas, letter by letter."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlab.table import Table

WORDS = st.text("ab <&-é", max_size=6).map(lambda words: " ".join(words.split()))
LINES = st.lists(WORDS, max_size=3).map("\n".join).map(str.strip)
NUMBERS = st.integers(-2000, 2**40)
CELLS: tuple[st.SearchStrategy[object], ...] = (LINES, NUMBERS, st.booleans(), LINES | NUMBERS)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(st.integers(1, 4))
    names: Any = st.lists(LINES | st.integers(0, 200), min_size=rows, max_size=rows, unique=True)
    heads = draw(st.lists(WORDS, min_size=1, max_size=4, unique=True))
    columns = {
        head: draw(st.lists(draw(st.sampled_from(CELLS)), min_size=rows, max_size=rows))
        for head in heads
    }
    return Table(columns, draw(names), draw(WORDS), draw(WORDS))


@settings(max_examples=60, deadline=None)
@given(tables())
def test_it_is_printed_and_shown_as_pandas_would(table: Table) -> None:
    frame = table.to_dataframe()
    assert str(table) == repr(table) == frame.to_string()
    frame.columns.name, frame.index.name = table.name, None
    html = frame.to_html(border=0).replace("<th></th>", "<td></td>")
    assert table._repr_html_() == html


def test_nothing_in_it_is_as_good_as_something() -> None:
    table = Table.of_rows(["pins", "refcount"], [])
    assert (len(table), table.columns, table.rows()) == (0, {"pins": (), "refcount": ()}, {})
    assert table._repr_html_().count("<th>") == len(str(table).split()) == 2
    assert table.to_dataframe().empty


def test_a_part_has_the_rows_and_the_columns_that_were_named_in_their_order() -> None:
    table = Table.of_rows(["a", "b", "c"], [(6, 1, 2, 3), (7, 4, 5, 6), (7, 7, 8, 9)], "n")
    part = table.part(rows=[7, 6], heads=["c", "a"])
    assert (part.columns, part.index, part.name) == ({"c": [6, 3], "a": [4, 1]}, [7, 6], "n")
    assert str(table.part()) == str(table)
    assert table["b"] == [2, 5, 8]
    with pytest.raises(ValueError, match=r"rows has 8: there are \[6, 7, 7\]"):
        table.part(rows=[8])
    with pytest.raises(ValueError, match="head is 'd': allowed are a, b, c"):
        table.part(heads=["d"])
