"""Until every plot that moves says `pinlab.lab.exhibit`."""

from pinlab.lab.exhibit import Kept

__all__ = ["Kept"]
