"""Every order of a scenario without merging anything: slow, and hardly able to be wrong."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pinlab import PAGE_SIZE, Kernel, Mm
from pinlab.explore import Scenario
from pinlab.explore.question import FREED, WAITING
from pinlab.explore.verbs import letter, place
from pinlab.explore.world import World

Schedule = tuple[str, ...]


def led(scenario: Scenario, release: str, schedule: Schedule, **rules: object) -> World:
    world = World(scenario, Kernel(release, **rules))
    for actor in schedule:
        world.go(actor)
    return world


def ends(
    scenario: Scenario,
    release: str,
    rules: Mapping[str, object] = MappingProxyType({}),
    schedule: Schedule = (),
    there: World | None = None,
) -> Iterator[tuple[Schedule, dict[str, str]]]:
    """Every order from beginning to end, each in a machine of its own, and what is left."""
    world = there or led(scenario, release, schedule, **rules)
    if not (ready := world.ready()):
        yield schedule, left(world)
    for actor in ready:  # the first goes on in the machine that is there
        there = world if actor == ready[0] and world.go(actor) else None
        yield from ends(scenario, release, rules, (*schedule, actor), there)


def left(world: World) -> dict[str, str]:
    found = dict(world.values)
    for process in world.scenario.processes:
        for where in world.scenario.places:
            if (seen := peek(world, process, where)) is not None:
                found[f"{process}:{where}"] = seen
    waiting = filter(None, map(world.awaits, world.scenario.programs))
    wrong = {FREED: world.freed, WAITING: "; ".join(waiting)}
    return found | {name: told for name, told in wrong.items() if told}


def peek(world: World, process: str, where: str) -> str | None:
    """The letter that a process would read now, None if it cannot."""
    mm, addr = world.things.get(process), world.address(place(where)[0])
    if not isinstance(mm, Mm) or mm.exited:
        return None
    if not any(area.start <= addr // PAGE_SIZE < area.end for area in mm.areas()):
        return None
    page = mm.page_at(addr)
    return "" if page is None else letter(page.peek(1, place(where)[1]))
