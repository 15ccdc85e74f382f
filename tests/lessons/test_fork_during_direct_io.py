"""Lesson 07: how its scenes end, by the source and as recorded; its exercises by hand."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from pinlab import FOLL_LONGTERM, FOLL_WRITE, PAGE_SIZE, Kernel, lab
from pinlab.lab.problems import exercise
from pinlab.lab.walk import tell, walk
from pinlab.lessons import fork_during_direct_io as here
from pinlab.lessons.fork_during_direct_io import SCENES, outcome
from pinlab.model.trace import Event, Trace
from tests.lessons.given import recorded, trace


def version(release: str) -> tuple[int, ...]:
    """5.9 comes before 5.10."""
    return tuple(map(int, release.split(".")))


def asked(id: str, seed: int) -> str:
    """The question of an exercise."""
    return exercise(id, seed).question


def who_sees_what(seed: int) -> str:
    """By the rules of the release that the question names, without the model."""
    told = asked("who-sees-what", seed)
    release = version(re.findall(r"Linux ([\d.]+)\. ", told)[0])
    old, new = (
        re.findall(r"\b([A-Z])\1{7} in", told)[0],
        re.findall(r"writes ([A-Z])\1{3} ", told)[0],
    )
    pinned = "io_uring" in told or release >= (6, 5)
    parent_writes = "the parent writes" in told or "after it the parent" in told
    child_writes = "the child writes" in told or "after it the child" in told
    if pinned and release >= (5, 9):
        return f"parent {new}, child {old}"
    if parent_writes and child_writes:
        kept = release < (5, 9)  # by the second one, since the first one has moved
        last = "child" if "after it the child" in told else "parent"
        return ", ".join(
            f"{who} {new if kept and who == last else old}" for who in ("parent", "child")
        )
    parent = old if parent_writes else new
    child = old if child_writes else new
    return f"parent {parent}, child {child}"


def held(events: Trace) -> str:
    """The frame of the first request."""
    return next(event.page for event in events if "DIO 1" in event.actor)


def moved(events: Trace, actor: str, operation: str, frame: str) -> list[Event]:
    """What somebody did to leave a frame."""
    wanted = (actor, operation, f"of {frame}")
    return [event for event in events if (event.actor, event.operation, event.note) == wanted]


def whose_frame(seed: int) -> dict[str, int]:
    """The device stays; parent and child follow their copies of the held frame."""
    events = trace("whose-frame", seed)
    frame = held(events)
    ends = {"parent": frame, "child": frame, "device": frame}
    for actor, operation in (("child", "fork copy"), ("parent", "copy"), ("child", "copy")):
        for event in moved(events, actor, operation, ends[actor]):
            ends[actor] = event.page
    return {name: int(page.removeprefix("frame ")) for name, page in ends.items()}


def which_era(seed: int) -> str:
    """A pin, or else what the parent's writes to the two held frames do."""
    events = trace("which-era", seed)
    if any(event.operation.startswith("pin") for event in events):
        return "6.5"
    protected = next(event.page for event in events if event.operation == "write-protect")
    if moved(events, "parent", "copy", protected):
        return "5.9"
    return "5.19" if any(event.operation == "copy" for event in events) else "5.7"


def refcount_at_fork() -> int:
    """What the frame's refcount reads right after the fork, on 6.4."""
    kernel = Kernel("6.4")
    parent = kernel.new_mm("parent")
    addr = parent.mmap(PAGE_SIZE)
    parent.write(addr, b"A")
    request = kernel.submit_dio_read(parent, addr, 1)
    parent.fork()
    return request.pages[0].refcount


RIGHT: dict[str, object] = {
    "where-it-went": "in the child's memory",
    "frames-at-fork": 64,
    "at-fork": refcount_at_fork(),
    "child-exits": "AAAAAAAp",
    "what-it-takes": {"fork", "parent writes"},
    "pinned-page": "parent D, child A",
    "to-disk": "CCCCCCCC",
    "who-sees-what": who_sees_what(seed=0),
    "whose-frame": whose_frame(seed=0),
    "which-era": which_era(seed=0),
}

SEEDS = range(50)


def seen(scene: str, release: str) -> str:
    """What parent and child read in byte 0 at the end of a scene, in the model."""
    end = outcome(scene, Kernel(release))
    return f"parent {end.parent}, child {end.child}"


