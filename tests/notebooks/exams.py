"""The answers to the exam questions of the instructor's page, each computed from the model.

A function has the number of its question and returns the values that its answer gives, in order.
`WRONG` has the numbers of the usual wrong answers, each with the mistake written out.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from pinlab import FOLL_GET, FOLL_PIN, PAGE_SIZE, Kernel, machine, words
from pinlab.explore import Scenario, explore
from pinlab.model.dio import DirectIO
from pinlab.model.folio import Folio
from pinlab.model.mm import Mm

FEARED = {"zero_page_pins": "counted"}


def booted(release: str, **rules: object) -> tuple[Kernel, Mm]:
    """A machine, and a process on it."""
    kernel = Kernel(release, **rules)
    return kernel, kernel.new_mm()


def frames(*mms: Mm) -> set[Folio]:
    """What is behind the pages of some processes."""
    return {entry.page.folio for mm in mms for entry in mm.mapped()}


def behind(request: DirectIO) -> list[Folio]:
    """The frame behind each page that a device is given."""
    return [page.folio for page in request.pages]


def until_negative(kernel: Kernel, mm: Mm, pages: int) -> int:
    """How many writes, all in flight, take the zero page's refcount below zero."""
    addr, writes = mm.mmap(pages * PAGE_SIZE), 0
    while kernel.zero_page.refcount > 0:
        kernel.submit_dio_write(mm, addr, pages)
        writes += 1
    return writes


def fit(folio: Folio, flags: int) -> int:
    """How many holds of a kind are taken before one is refused."""
    taken = 0
    while folio.kernel.try_grab_folio_fast(folio, 1, flags):
        taken += 1
    return taken


def pinned(mm: Mm, addr: int) -> str:
    """What a pin of one page gets."""
    try:
        return f"{len(mm.pin_user_pages(addr, 1))} page"
    except OSError:
        return "ENOMEM"


def q00a() -> Iterable[object]:
    kernel, mm = booted("6.18")
    addr = mm.mmap(40 * PAGE_SIZE)
    mm.write(addr, b"\0" * 10 * PAGE_SIZE)
    mm.write(addr + 10 * PAGE_SIZE, b"x" * 5 * PAGE_SIZE)
    mm.read(addr + 15 * PAGE_SIZE, 20 * PAGE_SIZE)
    for _ in range(30):
        kernel.submit_dio_write(mm, addr, 40).complete()
    return [kernel.vmstat["nr_foll_pin_acquired"]]


def q00b() -> Iterable[object]:
    kernel, mm = booted("6.5", **FEARED)
    kernel.submit_dio_write(mm, mm.mmap(256 * PAGE_SIZE), 256)
    return [until_negative(*booted("6.5", **FEARED), 256), kernel.zero_page.refcount]


def q01a() -> Iterable[object]:
    kernel, mm = booted("6.18")
    addr = mm.mmap(32 * PAGE_SIZE)
    mm.read(addr, 16 * PAGE_SIZE)
    mm.write(addr + 8 * PAGE_SIZE, b"x" * 16 * PAGE_SIZE)
    faults = sum(event.pages for event in kernel.trace if event.operation.endswith("fault"))
    other = kernel.new_mm()
    other.read(other.mmap(32 * PAGE_SIZE), 32 * PAGE_SIZE)
    return [len(frames(mm)), 32 - len(mm.mapped()), faults, len(frames(mm, other))]


def q01b() -> Iterable[object]:
    kernel, mm = booted("6.18")
    addr = mm.mmap(8 * PAGE_SIZE)
    kernel.submit_dio_read(mm, addr, 4).complete()
    given = behind(kernel.submit_dio_write(mm, addr + 2 * PAGE_SIZE, 6))
    zero = [page for page, folio in enumerate(given, 2) if folio is kernel.zero_page.folio]
    fresh, other = booted("6.18")
    first = behind(fresh.submit_dio_write(other, other.mmap(8 * PAGE_SIZE) + 2 * PAGE_SIZE, 6))
    return [len(set(given)), f"{zero[0]} to {zero[-1]}", len(set(first))]


def q02a() -> Iterable[object]:
    kernel, mm = booted("6.4")
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    (page,) = {mm.get_user_pages(addr, 1)[0] for _ in range(3)}
    request = kernel.submit_dio_write(mm, addr, 1)
    yield page.refcount
    mm.munmap(addr, PAGE_SIZE)
    yield page.refcount
    request.complete()
    kernel.put_page(page, 2)
    yield page.refcount
    kernel.put_page(page)
    yield "freed" if page.folio.freed else "not freed"


