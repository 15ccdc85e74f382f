"""What moves on the site without a kernel: exhibits, questions, and what a guess uncovers.

The cells of a lesson are run as in a notebook. What comes of each is written as one file, which a
page loads when the reader gets there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pinlab.lab.ask import Asking, Earlier, Predicted, Sight, begun
from pinlab.lab.exhibit import Exhibit
from pinlab.lab.panel import JS
from pinlab.site.links import linked, linked_page
from pinlab.site.positions import Carried, Once, carried
from pinlab.site.questions import Posed

STATIC = Path(__file__).parent / "static"
MODULES = ("steady", "player", "track")
STYLES = ("exhibit", "pointed")
WIDGET = "application/vnd.jupyter.widget-view+json"


class Output(NamedTuple):
    """An output that moves in a notebook: what a page is told of it, None if it stands there.

    more: whether it does more in a notebook.
    """

    told: Carried | None
    more: bool = False


Moving: TypeAlias = Mapping[str, Sequence[tuple[int, bool, bool]]]
"""By cell, of each output that moves in a notebook: its place, whether it moves here, and more
there."""


def write(files: list[Path], folder: Path) -> dict[Path, Moving]:
    """Write what moves in some lessons into a folder, and what moves it; return what that is."""
    (folder / "exhibits").mkdir(parents=True)
    modules = ",\n".join(f"{name}: (() => {{\n{_inner(name)}}})()" for name in MODULES)
    site = (STATIC / "exhibits.js").read_text("utf-8").replace("{/* views */}", f"{{{modules}}}")
    (folder / "exhibits.js").write_text(site, encoding="utf-8")
    styles = [*(JS / f"{name}.css" for name in STYLES), STATIC / "exhibits.css"]
    css = "\n".join(style.read_text("utf-8") for style in styles)
    (folder / "exhibits.css").write_text(css, encoding="utf-8")
    # Processes of their own: a lesson leaves things behind, and there are some cores.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return dict(zip(files, pool.map(partial(_record, folder=folder), files), strict=True))


def _inner(name: str) -> str:
    """A module as a function's body: a page that is opened from a disk cannot import."""
    return (JS / f"{name}.js").read_text("utf-8").replace("export default", "return")


def _record(file: Path, folder: Path) -> Moving:
    """Run a lesson and write what moves in it; return which outputs those are."""
    mine = str(folder.parent / "ipython")  # a reader's own keeps what readers have run
    os.environ.update(PINLAB_MACHINE="recording", IPYTHONDIR=mine)
    moving = {}
    for cell, shown, places in _run(file):
        recorder = Recorder(file)
        outputs = [*recorder.outputs(shown)]
        if outputs:
            found = zip(places, outputs, strict=True)
            moving[cell] = [(place, told is not None, more) for place, (told, more) in found]
        if any(told for told, _ in outputs):
            where = f"{file.stem}/{cell}"
            parts = json.dumps([told for told, _ in outputs], ensure_ascii=False)
            path = folder / "exhibits" / f"{where}.js"
            path.parent.mkdir(exist_ok=True)
            script = f'pinlab("{where}", {recorder.store}, {parts});\n'
            path.write_text(script, encoding="utf-8")
    return moving


def _run(file: Path) -> Iterator[tuple[str, object, list[int]]]:
    """The code cells of a notebook, run one after the other: each with its value.

    And which of the outputs are widgets.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    shell.reset()
    os.chdir(file.parent)
    for cell in json.loads(file.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            with capture_output() as out:
                came = shell.run_cell("".join(cell["source"]))
            came.raise_error()
            widgets = [n for n, output in enumerate(out.outputs) if WIDGET in output.data]
            yield cell["id"], came.result, widgets


class Recorder:
    """What a page is told of one cell."""

    def __init__(self, file: Path) -> None:
        from markdown_it import MarkdownIt

        self._file, self.store = file, Once()
        self._markdown = MarkdownIt("commonmark").enable("table")

    def outputs(self, shown: object) -> Iterator[Output]:
        """Yield the outputs that move in a notebook."""
        match shown:
            case Exhibit():
                moves = carried(shown.widget, self.store)
                yield Output(moves and {"exhibit": moves}, _more(moves))
            case Asking():
                told = self._asked(Posed(shown.found), lambda said: _judged(shown, said))
                yield Output({"asked": told, "check": shown.button.description})
            case Earlier():
                for each in shown.questions:
                    yield from self.outputs(each)
            case Predicted():
                yield from self._predicted(shown)

    def _predicted(self, shown: Predicted) -> Iterator[Output]:
        """The form of each question, and what is covered."""
        questions = [Posed(each) for each in shown.questions]
        nothing: list[Any] = [None] * len(questions)
        for n, question in enumerate(questions):

            def say(said: object, n: int = n) -> str:
                return shown.said([*nothing[:n], begun(said), *nothing[n + 1 :]])

            yield Output({"asked": self._asked(question, say)})
        sight = shown.sight(nothing)
        moves = carried(sight.widget, self.store) if isinstance(sight, Exhibit) else None
        drawn = {}
        if len(questions) == 1 and not isinstance(shown.then, Sight):
            bare = self._seen(sight)
            seen = ((key, self._seen(shown.sight([said]))) for key, said in questions[0].supposed())
            drawn = {key: html for key, html in seen if html != bare}
        told = {"press": shown.button.description, "exhibit": moves, "drawn": drawn}
        yield Output(told, isinstance(sight, Exhibit) and _more(moves))

    def _asked(self, question: Posed, say: Callable[[Any], str]) -> Carried:
        """What a page is told of a question."""
        replies = {
            key: self._markdown.render(linked(say(answer), self._file))
            for key, answer in question.answers()
        }
        return {**question.told(), "replies": replies}

    def _seen(self, sight: Sight) -> int:
        """What is seen after a guess, by number."""
        html = "".join(str(bundle["text/html"]) for bundle in sight.bundles())
        return self.store.number(linked_page(html, self._file))


def _more(moves: Carried | None) -> bool:
    """Whether an exhibit does more in a notebook than on a page."""
    return moves is None or not moves["whole"]


def _judged(asking: Asking, said: object) -> str:
    return asking.found.check(said)._repr_markdown_()
