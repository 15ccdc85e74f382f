"""The right answers of lesson 05, worked out by hand or from the model."""

import re

from pinlab import lab
from pinlab.lab.problems import exercise
from pinlab.model.trace import Trace

RULES = re.compile(r'zero_page_(grab|grab_fast|unpin)="(counted|skipped)"')


def counts(id: str, seed: int) -> tuple[bool, bool]:
    """Whether a pin of never-written memory counts on the kernel of a question, and its release."""
    rules = dict(RULES.findall(exercise(id, seed).question))
    assert set(rules) == {"grab", "grab_fast", "unpin"}
    return rules["grab"] == "counted", rules["unpin"] == "counted"


def outcome(seed: int) -> str:
    """The answer to `whose-outcome`."""
    names = {
        (True, True): "balanced",
        (True, False): "leaking",
        (False, True): "stuck",
        (False, False): "exempt",
    }
    return names[counts("whose-outcome", seed)]


def after_rounds(seed: int) -> dict[str, int]:
    """The answer to `after-n-rounds`."""
    pin, release = counts("after-n-rounds", seed)
    (n, again) = (
        int(n) for n in re.findall(r": (\d+) ", exercise("after-n-rounds", seed).question)
    )
    assert n == again
    change = 1024 * (pin - release)
    together = 1 + n * change
    return {"one after another": -1023 if change < 0 else together, "held together": together}


def references(seed: int) -> int:
    """The answer to `gets-and-pins`."""
    question = exercise("gets-and-pins", seed).question
    numbers = [int(number) for number in re.findall(r"(?<![\d.])\d+(?! *\.\d)", question)]
    one, gets, _, puts, _ = numbers[-5:]
    return one + gets - puts


def proved_by_the_trace(seed: int) -> set[str]:
    """The answer to `which-tests`: those whose line leaves the zero page's refcount alone."""
    given = lab.given("which-tests", seed)
    assert isinstance(given, Trace)
    tests = {"pin": "slow", "unpin": "release"}
    lines = [event for event in given if event.page == "zero page" and event.operation in tests]
    assert len(lines) == 2
    return {tests[e.operation] for e in lines if e.refcount_before == e.refcount_after}


def try_grab_page(refcount: int, is_zero: int, pin: int) -> tuple[bool, int]:
    """The slow grab of a 6.1 with patch and repair, with the wrap written out."""
    if refcount <= 0:
        return False, refcount
    after = refcount + (0 if is_zero else 1024) if pin else refcount + 1
    return True, after - 2**32 if after >= 2**31 else after


RIGHT: dict[str, object] = {
    "what-the-caller-gets": "64 pages",
    "reached-tests": {"slow", "release"},
    "deleted-if": "release",
    "hundred-rounds": {"one after another": -1023, "held together": -102399},
    "below-zero": {"fast pin", "unpin"},
    "gets-and-pins": references(seed=0),
    "one-write-three-kernels": {"6.4": 65, "feared": 65537, "6.5": 1},
    "vfio-leak": 4097,
    "return-zero": "refused",
    "whose-outcome": outcome(seed=0),
    "after-n-rounds": after_rounds(seed=0),
    "which-tests": proved_by_the_trace(seed=0),
    "backport": try_grab_page,
}
