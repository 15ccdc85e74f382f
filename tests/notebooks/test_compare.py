"""Comparing: words and tables word for word, pictures by kind and alt text, live cells not."""

import pytest
from nbformat import NotebookNode

from tests.notebooks.compare import differences
from tests.notebooks.examples import code, display, lesson, notebook, picture, stream, text

PINS = stream("6400 pins\n")


def compared(stored: NotebookNode, fresh: NotebookNode) -> list[str]:
    return list(differences(lesson(stored), notebook(text("# Pin a page"), fresh)))


def test_equal_outputs_are_equal_whatever_the_bytes_of_a_picture() -> None:
    old, new = (picture(src=f"data:image/png;base64,{data}") for data in ("old+", "new="))
    assert compared(code("1", PINS, old), code("1", PINS, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "diff"),
    [
        ([PINS], [stream("0 pins\n")], "\n-6400 pins\n+0 pins"),
        ([], [PINS], "\n+[stdout]\n+6400 pins"),
        ([display({"text/html": "<td>0"})], [display({"text/html": "<td>1"})], "\n-<td>0\n+<td>1"),
        ([picture("6400 pins")], [picture("0 pins")], '\n+<img alt="0 pins"'),
        ([picture()], [picture(src="data:image/svg+xml;base64,AAAA")], "\n+<img "),
    ],
    ids=["words", "a missing output", "a table", "alt text", "the kind of a picture"],
)
def test_a_difference_is_named_with_its_cell(
    old: list[NotebookNode], new: list[NotebookNode], diff: str
) -> None:
    (message,) = compared(code("1", *old), code("1", *new))
    assert message.startswith("cell 2,")
    assert diff in message


def test_a_live_cell_may_differ_but_not_be_empty() -> None:
    old, new, none = (code("1", *some, tags=["live"]) for some in ([PINS], [stream("0")], []))
    assert compared(old, new) == []
    assert compared(none, new) == ["cell 2 is live and stores no output"]
