"""Ask the running kernel; where that cannot be, the answer is a recording, and says why."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from pinlab.machine import proc, syscalls
from pinlab.machine.buffers import PAGES, Buffer, alone, check_all, new
from pinlab.machine.child import Message, Progress, Run
from pinlab.machine.direct_io import place
from pinlab.machine.experiments import EXPERIMENTS
from pinlab.machine.measured import (
    CONTROL,
    DIRECT_IO,
    PROCESS_VM_READV,
    Answer,
    Measurement,
    Place,
    Value,
    aligned,
    noise,
    of_buffers,
    version,
    yours,
)
from pinlab.machine.proc import Pins, UnavailableError, require_counters, require_linux
from pinlab.machine.questions import Measured
from pinlab.machine.recordings import (
    BUILD,
    RECORDED,
    RECORDING,
    recorded,
    recording,
    recordings,
)
from pinlab.machine.tally import NOISE, Count, count, turn
from pinlab.model.arguments import one_of, whole
from pinlab.model.rules import rules_for

MAX_WRITES = 32768
"""The mail's number: 2^15 writes of 64 pages take 2^21 pins, here one write after another."""

MAX_TIMES, RECORDED_TIMES = 10_000, 100


def ask(
    *buffers: Buffer, writes: int = 1024, folder: str | os.PathLike[str] | None = None
) -> Answer:
    """Write each buffer to disk `writes` times and return the pins this kernel counted.

    Where it cannot be asked the answer is a recording, and its note says why. Arguments and
    errors are those of `start` and `Run.wait`.
    """
    with start(*buffers, writes=writes, folder=folder) as run:
        return run.wait()


def start(
    *buffers: Buffer, writes: int = 1024, folder: str | os.PathLike[str] | None = None
) -> Run[Answer]:
    """Begin what `ask` does and return at once; the run's progress counts writes.

    buffers: "letters", "zeros", "never", "huge-never" (never written, in huge pages), or in how
    many of the 64 pages one byte is written.
    writes: of each buffer, 1 to 32768, one after another over the same 64 pages of the file.
    folder: where the unnamed file is; None takes the first usual one that can do direct I/O.
    Raises TypeError or ValueError for a bad argument, FileNotFoundError or NotADirectoryError
    for what is no folder.
    """
    asked = check_all(buffers)
    times = whole("writes", writes, 1, MAX_WRITES)

    def instead(reason: str) -> Answer:
        answer = recorded(*asked, writes=times)
        return replace(answer, note=f"{reason} {answer.note}".rstrip())

    def question() -> Message:
        return {"names": asked, "writes": times, "folder": place(folder)}

    return Run("writes", len(asked) * times, written, instead, question)


def written(result: Message) -> Answer:
    """Return the answer of the running kernel, from what its worker measured."""
    method, mine = result["method"], yours()
    measurements = [Measurement(*row) for row in result["measurements"]]
    note = "" if method == DIRECT_IO else (
        "Direct I/O takes no pins of written memory here "
        f"({_why_none(version(mine.kernel), result['file_system'])}), "
        "so process_vm_readv read the same pages instead."
    )  # fmt: skip
    return of_buffers(mine, measurements, method, Measurement(*result["control"]), note)


def _why_none(release: str, kind: str) -> str:
    """Why direct I/O took no pins, as far as the release and the type of file system tell.

    btrfs copies since 6.15 where a file has checksums, as its files do by default (968f19c5b1b7).
    """
    with suppress(ValueError):  # a release that is no number
        if rules_for(release).dio_hold == "pin":
            return (
                f"Linux {release} should, so the file system, {kind or 'which is not listed'}, may "
                "copy: btrfs does since 6.15, where files have checksums"
            )
    return "up to Linux 6.4 it takes references"


