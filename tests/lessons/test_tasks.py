"""Tasks: of each, ten right answers and more, and ten near misses with the condition they miss.

Programs are written as one line, which goes on where BEGIN of their task ends.
"""

import re
from itertools import product
from textwrap import indent

import pytest

import pinlab
from pinlab import Kernel, lab
from pinlab.explore import litmus
from pinlab.lab.problems import TASKS, exercise
from pinlab.lab.task import Task

NEW = "mm = kernel.new_mm(); addr = mm.mmap(2048 * P); "
HUGE = "mm = kernel.new_mm(); addr = mm.mmap(512 * P, order=9); "

BEGIN = {
    "ten-frames": f"{NEW}other = kernel.new_mm('other'); there = other.mmap(200 * P); ",
    "freed-in-flight": f"{NEW}mm.write(addr, b'x' * 2 * P); page = mm.page_at(addr); "
    "put = kernel.put_page; read = lambda pages=1: kernel.submit_dio_read(mm, addr, pages); ",
    "suspected-wrongly": f"{NEW}mm.write(addr, b'x'); page = mm.page_at(addr); "
    "grab = lambda n, kind=FOLL_GET: kernel.try_grab_folio(page.folio, n, kind); ",
    "innocent-call": f"{NEW}zero = kernel.zero_page; z = zero.folio; "
    "grab = kernel.try_grab_folio; ",
    "second-round": f"{NEW}zero = kernel.zero_page; z = zero.folio; grab = kernel.try_grab_folio; ",
    "newer-loses": "",
    "six-lenses": f"{HUGE}mm.write(addr, b'x'); page = mm.page_at(addr); "
    "grab = lambda n, kind=FOLL_GET: kernel.try_grab_folio(page.folio, n, kind); "
    "lock = lambda: mm.mlock(addr, 512 * P); "
    "add = lambda pages=1, by='io_uring': mm.register_buffer(addr, pages, by=by); ",
}
ARGUMENTS = {"newer-loses": "kernel, parent, addr, request"}


def made(id: str, answer: object) -> object:
    """An answer as a reader gives it: a line of a program becomes the function `mine`."""
    if id not in BEGIN:
        return answer
    names: dict[str, object] = {**vars(pinlab), "P": 4096}
    exec(f"def mine({ARGUMENTS.get(id, 'kernel')}): {BEGIN[id]}{answer}", names)
    return names["mine"]


def buffer(pages: int, written: list[int], writes: int) -> dict[str, object]:
    """An experiment with some pages written, one byte each."""
    return {"pages": pages, "written": [page * 4096 for page in written], "writes": writes}


def held(order: int, pins: int, references: int, older: str, newer: str) -> dict[str, object]:
    """A folio that is held in the same way on two releases."""
    holds = {"pins": pins, "references": references}
    return {"order": order, **holds, "older": older, "newer": newer}


def rules(release: str, **changed: object) -> dict[str, object]:
    """A kernel by its release and the rules that are changed."""
    return {"release": release, **changed}


FLIGHT = "device_write r D\ncomplete r"


def asks(parent: str, device: str = FLIGHT, exists: str = "parent:x = A", more: str = "") -> str:
    """A litmus test of a page x with the letter A; more: further actors, as they are written."""
    head = 'mine\n"What is done."\nmemory\n    x = A\nparent\n'
    steps = f"{indent(parent, '    ')}\ndevice\n{indent(device, '    ')}\n"
    return f"{head}{steps}{more}exists {exists}\n5.9 Sometimes a guess\n"


READ = "submit_dio_read r x\nfork child\n"
CHILD = "child\n    exit\n"
PINS, WORKS = "pin_user_pages h x write\n", "device_write h D"
THREAD = "parent/2\n    await s\n    write x+8 P\n"

KINDS = {
    "small": "small folio",
    "large": "large folio",
    "zero": "zero page",
    "huge": "huge zero folio",
}


def run(words: str) -> list[tuple[object, ...]]:
    """A run of calls: "A pin small, B get zero 1023"."""
    calls = [call.split() for call in words.split(", ")]
    return [(who, verb, KINDS[page], *map(int, times)) for who, verb, page, *times in calls]


