"""Every order of a few steps, tried on the model; and litmus tests, which ask one question each."""

from pinlab.explore.question import Question
from pinlab.explore.scenario import Scenario
from pinlab.explore.search import (
    ALWAYS,
    NEVER,
    NO,
    OPEN,
    SOMETIMES,
    YES,
    Edge,
    Exploration,
    Graph,
    Node,
    explore,
    trace,
)

__all__ = [
    "ALWAYS",
    "NEVER",
    "NO",
    "OPEN",
    "SOMETIMES",
    "YES",
    "Edge",
    "Exploration",
    "Graph",
    "Node",
    "Question",
    "Scenario",
    "explore",
    "trace",
]
