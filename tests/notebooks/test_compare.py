"""Comparing: words and tables word for word, pictures by kind and alt text, live cells not."""

from nbformat import NotebookNode

from tests.notebooks.compare import differences
from tests.notebooks.examples import code, display, lesson, notebook, picture, stream, text


def compared(stored: NotebookNode, fresh: NotebookNode) -> list[str]:
    return list(differences(lesson(stored), notebook(text("# Pin a page"), fresh)))


def test_equal_outputs_are_equal() -> None:
    cell = code("1", stream("6400 pins\n"), picture())
    assert compared(cell, cell) == []


def test_other_words_are_named_with_their_cell_and_a_diff() -> None:
    (message,) = compared(code("1", stream("6400 pins\n")), code("1", stream("0 pins\n")))
    assert message.startswith("cell 2,")
    assert "\n-6400 pins\n+0 pins" in message


def test_a_table_counts_as_words() -> None:
    old, new = (display({"text/html": f"<td>{pins}</td>"}) for pins in (0, 6400))
    assert compared(code("1", old), code("1", new))


def test_a_missing_output_is_a_difference() -> None:
    assert compared(code("1"), code("1", stream("6400 pins\n")))


def test_another_kind_of_picture_is_a_difference() -> None:
    png, svg = (picture(src=f"data:image/{kind};base64,AAAA") for kind in ("png", "svg+xml"))
    assert compared(code("1", png), code("1", svg))


def test_another_alt_text_is_a_difference() -> None:
    assert compared(code("1", picture("6400 pins")), code("1", picture("0 pins")))


def test_other_bytes_of_a_picture_are_none() -> None:
    old, new = (picture(src=f"data:image/png;base64,{data}") for data in ("old+", "new="))
    assert compared(code("1", old), code("1", new)) == []


def test_a_live_cell_may_differ_but_not_be_empty() -> None:
    old, new = (code("1", stream(words), tags=["live"]) for words in ("6400", "0"))
    none = code("1", tags=["live"])
    assert compared(old, new) == []
    assert compared(none, new) == ["cell 2 is live and stores no output"]