RIGHT: dict[str, list[object]] = {
    "three-thousand-pins": [
        buffer(31, [*range(15)], 200), buffer(64, [*range(15)], 200),
        buffer(64, [*range(49, 64)], 200), buffer(64, [*range(20)], 150),
        buffer(41, [*range(0, 40, 2)], 150), buffer(64, [*range(24)], 125),
        buffer(49, [*range(24), 0, 0], 125), buffer(64, [*range(25)], 120),
        buffer(51, [*range(50, 25, -1)], 120), buffer(61, [*range(30)], 100),
        {"pages": 64, "written": range(0, 30 * 4096, 2048), "writes": 100},
    ],
    "ten-frames": [
        "mm.read(addr, 100 * P); mm.write(addr, b'x' * 9 * P)",
        "mm.read(addr, 91 * P); mm.write(addr + 100 * P, b'x' * 9 * P)",
        "[mm.write(addr + i * P, b'x') for i in range(9)]; mm.read(addr + 9 * P, 91 * P)",
        "mm.read(addr, 50 * P); other.read(there, 50 * P); mm.write(addr, b'x' * 9 * P)",
        "mm.read(addr, 99 * P); mm.write(addr, b'x' * 8 * P); other.write(there, b'x')",
        "mm.read(addr, 50 * P); mm.write(addr, b'x' * 9 * P); mm.fork()",
        "kernel.submit_dio_read(mm, addr, 9); mm.read(addr, 100 * P)",
        "mm.write(addr, b'x' * 9 * P); kernel.submit_dio_write(mm, addr, 150).complete()",
        "mm.get_user_pages(addr, 100); mm.pin_user_pages(addr, 9, FOLL_WRITE)",
        "mm.mlock(addr, 9 * P); mm.read(addr, 2048 * P)",
        "mm.write(addr, bytes(20 * P)); mm.munmap(addr, 11 * P); mm.read(addr + 11 * P, 100 * P)",
        "mm.read(addr, 200 * P); child = mm.fork(); child.write(addr, b'x' * 9 * P)",
    ],
    "freed-in-flight": [
        "r = read(); put(page); mm.munmap(addr, P)",
        "r = read(); mm.munmap(addr, P); put(page)",
        "r = kernel.submit_dio_write(mm, addr, 1); put(page, 2)",
        "r = kernel.submit_dio_write(mm, addr, 2); put(page); mm.exit()",
        "r = read(2); put(r.pages[1]); mm.munmap(addr + P, P)",
        "a, b = (read() for _ in 'ab'); a.complete(); "
        "put(page); mm.exit()",
        "r = read(); child = mm.fork(); put(page); "
        "child.exit(); mm.exit()",
        "r = read(); mm.fork('c').exit(); put(page, 2)",
        "r = read(); mm.pin_user_pages(addr, 1); "
        "put(page, 1026)",
        "r = read(); kernel.get_page(page); put(page, 2); "
        "mm.munmap(addr, 2 * P)",
        "r = read(); child = mm.fork(); mm.write(addr, b'y'); "
        "put(page); child.munmap(addr, P)",
    ],
    "suspected-wrongly": [
        "[mm.fork() for _ in range(1023)]",
        "[mm.fork() for _ in range(1500)]",
        "[mm.fork() for _ in range(1024)]; mm.exit()",
        "kernel.unpin_user_page(page)",
        "kernel.unpin_user_page(page, 2)",
        "mm.fork(); kernel.unpin_user_page(page)",
        "kernel.unpin_user_page(kernel.alloc_folio().page(0))",
        "child = mm.fork(); [child.fork() for _ in range(1022)]",
        "mm.write(addr + P, b'y'); kernel.unpin_user_page(mm.page_at(addr + P))",
        "[mm.fork() for _ in range(500)]; kernel.unpin_user_page(page)",
    ],
    "innocent-call": [
        "grab(z, 2**21 - 1, FOLL_PIN); grab(z, 1023, FOLL_GET)",
        "grab(z, 1023, FOLL_GET); grab(z, 2**21 - 1, FOLL_PIN)",
        "grab(z, 2**21 - 1, FOLL_PIN); grab(z, 2000, FOLL_GET)",
        "grab(z, 2**21 - 2, FOLL_PIN); grab(z, 2047, FOLL_GET)",
        "grab(z, 2**21 - 1, FOLL_PIN); mm.get_user_pages(addr, 1023)",
        "grab(z, 2**21 - 1, FOLL_PIN); mm.get_user_pages(addr, 1500)",
        "mm.get_user_pages(addr, 1023); grab(z, 2**21 - 64, FOLL_PIN); "
        "kernel.submit_dio_write(mm, addr, 63)",
        "grab(z, 2**20, FOLL_PIN); mm.pin_user_pages(addr, 2048); "
        "grab(z, 2**20 - 2049, FOLL_PIN); grab(z, 1023, FOLL_GET)",
        "grab(z, 2**21, FOLL_PIN); kernel.unpin_user_page(zero, 2); grab(z, 2047, FOLL_GET)",
        "kernel.try_grab_folio_fast(z, 2**21 - 1, FOLL_PIN); grab(z, 1100, FOLL_GET)",
        "grab(z, 2**21 - 1, FOLL_PIN); [kernel.get_page(zero) for _ in range(1023)]",
        "big = mm.mmap(2**20 * P); mm.get_user_pages(big, 1023); "
        "[mm.pin_user_pages(big, 2**20 - n) for n in range(2)]",
    ],
    "second-round": [
        "mm.get_user_pages(addr, 1024)",
        "mm.get_user_pages(addr, 2046)",
        "mm.get_user_pages(addr + 9 * P, 1500)",
        "[mm.get_user_pages(addr, 1) for _ in range(1100)]",
        "[kernel.get_page(zero) for _ in range(1024)]",
        "grab(z, 1024, FOLL_GET)",
        "mm.get_user_pages(addr, 2000); mm.pin_user_pages(addr, 2000)",
        "mm.get_user_pages(addr, 2048); kernel.unpin_user_pages(mm.pin_user_pages(addr, 1))",
        "grab(z, 9999, FOLL_GET); kernel.submit_dio_write(mm, addr, 8).complete()",
        "mm.get_user_pages(addr, 2000); kernel.put_page(zero, 976)",
        "mm.get_user_pages(addr, 1000); mm.fork().get_user_pages(addr, 24)",
    ],
    "refcounts-part": [
        held(1, 0, 1023, "5.17", "5.18"), held(1, 0, 1024, "5.7", "6.18"),
        held(1, 0, 4096, "5.10", "6.1"), held(1, 0, 2000, "6.5", "5.9"),
        held(1, 0, 1023, "5.8", "6.2"), held(1, 0, 1025, "6.12", "5.16"),
        held(1, 0, 1500, "5.14", "6.6"), held(1, 0, 3000, "5.11", "5.18"),
        held(1, 0, 2048, "5.12", "6.7"), held(1, 0, 1600, "5.13", "6.4"),
    ],
    "newer-loses": [
        "parent.fork().munmap(addr, 4096); parent.write(addr + 4, b'p')",
        "parent.write_protect(addr); parent.write(addr + 4, b'p'); parent.fork()",
        "parent.fork().exit(); parent.write(addr + 4, b'p'); parent.fork()",
        "[parent.fork().munmap(addr, 4096) for _ in 'ab']; parent.write(addr + 4095, b'p')",
        "child = parent.fork(); child.fork().exit(); child.munmap(addr, 4096); "
        "parent.write(addr + 4, b'p')",
        "parent.fork().munmap(addr, 4096); parent.write(addr + 4, b'p'); "
        "request.device_write(b'DDDD'); request.complete()",
        "parent.fork().munmap(addr, 4096); parent.write(addr, b'pppp')",
        "child = parent.fork(); child.read(addr, 8); child.munmap(addr, 4096); "
        "parent.write(addr + 4, b'p')",
        "parent.fork().munmap(addr, 4096); request.device_write(b'DD'); "
        "parent.write(addr + 4, b'p')",
        "parent.write(addr + 4, b'p'); parent.fork().munmap(addr, 4096); parent.write(addr, b'p')",
        "parent.fork().exit(); kernel.submit_dio_read(parent, addr, 1); parent.fork()",
    ],
    "fixed-by-then": [
        asks(f"{PINS}write_protect x\nwrite x+16 P", WORKS),
        asks(f"{PINS}write_protect x\nwrite x+8 Q\nwrite x+9 Q", WORKS),
        asks(f"{PINS}write_protect x\nfork child\nwrite x+8 P", WORKS),
        asks(f"{PINS}fork child\nwrite_protect x\nwrite x+8 P", WORKS),
        asks(f"write_protect x\n{PINS}write_protect x\nwrite x+8 P", WORKS),
        asks("write_protect x\npin_user_pages h x\nwrite x+8 P", "device_write h D bytes=8"),
        asks("pin_user_pages h x write longterm\nwrite_protect x\nwrite x+8 P", WORKS),
        asks("register_buffer h x\nwrite_protect x\nwrite x+8 P", WORKS),
        asks("fork child\npin_user_pages h x\nwrite x+8 P", WORKS),
        asks("fork child\nwait child\npin_user_pages h x\nwrite x+8 P", WORKS, more=CHILD),
        asks(f"{PINS}write_protect x\nsignal s", WORKS, more=THREAD),
        asks("get_user_pages h x write\nwrite_protect x\nwrite x+8 P", WORKS),
    ],
    "six-lenses": [
        f"{steps}; return page"
        for steps in (
            "lock(); add(); [mm.get_user_pages(addr, 1) for _ in range(1022)]",
            "add(); lock(); grab(1022)",
            "lock(); add(512); add(512); grab(1024)",
            "lock(); add(by='RDMA'); mm.get_user_pages(addr, 512); mm.get_user_pages(addr, 512)",
            "lock(); add(); grab(1022, FOLL_PIN)",
            "lock(); add(); [mm.pin_user_pages(addr, 512) for _ in 'ab']",
            "lock(); add(); [kernel.submit_dio_read(mm, addr, 512) for _ in 'ab']",
            "lock(); add(9, by='RDMA'); [kernel.get_page(page) for _ in range(1030)]",
            "lock(); add(); grab(INT_MAX)",
            "lock(); [add(512, by='RDMA') for _ in 'ab']",
            "add(); lock(); grab(2000); page = page.folio.page(7)",
        )
    ],
    "shortest-refutation": [
        *(
            run(f"{one} pin {page}, {other} pin {page}, {one} unpin {page}")
            for page, one, other in product(("small", "large", "huge"), "A", ("A", "B"))
        ),
        run("B pin small, A pin small, A unpin small"),
        run("A get small, A pin small, A unpin small"),
        run("B pin large, A get large, B unpin large"),
        run("A get zero, B pin zero, B unpin zero"),
        run("A pin zero, B get zero 1023, A unpin zero"),
        [list(call) for call in run("B get zero, B pin zero, B unpin zero")],
    ],
    "cheapest-clues": [
        *(
            {"hold-zeros", "smaps-1022", one}
            for one in (
                "read-from-disk", "flight-letters", "flight-zeros", "huge-buffer", "lost-byte",
                "moved-away", "flight-1", "flight-2", "flight-3",
            )
        ),
        ["hold-zeros", "huge-buffer", "smaps-1022"],
    ],
    "sentences-part": [
        *(
            rules(name, zero_page_still_counts=counter)
            for name, counter in product(
                ("6.5", "6.12", "6.18", "6.1.192"), ("pincount", "refcount")
            )
        ),
        rules("6.4", zero_page_pins="skipped", zero_page_still_counts="pincount"),
        rules("6.4", zero_page_pins="skipped", zero_page_still_counts="refcount"),
    ],
}  # fmt: skip

