"""Pictures hold the state's numbers, in artists, alt text and text twin alike."""

import pytest
from matplotlib.axes import Axes

from pinlab import lab
from pinlab.lab.figures import TouchedPages
from pinlab.lab.picture import png
from pinlab.machine import recorded
from tests.lab.answers import BUFFERS, TOUCHED, an_answer


def heights(panel: Axes) -> list[float]:
    return [bar.get_height() for container in panel.containers for bar in container]


def words(panel: Axes) -> set[str]:
    return {text.get_text() for text in panel.texts}


def test_three_bars_with_their_numbers() -> None:
    picture = lab.three_buffers(an_answer(BUFFERS))
    (panel,) = picture.figure.axes
    assert heights(panel) == [6400, 6400, 0]
    assert words(panel) == {"6400", "0"}
    assert panel.get_title() == "your kernel, 6.18.44\n100 writes of 64 pages each"
    assert panel.get_ylabel() == "pins acquired"
    assert picture.twin == (
        "your kernel, 6.18.44: letters 6400, zeros you wrote 6400, never written 0."
    )
    assert picture.twin in picture.alt


def test_side_by_side_on_one_scale() -> None:
    mine = an_answer(BUFFERS)
    picture = lab.three_buffers(mine, lab.in_the_model(mine))
    left, right = picture.figure.axes
    assert left.get_ylim() == right.get_ylim() == (0, 1.15 * 6400)
    assert heights(left) == heights(right)
    assert picture.twin.endswith("They agree on everything that was measured.")


def test_a_difference_is_shown() -> None:
    mine = an_answer({"letters": 6400, "zeros": 6400, "never": 6400})
    twin = lab.three_buffers(mine, lab.in_the_model(mine)).twin
    assert (
        "They differ: the model, Linux 6.18.44 has 0 pins for 'never', "
        "your kernel, 6.18.44 has 6400."
    ) in twin
    assert "agree" not in twin


def test_what_was_not_recorded_is_said_and_not_drawn() -> None:
    recording = recorded("letters", "zeros", "never")
    picture = lab.three_buffers(recording, lab.in_the_model(recording, "letters", "zeros", "never"))
    left, right = picture.figure.axes
    assert (heights(left), heights(right)) == ([64, 0], [64, 64, 0])
    assert "not\nrecorded" in words(left)
    assert left.get_title() == "recording: Linux 6.12.117,\nNovember 2026, one write each"
    assert right.get_title().endswith("1 write of 64 pages each")


def test_a_kept_figure_moves_its_artists_and_nothing_else() -> None:
    figure = TouchedPages(an_answer(TOUCHED))
    buffer, line = figure.figure.axes
    limits = (line.get_xlim(), line.get_ylim(), buffer.get_xlim())
    artists = len(line.lines) + len(buffer.patches)
    for k in (0, 8, 64):
        figure.draw(k)
        hatched = [square.get_hatch() is not None for square in buffer.patches]
        assert hatched == [i < k for i in range(64)]
        marker = line.lines[-1]
        assert [*marker.get_xdata(), *marker.get_ydata()] == [k, 100 * k]  # type: ignore[misc]
        assert f"k = {k}" in buffer.get_xlabel()
    assert (line.get_xlim(), line.get_ylim(), buffer.get_xlim()) == limits
    assert len(line.lines) + len(buffer.patches) == artists


def test_a_sentence_tells_prediction_and_measurement() -> None:
    figure = TouchedPages(an_answer(TOUCHED))
    assert figure.sentence(8) == (
        "k = 8: 8 pages have a frame of their own, 56 are the zero page. "
        "100 writes take 800 pins in the model, 800 in your kernel."
    )
    assert figure.sentence(9).endswith("100 writes take 900 pins in the model.")
    assert figure.sentence(1).startswith("k = 1: 1 page has a frame of its own, 63 are")


def test_a_kernel_that_pins_the_zero_page_takes_as_many_pins_for_every_k() -> None:
    flat = dict.fromkeys(TOUCHED, 6400)
    figure = TouchedPages(an_answer(flat, kernel="6.4", method="process_vm_readv"))
    assert "100 reads take 6400 pins in the model, 6400 in your kernel" in figure.sentence(0)


def test_the_filmstrip_has_a_table_of_the_same_numbers() -> None:
    picture = lab.touched_filmstrip(an_answer(TOUCHED), positions=(0, 8, 64))
    assert len(picture.figure.axes) == 4
    assert picture.twin.splitlines()[2:] == [
        "  k  measured  model",
        "  0         0      0",
        "  1       100    100",
        "  2       200    200",
        "  8       800    800",
        " 32      3200   3200",
        " 64      6400   6400",
    ]
    assert str(picture) == picture.twin


def test_the_recording_is_labelled_in_every_picture() -> None:
    recording = recorded(0, 1, 2, 8, 32, 64)
    picture = lab.touched_filmstrip(recording)
    assert "recording: Linux 6.18.44, November 2026, 100 writes each" in picture.twin
    assert "800 in the recording: Linux 6.18.44" in TouchedPages(recording).sentence(8)


def test_an_answer_without_a_measurement_is_an_error() -> None:
    for draw in (lab.three_buffers, lab.touched_filmstrip, lab.touched_pages):
        with pytest.raises(ValueError, match=r"there is nothing to draw\. Not recorded: 'zeros'"):
            draw(recorded("zeros"))


def test_the_same_state_is_the_same_picture() -> None:
    first, second = (png(lab.three_buffers(an_answer(BUFFERS)).figure) for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG")
    assert first != png(lab.three_buffers(an_answer(BUFFERS | {"never": 6400})).figure)
