"""Questions about what is left at the end."""

import pytest

from pinlab.explore import Question


@pytest.mark.parametrize(
    ("text", "left", "answer"),
    [
        ("parent:x = A", {"parent:x": "A"}, True),
        ("parent:x = A", {"parent:x": "B"}, False),
        ("parent:x = A", {}, False),
        ("parent:x != A", {"parent:x": "B"}, True),
        ("parent:x != A", {}, True),
        ("child:x+8 = zero", {"child:x+8": ""}, True),
        ("v = P and child:x=A", {"v": "P", "child:x": "A"}, True),
        ("v = P and child:x=A", {"v": "P", "child:x": "B"}, False),
        ("h = ENOMEM", {"h": "ENOMEM"}, True),
    ],
)
def test_all_terms_have_to_hold(text: str, left: dict[str, str], answer: bool) -> None:
    assert Question(text)(left) is answer


def test_a_term_names_a_place_of_a_process_or_a_value() -> None:
    first, second = Question("child:x+8 = A and v != P").terms
    assert (first.actor, first.place, first.equal, first.value) == ("child", "x+8", True, "A")
    assert (second.actor, second.place, second.name, second.equal) == ("", "", "v", False)
    assert str(Question("v = P")) == "v = P"


@pytest.mark.parametrize("text", ["", "v", "v == P", "v = ", "parent: = A", "v = P or w = P"])
def test_what_is_no_question(text: str) -> None:
    with pytest.raises(ValueError, match="has to be like parent:x = A"):
        Question(text)
