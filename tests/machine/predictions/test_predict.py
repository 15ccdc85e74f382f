"""predict: what it may be asked, what it must not look at, and numbers worked out by hand."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

import pinlab
from pinlab import Kernel, machine
from pinlab.data_folder import DATA
from pinlab.machine import predict
from pinlab.machine.predictions.held_pins import Readers

RAN = (
    "import json, sys; from pinlab import Kernel, machine; from pinlab.data_folder import DATA; "
    "assert not (DATA / 'recordings').exists(); "
    "asked = json.load(sys.stdin); "
    "print(json.dumps([machine.predict(e, c, Kernel('6.12.117')) for e, c in asked]))"
)


def test_it_reads_no_recording(tmp_path: Path) -> None:
    package = tmp_path / "pinlab"
    shutil.copytree(
        pinlab.__path__[0], package, ignore=shutil.ignore_patterns("__pycache__", "_data")
    )
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("recordings"))
    asked = sorted({(q.experiment, q.case) for q in machine.recordings() if q.kernel != "5.10.262"})
    shown = subprocess.run(
        [sys.executable, "-c", RAN], input=json.dumps(asked), cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert json.loads(shown.stdout) == [predict(e, c, Kernel("6.12.117")) for e, c in asked]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (("dio", "zero64"), "experiment is 'dio': allowed are process_vm_readv, direct_io, "),
        (
            ("process_vm_readv", "zero63"),
            "case is 'zero63': process_vm_readv has 'zero', 'zero64', ",
        ),
        (("direct_io", "/dev/sda:write_zero64"), "case is '/dev/sda:write_zero64': direct_io has "),
        (("counters", "fork-1"), "case is 'fork-1': counters has 'anon', "),
        (("counters", "fork99999999"), "children is 99999999: allowed are "),
        (
            ("held_pins", "hold64:threads=65"),
            "threads is 65: allowed are whole numbers from 0 to 64",
        ),
        (("held_pins", "hold64"), None),
        (("fork_copy_threshold", "unpriv_refs_1_haspinned_2"), "haspinned is 2: allowed are "),
        (("touched_pages", "k=65:writes=1"), "k is 65: allowed are "),
        (("resident_pages", "0 pages read"), "pages is 0: allowed are "),
        (("resident_pages", "513 pages read"), "pages is 513: allowed are "),
        (("touched_pages", f"k=1:writes={10**9}"), "case is 'k=1:writes=1000000000': "),
    ],
)
def test_what_it_cannot_be_asked(question: tuple[str, str], message: str | None) -> None:
    if message is None:
        assert predict(*question, Kernel("6.5"))
        return
    with pytest.raises(ValueError, match=r"allowed are|there are|has '") as caught:
        predict(*question, Kernel("6.5"))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("kernel", ["6.5", None])
def test_a_kernel_is_a_machine_and_not_its_name(kernel: object) -> None:
    with pytest.raises(TypeError, match=r"kernel is .*: it has to be of type Kernel"):
        predict("process_vm_readv", "zero64", cast(Kernel, kernel))


def test_the_machine_that_was_named_stays_as_it_is() -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    mm.pin_user_pages(mm.mmap(4096), 1)
    first = predict("counters", "zero_dio", kernel)
    assert first == predict("counters", "zero_dio", kernel)
    assert (kernel.zero_page.refcount, len(kernel.mms), len(kernel.trace)) == (1025, 1, 2)
    assert first["ref_before"] == 1


def test_an_answer_may_be_changed_without_changing_the_next() -> None:
    predict("held_pins", "overflowed", Kernel("6.5")).clear()
    assert predict("held_pins", "overflowed", Kernel("6.5"))["zero_refcount"] == 1


@pytest.mark.parametrize(
    ("release", "acquired"), [("5.6", 0), ("5.7", 64), ("6.4", 64), ("6.5", 0), ("7.3.4", 0)]
)
def test_pins_of_the_zero_page(release: str, acquired: int) -> None:
    assert predict("process_vm_readv", "zero64", Kernel(release)) == {
        "acq": acquired, "rel": acquired, "ret": 64 * 4096
    }  # fmt: skip


def test_the_rules_count_and_not_the_release() -> None:
    found = predict("process_vm_readv", "zero64", Kernel("6.5", zero_page_pins="counted"))
    assert (found["acq"], found["rel"]) == (64, 64)


def test_a_backport_that_refused_every_pin_shows_as_efault() -> None:
    assert predict("process_vm_readv", "zero64", Kernel("6.1.130")) == {
        "acq": 0, "rel": 0, "ret": -14
    }  # fmt: skip


@pytest.mark.parametrize(
    ("readers", "refcount", "pins"),
    [
        (0, 1, 0),
        (1, 1 + 2**20, 1024),
        (1000, 1 + 1000 * 2**20, 1000 * 1024),
        (2047, 2**31 - 2**20 + 1, 2**21 - 1024),
        (2048, -(2**31) + 1, 2**21),
        (3000, -(2**31) + 1, 2**21),
    ],
)
def test_readers_of_the_zero_page(readers: int, refcount: int, pins: int) -> None:
    case = f"hold4096:threads={readers}"
    found = predict("held_pins", case, Kernel("6.1.192", zero_page_pins="counted"))
    assert (found["refcount"], found["vmstat_inflight"]) == (refcount, pins)
    fixed = predict("held_pins", case, Kernel("6.1.192"))
    assert (fixed["refcount"], fixed["delta"], fixed["vmstat_inflight"]) == (1, 0, 0)


def test_the_last_of_the_readers_gets_what_is_left() -> None:
    """With one reference more on the zero page the 2^21st pin is refused: 1023 of 1024."""
    kernel = Kernel("6.4")
    for _ in range(1023):
        kernel.get_page(kernel.zero_page)
    assert Readers(kernel).let_in(2048) == (1024 + 1024 * (2**21 - 1) - 2**32, 2**21 - 1)


def test_each_refusal_has_its_own_errno() -> None:
    found = predict("held_pins", "overflowed", Kernel("6.4"))
    errnos = {name: value for name, value in found.items() if int(value) < 0}
    assert errnos == {
        "zero_refcount": -(2**31) + 1, "process_vm_readv_zero64": -14, "vmsplice_zero": -12,
        "odirect_write_zero64": -12, "proc_self_mem_read_zero": -5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "quantities",
    [
        ("memfd64", "process_vm_readv"),
        ("dontfork_parent_writes", "dio_read_and_fork"),
        ("reg_readonly_vma", "counters"),
        ("memfd_hold8:threads=2", "held_pins"),
    ],
)
def test_no_prediction_for_memory_that_the_model_does_not_have(quantities: tuple[str, str]) -> None:
    case, experiment = quantities
    assert predict(experiment, case, Kernel("6.5")) == {}


def test_16_references_and_none_when_the_pipes_are_closed() -> None:
    kernel = Kernel("6.18")
    assert predict("counters", "vmsplice_zero_16", kernel) == {"ref_delta": 16, "acq": 0}
    assert predict("counters", "vmsplice_zero_closed", kernel) == {"ref_delta": 0}


def test_touched_pages_are_pinned_and_the_others_are_not() -> None:
    assert predict("touched_pages", "k=9:writes=7", Kernel("6.18")) == {"acq": 63, "rel": 63}
    assert predict("touched_pages", "never:writes=7", Kernel("6.4")) == {"acq": 0, "rel": 0}
    assert predict("touched_pages", "huge-never:writes=7", Kernel("6.18"))["acq"] == 448


def test_resident_pages_are_the_written_ones() -> None:
    found = predict("resident_pages", "3 pages read", Kernel("6.18"))
    assert found == {"k=0": 0, "k=1": 4, "k=2": 8, "k=3": 12}


def test_mlock_takes_no_pin_and_is_in_vm_lck() -> None:
    kernel = Kernel("6.18")
    mlocked = predict("mlocked_pages", "mlock:times=3", kernel)
    assert mlocked == {"acq": 0, "rel": 0, "VmLck_kB": 64 * 4}
    assert predict("mlocked_pages", "process_vm_readv:times=3", kernel) == {"acq": 192, "rel": 192}
