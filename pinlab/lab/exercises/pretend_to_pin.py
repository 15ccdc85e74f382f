"""The exercises of lesson 05."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pinlab.lab.exercises.exercise import Exercise

LESSON = "05_pretend_to_pin"

FIXED: Mapping[str, Callable[[], Exercise]] = {}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {}
