"""QTI 1.2: items as Canvas and others read them, a quiz for each lesson, packed in one zip file.

A group is a section, of which each student is given one item. Written for the reader of Canvas
(gems/plugins/qti_exporter), which takes every number with a condition of its own for a right one:
so any wrong number is told the misconceptions that are known here, without their numbers, since
what is left might be the right one. A wrong choice is told its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from itertools import groupby
from xml.etree.ElementTree import Element, tostring
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pinlab.course.items import Item
from pinlab.course.markup import html, plain
from pinlab.lab.misconceptions import misconceptions

NAMESPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"

TYPES = {
    "number": "numerical_question",
    "one": "multiple_choice_question",
    "several": "multiple_answers_question",
}
"""What Canvas calls the kinds of items."""

RESPONSE = "response1"
RIGHT, WRONG = "correct_fb", "general_incorrect_fb"
"""Canvas knows by these names to whom a feedback is told."""

Answers = tuple[Element, list[Element], Mapping[str, str]]
"""What there is to type or choose, the conditions, and what is told by its name."""


def qti(groups: Iterable[Sequence[Item]]) -> bytes:
    """Return groups of items, lesson by lesson, as a zip file: always the same bytes."""
    quizzes = {name: _quiz(name, those) for name, those in groupby(groups, lambda g: g[0].lesson)}
    files = {f"{name}/{name}.xml": quiz for name, quiz in quizzes.items()}
    packed = BytesIO()
    with ZipFile(packed, "w") as package:
        for name, root in {"imsmanifest.xml": _manifest(quizzes), **files}.items():
            text = tostring(root, "utf-8", xml_declaration=True)
            package.writestr(ZipInfo(name), text, ZIP_DEFLATED)  # ZipInfo's date is fixed
    return packed.getvalue()


def _manifest(lessons: Iterable[str]) -> Element:
    form = _made("schema", "IMS Content"), _made("schemaversion", "1.1.3")
    resources = (
        _made("resource", _made("file", href=f"{name}/{name}.xml"),
              identifier=f"pinlab_{name}", type="imsqti_xmlv1p2")
        for name in lessons
    )  # fmt: skip
    return _made(
        "manifest", _made("metadata", *form), _made("organizations"),
        _made("resources", *resources), xmlns=PACKAGE, identifier="pinlab",
    )  # fmt: skip


def _quiz(lesson: str, groups: Iterable[Sequence[Item]]) -> Element:
    root = _made("section", *map(_section, groups), ident="root_section")
    quiz = _made("assessment", root, ident=f"pinlab_{lesson}", title=f"pinlab {lesson}")
    return _made("questestinterop", quiz, xmlns=NAMESPACE)


def _section(group: Sequence[Item]) -> Element:
    one = _made("selection_ordering", _made("selection", _made("selection_number", "1")))
    named = (_item(item, f"{item.name}, {n}") for n, item in enumerate(group, start=1))
    return _made("section", one, *named, ident=_ident(group[0]), title=group[0].name)


def _item(item: Item, title: str) -> Element:
    fields = _field("question_type", TYPES[item.kind]), _field("points_possible", "1")
    scores = _made("decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    answers, conditions, told = (_number if item.kind == "number" else _choice)(item)
    feedback = (
        _made("itemfeedback", _made("flow_mat", _material(html(markdown))), ident=name)
        for name, markdown in told.items()
    )
    return _made(
        "item",
        _made("itemmetadata", _made("qtimetadata", *fields)),
        _made("presentation", _material(html(item.text)), answers),
        _made("resprocessing", _made("outcomes", scores), *conditions),
        *feedback,
        ident=f"{_ident(item)}_{item.seed}",
        title=title,
    )


def _number(item: Item) -> Answers:
    (right,) = item.right
    typed = _made("render_fib", _made("response_label", ident="answer1"), fibtype="Decimal")
    exactly = _made("and", _is(right, "vargte"), _is(right, "varlte"))
    conditions = [
        _condition(_made("or", _is(right), exactly), RIGHT),
        _condition(_made("other"), WRONG),
    ]
    known = dict.fromkeys(each.told for each in item.options if each.idea in misconceptions())
    told = "\n\n".join([item.unlisted, "\n".join(f"- {mistake}" for mistake in known)])
    answers = _made("response_str", typed, ident=RESPONSE, rcardinality="Single")
    return answers, conditions, {RIGHT: item.because, WRONG: told}


def _choice(item: Item) -> Answers:
    options = {str(number): option for number, option in enumerate(item.options, start=1)}
    labels = (
        _made("response_label", _material(plain(option.text)), ident=name)
        for name, option in options.items()
    )
    told = {name: option.told for name, option in options.items() if option.told}
    each = [_is(n) if option.right else _made("not", _is(n)) for n, option in options.items()]
    if item.kind == "one":
        many, (exactly,) = "Single", [_is(n) for n, option in options.items() if option.right]
    else:
        many, exactly = "Multiple", _made("and", *each)
    conditions = [_condition(_is(name), f"{name}_fb") for name in told]
    feedback = {f"{name}_fb": markdown for name, markdown in told.items()}
    return (
        _made("response_lid", _made("render_choice", *labels), ident=RESPONSE, rcardinality=many),
        [*conditions, _condition(exactly, RIGHT)],
        feedback | {RIGHT: item.because},
    )


def _condition(test: Element, told: str) -> Element:
    """What is told, and scored if it is RIGHT, where a test is true of the answer."""
    score = [_made("setvar", "100", action="Set", varname="SCORE")] if told == RIGHT else []
    shown = _made("displayfeedback", feedbacktype="Response", linkrefid=told)
    last = {"continue": "No" if told == RIGHT else "Yes"}
    return _made("respcondition", _made("conditionvar", test), *score, shown, **last)


def _is(answer: str, test: str = "varequal") -> Element:
    return _made(test, answer, respident=RESPONSE)


def _field(label: str, entry: str) -> Element:
    return _made("qtimetadatafield", _made("fieldlabel", label), _made("fieldentry", entry))


def _material(text: str) -> Element:
    return _made("material", _made("mattext", text, texttype="text/html"))


def _made(tag: str, *inside: Element | str, **attributes: str) -> Element:
    made = Element(tag, attributes)
    for each in inside:
        if isinstance(each, str):
            made.text = each
        else:
            made.append(each)
    return made


def _ident(item: Item) -> str:
    return item.name.replace(" ", "_")
