"""Worlds: who can go on, and what each step does to the machine."""

import pytest

from pinlab import Kernel, RegisteredBuffer
from pinlab.explore import Scenario
from pinlab.explore.verbs import Taken
from pinlab.explore.world import World
from tests.explore.brute import peek


def world(programs: dict[str, list[str]], release: str = "6.5") -> World:
    return World(Scenario({"x": "A", "y": "zero"}, programs), Kernel(release))


def after(made: World, *actors: str) -> World:
    for actor in actors:
        assert actor in made.ready()
        made.go(actor)
    return made


def test_a_child_begins_when_it_is_forked_and_a_device_when_there_is_a_request() -> None:
    made = world(
        {
            "parent": ["submit_dio_read r x", "fork child", "wait child"],
            "child": ["write x C", "exit"],
            "device": ["device_write r D", "complete r", "device_write r E"],
        }
    )
    assert made.ready() == ["parent"]
    assert after(made, "parent").ready() == ["parent", "device"]
    assert after(made, "parent").ready() == ["child", "device"]
    assert after(made, "child", "child").ready() == ["parent", "device"]
    assert after(made, "parent", "device", "device").ready() == []  # E waits for ever


def test_put_and_unpin_wait_for_the_hold() -> None:
    made = world(
        {
            "parent": ["get_user_pages h x times=5", "pin_user_pages p x"],
            "device": ["put_page h", "unpin_user_page p"],
        }
    )
    assert made.ready() == ["parent"]
    after(made, "parent", "device", "parent", "device")
    assert made.ready() == []
    page = made.kernel.mms[0].mapped()[0].page
    assert page.refcount == 1
    made.kernel.check()


def test_memory_that_was_unmapped_shows_nothing_and_a_fault_is_a_value() -> None:
    lines = ["munmap x", "write x P", "read x v", "get_user_pages h x", "register_buffer b x"]
    made = after(world({"parent": lines}), *["parent"] * 5)
    assert peek(made, "parent", "x") is None
    assert made.values == dict.fromkeys(["parent: write x P", "v", "h", "b"], "EFAULT")


def test_a_refused_fast_pin_is_over() -> None:
    programs = {"parent": ["pin_user_pages_fast h y split", "write y P"]}
    made = after(world(programs, "6.1.130"), "parent", "parent")
    assert made.values == {"h": "ENOMEM"}
    assert peek(made, "parent", "y") == "P"


WAITS = ["submit_dio_read r y", "get_user_pages h y", "pin_user_pages h y", "munmap x",
         "write_protect x", "mlock x", "munlock x", "register_buffer b x", "fork other",
         "fork other split", "exit", "write y Q", "read y v"]  # fmt: skip
GOES_ON = ["write x Q", "read x v", "get_user_pages_fast h x", "pin_user_pages_fast h x",
           "pin_user_pages_fast h x split", "signal s"]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "goes_on"), [*((step, False) for step in WAITS), *((step, True) for step in GOES_ON)]
)
def test_while_fork_is_under_way_what_needs_mmap_lock_waits(step: str, goes_on: bool) -> None:
    programs = {"parent": ["fork child split", "write x P"], "parent/2": [step], "child": ["exit"]}
    made = after(world(programs), "parent")
    assert made.ready() == ["parent", *(["parent/2"] if goes_on else [])]
    assert after(made, "parent").ready() == ["parent", "parent/2", "child"]


def test_what_fork_has_write_protected_waits_for_its_end() -> None:
    programs = {
        "parent": ["write y B", "fork child split"],
        "parent/2": ["write x Q"],
        "parent/3": ["read x v"],
        "parent/4": ["get_user_pages_fast h x write"],
        "parent/5": ["get_user_pages_fast g x"],
    }
    made = after(world(programs), "parent", "parent", "parent")
    assert made.ready() == ["parent", "parent/3", "parent/4", "parent/5"]
    after(made, "parent/3", "parent/4", "parent/5")  # the fourth is over with the fast path
    assert made.ready() == ["parent"]
    assert after(made, "parent").ready() == ["parent/2", "parent/4"]
    after(made, "parent/4")
    assert made.things["h"] != made.things["g"]
    made.kernel.check()


