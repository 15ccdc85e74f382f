"""All positions of an exhibit: what a page shows in each, so that it moves without a kernel."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from math import prod
from typing import Any, TypeAlias

import ipywidgets
from anywidget import AnyWidget

from pinlab.lab.exhibit import Steady, StopSlider
from pinlab.lab.panel import ButtonPanel
from pinlab.lab.player import Player

MOST = 200
"""As many positions a page carries."""

OWN = "at"
"""What a player moves by itself."""

PNG = re.compile(r"data:image/png;base64,([\w+/=]+)")

Carried: TypeAlias = dict[str, Any]
"""What a page is told, as JSON has it."""


class Once:
    """What a page is told again and again: each value once, by its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, value: object) -> int:
        """Return the number of a value, of which the steps of a player are kept one by one."""
        if isinstance(value, list):
            value = [{name: self.number(part) for name, part in step.items()} for step in value]
        elif isinstance(value, str):
            value = lighter(value)
        return self._numbers.setdefault(json.dumps(value, ensure_ascii=False), len(self._numbers))

    def __str__(self) -> str:
        return f"[{','.join(self._numbers)}]"


def lighter(html: str) -> str:
    """Return HTML whose PNG are WebP, which are the same to the last dot and a third as large."""
    return PNG.sub(lambda found: f"data:image/webp;base64,{_webp(found[1])}", html)


def _webp(png: str) -> str:
    from PIL import Image

    buffer = BytesIO()
    Image.open(BytesIO(b64decode(png))).save(buffer, "webp", lossless=True, quality=20)
    return b64encode(buffer.getvalue()).decode()


@dataclass(frozen=True)
class Control:
    """A widget that is moved: its kind on the page, and what its places are called."""

    widget: ipywidgets.Widget
    kind: str
    field: str
    names: list[str]

    @property
    def at(self) -> int:
        """Which place it is at."""
        return int(getattr(self.widget, self.field))

    def move(self, place: int) -> None:
        """Move it to a place."""
        setattr(self.widget, self.field, type(getattr(self.widget, self.field))(place))

    def told(self) -> Carried:
        """Return what the page is told of it."""
        label = getattr(self.widget, "label" if self.kind == "track" else "description")
        return {"kind": self.kind, "label": label, "names": self.names, "at": self.at}


def _control(widget: ipywidgets.Widget) -> Control | None:
    match widget:
        case StopSlider():
            return Control(widget, "track", "value", widget.told)
        case ipywidgets.Checkbox():
            return Control(widget, "tick", "value", ["off", "on"])
        case ipywidgets.Dropdown() | ipywidgets.RadioButtons():
            kind = "menu" if isinstance(widget, ipywidgets.Dropdown) else "radio"
            names = [each if isinstance(each, str) else each[0] for each in widget.options]
            return Control(widget, kind, "index", names)
    return None


def leaves(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    """Yield the widgets within one, or itself."""
    if not isinstance(widget, ipywidgets.Box):
        yield widget
    else:
        for child in widget.children:
            yield from leaves(child)


def carried(widget: ipywidgets.Widget, store: Once) -> Carried | None:
    """Return what a page needs to move an exhibit, None for one that it cannot.

    That is one with more than MOST positions, or with what no page has. `whole` says whether there
    are no buttons besides that ask Python.
    """
    within = [each for each in leaves(widget) if not isinstance(each, ipywidgets.BoundedIntText)]
    controls = [found for each in within if (found := _control(each))]
    views = [each for each in within if isinstance(each, Steady | Player)]
    moved = [each.widget for each in controls]
    others = [each for each in within if each not in moved and each not in views]
    strange = [each for each in others if not isinstance(each, ButtonPanel)]
    if not views or strange or prod(len(each.names) for each in controls) > MOST:
        return None
    begun = [each.told() for each in controls]
    shown = [
        {
            "view": "player" if isinstance(view, Player) else "steady",
            "told": {name: store.number(it) for name, it in _told(view)},
        }
        for view in views
    ]
    return {
        "controls": begun,
        "views": shown,
        "moves": [*_moves(controls, views, store)],
        "whole": not others,
    }


def _told(view: AnyWidget) -> Iterator[tuple[str, object]]:
    """What the JavaScript of a view is told, by name."""
    for name in sorted(set(view.trait_names(sync=True)) - set(AnyWidget.class_trait_names())):
        yield name, getattr(view, name)


def _moves(
    controls: list[Control], views: list[AnyWidget], store: Once
) -> Iterator[tuple[int, str, list[int]]]:
    """Which view, what of it, and what that is in each position, by number; where it changes."""
    states: dict[tuple[int, str], list[int]] = defaultdict(list)
    for places in product(*(range(len(each.names)) for each in controls)):
        for control, place in zip(controls, places, strict=True):
            control.move(place)
        for n, view in enumerate(views):
            for name, value in _told(view):
                states[n, name].append(store.number(value))
    for (n, name), numbers in states.items():
        if name != OWN and len(set(numbers)) > 1:
            yield n, name, numbers
