"""The exercises of lesson 09: which sense holds, and in which a sentence is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations, product

from pinlab.lab.draw import Draw
from pinlab.lab.exercise import IT_IS, Choice, Exercise, Numbers, Program, Selection
from pinlab.lab.figures.lenses import Held
from pinlab.lab.powers import plural
from pinlab.model.buffer import RDMA
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS as BIAS
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Page
from pinlab.model.gup import FOLL_GET
from pinlab.model.kernel import Kernel
from pinlab.words.corpus import SENSES_BESIDE, WRONG, Term, applied, corpus
from pinlab.words.readings import PASSAGES, SITUATIONS, fails_at, page_in
from pinlab.words.senses import SENSES, senses

LESSON = "09_say_what_pinned_means"
KIB = PAGE_SIZE >> 10

ONE_MEANING, MEANS_DMA = "one-word-one-meaning", "dma-pinned-means-dma"
COUNTS_PINS, CERTAINLY = "vmpin-counts-pins", "maybe-means-certainly"

MEANINGS: Mapping[str, str] = {
    **{sense.id: sense.words for sense in SENSES.values()},
    **SENSES_BESIDE,
}
"""What each sense says, those of the corpus alone included."""


def _lit(page: Page) -> frozenset[str]:
    return frozenset(senses(page).lit)


def six_answers() -> Selection:
    """Select who says yes of an mlocked page with one reference."""
    right = _lit(Held("6.5", references=1, mlocked=True).page)
    return Selection(
        id="six-answers",
        lesson=LESSON,
        options=tuple(SENSES),
        right=right,
        wrong={
            frozenset(SENSES): ONE_MEANING,
            frozenset(): "Somebody has a reference, and somebody mlocked it: two of them care",
        },
        missing={
            "any-reference": "vmsplice holds a reference, and who goes by holds of either kind "
            "counts it",
            "unevictable": "The program mlocked it, and who goes by that says yes",
        },
        extra={
            "foll-pin": "vmsplice takes references (FOLL_GET), and mlock takes no hold at all",
            "refcount-says-maybe": "The refcount is 2: the mapping's reference and the pipe's",
            "pincount-above-zero": "A page of 4 KiB has no pincount",
            "pinned-vm": "VmPin counts registered buffers; what is mlocked stands in VmLck",
        },
        because="One goes by holds of either kind, the other by mlock.",
        hints=(
            "Go through the six one by one: does a reference matter to them, or an mlock?",
            "A reference is enough for one of the six, and mlock is what another one is about. "
            "The refcount is 2.",
        ),
    )


TAKES = ("get", "many", "pin", "mlock", "register")
RELEASES = ("5.6", "5.7", "6.1", "6.5", "6.18")


def read_the_trace(seed: int) -> Selection:
    """Select from a trace which senses hold after its last line."""
    draw = Draw("read-the-trace", seed)
    kernel, order = Kernel(draw.one(RELEASES)), draw.one((0, 0, HPAGE_ORDER))
    mm, nbytes = kernel.new_mm(), PAGE_SIZE << order
    addr = mm.mmap(nbytes, order)
    mm.write(addr, b"x")
    page = mm.mapped()[0].page
    taken = draw.shuffled(TAKES)[:3]
    undo: dict[str, Callable[[], None]] = {}
    for take in taken:
        match take:
            case "get":
                mm.get_user_pages(addr, 1)
                undo[take] = lambda: kernel.put_page(page)
            case "many":
                kernel.try_grab_folio(page.folio, BIAS, FOLL_GET)
            case "pin":
                mm.pin_user_pages(addr, 1)
                undo[take] = lambda: kernel.unpin_user_page(page)
            case "mlock":
                mm.mlock(addr, nbytes)
                undo[take] = lambda: mm.munlock(addr, nbytes)
            case _:
                undo[take] = mm.register_buffer(addr, 1, by=RDMA).unregister
    before = _lit(page)
    undo[draw.one(sorted(undo))]()
    right = _lit(page)
    return Selection(
        id="read-the-trace",
        lesson=LESSON,
        given=kernel.trace,
        options=tuple(SENSES),
        right=right,
        wrong=_not(right, {frozenset(SENSES): ONE_MEANING, before: "The last line takes one back"}),
        missing={sense: f"Look again: {SENSES[sense].words}" for sense in SENSES if sense in right},
        extra={
            sense: f"It is not so that {SENSES[sense].words}"
            for sense in SENSES
            if sense not in right
        },
        question=(
            f"A page of order {order} on Linux {kernel.release} is held in some ways, and one of "
            "them is taken back. A registered buffer is an actor of its own. **Which senses of "
            '"pinned" hold after the last line of this trace?** Answer with a set of ids: '
            f"{', '.join(SENSES)}."
        ),
        because="The last line has the counters; mlock and the buffer are to be read off it all.",
        hints=(
            "Go by what is left: which pins, which references, is it mlocked, is it registered?",
            "The counters in the last line decide two of them. For the others strike out what the "
            "last line takes back, and look at what remains.",
        ),
    )


def _not(right: frozenset[str], wrong: dict[frozenset[str], str]) -> dict[frozenset[str], str]:
    """The wrong selections that a seed has not turned into the right one."""
    return {chosen: idea for chosen, idea in wrong.items() if chosen != right}


def vmpin(seed: int) -> Numbers:
    """Predict VmPin and the pins held of a process with buffers and a request in flight."""
    draw = Draw("vmpin", seed)
    first, second, flight, locked = draw.shuffled((3, 5, 8, 13, 21, 34))[:4]
    overlap = draw.one((1, 2))
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    addr = mm.mmap((first + second) * PAGE_SIZE)
    mm.register_buffer(addr, first)
    mm.register_buffer(addr + (first - overlap) * PAGE_SIZE, second)
    kernel.submit_dio_read(mm, mm.mmap(flight * PAGE_SIZE), flight)
    mm.mlock(mm.mmap(locked * PAGE_SIZE), locked * PAGE_SIZE)
    pins = kernel.vmstat["nr_foll_pin_acquired"]
    kib = mm.pinned_vm * KIB
    ideas = {
        "VmPin": {
            mm.pinned_vm: "That is pages; VmPin stands in KiB, 4 for each",
            (mm.pinned_vm - overlap) * KIB: "Each buffer is counted by itself, so a page in two "
            "of them counts twice",
            (mm.pinned_vm + locked) * KIB: "What is mlocked is counted in VmLck",
            (pins + locked) * KIB: "Neither a request in flight nor mlock adds to VmPin",
            pins * KIB: COUNTS_PINS,
        },
        "pins": {
            flight: "The pages of a registered buffer are pinned as well, for as long as it is one",
            mm.pinned_vm
            - overlap: "Each buffer has a pin of its own on a page that is in both, and "
            "the request has pins, too",
            mm.pinned_vm: COUNTS_PINS,
            pins - overlap: "Each buffer has a pin of its own on a page that is in both",
            pins + locked: "mlock takes no pin",
            pins * BIAS: "That is what they add to refcounts; the question is how many there are",
        },
    }
    right = {"VmPin": kib, "pins": pins}
    return Numbers(
        id="vmpin",
        lesson=LESSON,
        parts={
            name: (number, {n: idea for n, idea in ideas[name].items() if n != number})
            for name, number in right.items()
        },
        question=(
            f"A process on Linux 6.5 registers a buffer of {first} pages of 4 KiB, and a second "
            f"one of {second} pages; {overlap} {plural(overlap, 'page')} of memory "
            f"{'is' if overlap == 1 else 'are'} in both. A direct read from disk into {flight} "
            f"other pages is in flight, and {locked} more are mlocked. **What does VmPin in "
            "`/proc/PID/status` read, in KiB, and how many pins are held?**"
        ),
        because="VmPin counts the buffers, page by page; the request's pins are pins all the same.",
        hints=(
            "Which of the three adds to VmPin: a registered buffer, a request in flight, mlock? "
            "And which of them takes pins?",
            "Buffers add to both, each by itself. The request adds to the pins alone. mlock adds "
            "to neither.",
        ),
    )


USES: Mapping[str, str] = {
    "RDMA": "umem-get",
    "vfio": "vfio-static",
    "direct I/O": "dio-is-pinned",
    "ring": "io-uring-region",
    "CPU": "rst-case-5",
}
"""Uses of FOLL_PIN, and the place of the corpus that tells of each."""


def _place(id: str) -> Term:
    return next(place for place in corpus() if place.id == id)


def no_dma() -> Selection:
    """Select the uses of FOLL_PIN in which no device touches the content."""
    right = frozenset(use for use, id in USES.items() if _place(id).dma == "no")
    device = "A device reads or writes the content here"
    return Selection(
        id="no-dma",
        lesson=LESSON,
        options=tuple(USES),
        right=right,
        wrong={frozenset(): MEANS_DMA, frozenset(USES): "Some of them exist for a device's sake"},
        missing={use: MEANS_DMA for use in USES if use in right},
        extra={use: device for use in USES if use not in right},
        because="The kernel's own code works on the content there; the pin is the same.",
        hints=(
            "Who reads or writes the bytes: a device, or a processor?",
            "In two of them a processor does: in one it goes through the kernel's own mapping of "
            "the ring, in the other it writes to the page and unpins.",
        ),
    )


TRIED = tuple(product(PASSAGES, ("5.7", "6.4", "6.5")))


def true_under(seed: int) -> Selection:
    """Select the senses in which a sentence is true on some release."""
    draw = Draw("true-under", seed)
    id, release = draw.one(TRIED) if seed else ("mail-millions-pins", "6.5")
    passage = PASSAGES[id]
    falls = {sense: fails_at(passage, sense, release) for sense in SENSES}
    right = frozenset(sense for sense, page in falls.items() if page is None)
    pinned = "; ".join(passage.pinned) or "none of these"
    others = "; ".join(passage.not_pinned) or "nothing is said"
    return Selection(
        id="true-under",
        lesson=LESSON,
        options=tuple(SENSES),
        right=right,
        wrong=_not(
            right,
            {
                frozenset(): "There is a sense in which it is true of all the pages named",
                frozenset({"foll-pin"}): ONE_MEANING,
                frozenset(SENSES): ONE_MEANING,
            },
        ),
        missing=dict.fromkeys(
            sorted(right), "In one more sense it is true of all the pages that are named"
        ),
        extra={sense: f"Read so, it fails at: {page}" for sense, page in falls.items() if page},
        question=(
            f"> {passage.term.words}\n>\n> — {_whose(passage.term)}\n\nIf that is true, these are "
            f"pinned: {pinned}. Not pinned: {others}. **In which senses is it true on Linux "
            f"{release}?** Answer with a set of ids ({', '.join(SENSES)}), or with `set()`."
        ),
        because="Each of the others fails at one of the pages named, or says yes to too many.",
        hints=(
            "Ask each of the six about each page that is named.",
            "`words.fails_at(passage, sense, release)` with the passage "
            f'"{id}" names the first page at which a sense fails.',
        ),
    )


def _whose(place: Term) -> str:
    if place.kind == "mail":
        return f"{place.speaker}, {place.date}"
    # In a question "above" would be the question's own.
    where = place.place.replace("comment above", "comment before")
    return f"{where} in {place.file}, Linux {place.release}"


PLACES = (
    "mail-millions-pins", "mail-by-refcount", "mail-by-flag", "mail-pin-counter",
    "mail-only-foll-pin", "mail-separate-pincount", "mail-useful-verb",
    "mail-additional-refcount", "rst-get-pins", "rst-store-pincount", "rst-longterm-pins",
    "gup-get-user-pages", "gup-plus-one", "mm-types-both", "mm-types-mlock-count",
    "mm-types-pinned-vm", "mm-probably-pinned", "fork-may-have-been", "pagemap-somehow",
    "proc-vmpin", "lowmem-mlock", "umem-get", "shmem-inode",
)  # fmt: skip
"""Places at which the sense can be told from the words and who says them."""


def mark_the_word(seed: int) -> Choice:
    """Choose the sense that a word has at one place."""
    draw = Draw("mark-the-word", seed)
    place = _place(draw.one(PLACES) if seed else "mail-additional-refcount")
    wrong = {
        sense: f"That would be: {meaning}"
        for sense, meaning in MEANINGS.items()
        if sense != place.sense and sense != "keeps-in-ram"
    }
    if "foll-pin" in wrong:
        wrong["foll-pin"] = ONE_MEANING
    return Choice(
        id="mark-the-word",
        lesson=LESSON,
        gives=IT_IS,
        right=place.sense,
        wrong=wrong,
        question=(
            f"> {place.words}\n>\n> — {_whose(place)}\n\n**Which sense has the word "
            f'"{place.word}" here?** Answer with its id: '
            f"{', '.join(sorted([place.sense, *wrong]))}."
        ),
        because=f"It is about this: {MEANINGS[place.sense]}.",
        hints=(
            "Put the meaning of each sense in the place of the word, and read the sentence again.",
            "Is it about a hold, about a number, about staying in RAM, or about no page at all? "
            "Of the holds: about FOLL_PIN alone, or about either kind?",
        ),
    )


NONE = "none of these"


def tell_apart(seed: int) -> Choice:
    """Choose the page that tells two senses apart, if there is one."""
    draw = Draw("tell-apart", seed)
    release = draw.one(("5.6", "6.4", "6.5"))
    yes, no = draw.one(list(permutations(SENSES, 2)))
    lit = {name: _lit(page_in(name, release)) for name in SITUATIONS}
    fitting = [name for name in SITUATIONS if yes in lit[name] and no not in lit[name]]
    right = draw.one(fitting) if fitting else NONE
    others = [name for name in SITUATIONS if name not in fitting]
    says = {True: "yes", False: "no"}
    wrong = {
        name: f"There {yes} says {says[yes in lit[name]]}, and {no} {says[no in lit[name]]}; "
        "wanted are yes and no"
        for name in draw.shuffled(others)[:3]
    }
    if fitting:
        wrong[NONE] = "There is one: ask both of each page"
    return Choice(
        id="tell-apart",
        lesson=LESSON,
        gives=IT_IS,
        right=right,
        wrong=wrong,
        question=(
            f'Somebody claims of Linux {release}: "whenever {yes} says yes, {no} says yes as '
            'well." **Which of these pages shows that it is wrong?**\n\n'
            + "\n".join(f'- `"{name}"`' for name in sorted([right, *wrong]))
        ),
        because=f"Needed: yes from {yes}, no from {no}."
        if fitting
        else f"None of these pages has a yes from {yes} and a no from {no}.",
        hints=(
            f"Look for a yes from {yes} first. Which of these pages have it?",
            f"{yes}: {SENSES[yes].words}. {no}: {SENSES[no].words}.",
        ),
    )


PROMISES: Mapping[str, str] = {
    "nail": "FOLL_PIN becomes nail, which promises nothing",
    "screw": "FOLL_PIN becomes screw: the page is lost to its process when it forks",
    "pin-dma": "FOLL_PIN becomes pin_dma: a device touches the content",
    "pin-alone": "pin is for FOLL_PIN, and everything else becomes a temporary reference: plain "
    "(get), and short",
    "reference": "pin is for FOLL_PIN, and everything else becomes a reference, of either kind",
}
"""The proposals, and what their words promise."""


BROKEN: Mapping[str, str] = {
    "pin-dma": MEANS_DMA,
    "screw": "Since Linux 5.9 a pinned page stays with its process when that forks",
}
"""Why a promise fails, where one sentence says it for all places."""


def new_name(seed: int) -> Selection:
    """Select the proposals whose word promises at one place what does not hold."""
    draw = Draw("new-name", seed)
    tables = {name: applied(name) for name in PROMISES}
    broken = {
        id: frozenset(name for name, table in tables.items() if table.loc[id, "verdict"] == WRONG)
        for id in tables["nail"].index
    }
    right = draw.one(sorted(set(broken.values()), key=sorted))
    place = _place(draw.one([id for id, names in broken.items() if names == right]))
    why = {name: str(table.loc[place.id, "why"]) for name, table in tables.items()}
    return Selection(
        id="new-name",
        lesson=LESSON,
        options=tuple(PROMISES),
        right=right,
        wrong=_not(
            right,
            {
                frozenset(): "At least one of the words promises too much here",
                frozenset(PROMISES): "A word that promises nothing is never wrong",
            },
        ),
        missing={
            name: BROKEN.get(name, f"Its word promises too much here: {why[name]}")
            for name in sorted(right)
        },
        extra={
            name: f"{name} keeps its promise here, or is not the word that would stand here"
            for name in PROMISES
            if name not in right
        },
        question=(
            f"> {place.words}\n>\n> — {_whose(place)}\n\nOf this place data/terms.csv says (- for "
            f"nothing):\n\n- sense: {place.sense}"
            f"\n- what holds the page (pin, get, either, none): {place.hold}"
            f"\n- for how long (short, unbounded, either): {place.lasts}"
            f"\n- does a device touch the content: {place.dma}\n\nAnd the proposals, where "
            "FOLL_PIN is also the guess at it and its counter:\n\n"
            + "\n".join(f"- `{name}`: {promise}" for name, promise in PROMISES.items())
            + "\n\n**With which of these proposals would the word at this place promise what does "
            "not hold of all that is meant there?** Answer with a set of ids, or with `set()`."
        ),
        because="The others promise nothing here, or what they promise holds.",
        hints=(
            "Is the place about FOLL_PIN, its guess or its counter? Then the first three have a "
            "word for it, and the last two call it pin, which promises nothing.",
            "If it is about FOLL_PIN: does fork lose the page on that release (up to 5.8 it does)? "
            "Is it always a device? If it is not: is it a plain and short reference, or a "
            "reference at all?",
        ),
    )


COUNTERS = (
    (1, None, 1), (2, None, 1), (1024, None, 1), (1025, None, 1), (1026, None, 3),
    (1200, None, 300), (1500, None, 1500), (2049, None, 1), (2500, None, 1400), (3000, None, 2),
    (1, 0, 1), (2, 0, 1), (2, 1, 1), (2048, 0, 1), (2048, 7, 1), (513, 512, 1), (5, 0, 5),
)  # fmt: skip
"""Refcounts, pincounts and mappings of pages, none of which has overflowed."""


def told_by(refcount: int, pincount: int | None, mappings: int) -> tuple[bool | str, bool]:
    """Work out what the counters of a page say, by trying every split into pins and references."""
    extra = refcount - mappings
    if pincount is not None:
        return pincount > 0, extra > 0
    splits = [pins for pins in range(extra // BIAS + 1) if extra - BIAS * pins >= 0]
    answers = {pins > 0 for pins in splits}
    return "maybe" if len(answers) > 1 else answers.pop(), extra > 0


def _told_trace(refcount: int, pincount: int | None, mappings: int) -> str:
    extra = refcount - mappings
    if pincount is not None:
        return f"{extra} beyond the mappings; pins among these, says the pincount: {pincount}."
    splits = [_split(pins, extra - BIAS * pins) for pins in range(extra // BIAS + 1)]
    return f"{extra} beyond the mappings can be: {', or '.join(splits)}."


def _split(pins: int, references: int) -> str:
    return f"{pins} {plural(pins, 'pin')} and {references} {plural(references, 'reference')}"


def _by_the_kernel(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    maybe = "maybe" if refcount >= BIAS else False
    return (maybe if pincount is None else pincount > 0), refcount > mappings


def _for_certain(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    extra = refcount - mappings
    return (extra >= BIAS if pincount is None else pincount > 0), extra > 0


def _without_pincount(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    extra = refcount - mappings
    return ("maybe" if extra >= BIAS else False), extra > 0


def _with_mappings(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    return told_by(refcount, pincount, mappings)[0], refcount > 0


def told() -> Program:
    """Write what the counters tell about two of the senses."""
    return Program(
        id="told",
        lesson=LESSON,
        gives=IT_IS,
        name="told",
        arguments=("refcount", "pincount", "mappings"),
        states=COUNTERS,
        model=told_by,
        trace=_told_trace,
        wrong=(
            (CERTAINLY, _for_certain),
            (
                "The kernel's own guess looks at the whole refcount; whoever knows the mappings "
                "can take them off first",
                _by_the_kernel,
            ),
            ("Where there is a pincount, it says how many pins there are", _without_pincount),
            ("A mapping's reference is no hold beyond the mappings", _with_mappings),
        ),
        because="A pincount tells, and holds of any kind can be added up; only pins and "
        "references in one number cannot be told apart.",
        hints=(
            "Take the mappings off the refcount. What is left are references, and pins: 1024 "
            "each, or 1 each where there is a pincount.",
            "With a pincount the first answer is whether it is above zero. Without one it is "
            'False below 1024, and "maybe" from there on. The second is whether anything is left.',
        ),
    )


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "six-answers": six_answers,
    "no-dma": no_dma,
    "told": told,
}
SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "vmpin": vmpin,
    "true-under": true_under,
    "read-the-trace": read_the_trace,
    "mark-the-word": mark_the_word,
    "tell-apart": tell_apart,
    "new-name": new_name,
}