def test_another_thread_may_wait_for_a_child_while_fork_is_under_way() -> None:
    programs = {
        "parent": ["fork first", "fork second split"],
        "parent/2": ["wait first"],
        "first": ["exit"],
    }
    made = after(world(programs), "parent", "first", "parent")
    assert made.ready() == ["parent", "parent/2"]


def test_handles_are_given_back_while_fork_is_under_way() -> None:
    programs = {
        "parent": ["pin_user_pages h x", "register_buffer b y", "fork child split"],
        "parent/2": ["device_read h v", "unpin_user_page h", "unregister b", "wait child"],
    }
    made = after(world(programs), *["parent"] * 3, *["parent/2"] * 3)
    assert made.ready() == ["parent"]
    after(made, "parent", "parent")
    made.kernel.check()


@pytest.mark.parametrize(
    ("release", "waits"), [("5.8", False), ("5.10", False), ("5.10.7", True), ("5.11", True)]
)
def test_a_fast_pin_that_is_one_step_meets_a_fork_as_one_in_halves_does(
    release: str, waits: bool
) -> None:
    """57efa1fe5957."""
    programs = {
        "parent": ["write y B", "fork child split"],
        "parent/2": ["pin_user_pages_fast h y write"],
    }
    made = after(world(programs, release), "parent", "parent")
    if release == "5.8":  # fork has no pause, and is over
        assert made.ready() == ["parent/2"]
    else:
        assert ("parent/2" in after(made, "parent/2").ready()) is False
        assert ("h" in made.things) is not waits


def test_exit_waits_for_the_other_threads_system_calls() -> None:
    programs = {
        "parent": ["exit"],
        "parent/2": ["pin_user_pages_fast h x write split", "write x P"],
    }
    made = after(world(programs), "parent/2")
    assert made.ready() == ["parent/2"]
    assert after(made, "parent/2").ready() == ["parent", "parent/2"]
    assert after(made, "parent").ready() == []


def test_a_device_works_on_part_of_what_is_held() -> None:
    programs = {
        "parent": ["submit_dio_read r x", "get_user_pages_fast h x", "register_buffer b x"],
        "device": [
            "device_write r C bytes=2", "device_write h+1 D bytes=1", "device_write b+4094 E",
            "device_read b+1 v", "device_read h+4095 w", "device_read r+2 u",
        ],
    }  # fmt: skip
    made = after(world(programs), *["parent"] * 3, *["device"] * 6)
    assert made.values == {"v": "D", "w": "E", "u": "A"}
    letters = [peek(made, "parent", f"x+{at}") for at in (0, 1, 2, 4093, 4094, 4095)]
    assert letters == ["C", "D", "A", "A", "E", "E"]


def test_a_reference_many_times_over() -> None:
    for times in (1, 2, 1023):
        made = after(world({"parent": [f"get_user_pages h x times={times}"]}), "parent")
        assert made.kernel.mms[0].mapped()[0].page.refcount == 1 + times
        made.kernel.check()


def test_a_registered_buffer_is_there_until_it_is_unregistered() -> None:
    made = world({"parent": ["register_buffer b x", "munmap x"], "device": ["unregister b"]})
    assert made.ready() == ["parent"]
    page = after(made, "parent").the("b", RegisteredBuffer).pages[0]
    assert (page.refcount, made.kernel.mms[0].pinned_vm) == (1 + 1024, 1)
    assert made.ready() == ["parent", "device"]
    after(made, "device")
    assert (page.refcount, made.kernel.mms[0].pinned_vm, made.ready()) == (1, 0, ["parent"])
    made.kernel.check()


def test_a_huge_folio_in_place_of_a_page() -> None:
    programs = {"parent": ["mlock h", "pin_user_pages p h", "munmap h"]}
    programs["device"] = ["unpin_user_page p"]
    made = World(Scenario({"h": "huge"}, programs), Kernel("6.5"))
    folio = after(made, "parent", "parent").the("p", Taken).page.folio
    assert (folio.order, folio.refcount, folio.pincount, folio.mlocked) == (9, 2, 1, True)
    after(made, "parent", "device")
    assert folio.freed