def q02b() -> Iterable[object]:
    kernel = Kernel("6.4")
    mms = [kernel.new_mm(name) for name in "ABC"]
    addr, *_ = (mm.mmap(10 * PAGE_SIZE) for mm in mms)
    for mm in mms:
        mm.read(addr, 10 * PAGE_SIZE)
    requests = [kernel.submit_dio_write(mms[0], addr, 10) for _ in range(2)]
    yield kernel.zero_page.refcount
    mms[1].exit()
    yield kernel.zero_page.refcount
    mms[0].write(addr, b"x")
    sent = {request.device_read() for request in requests}
    yield "zeros" if sent == {bytes(10 * PAGE_SIZE)} else "x"
    for request in requests:
        request.complete()
    yield kernel.zero_page.refcount


def q03a() -> Iterable[object]:
    kernel, mm = booted("6.18")
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    for take, times in ((mm.get_user_pages, 5), (mm.pin_user_pages, 3)):
        (page,) = {take(addr, 1)[0] for _ in range(times)}
    yield page.refcount
    kernel.put_page(page)
    kernel.unpin_user_page(page)
    yield page.refcount
    kernel.put_page(page, 5)
    kernel.unpin_user_page(page)
    yield page.refcount
    yield "yes" if kernel.folio_maybe_dma_pinned(page.folio) else "no"
    mm.munmap(addr, PAGE_SIZE)
    yield "yes" if page.folio.freed else "no"


