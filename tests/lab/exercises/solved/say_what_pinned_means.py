"""The right answers of lesson 09, worked out by hand or read out of a trace or a question."""

import csv
import re

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.model.trace import Trace

F, R, M, C, U, V = ("foll-pin", "any-reference", "refcount-says-maybe", "pincount-above-zero",
                    "unevictable", "pinned-vm")  # fmt: skip

with (DATA / "terms.csv").open(newline="", encoding="utf-8") as file:
    ROWS = {row["id"]: row for row in csv.DictReader(file)}

WITH_6_5: dict[str, set[str]] = {
    "mail-millions-pins": {F, M},
    "mail-by-refcount": {R},
    "mail-note": {F, C, U, V},
    "mail-pinned-pages": set(),
    "mail-pin-counter": {F, C},
    "mail-only-foll-pin": {F},
    "rst-get-pins": {R},
    "pagemap-somehow": {U},
    "proc-vmpin": {V},
}
"""In which senses each sentence is true, by hand."""

EARLIER = {"mail-note": {C, U, V}, "mail-pinned-pages": {F, R, M}}
"""What is otherwise before 6.5, where a pin of the zero page is counted."""

LIT: dict[str, set[str]] = {
    "a page that is only mapped": set(),
    "a page with a reference": {R},
    "a page with 1023 references": {R, M},
    "a page with a pin": {F, R, M},
    "a page that is mlocked": {U},
    "a page in a registered buffer": {F, R, M, V},
    "a 2 MiB page with a reference": {R},
    "a 2 MiB page with a pin": {F, R, C},
    "the zero page, returned by pin_user_pages": {F, R, M},
    "the zero page, pinned, with a reference besides": {F, R, M},
    "the zero page, pinned, with 1023 references besides": {F, R, M},
}
"""Who says yes of each page before 6.5, since there is a bias."""


def lit(page: str, release: str) -> set[str]:
    """Who says yes of a page, by hand."""
    if release == "5.6":
        return LIT[page] - (set() if "1023" in page else {M, C})
    if release == "6.5" and page.startswith("the zero page"):
        return {R} | ({M} if "1023" in page else set()) if page.endswith("besides") else set()
    return LIT[page]


def question(id: str, seed: int) -> str:
    """The question of a seed, as text."""
    from pinlab.lab.problems import exercise

    return exercise(id, seed).question


def quoted(id: str, seed: int) -> list[dict[str, str]]:
    """The rows of the corpus that a question may quote: its words, and where they stand."""
    first, _, who = question(id, seed).partition("> ")[2].partition("\n>\n> — ")
    return [
        row
        for row in ROWS.values()
        if row["words"] == first and (row["speaker"] or f"in {row['file']}") in who
    ]


def numbers(seed: int) -> dict[str, int]:
    """What `vmpin` asks for, from the numbers in its question."""
    text = question("vmpin", seed).replace("6.5", "").replace("4 KiB", "")
    first, second, _, flight, _ = map(int, re.findall(r"\d+", text))
    return {"VmPin": 4 * (first + second), "pins": first + second + flight}


def true_in(seed: int) -> set[str]:
    """What `true-under` asks for."""
    found = re.search(r"true on Linux ([\d.]+)", question("true-under", seed))
    assert found is not None
    ids = [row["id"] for row in quoted("true-under", seed) if row["id"] in WITH_6_5]
    table = WITH_6_5 if found[1] == "6.5" else WITH_6_5 | EARLIER
    (id,) = ids
    return table[id]


def left(seed: int) -> set[str]:
    """What `read-the-trace` asks for, by going through its lines."""
    trace = lab.given("read-the-trace", seed)
    assert isinstance(trace, Trace)
    pins = gets = buffers = 0
    mlocked = False
    for event in trace:
        name = event.operation.removesuffix(", fast")
        pins += {"pin": event.pages, "unpin": -event.pages}.get(name, 0)
        gets += {"get": event.pages, "put": -event.pages}.get(name, 0)
        if "buffer" in event.actor:
            buffers += 1 if name == "pin" else -1
        mlocked = {"mlock": True, "munlock": False}.get(name, mlocked)
    last = trace[-1]
    says = {
        F: pins > 0,
        R: pins + gets > 0,
        M: last.refcount_after >= 1024,
        C: bool(last.pincount_after),
        U: mlocked,
        V: buffers > 0,
    }
    return {sense for sense, yes in says.items() if yes}


def meant(seed: int) -> str:
    """What `mark-the-word` asks for: the sense in the row of the corpus."""
    (sense,) = {row["sense"] for row in quoted("mark-the-word", seed)}
    return sense


def telling(seed: int) -> set[str]:
    """The pages of `tell-apart` that tell, by hand; none of these if there is none."""
    text = question("tell-apart", seed)
    found = re.search(r'Linux ([\d.]+): "whenever (\S+) says yes, (\S+) says', text)
    assert found is not None
    release, yes, no = found[1], found[2], found[3]
    pages = re.findall(r'^- `"(.*)"`$', text, re.MULTILINE)
    fitting = {
        p for p in pages if p in LIT and yes in lit(p, release) and no not in lit(p, release)
    }
    return fitting or {"none of these"}


def told(refcount: int, pincount: int | None, mappings: int) -> tuple[bool | str, bool]:
    """The program, as the lesson has it."""
    left = refcount - mappings
    if pincount is None:
        return ("maybe" if left >= 1024 else False), left > 0
    return pincount > 0, left > 0


def wrong_names(seed: int) -> set[str]:
    """What `new-name` asks for, from the words of its question alone."""
    text = question("new-name", seed)
    # The first four bullets are about the place, the others are the proposals.
    sense, hold, lasts, dma = re.findall(r"^- .*: (\S+)$", text, re.MULTILINE)[:4]
    if sense not in (F, M, C):
        found = set() if sense == R and hold in ("get", "either") else {"reference"}
        plain = sense == R and hold == "get" and lasts in ("short", "-")
        return found if plain else {*found, "pin-alone"}
    release = re.search(r", Linux (\d+)\.(\d+)", text)
    found = {"pin-dma"} if dma in ("no", "either") else set()
    kept = release is not None and (int(release[1]), int(release[2])) >= (5, 9) and hold == "pin"
    return found | ({"screw"} if kept else set())


RIGHT: dict[str, object] = {
    "six-answers": {R, U},
    "no-dma": {"CPU", "ring"},
    "told": told,
    "vmpin": numbers(seed=0),
    "true-under": true_in(seed=0),
    "read-the-trace": left(seed=0),
    "mark-the-word": meant(seed=0),
    "tell-apart": next(iter(telling(seed=0))),
    "new-name": wrong_names(seed=0),
}