def measure(*experiments: str, report: Callable[[Progress], object] | None = None) -> Measured:
    """Do experiments on the running kernel and return what they found.

    experiments: "process_vm_readv", "direct_io", "counters", "fork_copy_threshold",
    "fixed_buffer", "frames", "fork_frames"; all of them if none is named. It takes a
    second or three as root, ten to twenty as anybody else. Nothing that it does outlives it:
    neither a pin nor a file nor a process. What cannot be measured here, or does not come out the
    same when counted again, is named, with the recording in its place.
    report is called with the progress; an exception in it, or an Interrupt, ends it. Raises
    ValueError for an unknown experiment, RuntimeError if the measuring process breaks down.
    """
    named = dict.fromkeys(one_of("experiment", name, EXPERIMENTS) for name in experiments)
    asked = tuple(named or EXPERIMENTS)
    cases = [(name, case) for name in asked for case in EXPERIMENTS[name]]

    def instead(reason: str) -> Measured:
        found, missing = in_experiments(asked), dict.fromkeys(cases, reason)
        answer = replace(RECORDING, values=found, missing=missing, note=reason)
        return Measured(**vars(answer), instead=found, build=BUILD)

    def question() -> Message:
        require_linux()
        return {"experiments": asked}

    with Run("cases", len(cases), partial(measured, asked), instead, question) as run:
        return run.wait(report=report)


def measured(experiments: Collection[str], result: Message) -> Measured:
    """Return what the running kernel answered to some experiments, from what its worker found."""
    missing = {(experiment, case): why for experiment, case, why in result["missing"]}
    control = result["control"] and Measurement(*result["control"])
    note, noisy = noise(control, left_out=NOISE in missing.values())
    instead = in_experiments(experiments)
    answer = replace(
        yours(),
        values={(e, case, quantity): value for e, case, quantity, value in result["rows"]},
        missing=missing,
        note=note,
        noisy=noisy,
    )
    return Measured(
        **vars(answer) | {"kernel": version(answer.kernel)},
        instead={place: value for place, value in instead.items() if place[:2] in missing},
        build=answer.kernel,
    )


def in_experiments(experiments: Collection[str]) -> dict[Place, Value]:
    """Return what was recorded of some experiments on the kernel that stands in for others."""
    rows = [row for row in recordings() if row[:2] == (RECORDED, BUILD)]
    return {row[2:5]: row.value for row in rows if row.experiment in experiments}


def resident(*written: int) -> Answer:
    """Read 64 fresh pages, write one byte into some, and return how much of them is in RAM.

    There is a buffer for each number of written pages. The kernel leaves the zero page out of Rss
    (vm_normal_page() in smaps_pte_entry(), fs/proc/task_mmu.c, 6.18). Where Linux cannot be asked,
    or does not tell, it is the recording, with those of the numbers that it has. Raises ValueError
    for no number or one beyond 64, TypeError for what is none.
    """
    if not written:
        raise ValueError(f"no buffers: name at least one number of written pages, 0 to {PAGES}")
    asked = [whole("written", number, 0, PAGES) for number in written]
    try:
        require_linux()
        return _resident(yours(), {number: _rss(number) for number in asked})
    except UnavailableError as error:
        reason = str(error)
    except (OSError, LookupError):
        reason = f"This system has no {proc.SMAPS} that tells."
    told = recording(RECORDED, "resident_pages", "64 pages read")
    left_out = [str(n) for n in asked if f"k={n}" not in told]
    note = f"{reason} Not recorded: {', '.join(left_out)}." if left_out else reason
    found = {n: int(told[f"k={n}"]) for n in asked if f"k={n}" in told}
    return _resident(replace(RECORDING, note=note), found)


def _rss(written: int) -> int:
    memory = alone(PAGES)
    for page in range(PAGES):
        memory[page * mmap.PAGESIZE]
    for page in range(written):
        memory[page * mmap.PAGESIZE] = 1
    return proc.smaps_kib(memory, "Rss")


def _resident(whose: Answer, found: Mapping[int, int]) -> Answer:
    rows = [("pages written", "Rss"), *((f"{n:13}", f"{kib:3} kB") for n, kib in found.items())]
    head = f"{whose.label}: buffers of {PAGES} pages, all of them read"
    values = {("resident_pages", "64 pages read", f"k={n}"): kib for n, kib in found.items()}
    return replace(whose, values=values, lines=(head, *aligned(rows)))


