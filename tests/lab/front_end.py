"""A stand-in for a front end: what a notebook would have been sent, without a browser."""

from typing import Any

import pytest

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PICTURE = "<img "
"""What the HTML of a picture has in it."""


class FrontEnd:
    """Keeps the bundles by MIME type that display() was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bundles: list[dict[str, Any]] = []
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, shown: dict[str, Any], *, raw: bool) -> None:
        assert raw
        self.bundles.append(shown)

    def pictures(self) -> list[int]:
        """Which of the bundles have an image."""
        html = [str(bundle.get("text/html", "")) for bundle in self.bundles]
        return [place for place, shown in enumerate(html) if PICTURE in shown]

    def widgets(self) -> list[int]:
        """Which of the bundles have a widget."""
        return [place for place, bundle in enumerate(self.bundles) if WIDGET_VIEW in bundle]

    def words(self) -> str:
        """Everything that was displayed, as a terminal has it."""
        return "\n".join(bundle["text/plain"] for bundle in self.bundles)
