"""Which kernel is it? Machines that are known answer, and are recognised."""

from dataclasses import replace

import pytest

from pinlab import Kernel, machine
from pinlab.machine import Finding, Measured, kernel_like
from pinlab.machine.questions import NONE, QUESTIONS, spans
from pinlab.machine.recordings import builds
from pinlab.model.rules import parse_release, releases
from tests.machine.kernels import changed, measured_like


def answers(kernel: Kernel) -> list[object]:
    return [question.predicted(kernel) for question in QUESTIONS]


@pytest.mark.parametrize("release", releases()[1:])
def test_each_release_is_recognised(release: str) -> None:
    measured = measured_like(Kernel(release))
    assert release in measured.releases
    assert all(release in answer.releases for answer in measured.findings)
    assert answers(kernel_like(measured)) == answers(Kernel(release))


def test_where_pins_are_not_counted_the_other_questions_decide() -> None:
    """5.6 has no counters; fork copies nothing up to 5.8, and VmPin knows no fixed buffers."""
    measured = measured_like(Kernel("5.6"))
    assert [bool(answer.why_not) for answer in measured.findings] == [True] * 3 + [False] * 4
    assert measured.releases == ("5.6", "5.7", "5.7.3", "5.8")
    assert kernel_like(measured).release == "5.8"


@pytest.mark.parametrize("build", builds(), ids=lambda build: f"{build.kernel}, {build.build}")
def test_each_recorded_build_is_recognised(build: machine.Build) -> None:
    measured = measured_like(build.boot())
    assert answers(kernel_like(measured)) == answers(build.boot())


def told(measured: Measured) -> dict[str, Finding]:
    return {finding.question.name: finding for finding in measured.findings}


def spans_of(kernel: Kernel) -> dict[str, str]:
    return {name: spans(finding.releases) for name, finding in told(measured_like(kernel)).items()}


def test_spans_before_and_after_the_fix() -> None:
    """As the fact sheet has it: commit by commit."""
    assert spans_of(Kernel("6.18")) == {
        "zero-page": "6.5 and later; of 6.1.y 6.1.135 and later",
        "direct-io": "6.5 and later",
        "huge-zero": "5.7 and later",
        "fork": "5.19 and later",
        "vm-pin": "5.9 and later",
        "frames": "5.6 and later",
        "fork-frames": "5.9 and later",
    }
    unfixed = spans_of(Kernel("5.10"))
    assert unfixed["zero-page"] == "5.7 to before 6.5, but of 6.1.y not 6.1.130 and later"
    assert unfixed["direct-io"] == "5.7 to before 6.5"
    assert unfixed["fork"] == "5.9 to before 5.19"
    assert spans_of(Kernel("5.8"))["vm-pin"] == "before 5.9"


def test_a_version_number_lies() -> None:
    """The same release, before and after the backport; the measurement tells them apart."""
    before, after = measured_like(Kernel("6.1")), measured_like(Kernel("6.1.192"))
    assert "6.1.135" not in before.releases
    assert after.releases == ("6.1.135",)
    assert kernel_like(after).rules == Kernel("6.1.135").rules
    assert kernel_like(before).rules.zero_page_grab == "counted"


def test_no_release_does_this_and_the_model_does_it_all_the_same() -> None:
    """A fix that somebody carried over to a kernel whose direct I/O takes references."""
    strange = Kernel("5.10", zero_page_pins="skipped", fixed_buffer_vmpin="absent")
    measured = measured_like(strange)
    assert measured.releases == ()
    assert "All together: no release of the model" in str(measured)
    like = kernel_like(measured)
    assert answers(like) == answers(strange)


def test_what_no_rule_can_change() -> None:
    measured = changed(measured_like(Kernel("6.18")), "hugezero512", "acq", 0)
    huge = told(measured)["huge-zero"]
    assert (huge.answer, huge.releases) == ("Yes: a read of its 512 pages takes 0 pins.", ())
    assert "    so does the model of: no release of the model" in str(measured)
    assert answers(kernel_like(measured)) == answers(Kernel("6.18"))


