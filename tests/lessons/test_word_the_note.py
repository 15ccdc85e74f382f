"""Lesson 10: its exercises right where the model is; the heat map and the menus of sentences."""

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pinlab import lab, words
from pinlab.lab.exercise import Program, Selection
from pinlab.lab.grid import IDLE, NO, PARTLY
from pinlab.lab.problems import exercise
from pinlab.lessons import word_the_note as here
from pinlab.model.arguments import instance
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace
from pinlab.words import WRONG_KERNELS
from pinlab.words.sentences import OF_NOTHING
from pinlab.words.vocabulary import CALLS, COUNTERS, HOW, ON
from tests.lab.parts import Parts

SEEDS = range(50)
SVG = "{http://www.w3.org/2000/svg}"


def bullet(
    verb: str, page: str, refused: bool, before: tuple[int, int | None],
    after: tuple[int, int | None],
) -> bool:  # fmt: skip
    """The landed sentence: a pin is not refused, and neither it nor an unpin changes anything."""
    if page != "zero page" or verb in ("get", "put"):
        return True
    return before == after and not (verb == "pin" and refused)


ADEQUATE = words.sentence(
    words.clause("pin or unpin", "zero page", "any counter", "not by this call"),
    words.clause("pin", "zero page", "success", "always"),
    words.clause("put", "zero page", "refcount", "always"),
    words.clause("unpin", "huge zero folio", "pincount", "always"),
)

RIGHT: dict[str, object] = {
    "true-enough": "Linux 6.5 changes what the sentence says it does not change",
    # A reference, and a pin that returns the page.
    "two-readings": len(["get", "pin"]),
    "obeys": bullet,
    "adequate": ADEQUATE,
    # It speaks of vmstat at pins and of puts. The unpin is not spoken of, nor a pincount, and
    # nothing is returned where a pin is refused.
    "who-slips": {"unpin-still-counted", "pincount-still-counted", "zero-page-refused"},
    # 3 -> 1027 at the pin, and the unpin is not counted.
    "which-kernel": "pin-still-counted",
}


def test_the_shortest_run_to_a_returned_page_with_a_reference_has_two_calls() -> None:
    found = words.judge("patch-note/any-reference", "6.5").counterexample
    assert found is not None
    assert len(found.steps) == RIGHT["two-readings"]


CAUGHT = {
    # What skips pins and lowers the refcount at their release; the other lowers it by 1.
    "an unpin of the zero page does not change the refcount": {
        "unpin-still-counted", "refcount-still-counted",
    },
    "a pin of the zero page does not change vmstat's counters": {
        "pin-still-counted", "vmstat-still-counted",
    },
    "a pin of the zero page does not change the pincount": {"pincount-still-counted"},
    "a put of the zero page always changes the refcount": {"get-skipped-too"},
    "a pin of the huge zero folio always changes the refcount": {"huge-zero-skipped-too"},
}  # fmt: skip
"""Which wrong kernels each clause of `who-slips` catches, by hand."""


def test_who_slips_is_whom_neither_clause_catches() -> None:
    seen = set()
    for seed in SEEDS:
        found = exercise("who-slips", seed)
        assert isinstance(found, Selection)
        said = tuple(clause for clause in CAUGHT if clause in found.question)
        assert len(said) == 2
        caught = CAUGHT[said[0]] | CAUGHT[said[1]]
        assert found.right == set(found.options) - caught != set()
        assert caught & set(found.options)
        assert all(f"- `{one}`: " in found.question for one in found.options)
        assert lab.check("who-slips", set(), seed).misconception == "true-is-enough"
        seen.add(said)
    assert len(seen) >= 8
    ideas = {
        lab.check("who-slips", set(found.right) - {name}, seed).misconception
        for seed in SEEDS
        if isinstance(found := exercise("who-slips", seed), Selection)
        for name in found.right
        if len(found.right) > 1
    }
    assert ideas == {None, "refcount-and-pin-count-are-one-thing"}