def ask_mlock(times: int = RECORDED_TIMES) -> Answer:
    """Have 64 written pages mlocked and munlocked `times` times, then pinned as often.

    mlock() keeps pages in RAM. It has missing pages faulted in by GUP with neither FOLL_GET nor
    FOLL_PIN (populate_vma_page_range(), mm/gup.c, 6.18) and takes no pin. They are pinned by
    process_vm_readv: it shows that the counters move here. Nothing stays mlocked. Where this
    kernel cannot be asked the answer is a recording, and its note says why. Raises TypeError or
    ValueError for `times` other than 1 to 10000.
    """
    times = whole("times", times, 1, MAX_TIMES)
    try:
        require_counters()
        with turn():
            return mlocked_here(times)
    except UnavailableError as reason:
        return _mlocked_there(str(reason))


def mlocked_here(times: int) -> Answer:
    """Return what this kernel does; UnavailableError where a call, or a zero, says nothing."""
    memory, target = new("letters"), new("never")

    def mlock_and_munlock() -> None:
        syscalls.mlock(memory)
        syscalls.munlock(memory)

    def read() -> None:
        try:
            syscalls.process_vm_readv(memory, target)
        except OSError as error:
            raise UnavailableError(f"{error.strerror}, so a zero would show nothing.") from error

    start, before = time.monotonic(), proc.status_kib("VmLck")
    try:
        syscalls.mlock(memory)
        kib = proc.status_kib("VmLck") - before
        syscalls.munlock(memory)
    except OSError as error:
        raise UnavailableError(f"{error.strerror}.") from error
    pace = time.monotonic() - start
    calls = {"mlock": mlock_and_munlock, PROCESS_VM_READV: read}
    counts, control = count(list(calls.values()), times, pace)
    # Half is far from both answers: all, and the few of somebody else.
    if counts[1].pins.acquired < times * PAGES // 2:
        raise UnavailableError("process_vm_readv moves no counter, so a zero would show nothing.")
    return _mlocked(yours(), dict(zip(calls, counts, strict=True)), times, kib, control)


def _mlocked_there(reason: str) -> Answer:
    counts, found = {}, {}
    for call in ("mlock", PROCESS_VM_READV):
        case = f"{call}:times={RECORDED_TIMES}"
        found[call] = recording(RECORDED, "mlocked_pages", case)
        pins = Pins(int(found[call]["acq"]), int(found[call]["rel"]))
        counts[call] = Count(0.0, pins, agreed=True)
    kib = int(found["mlock"]["VmLck_kB"])
    return _mlocked(replace(RECORDING, note=reason), counts, RECORDED_TIMES, kib, None)


def _mlocked(
    whose: Answer, counts: Mapping[str, Count], times: int, kib: int, control: Measurement | None
) -> Answer:
    """kib: by how much VmLck of /proc/self/status was higher while the pages were mlocked."""
    note, noisy = noise(control, [call for call, count in counts.items() if not count.agreed])
    rows = [["call", "times", "pages", "acquired", "released"]]
    values: dict[Place, Value] = {}
    missing = {}
    for call, (_, pins, agreed) in counts.items():
        rows.append([call, str(times), str(times * PAGES), *map(str, pins)])
        case = ("mlocked_pages", f"{call}:times={times}")
        if agreed:
            values |= {(*case, "acq"): pins.acquired, (*case, "rel"): pins.released}
        else:
            missing[case] = note
    values["mlocked_pages", f"mlock:times={times}", "VmLck_kB"] = kib
    if control is not None:
        rows.append([CONTROL, "0", "0", str(control.acquired), str(control.released)])
    head = f"{whose.label}; {PAGES} written pages, and VmLck {kib} KiB higher while mlocked"
    return replace(
        whose,
        values=values,
        missing=missing,
        note=note or whose.note,
        noisy=noisy,
        control=control,
        lines=(head, *aligned(rows)),
    )
