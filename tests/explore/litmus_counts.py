"""The frozen counts: `python -m tests.explore.litmus_counts` prints what the explorer finds now.

A change of it is a change of what the model or the explorer does, and wants a reason.
"""

import csv
from pathlib import Path

from pinlab.explore import litmus

FROZEN = Path(__file__).with_name("litmus_counts.csv")


def counted() -> list[list[str]]:
    """A row for each test: its name, then states, orders and outcomes for each era."""
    rows = [["test", *litmus.ERAS]]
    for name in litmus.names():
        found = [litmus.run(name, release) for release in litmus.ERAS]
        rows.append([name, *(f"{o.states} {o.runs} {o.outcomes}" for o in found)])
    return rows


def frozen() -> list[list[str]]:
    with FROZEN.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


if __name__ == "__main__":
    for row in counted():
        print(",".join(row))