def test_the_document_s_sentence_lets_through_what_it_does_not_speak_of() -> None:
    missed = words.judge("landed-rst").missed
    assert set(missed or ()) == {"vmstat-still-counted", "get-skipped-too", "huge-zero-skipped-too"}
    true = [name for name in words.SENTENCES if words.judge(name).answer != words.FALSE]
    everywhere = set.intersection(*(set(words.judge(name).missed or ()) for name in true))
    assert everywhere == set(missed or ())


def fault(trace: Trace) -> str:
    """The wrong kernel, read off the columns of a trace."""
    for event in trace:
        counted = event.refcount_after - event.refcount_before
        in_pincount = event.pincount_before != event.pincount_after
        if event.page == "huge zero folio":
            if not counted:
                return "huge-zero-skipped-too"
        elif event.note == "refused":
            return "zero-page-refused"
        elif event.operation in ("get", "put"):
            if not counted:
                return "get-skipped-too"
        elif event.operation == "pin":
            if in_pincount:
                return "pincount-still-counted"
            if counted:
                return "pin-still-counted" if counted == 1024 else "refcount-still-counted"
        elif counted == -1024 and not in_pincount:
            return "unpin-still-counted"
    return "vmstat-still-counted"


def test_the_fault_can_be_read_off_the_trace() -> None:
    found = {
        seed: fault(instance("trace", lab.given("which-kernel", seed), Trace)) for seed in SEEDS
    }
    assert all(lab.check("which-kernel", name, seed).right for seed, name in found.items())
    assert set(found.values()) == set(WRONG_KERNELS)


def test_the_right_kernel_pins_the_zero_page_without_a_trace_in_its_counters() -> None:
    trace = here.play([("pin", "zero page"), ("unpin", "zero page")], {})
    assert [(e.refcount_after, e.pincount_after, e.acquired) for e in trace] == [(1, None, 0)] * 2


def test_the_sentence_to_write_is_tried_in_many_steps_some_of_which_break_it() -> None:
    found = exercise("obeys")
    assert isinstance(found, Program)
    assert {found.model(*s) for s in found.states} == {True, False}
    assert len(found.states) > 100


def test_the_first_step_that_differs_names_its_kernel() -> None:
    def without_pincount(
        verb: str, page: str, refused: bool, before: tuple[int, int], after: tuple[int, int]
    ) -> bool:
        spoken = page == "zero page" and verb in ("pin", "unpin")
        return not (spoken and (refused or before[0] != after[0]))

    reply = lab.check("obeys", without_pincount)
    assert reply.details.startswith("pincount-still-counted\nA pins the zero page: pincount 0 -> 1")
    assert reply.misconception == "refcount-and-pin-count-are-one-thing"


def test_an_adequate_sentence_is_right_and_told_how_long_it_is() -> None:
    assert (
        "No adequate sentence of this vocabulary is shorter"
        in lab.check("adequate", words.shortest()).text
    )
    longer = words.sentence(*ADEQUATE.claims, words.clause("pin", "zero page", "pincount", "never"))
    reply = lab.check("adequate", longer)
    assert reply.right
    assert re.search(r"^5 clauses, .* The shortest has 4 clauses and \d+ words", reply.text)


def test_a_sentence_that_is_false_shows_the_steps() -> None:
    false = words.sentence(words.clause("get", "zero page", "refcount", "not by this call"))
    reply = lab.check("adequate", false)
    assert reply.right is False
    assert "A takes a reference to the zero page: refcount 1 -> 2" in reply.text
    assert "get" in reply.details


@pytest.mark.parametrize(
    ("counter", "idea"),
    [
        ("refcount", "refcount-and-pin-count-are-one-thing"),
        ("pincount", "true-is-enough"),
        ("any counter", None),
    ],
)
def test_a_sentence_that_is_not_adequate_names_who_slips_through(
    counter: str, idea: str | None
) -> None:
    made = words.sentence(words.clause("pin or unpin", "zero page", counter, "not by this call"))
    reply = lab.check("adequate", made)
    assert (reply.right, reply.misconception) == (False, idea)
    assert all(name in reply.text for name in words.judge(made).missed or ("nobody",))


