"""Questions that one clicks, and exhibits that are covered until there is a guess."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Protocol, TypeAlias, runtime_checkable

import ipywidgets

from pinlab.lab.draw import LARGEST_SEED, Draw, checked_seed
from pinlab.lab.exercise import Choice, Exercise, Number, in_words
from pinlab.lab.exhibit import CSS_CLASS, WRAP, Steady, live
from pinlab.lab.forms import Form, box, buttons, form_of
from pinlab.lab.misconceptions import diagnosis
from pinlab.lab.picture import display_all, fold, marked, summary
from pinlab.lab.problems import SEEDED, TEXTS, check, exercise, named
from pinlab.lab.reply import Reply, literal
from pinlab.model.arguments import function, instance, several, shown, whole

CLICKED = ("choice", "selection", "number", "numbers")
"""Kinds of exercises that want no code."""

LISTED = re.compile(r"^[*-] (.*)$", re.M)

UNSEEN = "pinlab-unseen"
"""The class of what is there for a screen reader alone."""

COVER = summary("Show what happens")
"""What covers an exhibit where there are no widgets."""

ANEW = 100
"""From this seed on an exercise is one that its own lesson has not asked."""

Bundle: TypeAlias = dict[str, object]


@runtime_checkable
class Sight(Protocol):
    """What may be covered: an exhibit, a picture, a table of claims, three columns."""

    def bundles(self) -> list[Bundle]:
        """Return what is displayed, by MIME type; all of it as HTML, too."""


class Displayed(ABC):
    """What a notebook shows as a few bundles by MIME type."""

    @abstractmethod
    def bundles(self) -> list[Bundle]:
        """Return what is displayed."""

    def _ipython_display_(self) -> None:
        display_all(self.bundles())


class Answering:
    """Where a reader is answered: seen as Markdown, and announced by a screen reader."""

    def __init__(self) -> None:
        self.seen = ipywidgets.Output()
        self.heard = Steady(role="status")
        self.heard.add_class(UNSEEN)
        self.widgets = self.seen, self.heard

    def say(self, words: str, *more: Bundle) -> None:
        """Say something in Markdown, and show more below it."""
        self.heard.value = marked(words)
        self.seen.outputs = tuple(
            {"output_type": "display_data", "data": bundle, "metadata": {}}
            for bundle in [markdown(words), *more]
        )


class Asking(Displayed):
    """An exercise to click: its question, and a form that is answered below itself."""

    def __init__(self, id: str, seed: int) -> None:
        self.found, self.seed = exercise(id, seed), seed
        self.form = form_of(self.found, self.judge)
        self.answering = Answering()
        self.button = ipywidgets.Button(description="Check")
        self.button.on_click(lambda _: self.judge())
        pressed = [] if isinstance(self.found, Choice) else [self.button]
        self.widget = _framed(self.form.widget, *pressed, *self.answering.widgets)

    def judge(self) -> None:
        """Say below the form what is to be said of the answer in it."""
        try:
            answer = self.form.read()
            words = _open([answer]) or _judged(self.found, answer, self.seed)._repr_markdown_()
        except ValueError as slip:
            words = _in_markdown(slip)
        self.answering.say(words)

    def bundles(self) -> list[Bundle]:
        """Return the question, and the form; the options as text where there are no widgets."""
        seed = f", seed={self.seed}" if self.seed else ""
        call = f'*Run this cell to answer, or use `lab.check("{self.found.id}", ...{seed})`.*'
        words = "\n\n".join(filter(None, [_options(self.found), call]))
        return [_question(self.found), {**live(self.widget), **markdown(words)}]


def ask(id: str, seed: int = 0) -> Asking:
    """Return an exercise as something to click, judged by `lab.check` as often as one likes.

    A choice has a button for each option, a selection boxes to tick, a number a box that takes
    2^21, 2**21 and 2 097 152. Raises as `lab.check` for an unknown id or seed, ValueError for an
    exercise that wants code.
    """
    return Asking(id, seed)


@dataclass(frozen=True)
class Guess:
    """A question about what is only looked at: one of some options, or a number from low to high.

    `right` is what is right, as the model finds it; None where the picture alone answers. Raises
    TypeError for what is no question, ValueError unless it has either options or a range.
    """

    question: str
    options: Sequence[str] = ()
    low: int | None = None
    high: int | None = None
    right: object = None

    def said(self, guess: object) -> str:
        """Return what was guessed, and what is right where that is known."""
        told = f"You said: {literal(in_words(guess))}."
        if self.right is None:
            return told
        right = literal(in_words(self.right))
        return f"{told} So it is." if guess == self.right else f"{told} It is {right}."

    def __post_init__(self) -> None:
        instance("question", self.question, str)
        options = several("options", self.options, str)
        named = {"low": self.low, "high": self.high}
        ends = [whole(name, end) for name, end in named.items() if end is not None]
        chosen, ranged = len(options) > 1 and not ends, len(ends) == 2 and not options
        if not (chosen or ranged):
            told = ", ".join(f"{name} {shown(value)}" for name, value in vars(self).items())
            allowed = "two options or more, or low and high"
            raise ValueError(f"Guess has {told}: allowed are {allowed}")
        if ends != sorted(ends):
            raise ValueError(f"low is {shown(self.low)}: allowed are numbers up to high")


def form_for(question: Exercise | Guess, settled: Callable[[], None]) -> Form:
    """Return a question's form: that of an exercise; buttons, or a box with the question on it.

    It calls `settled` when an answer is pressed or entered. Raises ValueError for an exercise that
    wants code.
    """
    if not isinstance(question, Guess):
        return form_of(question, settled)
    if question.options:
        return buttons(question.options, settled)
    typed = box(question.question, settled)

    def read() -> int | None:
        number = typed.read()
        return (
            None
            if number is None
            else whole(question.question, number, question.low, question.high)
        )

    return Form(typed.widget, read)


class Predicted(Displayed):
    """Questions, and something to see that is covered until each has a guess, or a press."""

    def __init__(
        self, questions: Sequence[Exercise | Guess], then: Sight | Callable[..., Sight], press: str
    ) -> None:
        self.questions, self.then, self._open = questions, then, False
        self.forms = [form_for(each, self._settled) for each in questions]
        self.answering = Answering()
        self.button = ipywidgets.Button(description=press)
        self.button.on_click(lambda _: self.uncover())
        self.widget = _framed(self.button, *self.answering.widgets)

    def _settled(self) -> None:
        try:
            told = _open([form.read() for form in self.forms])
        except ValueError:  # said by what follows
            told = ""
        if self._open or not told:
            self.uncover()
        else:
            self.answering.say(told)

    def uncover(self) -> None:
        """Show what is covered, and above it what was guessed and what is to be said of it."""
        try:
            guesses = [begun(form.read()) for form in self.forms]
            words = self.said(guesses) or "Shown without a guess."
        except ValueError as slip:
            self.answering.say(_in_markdown(slip))
            return
        self._open = True
        with self.answering.seen:  # whose place an error is shown in
            self.answering.say(words, *self.sight(guesses).bundles())

    def said(self, guesses: Sequence[object]) -> str:
        """Return what was guessed, None for what was not, and what is to be said of it."""
        said, alone = [], len(self.questions) == 1
        ideas: set[str] = set()
        for question, guess in zip(self.questions, guesses, strict=True):
            if guess is None:
                continue
            if isinstance(question, Guess):
                asked = "" if alone else f"*{question.question}* "
                said.append(f"{asked}{question.said(guess)}")
            else:
                reply = _uncovered(question, _judged(question, guess), ideas)
                said.append(reply._repr_markdown_())
        return "\n\n".join(said)

    def sight(self, guesses: Sequence[object]) -> Sight:
        """Return what is covered, as it is after these guesses."""
        if isinstance(self.then, Sight):
            return self.then
        seen = self.then(*guesses)
        if not isinstance(seen, Sight):
            allowed = "it has to return an exhibit, a picture or a table"
            raise TypeError(f"then() returns {shown(seen)}: {allowed}")
        return seen

    def bundles(self) -> list[Bundle]:
        """Return questions and forms; what is covered is folded where there are no widgets."""
        told: list[Bundle] = []
        for boxed, some in groupby(zip(self.questions, self.forms, strict=True), _is_box):
            asked = [*some]
            for question, form in [] if boxed else asked:
                words = markdown(_options(question))
                told += [_question(question), {**live(_framed(form.widget)), **words}]
            if boxed:
                row = ipywidgets.HBox([form.widget for _, form in asked], layout=WRAP)
                words = markdown("\n".join(_options(question) for question, _ in asked))
                told.append({**live(_framed(row)), **words})
        sight = self.sight([None] * len(self.questions)).bundles()
        folded = "".join(str(bundle["text/html"]) for bundle in sight)
        covered = {
            "text/html": fold(COVER, folded),
            "text/plain": f"[{self.button.description}]",
        }
        return [*told, {**live(self.widget), **covered}]


def predict(
    *ids: str | Guess, then: Sight | Callable[..., Sight], press: str = "Show me"
) -> Predicted:
    """Return questions with something to see that is covered until there is a guess for each.

    A question is the id of an exercise, which is judged as by `lab.ask`, or a `Guess`. A press of
    the button uncovers it, too; above it stand the guesses. If `then` is a function, it gets them,
    None for each that is missing, and returns what is shown. Raises ValueError for no question,
    TypeError or ValueError as `lab.ask`.
    """
    if not ids:
        raise ValueError("no questions: predict() asks at least one")
    if not isinstance(then, Sight):
        function("then", then)
    made = [each if isinstance(each, Guess) else exercise(each) for each in ids]
    return Predicted(made, then, instance("press", press, str))


class Earlier(Displayed):
    """A few questions from earlier lessons, and how to get others."""

    def __init__(self, head: str, questions: Sequence[Asking]) -> None:
        self.head, self.questions = head, questions

    def bundles(self) -> list[Bundle]:
        """Return one line, and the questions."""
        below = [bundle for question in self.questions for bundle in question.bundles()]
        return [markdown(self.head), *below]


def earlier(lesson: str, seed: int = 0) -> Earlier:
    """Return two questions to click from the lessons before one ("04", or the notebook's name).

    The same seed draws the same two on every Python version, and no lesson's two are another's.
    Raises ValueError for a lesson that has none before it, TypeError or ValueError for what is no
    seed.
    """
    names = [*dict.fromkeys(text.lesson for text in TEXTS.values())]
    name, checked = named(lesson, names[1:], "allowed are"), checked_seed(seed)
    taken: list[str] = []
    for each in names[1 : names.index(name) + 1]:
        taken += _two(each, checked, taken)
    anew = (seed + ANEW) % (LARGEST_SEED + 1)
    drawn = [ask(id, anew if id in SEEDED else 0) for id in taken[-2:]]
    call = f'`lab.earlier("{name[:2]}", seed={seed + 1})`'
    return Earlier(f"*Two questions from earlier lessons. Two others: {call}.*", drawn)


def _two(name: str, seed: int, taken: Collection[str]) -> tuple[str, str]:
    """The ids of two questions from before a lesson, of two lessons if there are two, not taken."""
    before = [id for id, text in TEXTS.items() if text.lesson < name and text.kind in CLICKED]
    left = [id for id in before if id not in taken]
    first, *others = Draw(f"earlier {name}", seed).shuffled(left)
    apart = [id for id in others if TEXTS[id].lesson != TEXTS[first].lesson]
    return first, (apart or others)[0]


def markdown(words: str) -> Bundle:
    """Return words in Markdown as something to display."""
    return {"text/markdown": words, "text/plain": words}


def _framed(*parts: ipywidgets.Widget) -> ipywidgets.VBox:
    frame = ipywidgets.VBox(parts)
    frame.add_class(CSS_CLASS)
    return frame


def _question(question: Exercise | Guess) -> Bundle:
    """What is asked, with what is handed out."""
    return markdown(question.question if isinstance(question, Guess) else question.asked)


def _options(question: Exercise | Guess) -> str:
    """What may be answered, in Markdown; nothing where any number may, or the question lists it."""
    if isinstance(question, Guess) and not question.options:
        return f"- {question.question}: a number from {question.low} to {question.high}"
    options = getattr(question, "options", ())
    listed = "\n".join(LISTED.findall(question.question))
    return "" if all(each in listed for each in options) else "\n".join(f"- {o}" for o in options)


def _is_box(asked: tuple[Exercise | Guess, Form]) -> bool:
    return isinstance(asked[0], Guess) and not asked[0].options


def begun(guess: Any) -> Any:  # noqa: ANN401
    """Return a guess, or None for one that says nothing yet."""
    none = isinstance(guess, frozenset | dict) and not any(
        each is not None for each in (guess.values() if isinstance(guess, dict) else guess)
    )
    return None if none else guess


def _answers(guesses: Iterable[Any]) -> list[Any]:
    """All that was asked for, one by one: what was answered, or None."""
    parts = [guess.values() if isinstance(guess, dict) else [guess] for guess in guesses]
    return [each for some in parts for each in some]


def _open(guesses: Iterable[Any]) -> str:
    """How many of several parts are answered; nothing where all are, or there is but one."""
    answers = _answers(guesses)
    filled = len(answers) - answers.count(None)
    return (
        ""
        if filled == len(answers) or len(answers) == 1
        else f"{filled} of {len(answers)} answered."
    )


class UnjudgedError(ValueError):
    """An answer that cannot be one, told in Markdown."""


def _in_markdown(slip: ValueError) -> str:
    return str(slip) if isinstance(slip, UnjudgedError) else literal(f"{slip}.")


def _judged(found: Exercise, answer: object, seed: int = 0) -> Reply:
    """What is said to an answer. UnjudgedError for a slip."""
    reply = check(found.id, answer, seed)
    if reply.right is None and None not in _answers([answer]):
        raise UnjudgedError(reply.text)
    return reply


def _uncovered(found: Exercise, reply: Reply, ideas: set[str]) -> Reply:
    """A reply that ends with what is right; an idea that was told before is not told again."""
    text = reply.text
    if idea := reply.misconception:
        text = text.replace(diagnosis(idea), "The same mistake.") if idea in ideas else text
        ideas.add(idea)
    if reply.right is False and isinstance(found, Number | Choice):
        text += f" It is {in_words(found.right)}."
    return replace(reply, text=text, again=False)
