"""Figures: pure functions from a state to a picture, and panels that are kept and updated."""
