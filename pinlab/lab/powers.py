"""Until every lesson says `pinlab.lab.text`."""

from pinlab.lab.text import FIRST, LARGE, LONG, digits, plural, power

__all__ = ["FIRST", "LARGE", "LONG", "digits", "plural", "power"]
