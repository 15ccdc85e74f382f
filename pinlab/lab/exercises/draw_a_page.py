"""The exercises of lesson 01."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pinlab.lab.exercises.exercise import Exercise

LESSON = "01_draw_a_page"

FIXED: Mapping[str, Callable[[], Exercise]] = {}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {}
