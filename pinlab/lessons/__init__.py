"""Lessons: one module for each, named as its notebook, with all that only this lesson shows."""
