"""Readers of the huge zero folio: the recording, and the model of each recorded kernel."""

import pytest

from pinlab import lab
from pinlab.lab.readers import BUILDS, READERS, modelled, recorded
from pinlab.machine import recording


@pytest.mark.parametrize("readers", READERS)
@pytest.mark.parametrize("name", BUILDS)
def test_the_model_of_a_kernel_reads_what_was_recorded_on_it(name: str, readers: int) -> None:
    kernel, _ = BUILDS[name]
    assert modelled(kernel, readers).refcount == recorded(name, readers) == 1 + 1024 * readers


@pytest.mark.parametrize("name", BUILDS)
def test_the_pincount_of_the_model_is_the_recorded_one(name: str) -> None:
    kernel, build = BUILDS[name]
    found = recording(kernel, "held_pins", "hugezero_hold8", build)
    folio = modelled(kernel, 8)
    assert (found["is_huge_zero"], found["pincount_after"]) == (1, folio.pincount)


def test_the_table_has_the_model_the_kernels_and_the_zero_page() -> None:
    table = lab.huge_zero_readers()
    assert list(table.index) == [1, 2, 4, 8]
    assert list(table.columns[:2]) == ["pins held", "model"]
    assert list(table.columns[2:-1]) == list(BUILDS)
    for name in ("model", *BUILDS):
        assert list(table[name]) == [1025, 2049, 4097, 8193]
    assert list(table.iloc[:, -1]) == [1, 1, 1, 1]