NEAR: dict[str, list[tuple[str, object]]] = {
    "three-thousand-pins": [
        ("pins", buffer(64, [], 200)), ("pins", buffer(64, [0], 200)),
        ("pins", {"pages": 64, "written": range(30), "writes": 100}),
        ("pins", buffer(64, [*range(15)], 199)), ("pins", buffer(64, [*range(16)], 200)),
        ("pins", buffer(64, [*range(64)], 200)), ("half", buffer(64, [*range(60)], 50)),
        ("half", buffer(60, [*range(30)], 100)), ("half", buffer(30, [*range(15)], 200)),
        ("half", buffer(15, [*range(15)], 200)), ("half", buffer(40, [*range(40)], 75)),
    ],
    "ten-frames": [
        ("frames", "mm.read(addr, 100 * P); mm.write(addr, b'x' * 10 * P)"),
        ("frames", "mm.read(addr, 100 * P); mm.write(addr, b'x' * 8 * P)"),
        ("frames", "mm.read(addr, 100 * P)"),
        ("frames", "mm.write(addr, b'x' * 100 * P)"),
        ("frames", "mm.read(addr, 99 * P); mm.write(addr, b'x'); mm.fork().write(addr, b'y')"),
        ("frames", "mm.read(addr, 100 * P); mm.pin_user_pages(addr, 10, FOLL_LONGTERM)"),
        ("zero", "mm.write(addr, b'x' * 10 * P); [mm.fork() for _ in range(9)]"),
        ("zero", "mm.write(addr, b'x' * 10 * P); [mm.fork() for _ in range(10)]"),
        ("entries", "mm.read(addr, 90 * P); mm.write(addr + 90 * P, b'x' * 9 * P)"),
        ("entries", "mm.read(addr, 100 * P); mm.write(addr, bytes(9 * P)); mm.munmap(addr, P)"),
        ("entries", "mm.write(addr, b'x' * 9 * P); other.read(there, 100 * P); other.exit()"),
        ("huge", "mm.read(mm.mmap(P, 9), 1); mm.read(addr, 100 * P); mm.write(addr, bytes(8 * P))"),
        ("huge", "mm.write(mm.mmap(512 * P, order=9), b'x')"),
    ],
    "freed-in-flight": [
        ("flight", "mm.munmap(addr, P)"),
        ("flight", "read().complete(); put(page)"),
        ("flight", "r = read(); mm.munmap(addr, P); r.complete()"),
        ("held", "read()"),
        ("held", "read(); mm.munmap(addr, P)"),
        ("held", "kernel.submit_dio_write(mm, addr, 1); mm.exit()"),
        ("held", "read(); put(page)"),
        ("held", "read(); kernel.get_page(page); put(page); mm.exit()"),
        ("held", "a, b = (read() for _ in 'ab'); put(page); mm.exit()"),
        ("held", "read(); child = mm.fork(); put(page); mm.exit()"),
        ("held", "read(); kernel.unpin_user_page(page)"),
        ("held", "read(); put(mm.page_at(addr + P))"),
    ],
    "suspected-wrongly": [
        ("suspected", "[mm.fork() for _ in range(1022)]"),
        ("suspected", "[mm.fork() for _ in range(1023)]; mm.exit()"),
        ("suspected", "grab(1022)"),
        ("suspected", "kernel.try_grab_folio(kernel.alloc_folio(9), 5000, FOLL_GET)"),
        ("suspected", "mm.pin_user_pages(addr, 1); kernel.unpin_user_page(page)"),
        ("suspected", "mm.read(addr, 2000 * P)"),
        ("suspected", "mm.pin_user_pages(addr + P, 2000)"),
        ("suspected", "[kernel.submit_dio_write(mm, addr, 64).complete() for _ in range(20)]"),
        ("suspected", "kernel.alloc_folio(); kernel.put_page(page)"),
        ("pinned", "mm.pin_user_pages(addr, 1)"),
        ("pinned", "mm.pin_user_pages(addr, 1); grab(1023)"),
        ("pinned", "mm.pin_user_pages(addr, 1); kernel.put_page(page)"),
        ("pinned", "kernel.submit_dio_write(mm, addr, 1)"),
        ("references", "[mm.get_user_pages(addr, 1) for _ in range(1023)]"),
        ("references", "[kernel.get_page(page) for _ in range(1023)]"),
        ("references", "mm.get_user_pages(addr + P, 1023)"),
        ("references", "[mm.fork() for _ in range(23)]; grab(1000)"),
        ("references", "mm.get_user_pages(addr, 1); kernel.unpin_user_page(page)"),
    ],
    "innocent-call": [
        ("refused", "grab(z, 2**21 - 1, FOLL_PIN)"),
        ("refused", "grab(z, 2**21 - 1, FOLL_PIN); grab(z, 1022, FOLL_GET)"),
        ("refused", "grab(z, 2**22, FOLL_PIN)"),
        ("own", "grab(z, 2**21, FOLL_PIN); mm.get_user_pages(addr, 1)"),
        ("own", "[mm.pin_user_pages(mm.mmap(2**20 * P), 2**20) for _ in 'abc']"),
        ("pins", "grab(z, 2**21, FOLL_PIN)"),
        ("pins", "[kernel.submit_dio_write(mm, addr, 2048) for _ in range(1024)]"),
        ("refused", "grab(z, 2**21, FOLL_GET)"),
        ("refused", "mm.pin_user_pages(addr, 99, FOLL_LONGTERM); grab(z, 2**21 - 99, FOLL_PIN)"),
        ("refused", "mm.pin_user_pages(addr, 9, FOLL_WRITE); grab(z, 2**21 - 9, FOLL_PIN)"),
        ("refused", "[kernel.submit_dio_write(mm, addr, 2048).complete() for _ in range(99)]"),
        ("refused", "grab(kernel.huge_zero_folio, 2**21, FOLL_PIN)"),
        ("refused", "grab(z, 2**21, FOLL_PIN); kernel.unpin_user_page(zero)"),
        ("holds", "grab(z, 2**31 - 1, FOLL_GET)"),
        ("holds", "grab(z, 2**20, FOLL_PIN); grab(z, 2**30, FOLL_GET)"),
        ("holds", "grab(z, 2**21 - 8, FOLL_PIN); grab(z, 8191, FOLL_GET)"),
        ("balanced", "kernel.unpin_user_page(zero)"),
        ("balanced", "kernel.get_page(zero); kernel.put_page(zero, 2)"),
    ],
    "second-round": [
        ("early", "mm.pin_user_pages(addr, 1)"),
        ("early", "mm.pin_user_pages(addr, 2048)"),
        ("early", "kernel.unpin_user_pages(mm.pin_user_pages(addr, 1))"),
        ("early", "mm.get_user_pages(addr, 1)"),
        ("early", "mm.get_user_pages(addr, 1022)"),
        ("early", "mm.get_user_pages(addr, 1023)"),
        ("early", "mm.write(addr, b'x' * 2048 * P); mm.get_user_pages(addr, 1024)"),
        ("early", "kernel.submit_dio_write(mm, addr, 2048)"),
        ("late", "mm.get_user_pages(addr, 2048)"),
        ("late", "grab(z, 9999, FOLL_GET)"),
        ("zero", "mm.get_user_pages(addr, 2047)"),
        ("zero", "mm.get_user_pages(addr, 1023); kernel.unpin_user_pages("
         "mm.pin_user_pages(addr, 1)); [kernel.get_page(zero) for _ in range(1500)]"),
        ("balanced", "mm.get_user_pages(addr, 1024); kernel.put_page(zero, 1025)"),
    ],
    "refcounts-part": [
        ("same", held(1, 0, 1022, "5.17", "5.18")), ("same", held(1, 1, 1023, "5.17", "5.18")),
        ("same", held(2, 0, 1023, "5.17", "5.18")), ("same", held(0, 0, 1023, "5.17", "5.18")),
        ("same", held(1, 1, 0, "5.17", "5.18")), ("same", held(1, 0, 1023, "5.10", "5.17")),
        ("same", held(9, 1, 0, "5.7", "6.18")), ("same", held(1, 0, 4096, "5.18", "6.18")),
        ("nobody", held(0, 1, 0, "5.6", "5.7")), ("nobody", held(9, 64, 0, "5.6", "6.18")),
        ("nobody", held(1, 0, 1023, "5.17", "5.6")),
    ],
    "newer-loses": [
        ("older", "parent.fork(); parent.write(addr + 4, b'p')"),
        ("older", "child = parent.fork(); child.fork().exit(); parent.write(addr + 4, b'p')"),
        ("older", "request.device_write(b'DDDD'); request.complete(); parent.write(addr, b'pppp')"),
        ("older", "request.complete(); parent.read(addr, 4)"),
        ("older", "parent.fork(); parent.write_protect(addr); parent.write(addr, b'p')"),
        ("newer", "parent.write(addr + 4, b'p')"),
        ("newer", "parent.fork()"),
        ("newer", "parent.fork().exit()"),
        ("newer", "child = parent.fork(); child.write(addr + 4, b'c'); child.exit()"),
        ("newer", "parent.write_protect(addr); parent.read(addr, 8)"),
        ("newer", "request.device_write(b'DDDD'); parent.fork().exit(); parent.write(addr, b'D')"),
        ("newer", "parent.fork('a').exit(); parent.write_protect(addr)"),
        ("gone", "parent.fork().exit(); parent.write(addr + 4, b'p')"),
        ("gone", "parent.write_protect(addr); parent.write(addr + 4, b'p')"),
        ("wrote", "child = parent.fork(); child.write(addr + 5, b'c'); parent.write(addr, b'p')"),
        ("wrote", "a, b = parent.fork(), parent.fork(); a.munmap(addr, 4096); b.write(addr, b'b'); "
         "parent.write(addr + 4, b'p')"),
        ("parent", "parent.exit()"),
        ("parent", "parent.munmap(addr, 4096)"),
    ],
    "fixed-by-then": [
        ("disk", (litmus.FOLDER / "dio-read+fork+parent-writes.litmus").read_text("utf-8")),
        ("disk", asks(f"{READ}write x+8 P")),
        ("disk", asks(f"{READ}read x v")),
        ("old", asks(f"{PINS}fork child\nwrite x+8 P", WORKS)),
        ("old", asks(f"{PINS}write x+8 P", WORKS)),
        ("alone", asks(f"{PINS}write_protect x\nwrite x+8 P\nsignal s", f"await s\n{WORKS}")),
        ("old", asks(f"write_protect x\n{PINS}write x+8 P", WORKS)),
        ("old", asks(f"{PINS}write_protect x\nwrite x P\nsignal s", f"await s\n{WORKS}")),
        ("old", asks("submit_dio_write r x\nfork child\nwrite x+24 P", "device_read r v", "v = P")),
        ("old", asks(f"{PINS}write_protect x\nwrite x+8 P", WORKS, "parent:x+8 = A")),
        ("new", asks("get_user_pages h x write\nfork child\nwrite x+16 P", WORKS)),
        ("new", asks("get_user_pages h x write\nfork child\nwrite x+8 P\nwrite x+9 P", WORKS)),
    ],
    "six-lenses": [
        ("zero", "a = mm.mmap(P); return mm.pin_user_pages(a, 1)[0]"),
        ("foll-pin", "lock(); grab(1024); return page"),
        ("foll-pin", "return page"),
        ("foll-pin", "add().unregister(); return page"),
        ("refcount-says-maybe", "lock(); add(); return page"),
        ("refcount-says-maybe", "lock(); add(); grab(1021); return page"),
        ("refcount-says-maybe", "mm.pin_user_pages(addr, 1); return page"),
        ("pincount-above-zero", "a = mm.mmap(P); return mm.pin_user_pages(a, 1, FOLL_WRITE)[0]"),
        ("pincount-above-zero", "a = mm.mmap(P); return mm.register_buffer(a, 1).pages[0]"),
        ("unevictable", "add(); grab(1022); return page"),
        ("unevictable", "lock(); mm.munlock(addr, P * 512); grab(1024, FOLL_PIN); return page"),
        ("pinned-vm", "lock(); mm.pin_user_pages(addr, 1, FOLL_LONGTERM); grab(1024); return page"),
        ("pinned-vm", "lock(); grab(1023, FOLL_PIN); return page"),
    ],
    "shortest-refutation": [
        ("stands", []),
        ("stands", run("A pin large, A unpin large")),
        ("stands", run("A pin zero, B pin zero, A unpin zero")),
        ("stands", run("A get small, B get small, A put small")),
        ("stands", run("A pin small, B pin large, A unpin small")),
        ("stands", run("A pin small, B get small, B put small")),
        ("stands", run("A get zero, A put zero, A pin zero, A unpin zero")),
        ("longer", run("A pin large, A pin large, A unpin large, A unpin large")),
        ("longer", run("A pin zero, B get zero 1023, A unpin zero, B put zero 1023")),
        ("not_held", run("A unpin small")),
        ("not_held", run("A pin small, B unpin small")),
        ("not_held", run("A get small, A unpin small")),
        ("not_held", run("A pin zero, B get zero 1023, B put zero")),
        ("too_many", run("A pin small, B pin small, A get large")),
    ],
    "cheapest-clues": [
        ("alike", set()), ("alike", {"hold-zeros"}),
        ("alike", {"write-zeros", "flight-letters", "smaps-1022"}),
        ("alike", {"hold-zeros", "lost-byte"}), ("alike", {"hold-zeros", "smaps-1022"}),
        ("alike", {"huge-buffer", "flight-letters", "smaps-1022"}),
        ("fewer", {"hold-zeros", "read-from-disk", "smaps-1022", "lost-byte"}),
        ("fewer", {"hold-zeros", "read-from-disk", "smaps-1022", "write-zeros"}),
        ("sold_out", {"read-zeros", "write-letters", "fork-1022"}),
        ("sold_out", {"hold-zeros", "flight-letters", "fork-1022"}),
    ],
    "sentences-part": [
        *(("both-true", rules(name)) for name in ("6.5", "6.18", "6.1.130")),
        ("both-true", rules("6.5", zero_page_still_counts="vmstat")),
        ("both-true", rules("6.5", zero_page_grab="refused")),
        ("both-true", rules("6.4", zero_page_pins="skipped")),
        *(("both-false", rules(name)) for name in ("6.4", "5.10")),
        ("both-false", rules("6.18", zero_page_unpin="counted")),
        ("both-false", rules("6.5", zero_page_grab="counted")),
        ("both-false", rules("6.4", zero_page_still_counts="pincount")),
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long on a machine that does other work is no loop without end."""
    monkeypatch.setattr("pinlab.lab.strangers.PATIENCE", 60.0)


def the_task(id: str) -> Task:
    """A task by its id."""
    found = exercise(id)
    assert isinstance(found, Task)
    return found


@pytest.mark.parametrize("id", TASKS)
def test_ten_different_answers_and_its_own_are_right(id: str) -> None:
    assert len({str(answer) for answer in RIGHT[id]}) >= 10
    for answer in [the_task(id).solution(), *(made(id, answer) for answer in RIGHT[id])]:
        reply = lab.task(id, answer)
        assert reply.right, (answer, str(reply))
        assert the_task(id).because in reply.text


@pytest.mark.parametrize("id", TASKS)
def test_ten_near_misses_are_told_the_condition_that_they_miss(id: str) -> None:
    assert len({str(answer) for _, answer in NEAR[id]}) >= 10
    assert {missed for missed, _ in NEAR[id]} == set(the_task(id).conditions)
    for missed, answer in NEAR[id]:
        found = the_task(id).judge(made(id, answer))
        assert found.misses == missed, (answer, found)
        reply = lab.task(id, made(id, answer))
        assert (reply.right, found.did in reply.text) == (False, True)
        assert the_task(id).conditions[missed].format_map(found.found) in reply.text
        assert reply.details == found.details


@pytest.mark.parametrize("id", TASKS)
def test_the_beginning_is_tried_and_is_no_answer(id: str) -> None:
    question = lab.task(id).text
    assert f"```python\n{the_task(id).beginning}```" in question
    names: dict[str, object] = {}
    exec(the_task(id).beginning, names)
    reply = lab.task(id, names["mine"])
    assert (reply.right, reply.text.startswith("The beginning: ")) == (None, True)


def test_what_a_program_raises_is_told_with_its_line() -> None:
    def mine(kernel: Kernel) -> None:
        helper(kernel)

    def helper(kernel: Kernel) -> None:
        kernel.new_mm().read(0, 1)

    told = lab.task("ten-frames", mine).text
    assert told.startswith("`mine` raised OSError: ")
    assert f"at 0x0 (line {mine.__code__.co_firstlineno + 1}: `helper(kernel)`)." in told


def test_a_program_without_end_is_told_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def mine(kernel: Kernel) -> None:
        while True:
            pass

    monkeypatch.setattr("pinlab.lab.strangers.PATIENCE", 0.1)
    assert re.match(r"`mine` had not ended after 3 s \(line .*", lab.task("ten-frames", mine).text)


@pytest.mark.parametrize(
    ("id", "answer", "told"),
    [
        ("ten-frames", 3, "mine is 3: it has to be a function"),
        ("six-lenses", made("six-lenses", "f = page.folio; f.refcount = 2000"), "by hand"),
        ("six-lenses", lambda kernel: kernel, "what mine returns is <Kernel 6.18>: it has"),
        ("six-lenses", lambda _: Kernel().zero_page, "it is of another machine"),
        ("three-thousand-pins", {"pages": 64}, "mine is {'pages': 64}: it has to have pages, writ"),
        ("three-thousand-pins", buffer(65, [0], 1), "pages is 65: allowed are whole numbers"),
        ("three-thousand-pins", buffer(2, [2], 1), "a byte in written is 8192: allowed are"),
        ("sentences-part", {"release": "5.5"}, "release is '5.5': FOLL_PIN, and so"),
        ("refcounts-part", held(1, -1, 0, "5.17", "5.18"), "pins is -1: allowed are whole numbers"),
        ("fixed-by-then", "nothing", "mine, line 1: "),
        ("shortest-refutation", [("A", "pin")], "a call in mine is ('A', 'pin'): it has"),
        ("cheapest-clues", {"free"}, "a clue in mine is 'free': allowed are read-zeros, "),
    ],
)  # fmt: skip
def test_what_cannot_be_an_answer_is_named(id: str, answer: object, told: str) -> None:
    reply = lab.task(id, answer)
    assert reply.right is None
    assert told in reply.text
