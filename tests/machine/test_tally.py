"""How many pins one call takes, with counters of our own and with the kernel's."""

import os
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from pinlab.machine import buffers, process_vm, tally, vmstat
from pinlab.machine.availability import UnavailableError
from pinlab.machine.tally import Tally, per_call

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


class Counters:
    """Two counters with one CPU's share, and other people who pin now and then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, may_flush: bool) -> None:
        self.acquired = self.released = self.share = 0
        self.may_flush = may_flush
        self.others: list[int] = []
        self.calls = self.settled = 0
        monkeypatch.setattr(vmstat, "read", self.read)
        monkeypatch.setattr(vmstat, "settle", self.settle)
        monkeypatch.setattr(vmstat, "flush", lambda: may_flush)

    def read(self) -> vmstat.Pins:
        return vmstat.Pins(self.acquired, self.released)

    def settle(self) -> vmstat.Pins:
        self.settled += 1
        self.acquired, self.released = self.acquired + self.share, self.released + self.share
        self.share = 0
        return self.read()

    def pin(self, pages: int) -> None:
        """Pin and unpin; each CPU keeps a difference of up to 125 to itself."""
        self.calls += 1
        self.share += pages + (self.others.pop() if self.others else 0)
        if self.share > 125:
            self.acquired, self.released = self.acquired + self.share, self.released + self.share
            self.share = 0


@pytest.mark.parametrize("pages", [0, 1, 64, 512])
@pytest.mark.parametrize("may_flush", [True, False])
def test_pages(pages: int, may_flush: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch, may_flush)
    assert per_call(lambda: counters.pin(pages)) == Tally(pages, pages)
    assert counters.calls == (tally.FLUSHED_TRIES if may_flush else 1 + 3 * tally.OFTEN)


@pytest.mark.parametrize("share", [0, 60, 125])
def test_a_share_left_by_somebody_before(share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch, may_flush=False)
    counters.share = share
    assert per_call(lambda: counters.pin(64)) == Tally(64, 64)


def test_others_who_pin_in_some_of_the_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch, may_flush=True)
    counters.others = [9, 0, 1000, *[64] * 7]
    assert per_call(lambda: counters.pin(64)) == Tally(64, 64)


def test_a_call_that_takes_long_is_made_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch, may_flush=False)
    monkeypatch.setattr(tally, "LONG", 0.0)
    assert per_call(lambda: counters.pin(64)) == Tally(64, 64)
    assert counters.calls == 1 + tally.SELDOM
    assert counters.settled == 2


def test_a_kernel_without_the_counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vmstat").write_text("nr_free_pages 7\n")
    monkeypatch.setattr(vmstat, "VMSTAT", tmp_path / "vmstat")
    called: list[int] = []
    with pytest.raises(UnavailableError, match="no nr_foll_pin_acquired in /proc/vmstat"):
        per_call(lambda: called.append(1))
    assert not called


def test_what_the_call_raises_comes_through_and_every_cpu_is_allowed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowed = os.sched_getaffinity(0)
    for may_flush in (True, False):
        Counters(monkeypatch, may_flush)
        with pytest.raises(ZeroDivisionError):
            per_call(lambda: 1 // 0)
        assert os.sched_getaffinity(0) == allowed


def test_it_is_on_one_cpu_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()
    Counters(monkeypatch, may_flush=False)
    per_call(lambda: seen.add(len(os.sched_getaffinity(0))))
    assert seen == {1}


def test_a_container_where_no_cpu_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: int, cpus: set[int]) -> None:
        raise PermissionError

    counters = Counters(monkeypatch, may_flush=False)
    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    assert per_call(lambda: counters.pin(64)) == Tally(64, 64)


def least_of(tries: int, call: Callable[[], object]) -> Tally:
    """This kernel's answer: others may spoil a try, and none of them makes it smaller."""
    found = [per_call(call) for _ in range(tries)]
    return Tally(min(t.acquired for t in found), min(t.released for t in found))


@pytest.mark.parametrize("flush", [True, False])
def test_this_kernel(flush: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not vmstat.present():
        pytest.skip("this kernel does not count pins")
    if not flush:  # as anybody but root
        monkeypatch.setattr(vmstat, "flush", lambda: False)
    source, target = buffers.new("letters"), buffers.new("never")
    assert least_of(3, lambda: process_vm.read(source, target)) == Tally(64, 64)
    assert least_of(3, lambda: None) == Tally(0, 0)
