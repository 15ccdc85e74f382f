"""How many pins calls take, with counters of our own and with the kernel's; whose turn it is."""

import os
import platform
import random
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain, cycle, repeat
from pathlib import Path

import pytest

from pinlab.machine import buffers, proc, syscalls, tally
from pinlab.machine.measured import Measurement
from pinlab.machine.proc import Meter, Pins, UnavailableError, require_counters
from pinlab.machine.tally import NOISE, NoisyError, per_call
from tests.machine.counting import TRIES, Counters

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)

ONE_CALL = 1
"""The call that tells how long a call takes."""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same order of counts and controls each time, and nobody sleeps in them."""
    random.seed(0)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(tally, "PATIENCE", 0.05)


@pytest.mark.parametrize(("pages", "share"), [(0, 0), (0, 125), (1, 60), (64, 125), (512, 0)])
@pytest.mark.parametrize(
    ("may_flush", "fewest", "most"), [(True, 8 * 1, 8 * 3), (False, 3 * 400, 3 * 800)]
)
def test_pages(
    pages: int, share: int, may_flush: bool, fewest: int, most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """share: what somebody before has left a CPU to keep to itself."""
    counters = Counters(monkeypatch, may_flush)
    counters.share = 0 if may_flush else share
    assert per_call(lambda: counters.pin(pages)) == Pins(pages, pages)
    assert fewest <= counters.calls - ONE_CALL <= most


@pytest.mark.parametrize("pages", [0, 64])
@pytest.mark.parametrize(
    ("may_flush", "others"),
    [
        (True, repeat(64)),
        (True, cycle([64, 0])),
        (True, cycle([0, 0, 0, 64])),
        (True, chain(repeat(0, 10), repeat(64))),
        (True, cycle([6400, *repeat(0, 4)])),
        (False, repeat(40_000)),
        (False, cycle([40_000, 0])),
        (False, repeat(195)),
    ],
)
def test_others_leave_no_answer(
    pages: int, may_flush: bool, others: Iterable[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Always as much as we do, every second time, one in four, late, in bursts."""
    counters = Counters(monkeypatch, may_flush, others)
    with pytest.raises(NoisyError) as caught:
        per_call(lambda: counters.pin(pages))
    assert str(caught.value) == NOISE


def test_others_who_pin_as_often_as_we_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they take grows as ours does. It does so in the controls, too."""
    counters = Counters(monkeypatch)
    monkeypatch.setattr(tally, "_seconds", lambda call: 1.0)
    monkeypatch.setattr(time, "sleep", lambda seconds: counters.pin(64 * int(seconds)))
    with pytest.raises(NoisyError):
        per_call(lambda: counters.pin(128))


@pytest.mark.parametrize(
    "others",
    [
        [*repeat(64, 30)],
        chain(repeat(0, 4), [9999], repeat(0)),
        cycle([6400, *repeat(0, 99)]),
    ],
    ids=["for a while", "once", "in rare bursts"],
)
def test_a_quiet_round_is_enough(others: Iterable[int], monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch, others=others)
    assert per_call(lambda: counters.pin(64)) == Pins(64, 64)


def test_a_call_that_takes_long_is_made_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch, may_flush=False)
    monkeypatch.setattr(tally, "LONG", 0.0)
    assert per_call(lambda: counters.pin(64)) == Pins(64, 64)
    assert 14 <= counters.calls - ONE_CALL <= 26
    assert counters.settled == 5


@pytest.mark.parametrize(
    ("first", "later", "found"),
    [
        (6400, [], (Pins(6400, 6400), True)),
        (6464, [6500, 6400], (Pins(6400, 6400), True)),
        (9000, [8000, 7000, 7500], (Pins(7000, 7000), False)),
        (6336, [6336], (Pins(6336, 6336), False)),
    ],
)
def test_many_calls_are_confirmed_by_single_ones(
    first: int, later: list[int], found: tuple[Pins, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least is kept; what nothing confirms is not agreed, be it more or less."""
    counters = Counters(monkeypatch)
    readings = [pins for count in later for pins in (0, count)]
    monkeypatch.setattr(time, "monotonic", lambda: float(not readings))

    class Readings(Meter):
        def pins(self) -> Pins:
            return Pins(*[readings.pop(0)] * 2)

    told = tally._confirmed(lambda: counters.pin(64), 100, Pins(first, first), Readings(), 1.0)
    assert told == found
    assert not readings


