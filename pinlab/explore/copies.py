"""Copies of a world, so that the search need not lead a fresh one there move by move.

Pickling does it: the model's machine is plain data. What all copies share is left out.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from typing import Any

from pinlab.explore.program import Scenario
from pinlab.explore.world import World
from pinlab.model.rules import Rules
from pinlab.model.trace import Trace


def _nothing() -> None:
    """Stand for what is put back afterwards."""


def _left_out(shared: object) -> tuple[Any, tuple[()]]:
    return _nothing, ()


class _Pickler(pickle.Pickler):
    dispatch_table = copyreg.dispatch_table | dict.fromkeys((Rules, Scenario, Trace), _left_out)


class Saved:
    """A world as it was; falsy for one with a step under way, as that cannot be saved."""

    def __init__(self, world: World) -> None:
        self._shared = world.scenario, world.kernel.rules
        file = io.BytesIO()
        if not world.begun:
            _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(world)
        self._bytes = file.getvalue()

    def __bool__(self) -> bool:
        return bool(self._bytes)

    def world(self) -> World:
        """Return a copy that goes on as the original, with an empty trace."""
        world: World = pickle.loads(self._bytes)
        world.scenario, world.kernel.rules = self._shared
        world.kernel.trace = Trace()
        return world