def test_the_scenes_end_in_the_model_as_the_exercises_say() -> None:
    assert lab.check("pinned-page", seen("parent writes", "6.5")).right
    assert seen("parent writes", "6.4") == "parent A, child D"
    assert lab.check("where-it-went", "in the child's memory").right
    first = outcome("child exits, parent writes", Kernel("6.4")).parent
    assert lab.check("child-exits", first * 4 + "AAAp").right
    device = outcome("to disk, parent and child write", Kernel("5.7")).device
    assert lab.check("to-disk", device * 8).right
    lost = {scene for scene in SCENES if outcome(scene, Kernel("6.4")).parent == "A"}
    assert lost >= {"parent writes", "child exits, parent writes"}
    assert lost.isdisjoint({"nobody writes", "child writes", "no fork, parent writes"})
    assert lab.check("what-it-takes", {"fork", "parent writes"}).right


def test_when_the_request_is_over_the_childs_entry_alone_keeps_the_frame() -> None:
    """What the reply to *in a freed frame* says."""
    cast = here.Cast(Kernel("6.4"))
    for step in SCENES["parent writes"]:
        step(cast)
    assert cast.request is not None
    assert cast.child is not None
    frame = cast.request.pages[0]
    assert (frame.refcount, frame.folio.mapcount) == (1, 1)
    assert cast.child.page_at(cast.addr) is frame


def test_with_5_9_one_scene_was_saved_and_three_were_lost() -> None:
    ends = here.scenes_by_release().part(heads=["5.7", "5.9"]).rows()
    lost = {scene: tuple("lost" in end for end in row) for scene, row in ends.items()}
    saved = [scene for scene, row in lost.items() if row == (True, False)]
    assert saved == ["pinned buffer, parent writes"]
    worse = [scene for scene, row in lost.items() if row == (False, True)]
    assert here.got_worse() == set(worse)
    assert worse == [
        "child exits, parent writes",
        "child writes, parent writes",
        "no fork, read-only, parent writes",
    ]


@pytest.mark.parametrize(
    ("release", "stays"), [("5.9", False), ("5.18", False), ("5.19", True), ("6.5", True)]
)
def test_a_pinned_page_whose_entry_is_read_only_without_fork(release: str, stays: bool) -> None:
    """What the summary says in brackets: up to 5.18 the parent still moved."""
    parent = Kernel(release).new_mm()
    addr = parent.mmap(PAGE_SIZE)
    parent.write(addr, b"A")
    (page,) = parent.pin_user_pages(addr, 1, FOLL_WRITE | FOLL_LONGTERM)
    parent.write_protect(addr)
    parent.write(addr, b"p")
    assert (parent.page_at(addr) is page) == stays


def test_for_16_releases_direct_io_did_not_take_the_cure() -> None:
    named = [f"5.{n}" for n in range(9, 20)] + [f"6.{n}" for n in range(5)]
    assert len(named) == 16
    for release in named:
        rules = Kernel(release).rules
        assert (rules.fork_copies != "never", rules.dio_hold) == (True, "get")
    assert Kernel("5.8").rules.fork_copies == "never"
    assert Kernel("6.5").rules.dio_hold == "pin"


def test_after_fork_both_use_the_same_frames() -> None:
    kernel = Kernel("6.4")
    parent = kernel.new_mm()
    addr = parent.mmap(64 * PAGE_SIZE)
    parent.write(addr, b"A" * 64 * PAGE_SIZE)
    child = parent.fork()
    used = {mm.page_at(addr + n * PAGE_SIZE) for mm in (parent, child) for n in range(64)}
    assert lab.check("frames-at-fork", len(used)).right


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_has_the_answer_that_its_question_asks_for(seed: int) -> None:
    assert lab.check("who-sees-what", who_sees_what(seed), seed).right
    assert lab.check("whose-frame", whose_frame(seed), seed).right
    assert lab.check("which-era", which_era(seed), seed).right


def test_the_rule_to_write_is_tried_in_60_states_and_the_first_that_differs_is_shown() -> None:
    assert len(set(vars(exercise("reuses"))["states"])) == 60
    reply = lab.check("reuses", lambda era, mapcount, refcount, exclusive: mapcount == 1)
    assert "`reuses(era=1, mapcount=1, refcount=2, exclusive=0)`" in reply.text
    assert "copy" in reply.details


