"""The exercises of lesson 11."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import combinations
from statistics import mean, median
from typing import NamedTuple

from pinlab.lab.clues import CLUES, answer, kernels
from pinlab.lab.draw import Draw
from pinlab.lab.exercise import IT_IS, Choice, Exercise, Number, Program, besides
from pinlab.machine.buffers import PAGES
from pinlab.machine.measured import DIRECT_IO, PROCESS_VM_READV
from pinlab.machine.predictions.calls import buffer_in
from pinlab.model.kernel import Kernel

LESSON = "11_ask_a_real_kernel"
ZERO, ONCE, VERSION = "zero-means-patched", "one-measurement-is-a-fact", "the-version-number-tells"

UNKNOWN, NUMBER = "cannot be told", "uname tells"
EXEMPT, COUNTED = "exempt", "counted"


def who_has_the_patch() -> Choice:
    """Say what a zero on five kernels tells of the patch."""
    return Choice(
        id="who-has-the-patch",
        lesson=LESSON,
        gives=IT_IS,
        right=UNKNOWN,
        wrong={
            "all five": ZERO,
            "the two newest": VERSION,
            "none": "Those that take pins of written memory and none of the zero page would have "
            "it; this row does not say which these are",
        },
        because="A kernel whose direct I/O takes references counts no pin of any memory.",
        hints=(
            "What would a kernel count here if its direct I/O took references and not pins?",
            "0, whether it has the patch or not. And one that pins, with the patch? 0 as well.",
        ),
    )


def one_release_number() -> Choice:
    """Say what a version number tells of the zero page."""
    return Choice(
        id="one-release-number",
        lesson=LESSON,
        gives=IT_IS,
        right=UNKNOWN,
        wrong={"exempt": VERSION, "counted": VERSION},
        because="Two recorded kernels have this number; one exempts the zero page, one counts it.",
        hints=(
            "6.1 is older than 6.5, and the stable branch of 6.1 got the patch later. Is that all "
            "that can happen to a source before it is built?",
            "Look for the number in the table of the recorded kernels. How often is it there?",
        ),
    )


class Reading(NamedTuple):
    """One measurement: how 64 pages were accessed, and whether they had been written before."""

    method: str
    written: bool

    def __str__(self) -> str:
        memory = "written" if self.written else "never written"
        how = "direct write to disk" if self.method == DIRECT_IO else PROCESS_VM_READV
        return f"{how}, 64 pages {memory}"


READINGS = tuple(
    Reading(m, written) for written in (False, True) for m in (DIRECT_IO, PROCESS_VM_READV)
)
FAMILY: Mapping[tuple[str, str], Callable[[], Kernel]] = {
    ("references", COUNTED): lambda: Kernel("6.4"),
    ("references", EXEMPT): lambda: Kernel("6.1.192"),
    ("pins", COUNTED): lambda: Kernel("6.5", zero_page_pins="counted"),
    ("pins", EXEMPT): lambda: Kernel("6.5"),
}
"""What direct I/O takes and what a pin of the zero page does, and a kernel that is so."""


def pins_of(kernel: Kernel, method: str, written: int) -> int:
    """Return the pins that one access of 64 pages takes, some of which were written before."""
    mm, addr = buffer_in(kernel, range(written))
    if method == DIRECT_IO:
        kernel.submit_dio_write(mm, addr, PAGES).complete()
    else:
        kernel.unpin_user_pages(mm.pin_user_pages(addr, PAGES))
    return kernel.vmstat["nr_foll_pin_acquired"]


@cache
def read(kind: tuple[str, str], reading: Reading) -> int:
    """Return what a kernel of the family gives for a reading."""
    return pins_of(FAMILY[kind](), reading.method, PAGES if reading.written else 0)


def fitting(kind: tuple[str, str], readings: Sequence[Reading]) -> list[tuple[str, str]]:
    """Return the kinds that give the same for all of some readings."""
    return [one for one in FAMILY if all(read(one, r) == read(kind, r) for r in readings)]


def zero_of_what(seed: int) -> Choice:
    """Say whether a few readings show that the zero page is exempt."""
    draw = Draw("zero-of-what", seed)
    told = draw.one((UNKNOWN, UNKNOWN, EXEMPT, COUNTED))
    kind, readings = draw.one(_told(told))
    left = ", or ".join(f"direct I/O takes {dio} and the zero page is {zero}"
                        for dio, zero in fitting(kind, readings))  # fmt: skip
    reasons = {
        EXEMPT: "A pin of the zero page was counted, or could have been there without being seen",
        COUNTED: "No reading shows a pin of the zero page",
        UNKNOWN: "Only one of the two is left",
    }
    wrong = {other: reasons[other] for other in reasons if other != told} | {NUMBER: VERSION}
    if EXEMPT in wrong and any(read(kind, r) == 0 for r in readings):
        wrong[EXEMPT] = ZERO
    lines = "\n".join(f"{r!s:45}{read(kind, r):4} pins" for r in readings)
    return Choice(
        id="zero-of-what",
        lesson=LESSON,
        gives=IT_IS,
        given=lines,
        right=told,
        wrong=wrong,
        question=(
            "A kernel of which nobody knows the version. Its direct I/O takes pins, or it takes "
            "references; a pin of its zero page is counted, or the zero page is exempt. The "
            "buffers are private memory in small pages, the counters are flushed, and nobody else "
            "takes pins. With it come the readings. **What is known of the zero page?** Answer "
            f'"{EXEMPT}", "{COUNTED}", "{UNKNOWN}" or "{NUMBER}".'
        ),
        because=f"What fits: {left}.",
        hints=(
            "There are four kernels that it can be. What would each of them count?",
            "A zero of never-written memory says something only where the same access of written "
            "memory is not zero. process_vm_readv pins on each of the four.",
        ),
    )  # fmt: skip


@cache
def _told(wanted: str) -> list[tuple[tuple[str, str], tuple[Reading, ...]]]:
    """Kinds and readings that tell so; of those that tell nothing only what looks exempt."""
    found = []
    for kind in FAMILY:
        for size in (2, 3):
            for readings in combinations(READINGS, size):
                left = {zero for _, zero in fitting(kind, readings)}
                told = left.pop() if len(left) == 1 else UNKNOWN
                zeros = [r for r in readings if not r.written and read(kind, r) == 0]
                tempting = told != UNKNOWN or zeros
                if told == wanted and tempting:
                    found.append((kind, readings))
    return found


KERNELS: Mapping[str, tuple[str, dict[str, str]]] = {
    "Linux 5.10.262": ("5.10.262", {}),
    "Linux 6.1.129, before the backport": ("6.1.129", {}),
    "Linux 6.1.192, which has the backport": ("6.1.192", {}),
    "Linux 6.1.192, built with the tests for the zero page switched off": (
        "6.1.192", {"zero_page_pins": "counted"},
    ),
    "Linux 6.4": ("6.4", {}),
    "Linux 6.5": ("6.5", {}),
    "Linux 6.12.117": ("6.12.117", {}),
}  # fmt: skip


def predict_pins(seed: int) -> Number:
    """Predict the pins of some accesses on one of several kernels."""
    draw = Draw("predict-pins", seed)
    name = draw.one(list(KERNELS)) if seed else "Linux 6.1.192, which has the backport"
    method = draw.one((PROCESS_VM_READV, PROCESS_VM_READV, DIRECT_IO)) if seed else PROCESS_VM_READV
    written, times = draw.one((3, 8, 20, 40)), draw.one((10, 50, 100))
    release, overrides = KERNELS[name]
    right = times * pins_of(Kernel(release, **overrides), method, written)
    exempts = Kernel(release, **overrides).rules.zero_page_grab == "skipped"
    counted, alone = times * PAGES, times * written
    only_references = "Direct I/O to disks takes references up to 6.4, and these are no pins"
    references = method == DIRECT_IO and right == 0
    by_number = "The test for the zero page came in 6.5, and all later releases have it"
    if release.startswith("6.1."):
        by_number = VERSION
    wrong = {
        counted: only_references if references else by_number,
        alone: only_references if references else by_number,
        times * (PAGES - written): "That is how often the zero page is met; its pins are what the "
        "patch takes away",
        0: "Here written pages are pinned, whatever becomes of the zero page",
        PAGES: "That is one access; each of them takes its own pins",
        times: "A pin is taken of each page, and not of each access",
    }
    how = (
        "is written to disk by direct I/O" if method == DIRECT_IO else "is read by process_vm_readv"
    )
    return Number(
        id="predict-pins",
        lesson=LESSON,
        right=right,
        wrong=besides(right, wrong),
        question=(
            f"{name}. A buffer of 64 pages, private memory in small pages: one byte was written "
            f"into {written} of them, the others were never written. The whole buffer {how} "
            f"{times} times. **By how much does nr_foll_pin_acquired grow?**"
        ),
        because=_because(references=references, exempts=exempts),
        hints=(
            "Two questions: does this access take pins here? And is the zero page exempt here?",
            "process_vm_readv takes pins on each of them, direct I/O to disk since 6.5. If the "
            "zero page is exempt, only the written pages count.",
        ),
    )


def _because(*, references: bool, exempts: bool) -> str:
    if references:
        return "This direct I/O takes references, and the counter is for pins."
    if exempts:
        return "Only the written pages are counted."
    return "All 64 pages are counted; most of them are the zero page, again and again."


WRITES = 100


class Samples(NamedTuple):
    """Pins that were counted in some runs, and in as many intervals without a run."""

    runs: tuple[int, ...]
    controls: tuple[int, ...]


def sampled(draw: Draw, pins: int) -> Samples:
    """Draw what five runs of 100 writes and five controls count on a busy machine.

    Somebody else takes pins all the time, about the same number in each interval, and a burst
    falls into one run and one control.
    """
    steady = draw.one(range(300, 900, 10))
    runs = [WRITES * pins + steady + draw.one(range(21)) for _ in range(5)]
    controls = [steady + draw.one(range(21)) for _ in range(5)]
    runs[draw.one((0, 0, 1, 2, 3, 4))] += draw.one(range(2000, 9000, 64))
    controls[draw.one(range(5))] += draw.one(range(1000, 2000, 64))
    return Samples(tuple(runs), tuple(controls))


def through_noise(seed: int) -> Number:
    """Find the pins of one write among those of other people."""
    draw = Draw("through-noise", seed)
    right = draw.one(range(2, 65))
    runs, controls = samples = sampled(draw, right)
    wrong = {
        round(max(runs) / WRITES): "The largest run is the one with the most of other people's",
        round(runs[0] / WRITES): ONCE,
        _of_means(*samples, WRITES): "One burst moves a mean as far as it likes; the median does "
        "not care for it",
        _without_controls(*samples, WRITES): "Others take pins in the controls, too; what they "
        "take has to come off the runs",
        round(median(runs)): "That is for all 100 writes together",
        round(median(runs) - median(controls)): "That is for all 100 writes together",
    }
    return Number(
        id="through-noise",
        lesson=LESSON,
        gives=IT_IS,
        right=right,
        wrong=besides(right, wrong),
        given=f"runs, 100 writes each:   {_row(runs)}\ncontrols, no write:      {_row(controls)}",
        question=(
            "A machine on which other programs take pins, too. With it come two rows: how far "
            "nr_foll_pin_acquired went up in five runs of 100 direct writes to disk each, all "
            "from the same buffer of 64 pages, and in five controls of the same length in which "
            "nothing was written. **How many pins does one write take?** A whole number."
        ),
        because="The median of the runs, less that of the controls, over 100.",
        hints=(
            "What is in the controls is in the runs as well. And one number in each row does not "
            "belong.",
            "Take the middle one of each row, subtract, divide by 100 and round.",
        ),
    )  # fmt: skip


def _row(numbers: Iterable[int]) -> str:
    return "".join(f"{number:8}" for number in numbers)


def pins_in_the_model(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    """Return the pins of one write: the median of the runs less that of the controls."""
    return round((median(runs) - median(controls)) / writes)


def _first(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    return round((runs[0] - controls[0]) / writes)


def _without_controls(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    return round(median(runs) / writes)


def _of_means(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    return round((mean(runs) - mean(controls)) / writes)


def _not_divided(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    return round(median(runs) - median(controls))


def _samples_in_words(runs: Sequence[int], controls: Sequence[int], writes: int) -> str:
    return f"runs:     {_row(sorted(runs))}\ncontrols: {_row(sorted(controls))}\n(each row sorted)"


def pins_per_write() -> Program:
    """Write the function that sees through noise."""
    draw = Draw("pins-per-write", 0)
    quiet = Samples((6400,) * 3, (0,) * 3)
    busy = [sampled(draw, draw.one(range(65))) for _ in range(60)]
    return Program(
        id="pins-per-write",
        lesson=LESSON,
        gives=IT_IS,
        name="pins_per_write",
        arguments=("runs", "controls", "writes"),
        states=[(list(one.runs), list(one.controls), WRITES) for one in (quiet, *busy)],
        model=pins_in_the_model,
        trace=_samples_in_words,
        wrong=(
            (ONCE, _first),
            ("What others take is in the runs as well: take the controls off", _without_controls),
            ("A burst in one run or control moves the mean, and not the median", _of_means),
            ("That is for all writes together", _not_divided),
        ),
        because="One burst cannot move a median, and what is steady goes away with the control.",
        hints=(
            "`statistics.median` is of use. What has to be done with the controls?",
            "The median of runs, less the median of controls, over writes; `round` makes it whole.",
        ),
    )  # fmt: skip


class Flaw(NamedTuple):
    """A line of a report that is wrong, what comes of it, and why."""

    line: str
    words: str
    reason: str


SOUND = {
    "kernel": "Linux 6.12.117",
    "memory": "64 pages, MAP_PRIVATE, MADV_NOHUGEPAGE",
    "before": "one byte of each page is read",
    "file": "opened with O_DIRECT, on a disk",
    "counter": "nr_foll_pin_acquired, flushed by root before each reading",
    "control": "before and after, each as long as the run: 0",
}
FLAWS: Mapping[str, Flaw] = {
    "shared": Flaw("memory", "64 pages, MAP_SHARED, MADV_NOHUGEPAGE",
                   "A shared mapping has ordinary pages of its own and no zero page"),
    "huge": Flaw("memory", "64 pages of a 2 MiB area, MAP_PRIVATE, MADV_HUGEPAGE",
                 "There the huge zero folio is mapped, and its pins are counted"),
    "written": Flaw("before", "one byte of each page is set to 0",
                    "A page that was written is an ordinary one, whatever was written"),
    "cached": Flaw("file", "opened without further flags, on a disk",
                   "Without O_DIRECT the bytes are copied to the page cache, and nobody pins"),
    "unflushed": Flaw("counter", "nr_foll_pin_acquired, read as it stands",
                      "Each processor keeps up to 125 to itself before they are added"),
    "crowded": Flaw("control", "before and after, each as long as the run: {pins}",
                    "The controls say that others take just as many"),
}  # fmt: skip
CLAIMS = {
    "cached": "direct I/O of this kernel takes no pins of written memory",
    "unflushed": "this kernel loses pins of written memory",
}
COUNTS_ZERO = "this kernel counts pins of the zero page"


def find_the_flaw(seed: int) -> Choice:
    """Find the line of a report because of which its claim does not follow."""
    draw = Draw("find-the-flaw", seed)
    right = draw.one(list(FLAWS))
    writes = draw.one((10, 50, 100, 200))
    expected = writes * pins_of(Kernel("6.12.117"), DIRECT_IO, PAGES)
    counted = {"cached": 0, "unflushed": expected - draw.one(range(3, 120))}.get(right, expected)
    lines = dict(SOUND)
    if right in CLAIMS:
        lines["before"] = "one letter is written into each page"
    lines[FLAWS[right].line] = FLAWS[right].words.format(pins=counted)
    lines["run"] = f"{writes} writes of all 64 pages"
    lines["counted"] = f"{counted} pins"
    lines["claim"] = CLAIMS.get(right, COUNTS_ZERO)
    wrong = {
        other: f"The line {FLAWS[other].line!r} of this report is sound"
        for other in FLAWS if other != right
    }  # fmt: skip
    if right in CLAIMS:
        wrong["written"] = "The claim is about written memory, so that it was written is right"
    return Choice(
        id="find-the-flaw",
        lesson=LESSON,
        gives=IT_IS,
        given="\n".join(f"{name + ':':10}{words}" for name, words in lines.items()),
        right=right,
        wrong=wrong,
        question=(
            "Somebody reports an experiment on Linux 6.12.117, and a claim that does not follow "
            "from it. One line of the report is why. **Which is it?** Answer with one word: "
            '"shared" (the mapping), "huge" (the size of the pages), "written" (what was done '
            'before), "cached" (how the file was opened), "unflushed" (how the counter was read) '
            'or "crowded" (what others did).'
        ),
        because=f"{FLAWS[right].reason}.",
        hints=(
            "Go through the report line by line: what memory is it, who else pins, and when is "
            "the counter exact?",
            f"It is in the line {FLAWS[right].line!r}.",
        ),
    )


Values = Mapping[str, int]


def fitting_in_the_model(
    seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]
) -> list[str]:
    """Return the kernels of which no clue that was seen differs by more than its margin, sorted."""
    return sorted(
        name
        for name, values in known.items()
        if all(abs(values[clue] - value) <= margin[clue] for clue, value in seen.items())
    )


NUMERIC = tuple(
    clue for clue in CLUES if all(isinstance(answer(clue, name), int) for name in kernels())
)
KNOWN: Mapping[str, dict[str, int]] = {
    name: {clue.id: int(answer(clue, name)) for clue in NUMERIC} for name in kernels()
}
MARGINS = {clue.id: clue.margin for clue in NUMERIC}


def _cases() -> list[tuple[dict[str, int], dict[str, dict[str, int]], dict[str, int]]]:
    """Nothing seen, then each clue alone, then two to four; on a kernel that was drawn."""
    draw = Draw("which-kernels", 0)
    clues: list[list[str]] = [[], *([clue.id] for clue in NUMERIC)]
    clues += [draw.shuffled(list(MARGINS))[: draw.one((2, 3, 4))] for _ in range(40)]
    found = []
    for ids in clues:
        true = draw.one(list(KNOWN))
        seen = {id: KNOWN[true][id] for id in ids}
        known = {name: {id: KNOWN[name][id] for id in ids} for name in KNOWN}
        found.append((seen, known, {id: MARGINS[id] for id in ids}))
    return found


def _exact(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> list[str]:
    return fitting_in_the_model(seen, known, dict.fromkeys(margin, 0))


def _strict(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> set[str]:
    return {
        name for name, values in known.items()
        if all(abs(values[clue] - value) < margin[clue] for clue, value in seen.items())
    }  # fmt: skip


def _one_is_enough(
    seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]
) -> set[str]:
    return {
        name for name, values in known.items()
        if any(abs(values[clue] - value) <= margin[clue] for clue, value in seen.items())
    }  # fmt: skip


def _newest(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> set[str]:
    return {max(fitting_in_the_model(seen, known, margin), key=list(known).index)}


def _side_by_side(seen: Values, known: Mapping[str, Values], margin: Mapping[str, int]) -> str:
    heads = [f"{clue} (margin {margin[clue]})" for clue in seen]
    rows = {"seen": seen, **known}
    wide = [len(head) + 2 for head in heads]
    lines = [
        f"{name:16}" + "".join(f"{row[c]:>{w}}" for c, w in zip(seen, wide, strict=True))
        for name, row in rows.items()
    ]
    return "\n".join([" " * 16 + "".join(f"  {head}" for head in heads), *lines])


def as_names(result: object) -> object:
    """Take any collection of names for a sorted list of them, each once."""
    if isinstance(result, list | tuple | set | frozenset):
        return sorted(set(map(str, result)))
    return result


def which_kernels() -> Program:
    """Write the function that says which kernels some clues leave."""
    return Program(
        id="which-kernels",
        lesson=LESSON,
        gives=IT_IS,
        name="which_kernels",
        arguments=("seen", "known", "margin"),
        states=_cases(),
        model=fitting_in_the_model,
        trace=_side_by_side,
        wrong=(
            (ONCE, _exact),
            ("A kernel has to fit each clue, not any of them", _one_is_enough),
            ("Values that lie just the margin apart cannot be told apart either", _strict),
            ("Where several kernels are left, all of them are the answer", _newest),
        ),
        because="A kernel is left as long as no clue excludes it; with no clue all of them are.",
        hints=(
            "Take away a kernel if at least one clue differs by more than its margin.",
            "`all(abs(known[name][clue] - value) <= margin[clue] for clue, value in seen.items())`",
        ),
        meaning=as_names,
    )


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "who-has-the-patch": who_has_the_patch,
    "one-release-number": one_release_number,
    "pins-per-write": pins_per_write,
    "which-kernels": which_kernels,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "predict-pins": predict_pins,
    "zero-of-what": zero_of_what,
    "find-the-flaw": find_the_flaw,
    "through-noise": through_noise,
}
