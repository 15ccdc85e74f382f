"""Every order of a few steps, tried on the model; and litmus tests, which ask one question each."""

from pinlab.explore.explorer import ALWAYS, NEVER, SOMETIMES, Exploration, explore, trace
from pinlab.explore.program import Scenario

__all__ = ["ALWAYS", "NEVER", "SOMETIMES", "Exploration", "Scenario", "explore", "trace"]
