"""A watch: what a run beside the notebook is doing."""

from __future__ import annotations

import threading
from html import escape

import ipywidgets

from pinlab.lab.widgets.exhibit import status
from pinlab.machine import Answer, Progress, Run
from pinlab.model.arguments import instance


class Watch:
    """A run beside the notebook: how far it is, a button that stops it, and its answer."""

    def __init__(self, run: Run[Answer]) -> None:
        self.run = run
        self.bar = ipywidgets.IntProgress(0, 0, run.progress.total, description="writes")
        self.button = ipywidgets.Button(description="Stop", icon="stop")
        self.button.on_click(lambda _: self.stop())
        self.words = ipywidgets.HTML(status("Starting."))
        self.widget = ipywidgets.VBox([ipywidgets.HBox([self.bar, self.button]), self.words])
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End the run; what was measured until then is dropped."""
        self.run.stop()

    def _follow(self) -> None:
        try:
            answer = self.run.wait(report=self._report)
        except (OSError, RuntimeError) as error:  # a write failed, or somebody stopped it
            self.words.value = status(f"{error}.")
        else:
            self.words.value = f'<pre role="status">{escape(answer.table())}</pre>'
        self.button.disabled = True

    def _report(self, progress: Progress) -> None:
        self.bar.value = progress.done
        self.words.value = status(f"{progress.done} of {progress.total} writes.")

    def _ipython_display_(self) -> None:
        from IPython.display import display

        words = f"A run of {self.run.progress.total} writes; wait() returns its answer."
        display(self.widget._repr_mimebundle_() | {"text/plain": words}, raw=True)


def watch(run: Run[Answer]) -> Watch:
    """Show a run that was started with `machine.start`, while the notebook stays free.

    Raises TypeError for anything else.
    """
    return Watch(instance("run", run, Run))
