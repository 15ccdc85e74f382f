"""Forms: what is clicked, ticked or typed is read as an answer that check takes."""

import ipywidgets
import pytest

from pinlab.lab.forms import PRESSED, Form, form_of, number
from tests.lab.made_up import CHOICE, NUMBER, NUMBERS, PROGRAM, SELECTION


def press_enter(box: ipywidgets.Text) -> None:
    box._handle_custom_msg({"event": "submit"}, [])


def made(found: object) -> tuple[Form, list[object]]:
    """A form, and what it had read whenever it was settled."""
    settled: list[object] = []
    form = form_of(found, lambda: settled.append(form.read()))  # type: ignore[arg-type]
    return form, settled


def test_a_choice_has_a_button_for_each_option_and_shows_which_was_pressed() -> None:
    form, settled = made(CHOICE)
    buttons = {button.description: button for button in form.widget.children}
    assert [*buttons] == CHOICE.options
    assert form.read() is None
    buttons["both"].click()
    buttons["pins"].click()
    assert settled == ["both", "pins"]
    assert [name for name, one in buttons.items() if PRESSED in one._dom_classes] == ["pins"]


def test_a_selection_has_a_box_to_tick_for_each_thing_and_waits() -> None:
    form, settled = made(SELECTION)
    assert [tick.description for tick in form.widget.children] == ["x", "y", "z"]
    assert form.read() == frozenset()
    form.widget.children[0].value = form.widget.children[2].value = True
    assert form.read() == frozenset("xz")
    assert settled == []


def test_a_number_is_typed_and_entered() -> None:
    form, settled = made(NUMBER)
    assert form.read() is None
    form.widget.value = " 2^21 "
    assert settled == []
    press_enter(form.widget)
    assert settled == [2**21]


def test_several_numbers_have_a_box_each_with_its_name_on_it() -> None:
    form, settled = made(NUMBERS)
    boxes = form.widget.children
    assert [box.description for box in boxes] == ["a", "b", "c"]
    boxes[1].value = "5"
    press_enter(boxes[1])
    assert settled == [{"a": None, "b": 5, "c": None}]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0", 0), ("2097152", 2**21), ("2 097 152", 2**21), ("2,097,152", 2**21),
        ("2_097_152", 2**21), ("2\N{NARROW NO-BREAK SPACE}097\N{NO-BREAK SPACE}152", 2**21),
        ("2^21", 2**21), ("2**21", 2**21), ("2 ^ 21", 2**21), ("2²¹", 2**21),
        ("-1", -1), ("−5", -5),
        ("2^31 - 1023", 2**31 - 1023), ("-2^31 + 1", 1 - 2**31), ("1 + 1024 * 2^11", 2**21 + 1),
        ("100*64 - 3*64", 6208),
    ],
)  # fmt: skip
def test_a_number_is_read_in_every_way_one_would_write_it(written: str, meant: int) -> None:
    assert number(written) == meant


@pytest.mark.parametrize(
    "written",
    ["many", "1,5", "1.5", "6400 pins", "2^", "^21", "--1", "1 2", "2^21^2", "1+", "9" * 31,
     "2^100", "__import__('os')", ""],
)  # fmt: skip
def test_a_slip_is_named(written: str) -> None:
    with pytest.raises(ValueError, match="is no number here: write a whole number"):
        number(written)


def test_what_wants_code_is_no_form() -> None:
    with pytest.raises(ValueError, match=r"id is 'lines': .*wants code.*lab\.check\(\"lines\""):
        made(PROGRAM)