# By hand, from the rules of each release: 5.7, 5.9, 5.19, 6.4, 6.5, 6.18.
ENDS = {
    "parent writes": ["A (child D): lost"] * 4 + ["D (child A)"] * 2,
    "child exits, parent writes": ["D"] + ["A: lost"] * 3 + ["D"] * 2,
    "child writes": ["D (child A)"] * 6,
    "child writes, parent writes": ["D (child A)"]
    + ["A (child A): lost"] * 3
    + ["D (child A)"] * 2,
    "nobody writes": ["D (child D)"] * 4 + ["D (child A)"] * 2,
    "no fork, parent writes": ["D"] * 6,
    "no fork, read-only, parent writes": ["D", "A: lost"] + ["D"] * 4,
    "pinned buffer, parent writes": ["A (child D): lost"] + ["D (child A)"] * 5,
    "to disk, parent and child write": ["C to disk: leak"] + ["A to disk"] * 3 + ["P to disk"] * 2,
}


def test_how_each_scene_ends_on_each_release() -> None:
    table = here.scenes_by_release()
    assert list(table.columns) == list(here.RELEASES)
    assert {scene: [*row] for scene, row in table.rows().items()} == ENDS
    assert list(SCENES) == list(ENDS)


def from_the_file(kernel: str, build: str, case: str) -> dict[str, str]:
    rows = recorded(kernel=kernel, experiment="dio_read_and_fork", case=case)
    return {row["quantity"]: row["value"] for row in rows if row["build"].startswith(build)}


BUILDS = {
    "5.10.262": "Debian", "6.1.192 with the patch": "with the",
    "6.1.192 without the patch": "without", "6.12.117": "Debian", "7.3.4": "Debian",
}  # fmt: skip


@pytest.mark.parametrize("name", here.RECORDED)
@pytest.mark.parametrize("scene", here.CASES)
def test_a_cell_of_the_recording_is_what_the_file_says(scene: str, name: str) -> None:
    found = from_the_file(name.split()[0], BUILDS[name], here.CASES[scene])
    cell = str(here.recorded_scenes().part(heads=[name]).rows()[scene][0]).removesuffix(
        " (not in the model)"
    )
    child = "" if found["child_sees"] == "-" else f" (child {found['child_sees']})"
    lost = {"OK": "", "DATA-LOST-IN-PARENT": ": lost"}[found["verdict"]]
    told = f"{found['parent_sees']}{child}{lost}"
    assert cell.removesuffix(" (not in the model)") == told


def test_the_model_predicts_every_recorded_scene_that_it_knows() -> None:
    table = here.recorded_scenes()
    known = [scene for scene in here.CASES if scene in SCENES]
    assert len(known) == len(here.CASES) - 1 == 5
    rows = table.rows()
    assert not any("model" in cell for scene in known for cell in rows[scene])
    rest = [scene for scene in here.CASES if scene not in known]
    assert {cell for scene in rest for cell in rows[scene]} == {"D (not in the model)"}


def test_pinning_something_else_before_does_not_save_a_reference() -> None:
    """What the lesson says of the case `fork_parent_writes_again`."""
    for kernel, build in (("5.10.262", "Debian"), ("6.1.192", "with the")):
        found = from_the_file(kernel, build, "fork_parent_writes_again")
        assert found["verdict"] == "DATA-LOST-IN-PARENT"


@pytest.mark.parametrize("release", here.RELEASES)
@pytest.mark.parametrize("scene", SCENES)
def test_a_story_has_a_sentence_for_each_step_and_leaves_a_sound_machine(
    scene: str, release: str
) -> None:
    kernel = Kernel(release)
    steps = list(tell(here.story(scene), kernel))
    assert len(steps) == len(SCENES[scene])
    assert all(step.words.endswith(".") and step.error is None for step in steps)
    assert kernel.requests == {}
    kernel.check()


def test_the_last_sentence_is_how_it_ends() -> None:
    for scene, release, said in (
        ("parent writes", "6.4", "The parent reads AAAAAAAp, the child DDDDAAAA."),
        ("parent writes", "6.5", "The parent reads DDDDAAAp, the child AAAAAAAA."),
        ("child exits, parent writes", "5.7", "The parent reads DDDDAAAp."),
        ("nobody writes", "6.4", "The parent reads DDDDAAAA, the child DDDDAAAA."),
    ):
        *_, last = tell(here.story(scene), Kernel(release))
        assert last.words.endswith(said)
    *_, device, _ = tell(here.story("to disk, parent and child write"), Kernel("5.7"))
    assert "reads CCCCCCCC" in device.words


