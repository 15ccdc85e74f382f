"""The exercises of lesson 06."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pinlab.lab.exercises.exercise import Exercise

LESSON = "06_count_pins_apart"

FIXED: Mapping[str, Callable[[], Exercise]] = {}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {}
