"""Whole numbers of any kind are taken for what they are, in every place that takes one."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import SupportsIndex, cast

import numpy
import pytest

from pinlab import (
    FOLL_GET,
    PAGE_SIZE,
    Kernel,
    last_pin,
    last_reference,
    refcount_with,
    split_refcount,
    wrap,
)
from pinlab.model.arguments import (
    LONGEST,
    function,
    mapping,
    one_of,
    path,
    sequence,
    several,
    shown,
)


class Whole:
    """A whole number that can do nothing but say so."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


KINDS = [Whole, numpy.int64, numpy.uint64, numpy.int32, numpy.uint8]


@pytest.mark.parametrize("kind", [Whole, numpy.int64, numpy.uint64])
def test_addresses_and_sizes(kind: type[SupportsIndex]) -> None:
    def whole(value: int) -> int:
        return cast(int, kind(value))  # type: ignore[call-arg]

    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(whole(2 * PAGE_SIZE), whole(0))
    huge = mm.mmap(whole(1), whole(9))
    assert type(addr) is type(huge) is int
    mm.write(whole(addr + 5), b"abc")
    assert mm.read(whole(addr + 4), whole(5)) == b"\0abc\0"
    assert mm.page_at(whole(huge)) is None
    page = mm.page_at(whole(addr))
    assert page is not None
    assert mm.pin_user_pages(whole(addr), whole(1), whole(0)) == [page]
    request = kernel.submit_dio_write(mm, whole(addr), whole(1))
    assert request.device_read(whole(3), whole(5)) == b"abc"


@pytest.mark.parametrize("kind", KINDS)
def test_small_numbers(kind: type[SupportsIndex]) -> None:
    def whole(value: int) -> int:
        return cast(int, kind(value))  # type: ignore[call-arg]

    kernel = Kernel("6.4")
    folio = kernel.alloc_folio(whole(2))
    page = folio.page(whole(3))
    page.device_write(b"x" * 100, whole(200))
    assert len(page.device_read()) == PAGE_SIZE
    assert page.device_read(whole(3), whole(199)) == b"\0xx"
    kernel.try_grab_folio(folio, whole(7), whole(FOLL_GET))
    assert (folio.refcount, type(folio.refcount)) == (8, int)
    assert wrap(whole(100), whole(32)) == 100
    assert type(last_pin(whole(1))) is type(last_reference(whole(1))) is int
    assert refcount_with(whole(1), whole(100), whole(100)) == 1 + 100 + 102400
    assert split_refcount(whole(5)) == (0, 5)


def test_numbers_that_numpy_would_wrap() -> None:
    assert refcount_with(1, 0, numpy.int32(2**21), bits=64) == 1 + 2**31  # type: ignore[arg-type]
    assert split_refcount(numpy.int32(-5)) == divmod(2**32 - 5, 1024)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (7, "7"),
        ("x", "'x'"),
        ("x" * 10**6, "'xxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'"),
        (b"x" * 10**6, "b'xxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'"),
        (2**999, f"{str(2**999)[:28]}...{str(2**999)[-29:]}"),
        (10**5000, "a number of 16610 bits"),
        ([10**5000] * 9, "[a number of 16610 bits, a number of 16610 bits, a number..."),
        (numpy.zeros((9, 9)), "array([[0., 0., 0., 0., 0., ...0., 0., 0., 0., 0., 0., 0.]])"),
    ],
    ids=itertools.count(),
)
def test_a_value_in_a_message_is_cut(value: object, words: str) -> None:
    assert shown(value) == words
    assert len(words) <= LONGEST


def test_a_message_about_a_number_that_python_does_not_write() -> None:
    with pytest.raises(ValueError, match="order is a number of 16610 bits: allowed are"):
        Kernel().alloc_folio(10**5000)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (
            lambda: one_of("part", "end", ("mail", "after")),
            "part is 'end': allowed are mail, after",
        ),
        (lambda: one_of("part", "end", ("a, b", "c")), "part is 'end': allowed are 'a, b', 'c'"),
        (lambda: path("folder", "a\0b"), r"folder is 'a\\x00b': no path has a NUL character in it"),
    ],
)
def test_a_wrong_choice_is_told_the_right_ones(check: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        check()


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda: one_of("part", ["mail"], ("mail",)), r"part is \['mail'\]: allowed are mail"),
        (lambda: sequence("names", cast(list[str], "abc")), "names is 'abc': .* a sequence of"),
        (lambda: sequence("names", cast(list[str], {"a": 1})), "names is {'a': 1}: .* a sequence"),
        (lambda: several("names", ["a", 3], str), "a thing in names is 3: .* of type str"),
        (lambda: mapping("rules", ["a"]), r"rules is \['a'\]: .* a dict with names as keys"),
        (lambda: mapping("rules", {1: "a"}), "rules is {1: 'a'}: .* a dict with names as keys"),
        (lambda: function("report", "len"), "report is 'len': it has to be a function"),
        (lambda: path("folder", 7), "folder is 7: it has to be a path of a file or folder"),
    ],
)
def test_a_wrong_kind_is_told_the_right_one(check: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        check()


def test_what_fits_is_handed_back() -> None:
    rules: dict[str, object] = {"a": 1}
    assert one_of("part", "mail", ("mail",)) == "mail"
    assert sequence("names", iter("ab")) == several("names", ["a", "b"], str) == ("a", "b")
    assert mapping("rules", rules) is rules
    assert function("report", len) is len
    assert path("folder", b"a/b") == path("folder", Path("a/b")) == Path("a/b")


def test_a_sequence_of_texts() -> None:
    assert several("releases", ["6.4", "6.5"], str) == ("6.4", "6.5")
    assert several("releases", (), str) == ()
    for value, complaint in (
        ("6.5", "releases is '6.5': it has to be a sequence of str"),
        (b"6.5", "releases is b'6.5': it has to be a sequence of str"),
        ({"6.5": 1}, r"releases is \{'6.5': 1\}: it has to be a sequence of str"),
        (None, "releases is None: it has to be a sequence of str"),
        (["6.4", 6.5], "a thing in releases is 6.5: it has to be of type str"),
    ):
        with pytest.raises(TypeError, match=complaint):
            several("releases", value, str)  # type: ignore[arg-type]


def test_a_mapping_from_names() -> None:
    assert mapping("rules", {"bias": 1}) == {"bias": 1}
    wrong: list[object] = [[], None, "rules", {1: 2}]
    for value in wrong:
        with pytest.raises(TypeError, match="it has to be a dict with names as keys"):
            mapping("rules", value)


def test_a_sequence_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="pages has more than 3 things"):
        sequence("pages", itertools.count(), most=3)
    assert sequence("pages", range(3), most=3) == (0, 1, 2)
