"""The exercises of lesson 03."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pinlab.lab.exercises.exercise import Exercise

LESSON = "03_pin_a_page"

FIXED: Mapping[str, Callable[[], Exercise]] = {}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {}
