"""Normalising: nothing stored depends on the run, the front end or the machine."""

from copy import deepcopy

from tests.notebooks.examples import code, display, notebook, stream, text
from tests.notebooks.normalise import METADATA, as_stored, normalise


def test_metadata_names_no_machine_and_cells_are_counted_from_one() -> None:
    result = display({"text/plain": "1"})
    result.update(output_type="execute_result", execution_count=9)
    traces = code("1", result, tags=["live"], execution={"iopub.status.idle": "12:00"}, scrolled=1)
    before = notebook(traces, text("between"), code("2"))
    before.metadata = {"widgets": {"state": {}}, "language_info": {"version": "3.12.1"}}
    before.cells[2].execution_count = 17
    kept = deepcopy(before)
    after = normalise(before)
    assert after.metadata == METADATA
    assert [after.cells[n].execution_count for n in (0, 2)] == [1, 2]
    assert after.cells[0].outputs[0].execution_count == 1
    assert after.cells[0].metadata == {"tags": ["live"]}
    assert before == kept


def test_a_stream_is_one_output_and_of_a_widget_the_other_forms_stay() -> None:
    view = {"application/vnd.jupyter.widget-view+json": "id"}
    shown = display({**view, "image/png": "...", "text/plain": "Slider"})
    cell = code("1", stream("a"), stream("b"), stream("c", "stderr"), shown, display(view))
    one, other, widget = normalise(notebook(cell)).cells[0].outputs
    assert [(one.name, one.text), (other.name, other.text)] == [("stdout", "ab"), ("stderr", "c")]
    assert sorted(widget.data) == ["image/png", "text/plain"]


def test_the_stored_text_is_stable() -> None:
    written = as_stored(normalise(notebook(text("# Title"), code("1"))))
    assert written.startswith('{\n "cells": [\n  {\n   "cell_type": "markdown",\n   "id": "cell-1"')
    assert written.endswith("}\n")
