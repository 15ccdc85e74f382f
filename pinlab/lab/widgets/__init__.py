"""Widgets: built by factory functions, usable with the keyboard, with the result in words."""
