"""One stored form for every lesson, so that a diff shows what changed and nothing else."""

from copy import deepcopy

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from pinlab.lab.picture import folded_outputs

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# What a front end notes about its own view or about when a cell ran.
OF_THE_VIEW = ("collapsed", "execution", "scrolled", "trusted")
# What answers a question in the text is folded until somebody runs the cell, or asks to see it. A
# front end's own way (outputs_hidden) shows the first line, and a page without one shows it all.
FOLDED = "folded"
COVERED = "[Run this cell to see what comes out.]"
# Widget representations name a model that lives in one kernel only.
WIDGETS = "application/vnd.jupyter.widget"


def normalise(notebook: NotebookNode) -> NotebookNode:
    """A copy without anything that depends on the run, the front end or the machine."""
    copy = deepcopy(notebook)
    copy.metadata = nbformat.from_dict(METADATA)
    for cell in copy.cells:
        for key in OF_THE_VIEW:
            cell.metadata.pop(key, None)
    code = (cell for cell in copy.cells if cell.cell_type == "code")
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
        cell.outputs = _outputs(cell.outputs, count)
        if FOLDED in cell.metadata.get("tags", []):
            cell.outputs = _folded(cell.outputs)
    return copy


def as_stored(notebook: NotebookNode) -> str:
    """The text of the file: sorted keys, indented by one space, a newline at the end."""
    text: str = nbformat.writes(notebook)
    return text.rstrip("\n") + "\n"


def _outputs(outputs: list[NotebookNode], count: int) -> list[NotebookNode]:
    kept: list[NotebookNode] = []
    for output in outputs:
        if _continues(kept, output):
            kept[-1].text += output.text
        elif _has_content(output):
            kept.append(output)
        if output.output_type == "execute_result":
            output.execution_count = count
    return kept


def _folded(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """One output in the place of some: all of them as HTML, behind a line to press."""
    if [output.get("data", {}).get("text/plain") for output in outputs] == [COVERED]:
        return outputs
    shown = (output.get("data", {"text/plain": output.get("text", "")}) for output in outputs)
    folded = {"text/html": folded_outputs(shown), "text/plain": COVERED}
    return [new_output("display_data", folded)]


def _continues(before: list[NotebookNode], output: NotebookNode) -> bool:
    """Whether this is more of the same stream: how a stream is cut up depends on timing."""
    return bool(before) and output.output_type == "stream" and before[-1].get("name") == output.name


def _has_content(output: NotebookNode) -> bool:
    """Drop the widget representations, and say whether anything else is left to show."""
    if "data" not in output:
        return True
    for mime in [mime for mime in output.data if mime.startswith(WIDGETS)]:
        del output.data[mime]
        output.metadata.pop(mime, None)
    return bool(output.data)
