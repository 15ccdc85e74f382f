"""Sentences by wrong kernels: what slips through, as a heat map with words in its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pinlab.lab.figures.verdicts import MARGIN, SOME, TALL, cell
from pinlab.lab.palette import EDGE
from pinlab.lab.picture import Drawing
from pinlab.lab.powers import plural
from pinlab.lab.svg import document, fitted, text
from pinlab.model.arguments import sequence
from pinlab.words import SENTENCES, WRONG_KERNELS, clause, sentence
from pinlab.words.sentences import Judged, Verdict, judge, missed_by

RELEASE = "6.5"
SLIPS, CAUGHT, HOLDS, WRONG = "slips", "caught", "true", "false"
LEFT, CELL, LETTERS, LINE = 244, 61, 11, 13
HEAD = 4 * LINE + 10

WORDED = {
    "the refcount, at the pin": sentence(
        clause("pin", "zero page", "refcount", "not by this call")
    ),
    "... and at the unpin": sentence(
        clause("pin", "zero page", "refcount", "not by this call"),
        clause("unpin", "zero page", "refcount", "not by this call"),
    ),
    "no refcount at all": sentence(clause("pin", "zero page", "refcount", "never")),
    "the pincount, at both": sentence(
        clause("pin or unpin", "zero page", "pincount", "not by this call")
    ),
}
"""Sentences of the filmstrip, none of them adequate."""


def draw_adequacy(sentences: Sequence[Judged] | Mapping[str, Judged] = tuple(SENTENCES)) -> Drawing:
    """Draw which wrong kernels slip through which sentences, beside whether Linux 6.5 obeys them.

    Rows have the names of a mapping, or else the ids. Raises as `judge`.

    >>> draw_adequacy(["landed-rst"]).table["pincount-still-counted"].item()
    'caught'
    """
    import pandas

    if not isinstance(sentences, Mapping):
        asked = sequence("sentences", sentences, "sentences")
        sentences = {str(each): each for each in asked}
    verdicts = {name: judge(each, RELEASE) for name, each in sentences.items()}
    rows = {name: _row(sentences[name], verdict) for name, verdict in verdicts.items()}
    twin = "\n".join(f"{name}: {told(rows[name])}" for name in rows)
    table = pandas.DataFrame.from_dict(
        rows, orient="index", columns=[f"Linux {RELEASE}", *WRONG_KERNELS]
    )
    width, height = (
        LEFT + CELL * (1 + len(WRONG_KERNELS)) + MARGIN,
        HEAD + TALL * len(rows) + MARGIN,
    )
    drawn = [SOME, _heads(), *(_drawn(HEAD + TALL * n, name, rows[name]) for n, name in
                               enumerate(rows))]  # fmt: skip
    svg = document(width, height, "".join(drawn), twin)
    return Drawing(svg, f"A heat map of sentences and wrong kernels. {twin}", twin, table)


def _row(sentence: Judged, verdict: Verdict) -> list[str]:
    missed = missed_by(sentence, RELEASE)
    right = WRONG if verdict.counterexample else HOLDS
    return [right, *(SLIPS if name in missed else CAUGHT for name in WRONG_KERNELS)]


def told(row: Sequence[str]) -> str:
    """Return a row in a sentence."""
    right, *others = row
    slip = [name for name, word in zip(WRONG_KERNELS, others, strict=True) if word == SLIPS]
    number = f"{len(slip)} of {len(others)} wrong {plural(len(others), 'kernel')}"
    which = f": {', '.join(slip)}" if slip else ""
    verb = "slips" if len(slip) == 1 else "slip"
    return f"{right} of Linux {RELEASE}; {number} {verb} through{which}."


def _heads() -> str:
    """The heads of the columns, broken where their words end."""
    heads = []
    for n, name in enumerate([f"Linux {RELEASE}", *WRONG_KERNELS]):
        lines = fitted(name.replace("-", " "), CELL - 4, LETTERS - 1)
        for k, line in enumerate(lines):
            y = HEAD - 8 - LINE * (len(lines) - 1 - k)
            weight = "normal" if n else "bold"
            heads.append(text(LEFT + CELL * n + CELL / 2, y, line, size=LETTERS - 1,
                              weight=weight, anchor="middle"))  # fmt: skip
    return "".join(heads)


def _drawn(y: float, name: str, row: Sequence[str]) -> str:
    right, *others = row
    cells = [cell(LEFT, y, CELL, right, "url(#some)" if right == WRONG else "white")]
    cells += [
        cell(LEFT + CELL * n, y, CELL, word, "url(#some)" if word == SLIPS else "white")
        for n, word in enumerate(others, start=1)
    ]
    edge = f'<path d="M{LEFT + CELL} {y:g}v{TALL}" stroke="{EDGE}" stroke-width="3"/>'
    return text(MARGIN, y + 16, name, size=LETTERS) + "".join(cells) + edge


def adequacy_filmstrip() -> Drawing:
    """Draw a few sentences that can be made of the vocabulary."""
    return draw_adequacy(WORDED)
