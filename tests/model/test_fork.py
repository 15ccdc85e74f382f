"""Fork and copy-on-write, row by row and era by era, against what the fact sheet and kernels say.

The rows are those of data/litmus later; here each is written out by hand with the old, plain API.
"""

from collections.abc import Callable

import pytest

from pinlab import FOLL_WRITE, PAGE_SIZE, Kernel, Mm, Page

HOLDS = ("get", "pin")
ERAS = ("5.7", "5.9", "5.19", "6.15")


class Scene:
    """A parent with one page of letters A, and a device that works on its frame."""

    def __init__(self, release: str, **rules: str) -> None:
        self.kernel = Kernel(release, **rules)
        self.parent = self.kernel.new_mm()
        self.addr = self.parent.mmap(PAGE_SIZE)
        self.parent.write(self.addr, b"AAAA")

    def hold(self, kind: str, flags: int = FOLL_WRITE, mm: Mm | None = None) -> Page:
        owner = mm or self.parent
        call = owner.get_user_pages if kind == "get" else owner.pin_user_pages
        (page,) = call(self.addr, 1, flags)
        return page

    def let_go(self, kind: str, page: Page) -> None:
        (self.kernel.put_page if kind == "get" else self.kernel.unpin_user_page)(page)

    def sees(self, mm: Mm) -> str:
        return mm.read(self.addr, 4).decode()

    def write(self, mm: Mm, text: bytes) -> None:
        """Another byte of the page than the device's."""
        mm.write(self.addr + 8, text)


def row_a(scene: Scene, kind: str) -> str:
    """Hold, fork, parent writes, the device delivers."""
    page = scene.hold(kind)
    child = scene.parent.fork()
    scene.write(scene.parent, b"p")
    page.device_write(b"DDDD")
    scene.let_go(kind, page)
    return f"{scene.sees(scene.parent)} {scene.sees(child)}"


def row_b(scene: Scene, kind: str) -> str:
    """The child writes before the parent does."""
    page = scene.hold(kind)
    child = scene.parent.fork()
    scene.write(child, b"c")
    scene.write(scene.parent, b"p")
    page.device_write(b"DDDD")
    return f"{scene.sees(scene.parent)} {scene.sees(child)}"


def row_c(scene: Scene, kind: str) -> str:
    """The child exits before the parent writes."""
    page = scene.hold(kind)
    scene.parent.fork().exit()
    scene.write(scene.parent, b"p")
    page.device_write(b"DDDD")
    return scene.sees(scene.parent)


def row_d(scene: Scene, kind: str) -> str:
    """Nobody writes."""
    page = scene.hold(kind)
    child = scene.parent.fork()
    page.device_write(b"DDDD")
    return f"{scene.sees(scene.parent)} {scene.sees(child)}"


def row_e(scene: Scene, kind: str) -> str:
    """No fork, but the entry is made read-only."""
    page = scene.hold(kind)
    scene.parent.write_protect(scene.addr)
    scene.write(scene.parent, b"p")
    page.device_write(b"DDDD")
    return scene.sees(scene.parent)


def row_i(scene: Scene, kind: str) -> str:
    """To disk: the parent writes, then the child; what does the device read?"""
    page = scene.hold(kind, flags=0)
    child = scene.parent.fork()
    scene.parent.write(scene.addr, b"PPPP")
    child.write(scene.addr, b"CCCC")
    return page.device_read(4).decode()


def row_k(scene: Scene, kind: str) -> str:
    """To disk: the parent writes after fork."""
    page = scene.hold(kind, flags=0)
    scene.parent.fork()
    scene.parent.write(scene.addr, b"PPPP")
    return page.device_read(4).decode()


# Row, hold, and what comes out on 5.7, 5.9, 5.19 and 6.15 (fact sheet 6.2; D: the device's bytes).
ROWS: list[tuple[Callable[[Scene, str], str], str, list[str]]] = [
    (row_a, "get", ["AAAA DDDD", "AAAA DDDD", "AAAA DDDD", "AAAA DDDD"]),
    (row_b, "get", ["DDDD AAAA", "AAAA AAAA", "AAAA AAAA", "AAAA AAAA"]),
    (row_c, "get", ["DDDD", "AAAA", "AAAA", "AAAA"]),
    (row_d, "get", ["DDDD DDDD", "DDDD DDDD", "DDDD DDDD", "DDDD DDDD"]),
    (row_e, "get", ["DDDD", "AAAA", "DDDD", "DDDD"]),
    (row_a, "pin", ["AAAA DDDD", "DDDD AAAA", "DDDD AAAA", "DDDD AAAA"]),  # f
    (row_e, "pin", ["DDDD", "AAAA", "DDDD", "DDDD"]),  # g
    (row_i, "get", ["CCCC", "AAAA", "AAAA", "AAAA"]),  # i and j
    (row_k, "get", ["AAAA", "AAAA", "AAAA", "AAAA"]),
    (row_k, "pin", ["AAAA", "PPPP", "PPPP", "PPPP"]),  # l
]


@pytest.mark.parametrize(
    ("row", "kind", "release", "outcome"),
    [
        (row, kind, release, outcome)
        for row, kind, outcomes in ROWS
        for release, outcome in zip(ERAS, outcomes, strict=True)
    ],
)
def test_a_row_of_the_table(
    row: Callable[[Scene, str], str], kind: str, release: str, outcome: str
) -> None:
    scene = Scene(release)
    assert row(scene, kind) == outcome
