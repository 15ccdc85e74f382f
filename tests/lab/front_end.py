"""A stand-in for a front end: what a notebook would have been sent, without a browser."""

from collections.abc import Mapping
from typing import Any

import pytest

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
IMAGES = {"image/png", "image/svg+xml"}


class FrontEnd:
    """Keeps what display() was given: bundles by MIME type, with their metadata, and objects."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bundles: list[dict[str, Any]] = []
        self.metadata: list[Mapping[str, Any]] = []
        self.objects: list[object] = []
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(
        self, shown: object, metadata: Mapping[str, Any] | None = None, raw: bool = False
    ) -> None:
        if raw:
            assert isinstance(shown, dict)
            self.bundles.append(shown)
            self.metadata.append(metadata or {})
        else:
            self.objects.append(shown)

    def pictures(self) -> list[int]:
        """Which of the bundles have an image."""
        return [place for place, bundle in enumerate(self.bundles) if IMAGES & set(bundle)]

    def widgets(self) -> list[int]:
        """Which of the bundles have a widget."""
        return [place for place, bundle in enumerate(self.bundles) if WIDGET_VIEW in bundle]

    def words(self) -> str:
        """Everything that was displayed, as a terminal has it."""
        plain = [bundle.get("text/plain", "") for bundle in self.bundles]
        return "\n".join([*plain, *map(str, self.objects)])
