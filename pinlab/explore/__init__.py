"""Every order of a few steps, tried on the model; and litmus tests, which ask one question each."""

from pinlab.explore.explorer import ALWAYS, NEVER, SOMETIMES, Exploration, explore, trace
from pinlab.explore.graph import Edge, Graph
from pinlab.explore.program import Scenario
from pinlab.explore.question import Question

__all__ = [
    "ALWAYS",
    "NEVER",
    "SOMETIMES",
    "Edge",
    "Exploration",
    "Graph",
    "Question",
    "Scenario",
    "explore",
    "trace",
]
