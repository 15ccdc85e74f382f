"""Every state of a small machine: counted by hand, and walked again call by call."""

from itertools import combinations_with_replacement

import pytest

from pinlab import Kernel
from pinlab.explore.reach import (
    GET,
    HUGE_ZERO,
    LARGE,
    MANY,
    PAGES,
    PIN,
    PUT,
    SMALL,
    UNPIN,
    ZERO,
    Call,
    Holding,
    OnRecord,
    Reached,
    reach,
)


def owned(*holds: tuple[str, str]) -> tuple[Holding, ...]:
    return tuple(sorted(Holding("A", kind, page, 1) for kind, page in holds))


def test_where_the_counters_add_up_the_states_are_what_people_can_hold() -> None:
    # Two actors, each with a reference or a pin of four pages, or 1023 references of one: 18 holds,
    # of which there are none, one, or two with repetition. From the first 1 + 18 states 18 more can
    # be taken; a state gives back its hold, or either of two that differ.
    kinds = [Holding(a, kind, page, 1) for a in "AB" for kind in (GET, PIN) for page in PAGES]
    kinds += [Holding(actor, GET, ZERO, MANY) for actor in "AB"]
    expected = {
        tuple(sorted(holds))
        for number in range(3)
        for holds in combinations_with_replacement(kinds, number)
    }
    found = reach("6.5")
    assert len(found.states) == len(expected) == 1 + 18 + 18 * 19 // 2
    assert {state.holds for state in found.states} == expected
    releases = sum(len(set(holds)) for holds in expected)
    assert len(found.transitions) == 19 * 18 + releases


def test_counters_by_hand() -> None:
    """One mapping each, except the zero pages; a pin adds 1024, or 1 and 1, or nothing."""
    states = {state.holds: state for state in reach("6.5").states}
    first = states[()].pages
    assert {name: counters.refcount for name, counters in first.items()} == dict.fromkeys(first, 1)
    assert [counters.pincount for counters in first.values()] == [None, 0, None, 0]
    pins = states[owned((PIN, SMALL), (PIN, LARGE))]
    assert pins.pages[SMALL] == OnRecord(1025, None, 1)
    assert pins.pages[LARGE] == OnRecord(2, 1, 1)
    zeros = states[owned((PIN, ZERO), (PIN, HUGE_ZERO))]
    assert zeros.pages[ZERO] == OnRecord(1, None, 1)
    assert zeros.pages[HUGE_ZERO] == OnRecord(2, 1, 1)
    assert (zeros.acquired, zeros.released) == (1, 0)
    many = states[Holding("A", GET, ZERO, MANY), Holding("B", PIN, ZERO, 1)]
    assert many.pages[ZERO] == OnRecord(1024, None, 1024)


@pytest.mark.parametrize(
    ("counters", "bias", "pins"),
    [
        (OnRecord(1025, None, 1), 1024, 1),
        (OnRecord(2049 + 1023, None, 1024), 1024, 2),
        (OnRecord(1024, None, 1024), 1024, 0),
        (OnRecord(1 - 1024, None, 1), 1024, -1),
        (OnRecord(5, 3, 2), 1024, 3),
        (OnRecord(4, None, 1), 1, 3),
    ],
)
def test_pins_on_record(counters: OnRecord, bias: int, pins: int) -> None:
    assert counters.pins(bias) == pins


@pytest.mark.parametrize("release", ["5.7", "6.4", "6.5"])
def test_pins_on_record_are_the_pins_that_the_ledger_books(release: str) -> None:
    for state in reach(release).states:
        for page, counters in state.pages.items():
            pins = sum(hold.kind == PIN and hold.page == page for hold in state.holds)
            exempt = page == ZERO and release == "6.5"
            assert counters.pins(state.bias) == (0 if exempt else pins)


def again(found: Reached, number: int) -> Kernel:
    """Walk to a state's end with the calls that a reader would make."""
    kernel = Kernel(found.release, **found.rules)
    mm = kernel.new_mm()
    addr = {SMALL: mm.mmap(4096), LARGE: mm.mmap(4096, order=9),
            ZERO: mm.mmap(MANY * 4096), HUGE_ZERO: mm.mmap(4096, order=9)}  # fmt: skip
    mm.write(addr[SMALL], b"x")
    mm.write(addr[LARGE], b"x")
    for transition in found.way(found.transitions[number]):
        step = transition.step
        try:
            if step.verb == GET:
                mm.get_user_pages(addr[step.page], step.times)
            elif step.verb == PIN:
                mm.pin_user_pages(addr[step.page], step.times)
        except OSError:
            assert step.error == "ENOMEM"
            continue
        assert step.error is None
        page = mm.page_at(addr[step.page])
        assert page is not None
        if step.verb == UNPIN:
            kernel.unpin_user_page(page)
        for _ in range(step.times if step.verb == PUT else 0):
            kernel.put_page(page)
    return kernel


