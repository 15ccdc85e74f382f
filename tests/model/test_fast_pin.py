"""GUP-fast in two halves, and fork: who can see the state between, and who must not."""

from collections.abc import Iterator

import pytest

from pinlab import FOLL_WRITE, PAGE_SIZE, Kernel, Mm
from pinlab.model import gup

NEWEST = "6.18"
IN_TWO = ("5.14", "5.18", "5.19", NEWEST)


class Scene:
    """A parent with one page of letters A, which another of its threads pins."""

    def __init__(self, release: str, **rules: str) -> None:
        self.kernel = Kernel(release, **rules)
        self.parent = self.kernel.new_mm()
        self.addr = self.parent.mmap(PAGE_SIZE)
        self.parent.write(self.addr, b"AAAA")

    def begin(self, flags: int = FOLL_WRITE) -> tuple[gup.FastPin, Iterator[None]]:
        pin = self.parent.pin_user_page_fast_in_steps(self.addr, flags)
        return pin, iter(pin)

    def refcount(self, mm: Mm | None = None) -> int:
        page = (mm or self.parent).page_at(self.addr)
        assert page is not None
        return page.refcount

    def loses(self, pin: gup.FastPin) -> bool:
        """Whether the parent does not see what a device then writes, having written itself."""
        self.parent.write(self.addr + 8, b"P")
        pin.require_page().device_write(b"DDDD")
        return self.parent.read(self.addr, 4) != b"DDDD"


@pytest.mark.parametrize("release", IN_TWO)
def test_since_5_14_one_and_then_1023(release: str) -> None:
    scene = Scene(release)
    pin, steps = scene.begin()
    next(steps)
    assert (scene.refcount(), pin.page, scene.parent.has_pinned) == (2, None, True)
    with pytest.raises(RuntimeError, match="still under way"):
        pin.require_page()
    assert scene.kernel.vmstat["nr_foll_pin_acquired"] == 0
    scene.kernel.check()
    assert list(steps) == []
    assert scene.refcount() == 1025
    assert scene.kernel.vmstat["nr_foll_pin_acquired"] == 1
    scene.kernel.check()
    told = [(e.operation, e.refcount_before, e.refcount_after) for e in scene.kernel.trace[-2:]]
    assert told == [("pin, fast, half", 1, 2), ("pin, fast", 2, 1025)]
    scene.kernel.unpin_user_page(pin.require_page())
    assert scene.refcount() == 1


def test_a_folio_with_a_pincount_gets_its_reference_first() -> None:
    scene = Scene(NEWEST)
    huge = scene.parent.mmap(1, order=9)
    scene.parent.write(huge, b"x")
    pin = scene.parent.pin_user_page_fast_in_steps(huge + PAGE_SIZE, FOLL_WRITE)
    folio = scene.kernel.folios[-1]
    for _ in pin:
        assert (folio.refcount, folio.pincount) == (2, 0)
    assert (folio.refcount, folio.pincount) == (2, 1)
    assert pin.page is folio.page(1)
    scene.kernel.check()


@pytest.mark.parametrize("release", IN_TWO)
@pytest.mark.parametrize("rules", [{}, {"fast_pin_and_fork": "may_meet"}])
def test_a_whole_fork_between_the_halves_is_noticed(release: str, rules: dict[str, str]) -> None:
    """Fork sees 2 and shares; the entry has changed then, so the pin is given back."""
    scene = Scene(release, **rules)
    pin, steps = scene.begin()
    next(steps)
    child = scene.parent.fork()
    assert scene.refcount(child) == 3
    assert list(steps) == []
    assert scene.refcount(child) == 1  # the slow way copied for the parent
    assert scene.refcount() == 1025
    scene.kernel.check()
    assert not scene.loses(pin)
    assert child.read(scene.addr, 4) == b"AAAA"


