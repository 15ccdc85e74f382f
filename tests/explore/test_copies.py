"""Copies of worlds go on as the originals do, and apart from them."""

import pytest

from pinlab import Kernel
from pinlab.explore import Scenario
from pinlab.explore.copies import Saved
from pinlab.explore.world import World
from tests.explore.test_world import numbered

RACE = Scenario(
    {"x": "A", "y": "zero"},
    {
        "parent": ["submit_dio_read r x", "pin_user_pages h y", "fork child", "write x P"],
        "child": ["write x C", "exit"],
        "device": ["device_write r D", "complete r", "unpin_user_page h"],
    },
)
P, C, D = "parent", "child", "device"
ORDER = [P, D, P, P, C, P, D, C, D]


@pytest.mark.parametrize("release", ["5.7", "5.9", "6.5"])
@pytest.mark.parametrize("at", range(len(ORDER)))
def test_a_copy_at_any_move_goes_on_as_the_original(release: str, at: int) -> None:
    world = World(RACE, Kernel(release), check=True)
    for actor in ORDER[:at]:
        world.go(actor)
    copy = Saved(world).world()
    assert numbered(copy) == numbered(world)
    assert copy.kernel.rules is world.kernel.rules
    assert len(copy.kernel.trace) == 0
    for actor in ORDER[at:]:
        before = numbered(copy)
        world.go(actor)
        assert numbered(copy) == before  # nothing is shared
        copy.go(actor)
        assert numbered(copy) == numbered(world)
        copy.kernel.check()
    assert world.kernel.vmstat == copy.kernel.vmstat


def test_a_world_with_a_step_under_way_is_not_saved() -> None:
    world = World(Scenario({"x": "A"}, {"parent": ["fork child split"]}), Kernel("6.5"))
    assert Saved(world)
    world.go("parent")
    assert not Saved(world)
