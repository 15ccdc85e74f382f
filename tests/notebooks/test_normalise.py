"""Normalising: nothing stored depends on the run, the front end or the machine."""

from tests.notebooks.examples import code, display, notebook, stream, text
from tests.notebooks.normalise import METADATA, as_stored, normalise

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def test_metadata_names_no_machine_and_holds_no_widgets() -> None:
    before = notebook()
    before.metadata = {"widgets": {"state": {}}, "language_info": {"version": "3.12.1"}}
    assert normalise(before).metadata == METADATA


def test_code_cells_are_counted_from_one() -> None:
    before = notebook(code("1"), text("between"), code("2"))
    before.cells[2].execution_count = 17
    after = normalise(before)
    assert [after.cells[0].execution_count, after.cells[2].execution_count] == [1, 2]


def test_a_result_carries_the_count_of_its_cell() -> None:
    result = display({"text/plain": "1"})
    result.update(output_type="execute_result", execution_count=9)
    assert normalise(notebook(code("1", result))).cells[0].outputs[0].execution_count == 1


def test_traces_of_the_front_end_go_and_tags_stay() -> None:
    cell = code("1", tags=["live"], execution={"iopub.status.idle": "12:00"}, scrolled=True)
    assert normalise(notebook(cell)).cells[0].metadata == {"tags": ["live"]}


def test_a_stream_is_one_output_however_it_was_cut_up() -> None:
    cell = code("1", stream("a"), stream("b"), stream("c", "stderr"))
    outputs = normalise(notebook(cell)).cells[0].outputs
    assert [(output.name, output.text) for output in outputs] == [("stdout", "ab"), ("stderr", "c")]


def test_of_a_widget_the_other_forms_stay() -> None:
    shown = display({WIDGET_VIEW: "id", "image/png": "...", "text/plain": "Slider"})
    only_a_view = display({WIDGET_VIEW: "id"})
    outputs = normalise(notebook(code("1", shown, only_a_view))).cells[0].outputs
    assert [sorted(output.data) for output in outputs] == [["image/png", "text/plain"]]


def test_the_original_stays_as_it_was() -> None:
    before = notebook(code("1", stream("a"), stream("b")))
    normalise(before)
    assert len(before.cells[0].outputs) == 2


def test_the_stored_text_is_stable() -> None:
    written = as_stored(normalise(notebook(text("# Title"), code("1"))))
    assert written.startswith('{\n "cells": [\n  {\n   "cell_type": "markdown",\n   "id": "cell-1"')
    assert written.endswith("}\n")