@pytest.mark.parametrize(
    "rules", [{}, {"zero_page_unpin": "counted"}, {"zero_page_still_counts": "pincount"}]
)
def test_every_twentieth_step_walked_again_by_the_public_calls(rules: dict[str, object]) -> None:
    found = reach("6.5", rules)
    refused = 0
    for number in range(0, len(found.transitions), 20):
        kernel, after = again(found, number), found.transitions[number].after
        zero, huge = kernel.zero_page, kernel.huge_zero_folio
        assert after.pages[ZERO][:2] == (zero.refcount, zero.pincount)
        assert after.pages[HUGE_ZERO][:2] == (huge.refcount, huge.pincount)
        assert [after.acquired, after.released] == list(kernel.vmstat.values())
        refused += found.transitions[number].step.error is not None
    assert bool(refused) == ("zero_page_unpin" in rules)


def test_ways_are_shortest_and_lead_there() -> None:
    found = reach("6.5", {"zero_page_unpin": "counted"})
    keys = [state.key() for state in found.states]
    assert len(set(keys)) == len(keys)
    far = {keys[0]: 0}
    for transition in found.transitions:
        assert found.states[transition.number] is transition.before
        *way, last = found.way(transition)
        assert last is transition
        assert len(way) == far[transition.before.key()] <= 3
        assert [t.before.key() for t in [*way, last]][1:] == [t.after.key() for t in way]
        far.setdefault(transition.after.key(), len(way) + 1)
    assert set(far) == set(keys)


def test_the_same_every_time() -> None:
    first, second = (reach("6.4", most_holds=1, most_steps=n) for n in (4, 5))
    assert first is not second
    assert [str(t) for t in first.transitions] == [str(t) for t in second.transitions]
    assert reach("6.4", most_holds=1) is first


def test_a_kernel_whose_counters_forget_goes_on_for_ever_but_for_the_bound() -> None:
    rules = {"zero_page_grab": "counted"}
    shallow, deep = (reach("6.5", rules, most_steps=n).states for n in (1, 3))
    assert len(shallow) < len(deep)
    assert max(s.pages[ZERO].refcount for s in shallow) < max(s.pages[ZERO].refcount for s in deep)


def test_5_8_never_gets_as_far_as_the_zero_page() -> None:
    for release, pages in {"5.8": {SMALL, LARGE}, "5.9": set(PAGES)}.items():
        assert {t.step.page for t in reach(release, most_holds=1).transitions} == pages


def test_a_step_in_words() -> None:
    steps = [
        (Call("A", GET, ZERO), "A takes a reference to the zero page"),
        (Call("B", GET, ZERO, MANY), "B takes 1023 references to the zero page"),
        (Call("A", PUT, SMALL), "A releases a reference to the small folio"),
        (Call("A", PIN, HUGE_ZERO), "A pins the huge zero folio"),
        (Call("A", UNPIN, LARGE), "A unpins the large folio"),
    ]
    assert [str(step) for step, _ in steps] == [words for _, words in steps]
    shown = {str(t) for t in reach("6.5", most_holds=1).transitions if not t.number}
    assert "A pins the zero page: no counter changes" in shown
    assert (
        "A pins the large folio: refcount 1 -> 2, pincount 0 -> 1, vmstat acquired 0 -> 1" in shown
    )
    refused = {str(t) for t in reach("6.1.130", most_holds=1).transitions if not t.number}
    assert "A pins the zero page: refused with ENOMEM" in refused


def test_the_trace_has_what_the_actors_did() -> None:
    found = reach("6.4", most_holds=1)
    last = next(t for t in found.transitions if t.step == Call("A", UNPIN, ZERO))
    trace = found.trace(last)
    assert [(e.step, e.actor, e.operation) for e in trace] == [(0, "A", "pin"), (1, "A", "unpin")]
    assert [e.refcount_after for e in trace] == [1025, 1]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="release is '5'"):
        reach("5")
    with pytest.raises(ValueError, match="unknown rule 'nail'"):
        reach("6.5", {"nail": "on"})
    with pytest.raises(ValueError, match="most_holds is 0"):
        reach("6.5", most_holds=0)
    with pytest.raises(ValueError, match="most_steps is 0"):
        reach("6.5", most_steps=0)
    assert repr(reach("6.5", most_holds=1)) == "<Reached 19 states, 36 steps>"
