"""The panel: a press is answered with all that is shown, and its files are there."""

from html import escape

from pinlab.lab.panel import ButtonPanel, Face, button


def test_a_press_that_is_sent_is_answered_with_everything_that_is_shown_in_one_turn() -> None:
    panel = ButtonPanel(lambda press: Face(f"above {press}", f"said {press}", f"below {press}"))
    sent: list[dict[str, object]] = []
    panel.observe(lambda _: sent.append({}), "turn")
    panel._handle_custom_msg({"press": "go"}, [])
    assert (panel.above, panel.said, panel.below) == ("above go", "said go", "below go")
    assert len(sent) == 1


def test_a_button_is_safe_in_a_page_and_has_the_attributes_that_it_is_given() -> None:
    words = '<b>"A" & B</b>'
    made = button(words, words, aria_pressed="true", data_hold="")
    assert made == (
        f'<button type="button" data-press="{escape(words)}" aria-pressed="true" data-hold="">'
        f"{escape(words)}</button>"
    )


def test_its_program_and_its_style_are_files_that_an_installation_has() -> None:
    state = ButtonPanel(lambda _: Face("")).get_state()
    assert "export default { render }" in state["_esm"]
    assert ".pinlab-panel" in state["_css"]