def test_a_read_only_entry_does_not_change_but_the_fork_is_counted() -> None:
    for apart, given_back in (("kept_apart", True), ("may_meet", False)):
        scene = Scene("5.14", fast_pin_and_fork=apart)
        scene.parent.write_protect(scene.addr)
        pin, steps = scene.begin(flags=0)
        next(steps)
        scene.parent.fork()
        list(steps)
        operations = [event.operation for event in scene.kernel.trace]
        assert ("unpin" in operations) == given_back
        assert pin.page is scene.parent.page_at(scene.addr)  # 5.14 pins what is shared
        scene.kernel.check()


@pytest.mark.parametrize("release", IN_TWO)
def test_an_entry_that_becomes_read_only_between_the_halves_has_changed(release: str) -> None:
    scene = Scene(release)
    steps = scene.begin(flags=0)[1]
    next(steps)
    scene.parent.write_protect(scene.addr)
    assert list(steps) == []
    operations = [event.operation for event in scene.kernel.trace[-3:]]
    assert operations == ["pin, fast", "unpin", "pin"]
    assert scene.refcount() == 1025
    scene.kernel.check()


@pytest.mark.parametrize(
    ("release", "lost"),
    [("5.9", True), ("5.10", True), ("5.10.7", False), ("5.11", False), (NEWEST, False)],
)
def test_a_pin_between_the_question_and_the_write_protection(release: str, lost: bool) -> None:
    """Fork has found no pin and goes on to share: what 57efa1fe5957 is about."""
    scene = Scene(release)
    fork = scene.parent.fork_in_steps()
    pausing = iter(fork)
    next(pausing)
    pin, steps = scene.begin()
    if not lost:
        next(steps)
    assert pin.waits is not lost
    if lost:
        assert list(steps) == []  # pinned while fork goes on
    assert list(pausing) == []
    assert list(steps) == []
    scene.kernel.check()
    assert scene.loses(pin) == lost


def test_the_slow_way_cannot_go_on_while_fork_is_under_way() -> None:
    scene = Scene(NEWEST)
    fork = iter(scene.parent.fork_in_steps())
    next(fork)
    pin, steps = scene.begin()
    next(steps)
    assert pin.waits
    with pytest.raises(RuntimeError, match="parent is in the middle of fork"):
        next(steps)


def test_a_refused_grab_is_the_slow_path_s_error() -> None:
    scene = Scene(NEWEST)
    page = scene.parent.page_at(scene.addr)
    assert page is not None
    page.folio.refcount = -5
    pin = scene.parent.pin_user_page_fast_in_steps(scene.addr)
    with pytest.raises(OSError, match="could not be grabbed"):
        list(pin)
    assert pin.page is None


@pytest.mark.parametrize("release", ["5.7", "5.14", NEWEST])
def test_a_reference_is_one_addition_and_does_not_look_for_a_fork(release: str) -> None:
    """Only FOLL_PIN asks write_protect_seq: gup_fast(), 6.18."""
    scene = Scene(release)
    fork = iter(scene.parent.fork_in_steps())
    next(fork, None)
    call = scene.parent.get_user_page_fast_in_steps(scene.addr)
    assert list(call) == []
    assert (call.require_page(), call.waits) == (scene.parent.page_at(scene.addr), False)
    assert not scene.parent.has_pinned
    list(fork)
    assert scene.refcount() == 3  # two mappings
    (again,) = scene.parent.get_user_pages_fast(scene.addr, 1)
    assert (again, scene.refcount()) == (call.page, 4)
    scene.kernel.check()


def test_a_reference_to_what_fork_has_write_protected_waits_for_its_end() -> None:
    scene = Scene(NEWEST)
    second = scene.parent.mmap(PAGE_SIZE)
    scene.parent.write(second, b"x")
    fork = iter(scene.parent.fork_in_steps())
    next(fork)
    next(fork)
    call = scene.parent.get_user_page_fast_in_steps(scene.addr, FOLL_WRITE)
    steps = iter(call)
    next(steps)
    assert call.waits
    list(fork)
    assert list(steps) == []
    assert call.page is scene.parent.page_at(scene.addr)  # the copy that its fault made
    scene.kernel.check()