def test_scene_and_release_can_be_chosen_and_are_what_is_played() -> None:
    scenes, releases, player = here.scene().widget.children
    assert scenes.options == tuple(SCENES)
    assert releases.options == tuple(here.RELEASES)
    assert player.at == 4
    assert player.steps[4]["words"].startswith("Linux 6.4. Step 4 of 6: The parent writes p")
    scenes.value, releases.value = "child writes", "6.5"
    assert player.steps == here.scene("child writes", "6.5").widget.children[2].steps


def test_a_shorter_scene_is_shown_at_its_end() -> None:
    scenes, _, player = here.scene("child exits, parent writes", at=7).widget.children
    scenes.value = "nobody writes"
    assert (player.at, player.last) == (5, 5)


def words(scene: str, release: str, step: int) -> str:
    """What is said of a step."""
    return str(here.scene(scene, release).widget.children[2].steps[step]["words"])


@pytest.mark.parametrize("scene", SCENES)
def test_the_code_of_a_scene_does_what_its_steps_do(scene: str) -> None:
    walked = walk(here.story(scene), Kernel("6.5"))
    kernel = Kernel("6.5")
    parent = kernel.new_mm("parent")
    flags = {"FOLL_WRITE": FOLL_WRITE, "FOLL_LONGTERM": FOLL_LONGTERM}
    world = {"kernel": kernel, "parent": parent, "addr": parent.mmap(PAGE_SIZE), **flags}
    for step, code in zip(walked.steps, walked.code, strict=True):
        told = len(kernel.trace)
        exec(code, world)
        assert str(kernel.trace[told:]) == str(step.events)


def test_a_sentence_names_the_release_and_what_has_changed() -> None:
    assert words("parent writes", "6.4", 4) == (
        "Linux 6.4. Step 4 of 6: The parent writes p into the last of the eight bytes. "
        "Frame 2: refcount 3 to 2. Frame 3 is new, with refcount 1. "
        "Frame 3 begins with AAAAAAAp. parent: page 0 points to frame 3, writable."
    )
    assert words("parent writes", "6.5", 4) == (
        "Linux 6.5. Step 4 of 6: The parent writes p into the last of the eight bytes. "
        "No counter changes. Frame 2 begins with AAAAAAAp."
    )


Measured = dict[tuple[str, str, str], int]


@pytest.fixture
def measured_here(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """A kernel that copies from 1022 references on, and lets pages be pinned."""
    values = {here.THRESHOLD: 1022}
    monkeypatch.delenv("PINLAB_MACHINE", raising=False)
    monkeypatch.setattr(here, "process_vm_readv", lambda source, target: None)
    answer = SimpleNamespace(values=values, missing={here.THRESHOLD[:2]: "It is not asked."})
    monkeypatch.setattr("pinlab.machine.measure", lambda experiment: answer)
    return values


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no Linux")
def test_an_experiment_on_fork_is_held_against_what_is_measured(measured_here: Measured) -> None:
    reply = here.copies_from(lambda extra: 4 * (extra >= 1022))
    assert str(reply) == "Right. By your experiment fork copies from 1022 on."
    reply = here.copies_from(lambda extra: 4 * (extra >= 1023))
    assert str(reply) == f"Not yet. By your experiment fork copies from 1023 on. {here.LOOK}"
    reply = here.copies_from(lambda extra: 0)
    assert str(reply).startswith("Not yet. By your experiment fork never copies, tried up to 1100")
    assert "1022" not in str(reply)
    assert str(here.copies_from(lambda extra: None)).startswith("own_kib(1100) returns None")  # type: ignore[arg-type, return-value]
    measured_here.clear()
    reply = here.copies_from(lambda extra: 4 * (extra >= 5))
    assert reply.right is None
    assert str(reply).endswith("found nothing to hold it against. It is not asked.")


def test_where_a_recording_is_asked_for_no_experiment_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    assert str(here.copies_from(lambda extra: 0)).startswith("Nothing was measured.")
