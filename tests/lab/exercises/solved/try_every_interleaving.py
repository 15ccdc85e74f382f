"""The right answers of lesson 08, worked out by hand or by going through orders one by one."""

from collections.abc import Mapping, Sequence
from itertools import permutations

from pinlab import PAGE_SIZE, Kernel, lab


def lined_up(*steps: int) -> int:
    """How many different rows there are of so many steps of each actor, by growing them."""
    rows = {(0,) * len(steps): 1}
    for _ in range(sum(steps)):
        longer: dict[tuple[int, ...], int] = {}
        for done, ways in rows.items():
            for n, most in enumerate(steps):
                if done[n] < most:
                    after = (*done[:n], done[n] + 1, *done[n + 1 :])
                    longer[after] = longer.get(after, 0) + ways
        rows = longer
    return sum(rows.values())


def told(id: str, seed: int) -> str:
    """What an exercise hands out, with its question."""
    return str(lab.given(id, seed))


def programs(text: str) -> dict[str, list[str]]:
    """The parts of a litmus test in a text, by their heads."""
    found: dict[str, list[str]] = {}
    head = ""
    for line in text.splitlines():
        if line.startswith("    "):
            found[head].append(line.strip())
        elif line:
            head = line
            found[head] = []
    return found


def earliest(seed: int) -> int:
    """What `too-late` asks for: the steps up to the parent's write, with an exit it waits for."""
    steps = programs(told("too-late", seed))["parent"]
    return steps.index("write x+8 P") + 1 + ("wait child" in steps)


def secret_is_read(write_after: int) -> bool:
    """Whether the child of CVE-2020-29374 reads the parent's P on 6.5, if it writes that late."""
    kernel = Kernel("6.5")
    parent = kernel.new_mm("parent")
    addr = parent.mmap(PAGE_SIZE)
    parent.write(addr, b"A")
    child = parent.fork("child")
    for step in range(4):
        if step == write_after:
            parent.write(addr, b"P")
        if step == 0:
            (page,) = child.get_user_pages(addr, 1)
        if step == 1:
            child.munmap(addr, PAGE_SIZE)
    return page.device_read(1) == b"P"


def merged(start: int, after: Mapping[int, Sequence[int]]) -> tuple[int, int]:
    """States and orders, from the ends back: a state is done when all that follow it are."""
    met, waiting = {start}, [start]
    while waiting:
        new = set(after[waiting.pop()]) - met
        met |= new
        waiting += new
    orders: dict[int, int] = {}
    while start not in orders:
        for state in met - set(orders):
            if set(after[state]) <= set(orders):
                orders[state] = sum(orders[n] for n in after[state]) or 1
    return len(met), orders[start]


def unmerged(start: int, after: Mapping[int, Sequence[int]]) -> tuple[int, int]:
    """States and orders by going through every order from the start to its end."""
    waiting: list[tuple[int, ...]] = [(start,)]
    met, ends = set[int](), 0
    while waiting:
        way = waiting.pop()
        met.add(way[-1])
        ends += not after[way[-1]]
        waiting += [(*way, following) for following in after[way[-1]]]
    return len(met), ends


MINE = """\
does-the-new-byte-reach-the-disk
"The parent forks and writes while its page is on the way to the disk."
memory
    x = A
parent
    submit_dio_write r x
    fork child
    write x P
device
    device_read r v
exists v = P
6.5     Sometimes   a guess
"""

RIGHT: dict[str, object] = {
    "how-many-orders": lined_up(5, 3, 3),
    "ten-good-runs": "some order is good",
    "equal-states": len({(n, m) for n in range(11) for m in range(11)}),
    # Parent's write W among the child's steps 1, 2, 3, which keep their order.
    "orders-of-a-test": sum(
        [s for s in order if s != "W"] == ["1", "2", "3"] for order in permutations("W123")
    ),
    "never-of-what": {"a thousand runs", "a slow disk"},
    "smallest-set": {"copy", "unshare", "reuse"},
    "write-a-test": MINE,
    "explored": merged,
    "verdict": "Sometimes",
    "too-late": 3,
    "missing-rule": "reuse",
    "what-is-saved": {"pin+write-protect+write"},
}
