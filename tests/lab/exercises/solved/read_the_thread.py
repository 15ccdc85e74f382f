"""The right answers of lesson 12, read out of the questions and worked out by hand."""

import re

from pinlab import lab
from pinlab.lab.problems import exercise
from pinlab.words.thread import turns


def speaker(seed: int) -> str:
    """Who `whose-words` asks for: the marks of the line, and the names of the head in order."""
    given = str(lab.given("whose-words", seed)).splitlines()
    (line,) = (line for line in given[6:] if line.endswith("   <-- this line"))
    names = [given[0].removeprefix("From: ")]
    names += [line.lstrip("> ").removesuffix(" wrote:") for line in given[3:6]]
    return names[len(line) - len(line.lstrip(">"))]


def writes(seed: int) -> int:
    """What `only-takes` asks for, in whole numbers: one write less leaves it positive."""
    words = exercise("only-takes", seed).question
    found = re.search(r"direct writes of (\d+) never-written", words)
    assert found is not None
    added = int(found[1]) * (1024 if "takes pins" in words else 1)
    # The last write may be cut short by the guard: what it needs is one more hold than 2^31 - 1.
    return -(-(2**31 - 1) // added)


CHANGES = re.compile(
    r"Linux (\S+), a (pin|reference) of one page of (.+):\n"
    r"the refcount changes by (\d+), the pincount by (\d+)"
)


def failing(seed: int) -> set[str]:
    """The letters that `which-claims-fail` asks for, from the numbers and the words it gives."""
    text = str(lab.given("which-claims-fail", seed))
    run = CHANGES.match(text)
    assert run is not None
    _, hold, what, refcount, pincount = run.groups()
    order = int(what.rsplit(maxsplit=1)[1]) if "order" in what else 9 if "huge" in what else 0
    contradicted = {
        "A pin adds 1024": hold == "pin" and refcount != "1024",
        "A pin and a reference": refcount == "0",
        "A pin of a zero page": hold == "pin" and "zero" in what and pincount != "0",
        "A pin of a folio with": hold == "pin" and order > 0 and pincount == "0",
        "A pin of the small": hold == "pin" and what == "the zero page" and refcount != "0",
    }
    claims = dict(re.findall(r"^([A-E])  (.+)$", text, re.MULTILINE))
    assert len(claims) == len(contradicted)
    return {
        letter
        for letter, words in claims.items()
        if next(fails for begin, fails in contradicted.items() if words.startswith(begin))
    }


def condition(seed: int) -> str:
    """The letter that `missing-condition` asks for, looked up in the thread."""
    first, _, *others = str(lab.given("missing-condition", seed)).splitlines()
    (turn,) = (turn for turn in turns("mail") if first == f"{turn.surname}: {turn.claim}.")
    (letter,) = (line[0] for line in others if line[3:] == turn.condition)
    return letter


def change(operation: str, zero: bool, large: bool, pages: int) -> tuple[int, int]:
    """What an operation adds to both counters, as a table."""
    if (operation, zero, large) in {("pin", True, False), ("unpin", True, False)}:
        return 0, 0
    refcount, pincount = {
        "get": (pages, 0),
        "put": (-pages, 0),
        "pin": (pages, pages) if large else (pages << 10, 0),
        "unpin": (-pages, -pages) if large else (-(pages << 10), 0),
    }[operation]
    return refcount, pincount


RIGHT: dict[str, object] = {
    "the-exception": {"pin of the zero page"},
    "the-landed-text": "the patch's note",
    "what-changes": change,
    "whose-words": speaker(seed=0),
    "only-takes": writes(seed=0),
    "which-claims-fail": failing(seed=0),
    "missing-condition": condition(seed=0),
}
