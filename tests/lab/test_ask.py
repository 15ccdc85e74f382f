"""Questions to click are answered as check answers, and what is covered waits for a guess."""

from collections.abc import Callable

import pandas
import pytest

from pinlab import lab
from pinlab.lab.ask import ANEW, CLICKED, Asking, Predicted
from pinlab.lab.exercise import Choice
from pinlab.lab.exhibit import Exhibit
from pinlab.lab.picture import Drawing
from pinlab.lab.problems import SEEDED, TEXTS, exercise
from tests.lab.front_end import WIDGET_VIEW, FrontEnd

FILM = Drawing("<svg>five</svg>", "What is seen: five.", "What is said: five.")
TYPES = lab.Guess("Which type?", options=("pin", "reference"))


def said(made: Asking | Predicted) -> str:
    """What a reader is answered, in Markdown, without what is shown below it."""
    first = made.answering.seen.outputs[:1]
    return "".join(output["data"].get("text/markdown", "") for output in first)


def press(made: Asking, name: str) -> None:
    next(one for one in made.form.widget.children if one.description == name).click()


def text(made: Asking | Predicted) -> str:
    return "\n".join(str(bundle["text/plain"]) for bundle in made.bundles())


# Asked.


def test_a_choice_is_judged_by_a_press_as_often_as_one_likes() -> None:
    asked = lab.ask("which-hold")
    second = "Right, at the second try."
    for name, verdict in (("both", "Not yet."), ("pins", second), ("neither", "Not yet.")):
        press(asked, name)
        assert said(asked).startswith(f"**{verdict}** ")
        assert name in said(asked)
        assert verdict in asked.answering.heard.value
        assert "*" not in asked.answering.heard.value


def test_a_selection_is_judged_by_check_with_none_ticked_too() -> None:
    asked = lab.ask("reached-tests")
    asked.button.click()
    assert said(asked).startswith("**Not yet.** You said none of them. ")
    for tick in asked.form.widget.children:
        tick.value = tick.description in asked.found.solution()  # type: ignore[operator]
    asked.button.click()
    assert said(asked).startswith("**Right, ")


def test_numbers_are_typed_a_slip_is_one_line_and_none_is_no_answer() -> None:
    asked = lab.ask("three-buffers", seed=3)
    asked.button.click()
    assert said(asked) == "0 of 3 answered."
    right = asked.found.solution()
    assert isinstance(right, dict)
    for box in asked.form.widget.children:
        box.value = f"{right[box.description]} + 0"
    asked.form.widget.children[1].value = "so many"
    asked.button.click()
    assert "'so many' is no number here" in said(asked)
    asked.form.widget.children[1].value = str(right["zeros"])
    asked.button.click()
    assert said(asked).startswith("**Right")


def test_what_is_displayed_asks_and_does_not_answer(front_end: FrontEnd) -> None:
    asked = lab.ask("which-hold", seed=0)
    press(asked, "pins")
    asked._ipython_display_()
    question, form = front_end.bundles
    assert question["text/markdown"] == asked.found.question
    assert front_end.widgets() == [1]
    assert form["text/markdown"].startswith("- both\n- neither\n- pins\n- references\n\n")
    assert 'lab.check("which-hold", ...)' in form["text/markdown"]
    assert "Right" not in str(front_end.bundles)
    assert "seed=2" in text(lab.ask("one-byte", seed=2))


