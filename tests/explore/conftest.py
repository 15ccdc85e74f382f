"""Interrupt, pressed at a moment of one's choice."""

from collections.abc import Callable
from itertools import count

import pytest

from pinlab.explore.verbs import Step
from pinlab.explore.world import World


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Press Interrupt in the middle of a step: the n-th from now on, once."""
    go = World.go

    def press(at: int) -> None:
        steps = count(1)

        def pressed(world: World, actor: str) -> Step:
            if next(steps) == at:
                raise KeyboardInterrupt
            return go(world, actor)

        monkeypatch.setattr(World, "go", pressed)

    return press
