"""Every order of a scenario without merging anything: slow, and hardly able to be wrong."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pinlab import Kernel
from pinlab.explore.program import Scenario
from pinlab.explore.question import FREED, WAITING
from pinlab.explore.world import World

Schedule = tuple[str, ...]


def led(scenario: Scenario, release: str, schedule: Schedule, rules: Mapping[str, object]) -> World:
    world = World(scenario, Kernel(release, **rules))
    for actor in schedule:
        world.go(actor)
    return world


def ends(
    scenario: Scenario,
    release: str,
    schedule: Schedule = (),
    rules: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[tuple[Schedule, dict[str, str]]]:
    """Every order from beginning to end, each in a machine of its own, and what is left."""
    world = led(scenario, release, schedule, rules)
    if not (ready := world.ready()):
        yield schedule, left(world, scenario)
    for actor in ready:
        yield from ends(scenario, release, (*schedule, actor), rules)


def left(world: World, scenario: Scenario) -> dict[str, str]:
    found = dict(world.values)
    for process in scenario.processes:
        for place in scenario.places:
            letter = world.peek(process, place)
            if letter is not None:
                found[f"{process}:{place}"] = letter
    if world.freed:
        found[FREED] = world.freed
    elif waiting := "; ".join(world.waiting()):
        found[WAITING] = waiting
    return found