def test_what_an_exercise_hands_out_stands_below_its_question() -> None:
    assert "```\nstep  actor" in text(lab.ask("who-still-holds"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lab.ask("page-fault"), "wants code"),
        (lambda: lab.ask("which-hold", seed=1), "seed is 1"),
        (lambda: lab.ask("which"), "'which'"),
        (lambda: lab.predict(then=FILM), "no questions"),
        (lambda: lab.predict("try-grab", then=FILM), "wants code"),
        (lambda: lab.Guess("How?"), "question 'How\\?', .*: allowed are two"),
        (lambda: lab.Guess("How?", options=("a",)), "two options or more"),
        (lambda: lab.Guess("How?", options=("a", "b"), low=0, high=2), "or low and high"),
        (lambda: lab.Guess("How?", low=0), "high None"),
        (lambda: lab.earlier("00"), "lesson is '00': allowed are 01_draw_a_page, "),
        (lambda: lab.earlier("13"), "lesson is '13'"),
        (lambda: lab.earlier("04", seed=-1), "seed is -1"),
    ],
)
def test_what_cannot_be_asked_is_named(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


# Predicted.


def seen(made: Predicted) -> list[str]:
    """What is uncovered, by the text of each part."""
    return [output["data"]["text/plain"] for output in made.answering.seen.outputs[1:]]


def test_it_is_covered_until_there_is_a_guess_for_each_question() -> None:
    made = lab.predict("which-hold", TYPES, then=FILM)
    by_name = {one.description: one for form in made.forms for one in form.widget.children}
    assert made.answering.seen.outputs == ()
    by_name["both"].click()
    assert (said(made), seen(made)) == ("1 of 2 answered.", [])
    by_name["pin"].click()
    assert seen(made) == [FILM.alt, FILM.twin]
    assert said(made).startswith('**Not so.** You chose "both".')
    assert said(made).endswith('\n\n*Which type?* You said: "pin".')
    by_name["pins"].click()
    assert said(made).startswith("**Right.** Pins.")


def test_a_press_uncovers_it_and_what_was_not_guessed_is_none() -> None:
    called = []

    def then(*guesses: object) -> Drawing:
        called.append(guesses)
        return FILM

    row = [lab.Guess(name, low=0, high=10) for name in ("a", "b")]
    made = lab.predict(*row, "three-buffers", "reached-tests", then=then, press="Ask")
    assert made.button.description == "Ask"
    made.bundles()
    made.button.click()
    assert said(made) == "Shown without a guess."
    first, second, *_ = (form.widget for form in made.forms)
    first.value, second.value = "7", "11"
    made.button.click()
    assert said(made) == "b is 11: allowed are whole numbers from 0 to 10."
    assert len(made.answering.seen.outputs) == 1
    second.value = ""
    made.button.click()
    assert said(made) == "*a* You said: 7."
    assert called == [(None,) * 4, (None,) * 4, (7, None, None, None)]


def test_an_answer_that_cannot_be_one_is_a_slip_and_what_follows_takes_its_place() -> None:
    made = lab.predict("three-buffers", then=FILM)
    boxes = made.forms[0].widget.children
    for box, value in zip(boxes, ("6400", "6400", "-3"), strict=True):
        box.value = value
    made.button.click()
    assert said(made).startswith("Not judged: your answer for never is -3: allowed are")
    assert seen(made) == []
    boxes[2].value = "6400"
    for _ in range(3):
        made.button.click()
    assert said(made).endswith("this kernel does not pin it.")  # and offers no hint to what is seen
    assert seen(made) == [FILM.alt, FILM.twin]
    asked = lab.ask("last-pin")
    asked.form.widget.value = "-1"
    asked.button.click()
    assert "allowed are" in said(asked)


def test_half_an_answer_is_not_judged() -> None:
    made = lab.ask("two-bugs")
    first, second = made.form.widget.children
    first.value = "1"
    made.judge()
    assert said(made) == "1 of 2 answered."
    second.value = "99999"
    made.judge()
    assert "99999 is not right" in said(made)


def test_options_that_a_question_lists_are_not_listed_again() -> None:
    question, form = lab.ask("six-answers").bundles()
    assert "* `unevictable`" in str(question["text/markdown"])
    assert "unevictable" not in str(form["text/markdown"])


def test_a_table_can_be_covered() -> None:
    table = lab.claims(pandas.DataFrame({"6.5": ["<lost>"]}), "lost")
    columns = lab.three_columns({"read": ("fixed_buffer", "anon64", "VmPin_kB")})
    for then in (table, columns):
        told = lab.predict(TYPES, then=then).bundles()[-1]["text/html"]
        assert str(then.bundles()[0]["text/html"]) in str(told)
    assert "&lt;lost&gt;" in str(lab.predict(TYPES, then=lambda _: table).bundles()[-1])


def test_what_then_returns_is_checked() -> None:
    made = lab.predict(TYPES, then=lambda guess: guess)
    with pytest.raises(TypeError, match=r"then\(\) returns None: it has to"):
        made.bundles()
    with pytest.raises(TypeError, match="then is 3"):
        lab.predict(TYPES, then=3)  # type: ignore[arg-type]


def test_without_widgets_it_is_folded_below_the_question_in_words(front_end: FrontEnd) -> None:
    row = [lab.Guess(name, low=0, high=10) for name in ("a", "b")]
    exhibit: Exhibit = lab.odometer().captioned("Figure 1.")
    lab.predict(TYPES, *row, then=exhibit)._ipython_display_()
    question, buttons, boxes, covered = front_end.bundles
    assert question["text/markdown"] == TYPES.question
    assert buttons["text/markdown"] == "- pin\n- reference"
    assert boxes["text/plain"] == "- a: a number from 0 to 10\n- b: a number from 0 to 10"
    assert front_end.widgets() == [1, 2, 3]
    assert covered["text/html"].startswith("<details><summary")
    assert exhibit.filmstrip.image() in covered["text/html"]
    assert covered["text/html"].count("Figure 1.") == 1
    assert covered["text/plain"] == "[Show me]"


def test_a_widget_that_is_uncovered_is_live() -> None:
    made = lab.predict(TYPES, then=lab.odometer())
    made.button.click()
    assert WIDGET_VIEW in made.answering.seen.outputs[1]["data"]


# Earlier.


def test_two_questions_of_two_earlier_lessons_are_drawn_by_seed() -> None:
    drawn = {
        seed: [(one.found.id, one.seed) for one in lab.earlier("04", seed).questions]
        for seed in range(12)
    }
    assert len({tuple(pair) for pair in drawn.values()}) > 8
    for seed, pair in drawn.items():
        (one, _), (other, _) = pair
        assert TEXTS[one].lesson != TEXTS[other].lesson
        assert all(TEXTS[id].kind in CLICKED and TEXTS[id].lesson < "04" for id, _ in pair)
        assert all(its == (seed + ANEW if id in SEEDED else 0) for id, its in pair)
    first = [one.found.id for one in lab.earlier("01").questions]  # of 00, in every Python version
    assert first == ["what-it-shows", "bytes-and-writes"]


def test_with_a_seed_no_lesson_asks_what_another_one_asks() -> None:
    for seed in range(3):
        ids = [one.found.id for n in range(1, 13) for one in lab.earlier(f"{n:02}", seed).questions]
        assert len({*ids}) == len(ids) == 24


def test_one_line_says_how_to_get_two_others() -> None:
    first, *others = lab.earlier("04_count_to_two_million", seed=7).bundles()
    assert '`lab.earlier("04", seed=8)`' in str(first["text/markdown"])
    assert len(others) == 4


def test_a_guess_is_told_what_is_right_where_that_is_known() -> None:
    row = [lab.Guess("orders", low=0, high=10, right=3), lab.Guess("end", ("A", "D"), right="D")]
    made = lab.predict(*row, then=FILM)
    made.forms[0].widget.value = "4"
    made.forms[1].widget.children[1].click()
    assert said(made) == '*orders* You said: 4. It is 3.\n\n*end* You said: "D". So it is.'


def test_wrong_guesses_are_told_what_is_right_and_the_same_mistake_once() -> None:
    made = lab.predict("last-pin", "what-it-reads", then=FILM)
    made.forms[0].widget.value = "2097151"
    by_name = {one.description: one for one in made.forms[1].widget.children}
    by_name["2147482625"].click()
    first, second = said(made).split("\n\n")
    assert first.startswith("**Not so.** You said 2097151. ")
    assert first.endswith(" It is 2097152 (2²¹).")
    assert second == '**Not so.** You chose "2147482625". The same mistake. It is "-2147483647".'


def test_buttons_stand_in_the_order_of_a_question_that_has_them_all() -> None:
    listed = next(
        each for each in map(exercise, TEXTS)
        if isinstance(each, Choice)
        and all(f"\n- {option}" in each.question for option in each.options)
    )  # fmt: skip
    buttons = [one.description for one in lab.ask(listed.id).form.widget.children]
    places = [listed.question.replace("`", "").index(name) for name in buttons]
    assert places == sorted(places)
