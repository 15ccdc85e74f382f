"""Lesson 12: its exercises right where the model is, the thread as a tree, and turn by turn."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from pinlab import FOLL_GET, FOLL_LONGTERM, FOLL_PIN, PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Program
from pinlab.lab.picture import COMES_OUT, fold
from pinlab.lab.problems import exercise
from pinlab.lab.svg import measured
from pinlab.lessons import read_the_thread as here
from pinlab.words.sentences import SENTENCES, judge
from pinlab.words.thread import PARTS, VERDICTS, Turn, turns
from tests.lab.front_end import FrontEnd
from tests.lab.parts import Parts
from tests.notebooks.lesson import ROOT, read

SEEDS = range(50)
ARROW = "   <-- this line"


def speaker(seed: int) -> str:
    """Who `whose-words` asks for: the marks of the line, and the names of the head in order."""
    given = str(lab.given("whose-words", seed)).splitlines()
    (line,) = (line for line in given[6:] if line.endswith(ARROW))
    names = [given[0].removeprefix("From: ")]
    names += [line.lstrip("> ").removesuffix(" wrote:") for line in given[3:6]]
    return names[len(line) - len(line.lstrip(">"))]


CHANGES = re.compile(
    r"Linux (\S+), a (pin|reference) of (?:one page of )?(.+):\n"
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


BY_SEED: dict[str, Callable[[int], object]] = {
    "whose-words": speaker,
    "which-claims-fail": failing,
}
RIGHT: dict[str, object] = {
    "the-landed-text": "the patch's note",
    "what-changes": change,
    **{id: right(0) for id, right in BY_SEED.items()},
}


@pytest.mark.parametrize(
    ("id", "least"),
    [("whose-words", 5), ("which-claims-fail", 8)],
)
def test_each_seed_has_an_answer_worked_out_by_hand_and_many_differ(id: str, least: int) -> None:
    answers = [BY_SEED[id](seed) for seed in SEEDS]
    assert [s for s, answer in enumerate(answers) if not lab.check(id, answer, s).right] == []
    assert len({frozenset(a) if isinstance(a, set) else a for a in answers}) >= least


def test_what_a_run_is_said_to_change_is_what_it_changes_in_the_model() -> None:
    for seed in SEEDS:
        run = CHANGES.match(str(lab.given("which-claims-fail", seed)))
        assert run is not None
        kernel = Kernel(run[1])
        zeros = {
            "the zero page": kernel.zero_page.folio,
            "the huge zero folio": kernel.huge_zero_folio,
        }
        folio = zeros.get(run[3]) or kernel.alloc_folio(int(run[3].split()[-1]))
        before = folio.refcount, folio.pincount or 0
        kernel.try_grab_folio(folio, 1, FOLL_PIN if run[2] == "pin" else FOLL_GET)
        after = folio.refcount, folio.pincount or 0
        assert (int(run[4]), int(run[5])) == (after[0] - before[0], after[1] - before[1])


def test_the_program_is_tried_in_32_states_of_the_model() -> None:
    found = exercise("what-changes")
    assert isinstance(found, Program)
    assert len(set(found.states)) == len(found.states) == 32
    assert [state for state in found.states if change(*state) != found.model(*state)] == []


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("what-changes", lambda operation, zero, large, pages: change(
        operation, zero, large and not zero, pages))  # fmt: skip
    assert "`adds(operation=pin, zero=True, large=True, pages=1)`: expected (1, 1)" in reply.text
    assert "1 -> 2" in reply.details


# The tree.

SVG = "{http://www.w3.org/2000/svg}"
PART = pytest.mark.parametrize("part", ["", *PARTS])


def texts(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}text"))


def words(svg: str) -> list[str]:
    return [str(one.text) for one in texts(svg)]


@PART
def test_each_turn_has_its_number_speaker_claim_and_verdict(part: str) -> None:
    told = words(here.tree(part).svg)
    shown = " ".join(told)
    for turn in turns(part):
        assert told[told.index(str(turn.number)) + 1] == turn.surname
        assert turn.claim in shown
    assert [word for word in told if word in VERDICTS] == [turn.verdict for turn in turns(part)]


@PART
def test_a_branch_for_each_answer_within_a_part_and_a_number_for_the_others(part: str) -> None:
    svg = here.tree(part).svg
    of = {turn.number: turn.part for turn in turns()}
    answers = [turn for turn in turns(part) if turn.answers]
    inside = [turn for turn in answers if of[turn.answers or 0] == turn.part]
    assert len(re.findall('class="branch"', svg)) == len(inside)
    assert len(re.findall("\\(to\N{NO-BREAK SPACE}\\d+\\)", svg)) >= len(answers) - len(inside)


def test_an_answer_stands_below_and_further_in() -> None:
    shown = texts(here.tree("mail").svg)
    where = {
        int(one.text or 0): (float(claim.attrib["x"]), float(one.attrib["y"]))
        for one, claim in zip(shown, shown[2:], strict=False)
        if str(one.text).isdigit()
    }
    for turn in turns("mail"):
        if turn.answers in where:
            x, y = where[turn.answers]
            assert where[turn.number][0] > x
            assert where[turn.number][1] > y


@PART
def test_nothing_is_cut_off_and_no_claim_runs_into_a_verdict(part: str) -> None:
    svg = here.tree(part).svg
    width, height = (float(ET.fromstring(svg).attrib[side]) for side in ("width", "height"))
    for one in texts(svg):
        x, wide = float(one.attrib["x"]), measured(str(one.text), int(one.attrib["font-size"]))
        assert float(one.attrib["y"]) < height
        if one.get("text-anchor") == "start":
            assert x + wide <= (here.VERDICT if x < here.VERDICT else width)


@PART
def test_the_twin_counts_the_verdicts_and_links_to_every_cell(part: str) -> None:
    drawing = here.tree(part)
    found = [turn.verdict for turn in turns(part)]
    for verdict in VERDICTS:
        assert f" {found.count(verdict)} {verdict}" in drawing.twin.splitlines()[0]
    links = re.findall(r"\]\((?:(\w+)\.ipynb)?#cell-id=([\w-]+)\)", drawing.twin)
    own = here.NOTEBOOK.stem
    assert [(name or own, cell) for name, cell in links] == [
        (turn.notebook, turn.cell) for turn in turns(part)
    ]
    assert own not in dict(links)


# Turn by turn.


def verdicts(svg: str, column: int = 0) -> dict[int, str]:
    """Your verdict behind the number of a turn, where there is one; in column 1, ours."""
    found, number, left = {}, 0, here.VERDICT + column * here.BESIDE + 17
    for one in texts(svg):
        word = str(one.text)
        number = int(word) if word.isdigit() else number
        if float(one.attrib["x"]) == left:
            found[number] = word
    return found


def framed(svg: str) -> int:
    """The number that stands in the frame."""
    shown = list(ET.fromstring(svg).iter())
    (frame,) = (one for one in shown if one.get("class") == "here")
    return int(shown[shown.index(frame) + 1].text or 0)


def turn(number: int) -> Turn:
    return turns()[number - 1]


def test_it_begins_at_the_first_turn_without_a_verdict() -> None:
    parts = Parts(here.turn_by_turn())
    assert parts.rows[0].box.value == framed(parts.picture) == 9
    assert parts.sentence.endswith("Your verdict: none yet.")
    label = ET.fromstring(parts.picture).get("aria-label")
    assert not [verdict for verdict in VERDICTS if f"({verdict})" in str(label)]
    assert verdicts(parts.picture) == {}


@pytest.mark.parametrize("number", [9, 17, 24])
def test_the_sentence_has_speaker_and_claim_of_the_turn_and_leaves_its_words_to_the_text(
    number: int,
) -> None:
    parts = Parts(here.turn_by_turn())
    parts.rows[0].box.value = number
    assert framed(parts.picture) == number
    of = turn(number)
    for told in (of.speaker, of.claim, f"Turn {number}", f"to turn {of.answers}"):
        assert told in parts.sentence
    assert of.words not in parts.sentence


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("no claim", "Your verdict: no claim. Ours: no claim as well: "),
        ("right", "Your verdict: right. Ours: no claim: "),
    ],
)
def test_your_verdict_is_shown_and_the_switch_puts_ours_beside_it(given: str, told: str) -> None:
    assert turn(20).verdict == "no claim"
    parts = Parts(here.turn_by_turn(at=20))
    parts.toggle.value = given
    parts.rows[0].box.value = 20
    assert (verdicts(parts.picture), verdicts(parts.picture, 1)) == ({20: given}, {})
    assert parts.sentence.endswith(f"Your verdict: {given}.")
    (switch,) = parts.switches
    switch.value = True
    assert parts.sentence.endswith(told + turn(20).condition)
    assert (verdicts(parts.picture), verdicts(parts.picture, 1)) == ({20: given}, {20: "no claim"})
    switch.value = False
    assert "Ours" not in parts.sentence
    assert (verdicts(parts.picture), verdicts(parts.picture, 1)) == ({20: given}, {})


def test_ours_is_not_shown_before_yours() -> None:
    parts = Parts(here.turn_by_turn(at=20))
    (switch,) = parts.switches
    switch.value = True
    assert verdicts(parts.picture, 1) == {}
    assert parts.sentence.endswith("Ours stands beside yours when you have given one.")
    parts.toggle.value = "wrong"
    assert verdicts(parts.picture, 1) == {20: "no claim"}


def test_a_verdict_goes_on_to_the_next_turn_unless_ours_are_to_be_read() -> None:
    parts = Parts(here.turn_by_turn())
    for number in range(9, 25):
        assert framed(parts.picture) == number
        parts.toggle.value = "wrong"
    assert (framed(parts.picture), parts.toggle.value) == (24, "wrong")
    assert verdicts(parts.picture) == dict.fromkeys(range(9, 25), "wrong")
    parts.rows[0].box.value = 9
    (switch,) = parts.switches
    switch.value = True
    parts.toggle.value = "right with a condition"
    assert framed(parts.picture) == parts.rows[0].box.value == 9
    assert verdicts(parts.picture)[9] == "condition"
    assert "Ours: right." in parts.sentence


def test_verdicts_are_kept_while_the_slider_moves_and_can_be_changed() -> None:
    parts = Parts(here.turn_by_turn())
    parts.toggle.value = "right"
    assert parts.toggle.value is None
    assert (verdicts(parts.picture), framed(parts.picture)) == ({9: "right"}, 10)
    assert parts.sentence.startswith("You said of turn 9: right. Turn 10: ")
    assert parts.sentence.endswith("Your verdict: none yet.")
    parts.rows[0].bar.value -= 1
    assert parts.toggle.value == "right"
    assert parts.sentence.endswith("Your verdict: right.")
    parts.toggle.value = "wrong"
    assert verdicts(parts.picture) == {9: "wrong"}
    assert Parts(here.turn_by_turn()).toggle.value is None


# What comes out of a run.


def test_what_comes_out_is_folded_and_is_told_as_text_where_nothing_folds(
    front_end: FrontEnd,
) -> None:
    with here.folded():
        print("2 < 3")
    assert front_end.bundles == [
        {
            "text/html": fold(COMES_OUT, "<pre>2 &lt; 3\n</pre>"),
            "text/plain": "2 < 3\n",
        }
    ]


def test_no_run_of_the_mail_is_stored_open() -> None:
    cells = [cell for _, cell in read(ROOT / here.NOTEBOOK).cells("code")]
    runs = [cell for cell in cells if cell.id.endswith("-run") or cell.id == "mail-tree"]
    assert len(runs) == 12
    for cell in runs:
        (output,) = cell.outputs
        assert output.data["text/html"].startswith(f"<details>{COMES_OUT}")


def test_only_the_long_term_pin_outlasts_the_io() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, bytes(2 * PAGE_SIZE))
    request = kernel.submit_dio_write(mm, addr, 1)
    (page,) = mm.pin_user_pages(addr + PAGE_SIZE, 1, FOLL_LONGTERM)
    request.complete()
    assert (request.pages[0].refcount, page.refcount) == (1, 1025)


def test_as_many_wrong_kernels_slip_through_the_note_as_through_the_reviewers_sentence() -> None:
    missed = {id: set(judge(id).missed or ()) for id in SENTENCES}
    note, review = missed["patch-note/foll-pin"], missed["refcount-sentence"]
    assert (len(note), len(review), len(missed["landed-rst"])) == (5, 5, 3)
    assert note ^ review == {"refcount-still-counted", "pincount-still-counted"}


def test_2_to_the_21_pins_succeed_and_the_next_is_refused() -> None:
    folio = Kernel("6.5", zero_page_pins="counted").zero_page.folio
    grab = folio.kernel.try_grab_folio_fast
    taken = [grab(folio, number, FOLL_PIN) for number in (2**21 - 1, 1, 1)]
    assert (taken, folio.refcount) == ([True, True, False], 1 - 2**31)


@pytest.mark.parametrize("counter", ["pincount", "refcount"])
def test_the_task_shows_a_counter_that_moves_without_saying_that_it_is_not_counted(
    counter: str,
) -> None:
    reply = lab.task("sentences-part", {"release": "6.5", "zero_page_still_counts": counter})
    assert reply.right
    assert "every page has a pincount" in reply.text
    assert counter in reply.details
    assert "not counted" not in reply.details