def q03b() -> Iterable[object]:
    mapped, top, step = 1, 2**31 - 1, 64
    extra = next(n for n in range(step) if mapped + n >= step)
    return [extra, (top - mapped) // step, step.bit_length() - 1]


def q04a() -> Iterable[object]:
    kernel, mm = booted("6.5", **FEARED)
    zero = kernel.zero_page
    kernel.try_grab_folio(zero.folio, 2**21, FOLL_PIN)
    addr = mm.mmap(PAGE_SIZE)
    yield from (zero.refcount, pinned(mm, addr))
    kernel.unpin_user_page(zero, 3)
    yield fit(zero.folio, FOLL_PIN)
    kernel.unpin_user_page(zero, 3)
    yield fit(zero.folio, FOLL_GET)
    yield "0" if mm.read(addr, 1) == b"\0" else "refused"


def q04b() -> Iterable[object]:
    kernel, mm = booted("6.5", **FEARED)
    addr = mm.mmap(128 * PAGE_SIZE)
    for _ in range(8):
        kernel.submit_dio_write(mm, addr, 128)
    yield kernel.zero_page.refcount
    yield (enough := until_negative(*booted("6.5", **FEARED), 128))
    kernel, mm = booted("6.4")
    addr = mm.mmap(128 * PAGE_SIZE)
    for _ in range(enough):
        kernel.submit_dio_write(mm, addr, 128)
    yield kernel.zero_page.refcount


def q05a() -> Iterable[object]:
    kernel, mm = booted("6.5", zero_page_grab="counted")
    never, written = mm.mmap(PAGE_SIZE), mm.mmap(10 * PAGE_SIZE)
    for _ in range(500):
        kernel.submit_dio_write(mm, never, 1).complete()
    yield kernel.zero_page.refcount
    mm.write(written, b"x" * 10 * PAGE_SIZE)
    kernel.submit_dio_write(mm, written, 10).complete()
    yield kernel.zero_page.refcount
    further, zero = 2_096_000, kernel.zero_page
    kernel.try_grab_folio(zero.folio, further, FOLL_PIN)  # at once, to be quick
    assert zero.refcount > 0
    while pinned(mm, never) != "ENOMEM":
        further += 1
    yield further


def q05b() -> Iterable[object]:
    kernel, mm = booted("6.5")
    addr = mm.mmap(PAGE_SIZE)
    kernel.try_grab_folio(kernel.zero_page.folio, 2**31 - 1, FOLL_GET)
    yield from (kernel.zero_page.refcount, pinned(mm, addr))
    kernel.put_page(kernel.zero_page)
    yield from (kernel.zero_page.refcount, pinned(mm, addr), kernel.zero_page.refcount)


def q06a() -> Iterable[object]:
    kernel = Kernel("6.18")
    folio, single = kernel.alloc_folio(4), kernel.alloc_folio()
    for pins in (16, *[1] * 5):
        kernel.try_grab_folio(folio, pins, FOLL_PIN)
    kernel.try_grab_folio(folio, 200, FOLL_GET)
    yield from (folio.refcount, folio.pincount)
    kernel.unpin_user_page(folio.page(0), 21)
    kernel.try_grab_folio(folio, 1100, FOLL_GET)
    kernel.try_grab_folio(single, folio.refcount - 1, FOLL_GET)
    yield folio.refcount
    for each in folio, single:
        yield "yes" if kernel.folio_maybe_dma_pinned(each) else "no"


def q06b() -> Iterable[object]:
    for release in "5.6", "5.7", "5.18":
        folio = Kernel(release).alloc_folio(1)
        for _ in range(3):
            folio.kernel.try_grab_folio(folio, 1, FOLL_PIN)
        yield folio.refcount
        if folio.pincount is not None:
            yield folio.pincount


def q07a() -> Iterable[object]:
    for release in "6.4", "6.5", "5.7":
        kernel, mm = booted(release)
        addr = mm.mmap(PAGE_SIZE)
        mm.write(addr, b"A" * 8)
        request = kernel.submit_dio_read(mm, addr, 1)
        child = mm.fork()
        child.write(addr + 7, b"c")
        child.exit()
        mm.write(addr + 6, b"p")
        request.device_write(b"DDDD")
        request.complete()
        yield mm.read(addr, 8).decode()


def q07b() -> Iterable[object]:
    for release in "6.5", "6.4":
        kernel, mm = booted(release)
        addr = mm.mmap(10 * PAGE_SIZE)
        mm.write(addr, b"x" * 10 * PAGE_SIZE)
        request = kernel.submit_dio_read(mm, addr, 3)
        before, child = frames(mm), mm.fork()
        yield len(frames(mm, child))
        mm.write(addr, b"y" * 10 * PAGE_SIZE)
        if release == "6.5":
            yield from (len(frames(mm, child)), len(frames(mm) - before))
        request.device_write(b"D" * 3 * PAGE_SIZE)
        if release == "6.4":
            (who,) = (each for each in (mm, child) if each.read(addr, 1) == b"D")
            yield who.name


def q08a() -> Iterable[object]:
    def orders(*left: int) -> int:
        """Of actors of whom nobody waits."""
        steps = [(*left[:i], n - 1, *left[i + 1 :]) for i, n in enumerate(left) if n]
        return sum(orders(*each) for each in steps) or 1

    programs: Mapping[str, Sequence[str]] = {
        "parent": ("submit_dio_read r x", "fork child", "write x+8 P", "read x v"),
        "child": ("write x C", "exit"),
        "device": ("device_write r D", "complete r"),
    }
    found = explore(Scenario(memory={"x": "A"}, programs=programs), "6.5")
    told = re.search(r"(\d+) orders", str(found))
    assert told
    return [orders(*map(len, programs.values())), told[1]]


def q08b() -> Iterable[object]:
    for waits, release in ((False, "6.4"), (False, "6.5"), (True, "5.7"), (True, "6.4")):
        parent = ["submit_dio_read r x", "fork child", *["wait child"] * waits, "write x+8 P"]
        device = ["device_write r D", "complete r"]
        programs = {"parent": parent, "child": ["exit"], "device": device}
        scenario = Scenario(memory={"x": "A"}, programs=programs)
        yield explore(scenario, release).verdict("parent:x = D")


def q09a() -> Iterable[object]:
    _, mm = booted("6.18")
    addr, size = mm.mmap(3 * PAGE_SIZE), 3 * PAGE_SIZE
    mm.write(addr, b"x" * size)
    mm.mlock(addr, size)
    buffer = mm.register_buffer(addr, 3)
    page = buffer.pages[0]
    yield from (*words.senses(page).lit, mm.pinned_vm * PAGE_SIZE // 1024)
    buffer.unregister()
    yield from (*words.senses(page).lit, mm.pinned_vm)


def q09b() -> Iterable[object]:
    kernel, mm = booted("6.18")
    addr, large = mm.mmap(PAGE_SIZE), mm.mmap(512 * PAGE_SIZE, order=9)
    mm.write(addr, b"x")
    mm.write(large, b"x")
    page, references = mm.pin_user_pages(addr, 1)[0], 0
    assert {"foll-pin", "refcount-says-maybe"} <= {*words.senses(page).lit}
    kernel.unpin_user_page(page)
    while "refcount-says-maybe" not in words.senses(page).lit:
        mm.get_user_pages(addr, 1)
        references += 1
    (page,) = mm.pin_user_pages(large, 1)
    assert "refcount-says-maybe" not in words.senses(page).lit
    return [references, page.refcount]


LETTERS = {
    "unpin-still-counted": "A", "pin-still-counted": "B", "get-skipped-too": "C",
    "zero-page-refused": "D", "huge-zero-skipped-too": "E",
}  # fmt: skip
"""The wrong kernels of question 10a, as it calls them."""


def q10a() -> Iterable[object]:
    unpin = words.clause("unpin", "zero page", "any counter", "not by this call")
    pin = words.clause("pin", "zero page", "success", "always")
    for clauses in (unpin,), (unpin, pin):
        missed = words.judge(words.sentence(*clauses)).missed or ()
        yield from sorted(LETTERS[name] for name in missed if name in LETTERS)


def q10b() -> Iterable[object]:
    for said in (
        ("pin", "zero page", "refcount", "never"),
        ("pin", "zero page", "pincount", "not by this call"),
        ("unpin", "page of any kind", "refcount", "always"),
    ):
        verdict = words.judge(words.sentence(words.clause(*said)))
        yield verdict.answer
        if verdict.counterexample:
            yield len(verdict.counterexample.steps)


def q11a() -> Iterable[object]:
    cases = ("process_vm_readv", "zero64"), ("process_vm_readv", "anon64")
    for release in "5.10", "6.1.129", "6.1.135", "6.4", "6.5":
        kernel = Kernel(release)
        zero, anon = (machine.predict(*case, kernel) for case in cases)
        assert (zero["ret"], anon["acq"]) == (262144, 64)
        to_disk = machine.predict("direct_io", "file:write_anon64", kernel)
        if (zero["acq"], to_disk["acq"]) == (0, 0):
            yield release


def q11b() -> Iterable[object]:
    repaired = {"zero_page_grab": "skipped"}
    for rules, says in (({}, "EFAULT"), (repaired, "262144")):
        found = machine.predict("process_vm_readv", "zero64", Kernel("6.1.131", **rules))
        assert found["acq"] == 0
        assert found["ret"] == (-14 if says == "EFAULT" else int(says))
        yield says


def verdict(*cases: bool) -> str:
    """What to say of a claim that holds in these cases."""
    return "right" if all(cases) else "right with a condition" if any(cases) else "wrong"


def q12a() -> Iterable[object]:
    def added(folio: Folio, refs: int, flags: int) -> tuple[int, int | None]:
        before = folio.refcount
        folio.kernel.try_grab_folio(folio, refs, flags)
        return folio.refcount - before, folio.pincount

    new = Kernel("6.18")
    yield verdict(*(added(new.alloc_folio(n), 1, FOLL_PIN)[0] == 1024 for n in (0, 9)))
    yield verdict(added(Kernel("6.18").zero_page.folio, 2**21, FOLL_GET)[0] < 0)
    kinds = new.zero_page.folio, new.huge_zero_folio, Kernel("6.4").zero_page.folio
    yield verdict(*(added(each, 1, FOLL_PIN)[0] == 0 for each in kinds))
    yield "no claim"
    programs = {
        "parent": ["submit_dio_read r x", "fork child", "write x+8 P"],
        "device": ["device_write r D"],
    }
    race = Scenario(memory={"x": "A"}, programs=programs)
    lost = (explore(race, release).verdict("parent:x = A") for release in ("6.4", "6.5"))
    yield verdict(*(each != "Never" for each in lost))


def writers(mail: str) -> dict[str, str]:
    """Who wrote each line of a mail, by its marks."""
    (sender,) = re.findall(r"^From: (\w+)$", mail, re.MULTILINE)
    by_depth, wrote = {0: sender}, {}
    for marks, line in re.findall(r"^(>*) ?(.+)$", mail.partition("\n\n")[2], re.MULTILINE):
        if quoted := re.fullmatch(r"(\w+) wrote:", line):
            by_depth[len(marks) + 1] = quoted[1]
        else:
            wrote[line] = by_depth[len(marks)]
    return wrote


def q12b(mail: str) -> Iterable[object]:
    return [who for line, who in writers(mail).items() if re.match(r"\(\d\)", line)]


WRONG: Mapping[str, Sequence[int]] = {
    "00a": [5 * 30, (10 + 5 + 20) * 30, 40 * 30],
    "00b": [2**21 // 64, 2**31 // 256],
    "01a": [16, 16 + 8, 17 + 1],
    "01b": [6, 1],
    "02b": [1 + 3 * 10 + 2 * 10, 1 + 2 * 10 + 2 * 10],
    "03a": [1 + 5 + 3, 3078 - 2 * 1024],
    "03b": [64, 2**25],
    "04a": [3 - 1, 3 * 1024],
    "04b": [1 + 8 * 128, 2**14 + 1],
    "05a": [1, 2**21 - 1 - 500],
    "06a": [1 + 21 * 1024 + 200, 1 + 5],
    "06b": [4, 1 + 3 * 1024],
    "07b": [2 * 10, 10],
    "08a": [8 * 7 * 6 * 5 * 4 * 3 * 2, 7 * 6 * 5 * 4 * 3 * 2 // (6 * 2 * 2)],
    "09b": [1024],
}
"""Numbers of usual wrong answers, with what was forgotten or taken for something else."""


@cache
def answers(id: str, mail: str = "") -> list[str]:
    """What the answer to a question gives; the mail is that of 12b."""
    computed: Callable[..., Iterable[object]] = globals()[f"q{id}"]
    return [str(each) for each in (computed(mail) if mail else computed())]
