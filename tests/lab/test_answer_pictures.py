"""Bars of answers hold their numbers, in artists, alt text and words; the model repeats them."""

from collections.abc import Callable
from functools import cache

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from pinlab import lab
from pinlab.lab.palette import OTHERS, OTHERS_HATCH, PIN, PIN_HATCH
from pinlab.machine import Answer, recorded
from pinlab.machine.buffers import Buffer
from pinlab.machine.measured import DIRECT_IO, PROCESS_VM_READV
from tests.lab.answers import BUFFERS, TOUCHED, an_answer


def heights(panel: Axes) -> list[float]:
    return [bar.get_height() for container in panel.containers for bar in container]


def words(panel: Axes) -> set[str]:
    return {text.get_text() for text in panel.texts}


def test_three_bars_with_their_numbers_and_the_words_have_them() -> None:
    picture = lab.pins_by_buffer(an_answer(BUFFERS))
    (panel,) = picture.figure.axes
    assert heights(panel) == [6400, 6400, 0]
    assert words(panel) == {"6400", "0"}
    assert panel.get_title() == "your kernel, 6.18.44\n100 writes of 64 pages each"
    assert panel.get_ylabel() == "pins acquired"
    told = "your kernel, 6.18.44: letters 6400, zeros you wrote 6400, never written 0."
    assert picture.twin == told
    assert told in picture.alt


def test_what_was_said_before_stands_beside_the_bars_and_in_the_words() -> None:
    mine = an_answer(BUFFERS)
    picture = lab.pins_by_buffer(mine, lab.in_the_model(mine), said=(64, None, 9000))
    left, right = picture.figure.axes
    assert heights(left) == [6400, 6400, 0, 64, 9000]
    assert {"64", "9000"} <= words(left)
    assert left.get_xlabel() == "dotted: what you said"
    assert left.get_ylim()[1] > 9000
    assert heights(right) == [6400, 6400, 0]
    assert picture.twin.startswith("You said: letters 64, never written 9000.\nyour kernel")
    assert "You said" not in lab.pins_by_buffer(mine, said=[None] * 3).twin
    assert "You said" not in lab.pins_by_buffer(mine, said=None).twin
    by_name = lab.pins_by_buffer(mine, said={"never": 9000, "letters": 64})
    assert by_name.twin.startswith("You said: letters 64, never written 9000.")


def test_never_written_memory_in_small_and_in_huge_pages() -> None:
    mine = an_answer({"never": 0, "huge-never": 6400})
    picture = lab.pins_by_buffer(mine, lab.in_the_model(mine))
    for panel in picture.figure.axes:
        assert panel.get_ylim() == (0, 1.15 * 6400)
        assert heights(panel) == [0, 6400]
        assert words(panel) == {"0", "6400"}
        assert [tick.get_text() for tick in panel.get_xticklabels()] == [
            "small\npages",
            "huge\npages",
        ]
    assert picture.twin == (
        "your kernel, 6.18.44: small pages 0, huge pages 6400.\n"
        "the model, Linux 6.18.44: small pages 0, huge pages 6400.\n"
        "They agree on everything that was measured."
    )


@pytest.mark.parametrize(
    ("pins", "others", "told"),
    [
        ({"letters": 6400, "never": 6400}, 0,
         "They differ: the model, Linux 6.18.44 has 0 pins for 'never', your kernel, 6.18.44 "
         "has 6400."),
        ({"never": 0, "huge-never": 0}, 0, "They differ: the model, Linux 6.18.44 has 6400 pins "
         "for 'huge-never', your kernel, 6.18.44 has 0."),
        ({"letters": 6400, "never": 6400}, 9,
         "They may differ: the model, Linux 6.18.44 has 0 pins for 'never', your kernel, 6.18.44 "
         "has 6400. Measure again when it is quieter."),
    ],
)  # fmt: skip
def test_a_difference_is_shown_and_doubted_on_a_noisy_machine(
    pins: dict[Buffer, int], others: int, told: str
) -> None:
    mine = an_answer(pins, others=others)
    twin = lab.pins_by_buffer(mine, lab.in_the_model(mine)).twin
    assert twin.splitlines()[-1] == told
    assert not others or mine.note in twin


def test_what_was_not_recorded_is_said_and_not_drawn() -> None:
    recording = recorded("letters", 8, "never")
    picture = lab.pins_by_buffer(
        recording, lab.in_the_model(recording, "letters", "zeros", "never")
    )
    left, right = picture.figure.axes
    assert (heights(left), heights(right)) == ([6400, 0], [6400, 6400, 0])
    assert "not\nrecorded" in words(left)
    assert left.get_title() == "recording: Linux 6.18.44, November\n2026, 100 writes each"
    assert right.get_title().endswith("100 writes of 64 pages each")


SPOILT: dict[Buffer, int] = {"letters": 12608, "zeros": 6400, "never": 5952}


@cache
def spoilt() -> Answer:
    """What lesson 00 showed beside other people's direct I/O, with one buffer in a quiet moment."""
    return an_answer(SPOILT, unsure=("letters", "never"), others=50_000)