def test_the_heat_map_is_adequacy_in_words_drawn_and_told() -> None:
    drawing, expected = here.adequacy(), words.adequacy()
    assert drawing.table is not None
    table = drawing.table.to_dataframe()
    assert table.columns.tolist() == ["Linux 6.5", *WRONG_KERNELS]
    assert [here.NAMED[name] for name in table.index] == expected.index.tolist()
    assert expected.index.tolist() == list(words.SENTENCES)
    rows = table[list(WRONG_KERNELS)].to_numpy().tolist()
    assert [[word == "slips" for word in row] for row in rows] == expected.to_numpy().tolist()
    false = [name for name in words.SENTENCES if words.judge(name).answer == words.FALSE]
    told_false = table.index[table["Linux 6.5"] == "false"]
    assert [here.NAMED[name] for name in told_false] == false
    empty = [name for name in words.SENTENCES if words.judge(name).answer == OF_NOTHING]
    told_empty = table.index[table["Linux 6.5"] == "of nothing"]
    assert [here.NAMED[name] for name in told_empty] == empty != []
    told = [str(v) for row in table.to_numpy() for v in row]
    svg = ET.fromstring(drawing.svg)
    cells = [one.text for one in svg.iter(f"{SVG}text") if one.text in set(told)]
    assert cells == told
    fills = [box.get("fill") for box in svg.iter(f"{SVG}rect") if box.get("class") == "cell"]
    shown = [
        IDLE if row[0] == "false" else PARTLY if word == "slips" else NO
        for row in table.to_numpy().tolist()
        for word in row
    ]
    assert fills == shown
    assert set(fills) == {IDLE, PARTLY, NO}
    for (name, asked), line in zip(here.NAMED.items(), drawing.twin.splitlines(), strict=True):
        assert line.startswith(f"{name}: ")
        assert [k in line for k in WRONG_KERNELS] == list(expected.loc[asked])


def test_sentences_of_ones_own_have_the_names_of_a_mapping() -> None:
    table = here.adequacy({"mine": words.shortest()}).table
    assert table is not None
    assert table.rows() == {"mine": ("true", *["caught"] * len(WRONG_KERNELS))}
    with pytest.raises(ValueError, match="sentence is 'rst'"):
        here.adequacy(["rst"])


def menus(parts: Parts) -> list[list[Any]]:
    return [list(row.children)[: len(here.NAMES)] for row in parts.menus]


def buttons(parts: Parts) -> list[Any]:
    """The buttons that add a clause; behind the last one there is none."""
    return [row.children[-1] for row in parts.menus[:-1]]


def shown(parts: Parts) -> int:
    return sum(row.layout.display != "none" for row in parts.menus)


def choose(parts: Parts, *clauses: tuple[str, str, str, str]) -> None:
    for number, button in enumerate(buttons(parts), start=1):
        button.value = number < len(clauses)
    for row, chosen in zip(menus(parts), clauses, strict=False):
        for menu, word in zip(row, chosen, strict=True):
            menu.value = word


def test_there_are_four_menus_with_the_vocabulary_for_each_clause() -> None:
    parts = Parts(here.wording())
    assert len(parts.menus) == here.MOST_CLAUSES
    for row in menus(parts):
        assert [list(menu.options) for menu in row] == [
            list(CALLS), list(ON), list(COUNTERS), list(HOW),
        ]  # fmt: skip
        assert all(menu.tooltip for menu in row)


def test_as_many_rows_are_shown_as_there_are_clauses() -> None:
    parts = Parts(here.wording(clauses=2))
    assert shown(parts) == 2
    for button in buttons(parts):
        button.value = True
        assert button.description == "end here"
    assert shown(parts) == here.MOST_CLAUSES
    buttons(parts)[0].value = False
    assert buttons(parts)[0].description == "and"
    assert shown(parts) == 1
    for wrong in (0, 6):
        with pytest.raises(ValueError, match="clauses"):
            here.wording(clauses=wrong)


REVIEWER = (
    ("pin", "zero page", "refcount", "not by this call"),
    ("unpin", "zero page", "refcount", "not by this call"),
)