def test_counters_that_stand_still_tell_nothing() -> None:
    measured = measured_like(Kernel("6.18"), acq=0, rel=0)
    reasons = {name: finding.why_not for name, finding in told(measured).items()}
    assert [name for name, reason in reasons.items() if reason] == [
        "zero-page", "direct-io", "huge-zero",
    ]  # fmt: skip
    assert reasons["zero-page"].startswith("process_vm_readv of written pages moves no counter")
    assert kernel_like(measured).rules == Kernel("6.18").rules


def test_a_positive_count_is_its_own_proof() -> None:
    """A container may forbid process_vm_readv; direct I/O has been counted all the same."""
    forbidden = (("process_vm_readv", "zero64"), ("process_vm_readv", "anon64"))
    new = told(measured_like(Kernel("6.18"), without=forbidden))
    assert (new["direct-io"].why_not, new["direct-io"].values) == ("", (64,))
    assert spans(new["direct-io"].releases) == "6.5 and later"
    assert new["zero-page"].why_not == "Nobody may."
    old = told(measured_like(Kernel("6.4"), without=forbidden))
    assert (old["direct-io"].why_not, old["direct-io"].values) == ("Nobody may.", ())


def test_a_question_without_its_case() -> None:
    measured = measured_like(Kernel("5.10"), without=(("process_vm_readv", "zero64"),))
    first = measured.findings[0]
    assert (first.answer, first.why_not, first.values) == ("", "Nobody may.", ())
    assert "not measured here: Nobody may." in str(measured)
    assert "Not measured: process_vm_readv zero64. Nobody may." in str(measured)
    assert kernel_like(measured).rules.dio_hold == "get"


def test_the_recording_in_the_place_of_a_case_does_not_decide() -> None:
    """It is shown; the model is still that of what was measured."""
    other = measured_like(Kernel("6.18")).values
    measured = replace(
        measured_like(Kernel("5.10"), without=(("fixed_buffer", "anon64"),)),
        instead={place: value for place, value in other.items() if place[0] == "fixed_buffer"},
    )
    last = told(measured)["vm-pin"]
    assert (last.answer, last.why_not) == (
        "It goes up by 256 kB for a buffer of 64 pages.",
        "Nobody may.",
    )
    assert "recorded: It goes up by 256 kB" in str(measured)
    assert str(measured).splitlines()[-1] == (
        "In their place Linux 6.18.44; fixed_buffer anon64: VmPin_kB 256, VmPin_kB_unregistered 0."
    )
    assert measured.releases == measured_like(Kernel("5.10")).releases


def test_nothing_at_all() -> None:
    nothing = Measured("9.9.9", True, "your kernel, 9.9.9")
    assert [finding.why_not for finding in nothing.findings] == ["It was not asked."] * 7
    assert nothing.releases == tuple(releases())
    assert "All together: nothing was measured" in str(nothing)
    assert kernel_like(nothing).rules == Kernel().rules


