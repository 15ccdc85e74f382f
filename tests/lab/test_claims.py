"""Tables of claims: what matters is set off, what is alike is said once, and nothing is lost."""

import re

import pandas
import pytest

from pinlab import lab

ENDS = pandas.DataFrame(
    {"5.7": ["D", "A, D: lost"], "6.4": ["A: lost", "D"], "6.5": ["D", "D"], "6.18": ["D", "D"],
     "7.3": ["D", "D <b>"]},
    index=pandas.Index(["child <exits>", "parent writes"], name="scene"),
)  # fmt: skip


def cells(html: str) -> list[list[str]]:
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in html.split("<tr")[1:]]


def test_neighbours_that_are_alike_are_one_column_and_the_name_of_the_rows_is_in_the_corner() -> (
    None
):
    head, *rows = cells(lab.claims(ENDS)._repr_html_())
    assert head == ["scene", "5.7", "6.4", "6.5 / 6.18", "7.3"]
    assert rows[0] == ["child &lt;exits&gt;", "D", "A: lost", "D", "D"]
    assert rows[1][-1] == "D &lt;b&gt;"
    assert str(lab.claims(ENDS)).split("\n")[0].split()[:2] == ["scene", "5.7"]


def test_columns_that_are_alike_but_apart_stay_apart() -> None:
    table = pandas.DataFrame({"model": [1], "pins": [2], "recorded": [1]})
    assert cells(lab.claims(table)._repr_html_())[0][1:] == ["model", "pins", "recorded"]


def test_columns_that_are_alike_stay_apart_where_that_is_asked_for() -> None:
    table = pandas.DataFrame({"the model": [64, 0], "recorded": [64, 0]})
    assert [*lab.claims(table, merged=False).table.columns] == ["the model", "recorded"]
    with pytest.raises(TypeError, match="merged"):
        lab.claims(table, merged=1)  # type: ignore[arg-type]


def test_the_cells_with_a_word_are_set_off_by_an_edge_in_a_page_and_by_brackets_in_a_line() -> None:
    made = lab.claims(ENDS, "lost", "<b>")
    found = re.findall(r'<strong style="[^"]*border:2px[^"]*">(.*?)</strong>', made._repr_html_())
    assert found == ["A: lost", "A, D: lost", "D &lt;b&gt;"]
    assert re.findall(r"\[(.*?)\]", str(made)) == [*found[:2], "D <b>"]
    assert str(made) == repr(made)
    assert "<strong" not in lab.claims(ENDS)._repr_html_()
    assert ENDS.loc["parent writes", "5.7"] == "A, D: lost"


def test_numbers_are_cells_too() -> None:
    table = pandas.DataFrame({"returns": [-1, 64]})
    assert "<strong" in lab.claims(table, "-1")._repr_html_()


def test_what_is_no_table_or_no_word_is_refused() -> None:
    with pytest.raises(TypeError, match="table is"):
        lab.claims("lost")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="words"):
        lab.claims(ENDS, 1)  # type: ignore[arg-type]
