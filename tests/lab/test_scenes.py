"""Scenes of fork: how they end is what the source says and what was recorded."""

import csv

import pytest

from pinlab import Kernel, lab
from pinlab.data_folder import DATA
from pinlab.lab.scenes import CASES, RECORDED, RELEASES, SCENES, Cast, ended, outcome
from pinlab.lab.walk import tell

# By hand, from the rules of each release: 5.7, 5.9, 5.19, 6.4, 6.5, 6.18.
ENDS = {
    "parent writes": ["A, D: lost"] * 4 + ["D, A"] * 2,
    "child exits, parent writes": ["D"] + ["A: lost"] * 3 + ["D"] * 2,
    "child writes": ["D, A"] * 6,
    "child writes, parent writes": ["D, A"] + ["A, A: lost"] * 3 + ["D, A"] * 2,
    "nobody writes": ["D, D"] * 4 + ["D, A"] * 2,
    "no fork, parent writes": ["D"] * 6,
    "no fork, read-only, parent writes": ["D", "A: lost"] + ["D"] * 4,
    "pinned buffer, parent writes": ["A, D: lost"] + ["D, A"] * 5,
    "to disk, parent and child write": ["C to disk: leak"] + ["A to disk"] * 3 + ["P to disk"] * 2,
}


def test_every_scene_has_a_row_and_every_release_a_column() -> None:
    table = lab.scenes_by_release()
    assert list(table.index) == list(SCENES) == list(ENDS)
    assert list(table.columns) == list(RELEASES)


@pytest.mark.parametrize(("scene", "ends"), ENDS.items())
def test_how_a_scene_ends_on_each_release(scene: str, ends: list[str]) -> None:
    assert list(lab.scenes_by_release().loc[scene]) == ends


def from_the_file(kernel: str, build: str, case: str) -> dict[str, str]:
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["quantity"]: row["value"]
            for row in csv.DictReader(file)
            if (row["kernel"], row["experiment"], row["case"])
            == (kernel, "dio_read_and_fork", case)
            and row["build"].startswith(build)
        }


BUILDS = {
    "5.10.262": "Debian", "6.1.192": "with the", "6.1.192, no fix": "without",
    "6.12.117": "Debian", "7.3.4": "Debian",
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("scene", CASES)
def test_a_cell_of_the_recording_is_what_the_file_says(scene: str, name: str) -> None:
    found = from_the_file(name.split(",")[0], BUILDS[name], CASES[scene])
    cell = lab.recorded_scenes().loc[(scene, "recorded"), name]
    child = "" if found["child_sees"] == "-" else f", {found['child_sees']}"
    lost = {"OK": "", "DATA-LOST-IN-PARENT": ": lost"}[found["verdict"]]
    assert cell == f"{found['parent_sees']}{child}{lost}"


def test_the_model_predicts_every_recorded_scene_that_it_knows() -> None:
    table = lab.recorded_scenes()
    model, recorded = (table.xs(row, level=1) for row in ("model", "recorded"))
    known = [scene for scene in CASES if scene in SCENES]
    assert len(known) == len(CASES) - 1 == 5
    assert model.loc[known].to_dict() == recorded.loc[known].to_dict()
    rest = [scene for scene in CASES if scene not in known]
    assert set(model.loc[rest].to_numpy().ravel()) == {"not modelled"}
    assert set(recorded.loc[rest].to_numpy().ravel()) == {"D"}


def test_pinning_something_else_before_does_not_save_a_reference() -> None:
    """What the lesson says of the case `fork_parent_writes_again`."""
    for kernel, build in (("5.10.262", "Debian"), ("6.1.192", "with the")):
        found = from_the_file(kernel, build, "fork_parent_writes_again")
        assert found["verdict"] == "DATA-LOST-IN-PARENT"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("scene", SCENES)
def test_a_story_has_a_sentence_for_each_step_and_leaves_a_sound_machine(
    scene: str, release: str
) -> None:
    kernel = Kernel(release)
    steps = list(tell(lab.fork_story(scene), kernel))
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
        *_, last = tell(lab.fork_story(scene), Kernel(release))
        assert last.words.endswith(said)
    *_, device, _ = tell(lab.fork_story("to disk, parent and child write"), Kernel("5.7"))
    assert "reads CCCCCCCC" in device.words


def test_other_letters_end_the_same_way() -> None:
    for scene in ("parent writes", "nobody writes"):
        end = outcome(scene, Kernel("6.4"))
        other = ended(SCENES[scene], Cast(Kernel("6.4"), "K", "Z"))
        assert other == tuple({"A": "K", "D": "Z"}.get(letter, letter) for letter in end)


@pytest.mark.parametrize("call", [lab.fork_story, lambda scene: outcome(scene, Kernel())])
def test_an_unknown_scene_is_named(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match="scene is 'a': allowed are 'parent writes', 'child exits"):
        call("a")