def test_sentence_and_picture_are_those_of_the_menus() -> None:
    parts = Parts(here.wording())
    choose(parts, *REVIEWER)
    assert parts.sentence.startswith("A pin of the zero page does not change the refcount and an ")
    missed = words.judge("refcount-sentence").missed or ()
    size = f"2 clauses, {len(parts.sentence.partition('. ')[0].split())} words"
    assert f"{size}. True of Linux 6.5; {len(missed)} of 8" in parts.sentence
    assert parts.sentence.endswith(f"{', '.join(missed)}.")
    made = words.sentence(*(words.clause(*each) for each in REVIEWER))
    assert parts.picture == here.adequacy({f"yours: {size}": made}).svg


def test_a_false_sentence_is_answered_with_the_steps() -> None:
    parts = Parts(here.wording())
    choose(parts, ("pin", "zero page", "refcount", "never"))
    assert "1 clause, " in parts.sentence
    assert parts.sentence.endswith(
        "False of Linux 6.5: A takes a reference to the zero page: refcount 1 -> 2; "
        "A pins the zero page: no counter changes."
    )


def test_an_adequate_sentence_can_be_put_together() -> None:
    parts = Parts(here.wording())
    choose(
        parts,
        ("pin or unpin", "zero page", "any counter", "not by this call"),
        ("pin", "zero page", "success", "always"),
        ("get", "zero page", "refcount", "always"),
        ("pin", "huge zero folio", "refcount", "always"),
    )
    assert parts.sentence.endswith("no wrong kernel slips through: it is adequate.")


def test_clauses_that_are_the_same_are_one() -> None:
    parts = Parts(here.wording(clauses=3))
    assert "3 clauses, " in parts.sentence
    choose(parts, *[("get", "zero page", "refcount", "always")] * 3)
    assert "1 clause, " in parts.sentence


def test_what_makes_no_sense_is_not_offered() -> None:
    parts = Parts(here.wording())
    counter, how = menus(parts)[0][2:]
    how.value = "not by this call"
    counter.value = "success"
    assert (how.value, list(how.options)) == ("always", ["always", "never"])
    assert parts.sentence.startswith("A pin of the zero page always succeeds. ")
    assert "<svg" in parts.picture
    how.value = "never"
    counter.value = "pincount"
    assert (how.value, list(how.options)) == ("never", list(HOW))


def test_the_builder_begins_with_the_sentence_that_was_asked_about() -> None:
    parts = Parts(here.wording())
    assert parts.sentence.startswith("After a pin of the zero page the refcount shows no hold. ")
    assert "False of Linux 6.5" in parts.sentence


def test_the_note_that_says_maybe_is_false_by_one_call_of_1023_references() -> None:
    found = words.judge(here.NAMED["the note: does not say maybe"]).counterexample
    assert found is not None
    assert found.steps[0] == "A takes 1023 references to the zero page: refcount 1 -> 1024"


def test_a_pincount_by_the_rules_of_every_page_would_raise_the_refcount() -> None:
    """So the second kernel breaks a rule for the zero page alone, as the reviewer says."""
    kernel = Kernel("6.5", **WRONG_KERNELS["pincount-still-counted"].rules)
    mm = kernel.new_mm("A")
    change = {}
    for name in ("zero", "small"):
        addr = mm.mmap(PAGE_SIZE)
        if name == "small":
            mm.write(addr, b"x")
        (page,) = mm.pin_user_pages(addr, 1)
        change[name] = page.folio.refcount, page.folio.pincount
    assert change == {"zero": (1, 1), "small": (2, 1)}


def test_two_kernels_are_told_apart_by_the_counters_and_by_some_sentences() -> None:
    told = here.two_kernels("refcount-sentence").twin.splitlines()
    assert told == [
        "Linux 6.5: refcount 1 -> 1; no pincount. The sentence is true of it.",
        "a kernel that was never released: refcount 1 -> 1; pincount 0 -> 1. "
        "The sentence is true of it.",
    ]
    assert here.obeyed_by("refcount-sentence") == "both"
    assert here.obeyed_by("patch-note/any-reference") == "neither"
    counted = words.sentence(words.clause("pin", "zero page", "pincount", "always"))
    assert here.obeyed_by(counted) == "the other alone"
    both = here.two_kernels("refcount-sentence")
    assert both.twin.count("is true of it.") == both.svg.count(">The sentence is true of it.<") == 2
    assert "is false of it." in here.two_kernels("landed-rst").svg
