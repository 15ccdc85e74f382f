"""The model beside the recordings: every row agrees, or is explained by an entry that names it."""

from collections import defaultdict
from itertools import product

import pytest

from pinlab import machine
from pinlab.data_folder import DATA
from pinlab.machine.recordings import (
    NOT_EXPLAINED,
    Compared,
    Difference,
    Quantity,
    compared,
    differences,
)


@pytest.fixture(scope="module")
def rows() -> list[Compared]:
    frame = machine.compare()
    assert list(frame.columns) == list(Compared._fields)
    assert str(frame["agrees"].dtype) == "bool"
    return [Compared(*row) for row in frame.itertuples(index=False)]


def test_each_recorded_quantity_agrees_or_has_one_reason(rows: list[Compared]) -> None:
    assert [(*row[:5], row.recorded) for row in rows] == list(machine.recordings())
    for row in rows:
        quantity = Quantity(*row[:5], row.recorded)
        predicted = None if row.predicted == "" else row.predicted
        reasons = [d.why(quantity) for d in differences() if d.explains(quantity, predicted)]
        assert row.agrees == (row.predicted == row.recorded)
        assert [row.why] == ([""] if row.agrees else reasons)


def test_the_figures_state_the_share(rows: list[Compared]) -> None:
    text = (DATA.parent / "notebooks" / "figures.md").read_text(encoding="utf-8")
    assert f"{sum(row.agrees for row in rows)} of {len(rows)}" in text


def test_every_word_of_an_entry_is_of_use(rows: list[Compared]) -> None:
    """Each combination that an entry names was recorded, and differs by as much."""
    found: dict[tuple[str, ...], list[Compared]] = defaultdict(list)
    for row in rows:
        found[row.kernel, row.experiment, row.case, row.quantity].append(row)
    for entry in differences():
        places = product(entry.kernels, [entry.experiment], entry.cases, entry.quantities)
        for place in places:
            those = [r for r in found[place] if not entry.builds or r.build in entry.builds]
            assert those, (entry, place)
            for row in those:
                by = None if row.predicted == "" else int(row.recorded) - int(row.predicted)
                assert not row.agrees
                assert by == entry.by
                assert row.kernel in row.why.partition(":")[0]


def test_a_reason_in_words() -> None:
    row = Quantity("6.1.192", "b", "counters", "x:1", "acq", 1)
    one = Difference(("6.1.192",), (), "counters", ("x:1",), ("acq",), 1, "Because.", "mm/gup.c")
    assert one.why(row) == "Linux 6.1.192, x:1, acq: Because. (mm/gup.c)"
    three = one._replace(kernels=("5", "6", "7"), builds=("a", "b"))
    assert three.why(row) == "Linux 5, 6 and 7 (a, b), x:1, acq: Because. (mm/gup.c)"


def test_another_difference_than_the_named_one_is_not_explained() -> None:
    entry = next(d for d in differences() if d.kernels == ("6.12.117",) and d.by == 1)
    row = Quantity("6.12.117", "b", "dio_read_and_fork", entry.cases[0], "ref_inflight", 1026)
    assert entry.explains(row, 1025)
    assert not any(entry.explains(row, predicted) for predicted in (1024, None, "D"))
    for other in (row._replace(value="D"), row._replace(kernel="6.1.192")):
        assert not entry.explains(other, 1025)
    wrong = Quantity("6.12.117", "Debian 6.12.117+deb12-amd64", "counters", "fork2", "refcount", 4)
    (told,) = compared([wrong])
    assert (told.predicted, told.agrees, told.why) == (3, False, NOT_EXPLAINED)


def test_without_its_override_the_unfixed_build_would_be_predicted_wrongly() -> None:
    """A version number lies: both builds are 6.1.192."""
    kernels = [b.boot() for b in machine.builds() if b.kernel in ("6.1.192", "6.12.117")]
    found = [machine.predict("held_pins", "hold2056:threads=2047", kernel) for kernel in kernels]
    assert [values["refcount"] for values in found] == [2146435073, 1, 1]