def test_bars_with_others_pins_are_grey_and_hatched_as_far_as_the_control_says() -> None:
    picture = lab.pins_by_buffer(spoilt(), lab.in_the_model(spoilt()))
    left, right = picture.figure.axes
    drawn = [
        (bar.get_y(), bar.get_height(), to_hex(bar.get_facecolor()).upper(), bar.get_hatch())
        for container in left.containers
        for bar in container
    ]
    assert drawn == [
        (0, 12608, OTHERS, None), (7608, 5000, OTHERS, OTHERS_HATCH),
        (0, 6400, PIN, PIN_HATCH),
        (0, 5952, OTHERS, None), (952, 5000, OTHERS, OTHERS_HATCH),
    ]  # fmt: skip
    assert words(left) == {"at most\n12608", "6400", "at most\n5952"}
    assert "others alone took 50000 pins" in left.get_title()
    assert "hatched" in left.get_xlabel()
    assert (right.get_title(), right.get_xlabel()) == (
        "the model, Linux 6.18.44\n100 writes of 64 pages each", "",
    )  # fmt: skip


def test_no_bar_is_cut_off() -> None:
    for panel in lab.pins_by_buffer(spoilt(), lab.in_the_model(spoilt())).figure.axes:
        top = panel.get_ylim()[1]
        assert top > 12608
        assert max(text.get_position()[1] for text in panel.texts) < 0.85 * top
        assert max(panel.get_yticks()) <= top


def test_others_pins_are_no_difference_between_kernels() -> None:
    twin = lab.pins_by_buffer(spoilt(), lab.in_the_model(spoilt())).twin
    assert "letters at most 12608, zeros you wrote 6400, never written at most 5952." in twin
    assert spoilt().note in twin
    assert "Not compared: letters, never. The pins of others are in these numbers." in twin
    assert "differ" not in twin
    assert "agree on" not in twin


def test_why_the_bars_are_of_reads_is_said_below_them() -> None:
    reads = an_answer(BUFFERS, method=PROCESS_VM_READV)
    assert reads.note in lab.pins_by_buffer(reads).twin
    writes = an_answer(BUFFERS)
    assert writes.note not in lab.pins_by_buffer(writes).twin


def test_the_model_says_that_it_is_one_and_can_be_asked_about_other_buffers() -> None:
    model = lab.in_the_model(an_answer({"letters": 64}, writes=1), "zeros", "never", 7)
    assert {m.buffer: m.acquired for m in model} == {"zeros": 64, "never": 0, 7: 7}
    assert (model.kernel, model.label, model.live) == ("6.18.44", "the model, Linux 6.18.44", False)


@pytest.mark.parametrize(
    ("kernel", "method", "never", "others"),
    [
        ("6.18.44", DIRECT_IO, 0, 6400),
        ("6.5", DIRECT_IO, 0, 6400),
        ("6.4.0", DIRECT_IO, 0, 0),
        ("6.4.0", PROCESS_VM_READV, 6400, 6400),
        ("6.1.192-amd64", PROCESS_VM_READV, 0, 6400),
        ("5.17", PROCESS_VM_READV, 6400, 6400),
    ],
)
def test_the_model_follows_release_and_method_and_the_huge_zero_folio_is_pinned_with_others(
    kernel: str, method: str, never: int, others: int
) -> None:
    asked = an_answer({**BUFFERS, "huge-never": 6400}, kernel=kernel, method=method)
    model = lab.in_the_model(asked)
    assert [m.acquired for m in model] == [others, others, never, others]
    assert [m.released for m in model] == [others, others, never, others]


def test_one_access_stands_for_all_because_each_ends_before_the_next() -> None:
    once = lab.in_the_model(an_answer(TOUCHED, writes=1))
    often = lab.in_the_model(an_answer(TOUCHED, writes=100))
    assert [100 * m.acquired for m in once] == [m.acquired for m in often]


def test_an_unmodelled_kernel_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"'4\.19\.0'"):
        lab.in_the_model(an_answer(BUFFERS, kernel="4.19.0-27-amd64"))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: lab.pins_by_buffer("mine"), TypeError, "answer is 'mine'"),  # type: ignore[arg-type]
        (lambda: lab.pins_by_buffer(), ValueError, r"no answers: pins_by_buffer\(\)"),
        (lambda: lab.pins_by_buffer(*[an_answer({})] * 17), ValueError, "17 answers: .* most 16"),
        (lambda: lab.pins_by_buffer(an_answer(BUFFERS), said=(1,)), ValueError, r"said is \(1,\)"),
        (lambda: lab.pins_by_buffer(an_answer(BUFFERS), said=(1, -1, 0)), ValueError, "zeros.*-1"),
        (lambda: lab.pins_by_buffer(an_answer(BUFFERS), said={"ones": 1}), ValueError, "'ones'"),
        (lambda: lab.pins_by_buffer(recorded(9)), ValueError, "nothing to draw. Not recorded: 9"),
        (lambda: lab.in_the_model(None), TypeError, "answer is None"),  # type: ignore[arg-type]
        (lambda: lab.in_the_model(an_answer(TOUCHED), "leters"), ValueError, "'leters'"),
        (lambda: lab.in_the_model(recorded(9)), ValueError, "nothing to repeat"),
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()
