"""What bounds the writes in flight: the data file, and this machine's files in a made-up root."""

import csv
import platform
import re
from pathlib import Path

import pytest

from pinlab.data_folder import DATA
from pinlab.machine import limits as module
from pinlab.machine.limits import Limit, OwnLimits, limits, own_limits

WRITES, PAGES = 32768, 64
"""The mail's: 2^15 writes of 64 pages, 2^21 pins."""

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


class FakeRoot:
    """A folder in the place of /, on a Linux 6.18.44."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        monkeypatch.setattr(module, "ROOT", path)
        monkeypatch.setattr(platform, "system", lambda: "Linux")
        monkeypatch.setattr(platform, "release", lambda: "6.18.44-generic")
        self.write("proc/sys/fs/aio-max-nr", "65536\n")

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def disk(self, name: str, requests: object, queues: int = 1, size: object = 2048) -> None:
        self.write(f"sys/block/{name}/size", f"{size}\n")
        self.write(f"sys/block/{name}/queue/nr_requests", f"{requests}\n")
        for number in range(queues):
            self.write(f"sys/block/{name}/mq/{number}/nr_tags", "128\n")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRoot:
    return FakeRoot(tmp_path, monkeypatch)


def values(own: OwnLimits) -> dict[str, int | None]:
    return {limit.id: limit.value for limit in own.limits}


def by_id(key: str, own: OwnLimits | None = None) -> Limit:
    (found,) = (limit for limit in (own.limits if own else limits()) if limit.id == key)
    return found


def test_the_limits_of_the_data_file_are_told_in_full() -> None:
    with (DATA / "in_flight_limits.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["id", "limit", "value", "unit", "what", "file", "source"]
    assert [["" if cell is None else str(cell) for cell in limit] for limit in limits()] == rows
    for limit in limits():
        assert re.fullmatch(r"[^.]+\.", limit.what.replace("io.max", "")), "one sentence"
        assert re.match(r"\d+\.\d+(\.\d+)?(,| and )", limit.source), "a release comes first"
        assert limit.file == "" or limit.file.startswith(("/proc/", "/sys/"))


def test_the_values_against_the_mails() -> None:
    assert {limit.id: limit.value for limit in limits()} == {
        "aio-max-nr": 2 * WRITES, "aio-slots": 2, "aio-context": 2**23,
        "io_uring-sq": WRITES, "io_uring-cq": 2 * WRITES,
        "queue-default": 128, "queue-scheduler": 2 * 128, "queue-scheduler-max": 16 * 128,
        "queue-nvme": 1024 - 1, "queue-max": 10240,
        "bio-pages": 256, "dio-pages": PAGES, "write-pages": (2**31 - 4096) // 4096,
        "dm-suspended": None, "io-max": None, "dm-crypt": None,
    }  # fmt: skip


def test_a_machine_says_its_own(root: FakeRoot) -> None:
    largest = 2**64 - 1  # that a kernel takes
    root.write("proc/sys/fs/aio-max-nr", f"{largest}\n")
    root.disk("vda", 256)
    own = own_limits()
    assert values(own) == {"aio-max-nr": largest, "queue": 256, "disk": 256}
    assert (own.live, own.note, own.label) == (True, "", "your kernel, 6.18.44")
    assert {limit.source for limit in own.limits} == {"your kernel, 6.18.44"}
    assert [limit.file for limit in own.limits] == [
        "/proc/sys/fs/aio-max-nr",
        "/sys/block/vda/queue/nr_requests",
        "/sys/block/vda/queue/nr_requests, /sys/block/vda/mq",
    ]
    assert by_id("aio-max-nr", own).what == by_id("aio-max-nr").what
    assert by_id("queue", own).name == "one hardware queue of vda"
    assert by_id("disk", own).what.startswith("256 requests times 1 hardware queue;")


def test_the_deepest_queue_is_not_always_that_of_the_widest_disk(root: FakeRoot) -> None:
    """A loop device matters only in use."""
    root.disk("nvme0n1", 1023, queues=33)
    root.disk("sda", 64)
    root.disk("loop1", 2048)
    root.disk("loop0", 9999, size=0)
    own = own_limits()
    queue, disk = by_id("queue", own), by_id("disk", own)
    assert (queue.name, queue.value) == ("one hardware queue of loop1", 2048)
    assert (disk.name, disk.value) == ("all hardware queues of nvme0n1", 33 * 1023)
    assert disk.what.startswith("1023 requests times 33 hardware queues;")
    assert own.note == ""


def test_a_disk_without_a_request_queue_is_named(root: FakeRoot) -> None:
    assert own_limits().note == "No disk here has a file /sys/block/*/queue/nr_requests to read."
    root.disk("dm-0", 128, queues=0)  # the file of an older kernel, which bounds nothing
    root.write("sys/block/zram0/size", "2048\n")
    root.disk("vda", 64)
    own = own_limits()
    assert by_id("queue", own).value == 64
    assert own.note == "No request queue of their own, only what is below: dm-0, zram0."


def test_missing_files_are_named(root: FakeRoot) -> None:
    (root.path / "proc/sys/fs/aio-max-nr").unlink()
    root.disk("vda", 256)
    (root.path / "sys/block/vda/queue/nr_requests").unlink()
    (root.path / "sys/block/vda/queue/nr_requests").mkdir()
    own = own_limits()
    assert (len(own.limits), own.live, own.label) == (0, True, "your kernel, 6.18.44")
    assert own.note == (
        "/proc/sys/fs/aio-max-nr cannot be read: No such file or directory. "
        "/sys/block/vda/queue/nr_requests cannot be read: Is a directory. "
        "No disk here has a file /sys/block/*/queue/nr_requests to read."
    )


@pytest.mark.parametrize("text", ["", "many", "-1", "1_000", "65536 0", "0x10000", "²", "9" * 5000])
def test_what_is_no_number_is_shown(root: FakeRoot, text: str) -> None:
    root.write("proc/sys/fs/aio-max-nr", f"{text}\n")
    root.disk("sda", text)
    root.disk("sdb", 99, size=text)
    root.disk("vda", 256)
    own = own_limits()
    assert values(own) == {"queue": 256, "disk": 256}
    assert own.note == " ".join(
        f"{file} says {text[:20]!r}, which is no number."
        for file in (
            "/proc/sys/fs/aio-max-nr",
            "/sys/block/sda/queue/nr_requests",
            "/sys/block/sdb/size",
        )
    )


def test_bytes_that_are_no_text(root: FakeRoot) -> None:
    (root.path / "proc/sys/fs/aio-max-nr").write_bytes(b"\xff\x00")
    assert "aio-max-nr says " in own_limits().note


def test_where_nothing_is_to_be_read_nothing_is(
    root: FakeRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data file is read all the same; what is wrong with the variable is in test_ask."""

    def refuse(file: str) -> Path:
        raise AssertionError(f"{file} was asked for")

    monkeypatch.setattr(module, "_path", refuse)
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    note = "This system is Darwin, not Linux."
    assert own_limits() == OwnLimits((), live=False, note=note, label="this machine was not read")
    monkeypatch.setenv("PINLAB_MACHINE", "live")
    with pytest.raises(ValueError, match="PINLAB_MACHINE is 'live': allowed are 'recording'"):
        own_limits()
    assert by_id("aio-max-nr").value == 65536


@linux_only
def test_this_machine() -> None:
    own = own_limits()
    assert own.live
    for limit in own.limits:
        assert limit.value is not None
        assert limit.value > 0
    if Path("/proc/sys/fs/aio-max-nr").exists():
        said = Path("/proc/sys/fs/aio-max-nr").read_text(encoding="utf-8")
        assert by_id("aio-max-nr", own).value == int(said)