@pytest.mark.parametrize("long", [False, True])
def test_what_took_long_is_not_counted_again(long: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third reading ends the count; others pin 9 before it, and not again."""
    counters = Counters(monkeypatch, others=[0, 0, 9])
    monkeypatch.setattr(tally, "LONG", -1.0 if long else 1.0)
    (found,), control = tally.count([lambda: counters.pin(64)], 10, 0.0)
    assert (found.pins.acquired, found.agreed) == ((649, False) if long else (640, True))
    assert (control.acquired, control.released) == (0, 0)


def test_what_the_call_raises_comes_through_and_every_cpu_is_allowed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        seen.append(len(os.sched_getaffinity(0)))
        raise ZeroDivisionError

    seen: list[int] = []
    allowed = os.sched_getaffinity(0)
    for may_flush in (True, False):
        Counters(monkeypatch, may_flush)
        with pytest.raises(ZeroDivisionError):
            per_call(fail)
        assert os.sched_getaffinity(0) == allowed
    assert seen == [len(allowed), 1]


def test_a_container_where_no_cpu_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: int, cpus: set[int]) -> None:
        raise PermissionError

    counters = Counters(monkeypatch, may_flush=False)
    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    assert per_call(lambda: counters.pin(64)) == Pins(64, 64)


def told(call: Callable[[], object]) -> Pins:
    """This kernel's answer, if others leave it time for one."""
    for _ in range(TRIES):
        with suppress(NoisyError):
            return per_call(call)
    pytest.skip(f"others pinned in {TRIES} tries")


@pytest.mark.parametrize("flush", [True, False])
def test_this_kernel(flush: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        require_counters()
    except UnavailableError as reason:
        pytest.skip(str(reason))
    monkeypatch.undo()  # time goes by here
    if not flush:  # as anybody but root
        monkeypatch.setattr(proc, "flush", lambda: False)
    source, target = buffers.new("letters"), buffers.new("never")
    assert told(lambda: syscalls.process_vm_readv(source, target)) == Pins(64, 64)
    assert told(lambda: None) == Pins(0, 0)


@pytest.mark.parametrize(("expected", "least"), [(0.0001, 0.05), (0.3, 0.3), (4.0, 0.5)])
def test_a_control_is_about_as_long_as_the_measurement_and_never_the_same_twice(
    expected: float, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    Counters(monkeypatch, others=repeat(7))
    monkeypatch.setattr(time, "sleep", naps.append)
    for _ in range(20):
        found = tally.control(Meter(), expected)
        assert found[:6] == ("control", 0, 0, 0, 7, 7)
    assert all(least <= nap <= 1.5 * least for nap in naps)
    assert len(set(naps)) == 20


def test_several_controls_are_one() -> None:
    controls = [Measurement("control", 0, 0, 0, n, 2 * n, n / 4) for n in (1, 2)]
    assert tally.together(controls) == Measurement("control", 0, 0, 0, 3, 6, 0.75)


def test_who_measures_at_the_same_time_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """In another process, as it were: each opening of the file has a lock of its own."""
    monkeypatch.undo()
    said: list[str] = []

    def measure() -> None:
        with tally.turn():
            said.append("second")

    second = threading.Thread(target=measure)
    with tally.turn():
        second.start()
        second.join(0.3)
        said.append("first")
    second.join(10)
    assert said == ["first", "second"]


def test_nobody_waits_for_ever_nor_without_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "WAIT", 0.1)
    with tally.turn(), tally.turn():
        pass
    monkeypatch.setattr(proc, "VMSTAT", tmp_path / "vmstat")
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    with tally.turn():
        pass