def test_only_what_was_measured_can_be_imitated() -> None:
    with pytest.raises(TypeError, match=r"measured is '6\.5': it has to be of type Measured"):
        kernel_like("6.5")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("release", "changes", "name", "words"),
    [
        ("6.18", {}, "zero-page", "No: a read of 64 zero pages takes 0 pins."),
        ("6.4", {}, "zero-page", "Yes: a read of 64 zero pages takes 64 pins."),
        ("6.4", {"acq": 1}, "zero-page", "Yes: a read of 64 zero pages takes 1 pin."),
        ("6.1.130", {}, "zero-page", "It is refused: a read of 64 zero pages answers -14."),
        ("6.4", {}, "direct-io", "No: a direct write of 64 written pages takes 0 pins."),
        ("6.4", {}, "huge-zero", "No: a read of its 512 pages takes 512 pins."),
        (
            "6.4", {}, "fork",
            "From 1022 on if the process has pinned something before; else never, tried up to "
            "1100.",
        ),
        ("6.4", {}, "vm-pin", "It goes up by 256 kB for a buffer of 64 pages."),
        (
            "6.4", {"VmPin_kB_unregistered": 4}, "vm-pin",
            "It goes up by 256 kB for a buffer of 64 pages, and 4 kB stay when it is unregistered.",
        ),
        ("6.4", {}, "frames", "One frame is behind all of them: the zero page."),
        (
            "6.4", {"frames": 64, "zero_pages": 0}, "frames",
            "Behind them are 64 frames, 0 of them the zero page.",
        ),
        (
            "6.4", {"zero_pages": 0}, "frames",
            "One frame is behind all of them, and it is not the zero page.",
        ),
        (
            "6.4", {}, "fork-frames",
            "After fork the child has a frame of its own. "
            "After a write the parent still has its own; the child does not have it.",
        ),
        (
            "5.8", {}, "fork-frames",
            "After fork child and parent have the same frame. "
            "After a write the parent has another one; the child has the buffer's.",
        ),
    ],
)  # fmt: skip
def test_words_of_the_answers(release: str, changes: dict[str, int], name: str, words: str) -> None:
    assert told(measured_like(Kernel(release), (), **changes))[name].answer == words


def test_other_peoples_pins_are_no_answer() -> None:
    """A number that no release gives is the others', if there were any; else it is a finding."""
    measured = changed(measured_like(Kernel("6.18")), "zero64", "acq", 17)
    assert measured.findings[0].releases == ()
    assert measured.releases == ()
    measured = replace(measured, noisy=True, note="Others acquired 9999 pins.")
    assert (measured.findings[0].answer, measured.findings[0].why_not) == (
        "", "Others acquired 9999 pins. Measure again when it is quieter.",
    )  # fmt: skip
    assert measured.releases == tuple(releases()[releases().index("6.5") :])
    assert kernel_like(measured).rules == Kernel("6.18").rules


def test_noise_does_not_undo_what_fits() -> None:
    measured = replace(measured_like(Kernel("5.10")), noisy=True, note="Others acquired 9 pins.")
    assert measured.findings == measured_like(Kernel("5.10")).findings


def since(first: str, before: str = "99.0") -> set[str]:
    low, high = parse_release(first), parse_release(before)
    return {release for release in releases() if low <= parse_release(release) < high}


@pytest.mark.parametrize(
    ("fitting", "words"),
    [
        (set(releases()), "5.6 and later"),
        (set(), NONE),
        (since("6.5"), "6.5 and later"),
        (since("6.5") | {"6.1.135"}, "6.5 and later; of 6.1.y 6.1.135 and later"),
        (since("6.5") | {"6.1.130", "6.1.135"}, "6.5 and later; of 6.1.y 6.1.130 and later"),
        ({"6.1.130"}, "of 6.1.y 6.1.130 to before 6.1.135"),
        (since("5.19", "6.5"), "5.19 to before 6.5"),
        (
            since("5.19", "6.5") - {"6.1.130", "6.1.135"},
            "5.19 to before 6.5, but of 6.1.y not 6.1.130 and later",
        ),
        (
            since("5.19", "6.5") - {"6.1.130"},
            "5.19 to before 6.5, but of 6.1.y not 6.1.130 to before 6.1.135",
        ),
        (since("5.6", "5.9"), "before 5.9"),
    ],
)
def test_words(fitting: set[str], words: str) -> None:
    assert spans(fitting) == words


def test_every_release_alone_is_named() -> None:
    first, *others = [release for release in releases() if release.count(".") == 1]
    assert spans({first}) == f"before {others[0]}"
    assert all(release in spans({release}) for release in others)


def test_only_releases() -> None:
    with pytest.raises(ValueError, match=r"release is '6\.x'"):
        spans({"6.x"})
