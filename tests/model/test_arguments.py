"""Whole numbers of any kind are taken for what they are, in every place that takes one."""

import errno
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
    MOST_SHOWN,
    function,
    in_a_line,
    mapping,
    one_of,
    path,
    sequence,
    several,
    shown,
    whole,
)
from pinlab.model.counter import last_grab
from pinlab.model.fault import MOST_FRAMES
from pinlab.model.gup import MOST_PAGES


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


def test_a_text_of_many_lines_is_told_in_one_and_cut() -> None:
    assert in_a_line(" a line\n  and\t another ") == "a line and another"
    assert in_a_line(f"x\n{'y' * MOST_SHOWN}") == f"x {'y' * (MOST_SHOWN - 5)}..."


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
        (lambda: several("names", cast(list[str], b"a"), str), "names is b'a': .* sequence of str"),
        (lambda: several("names", cast(list[str], None), str), "names is None: .* sequence of str"),
        (lambda: mapping("rules", None), "rules is None: .* a dict with names as keys"),
        (lambda: mapping("rules", ["a"]), r"rules is \['a'\]: .* a dict with names as keys"),
        (lambda: mapping("rules", {1: "a"}), "rules is {1: 'a'}: .* a dict with names as keys"),
        (lambda: function("report", "len"), "report is 'len': it has to be a function"),
        (lambda: path("folder", 7), "folder is 7: it has to be a path of a file or folder"),
    ],
)
def test_a_wrong_kind_is_told_the_right_one(check: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        check()


def test_a_number_without_limits_is_told_none() -> None:
    with pytest.raises(TypeError, match=r"^x is 1.5: it has to be a whole number$"):
        whole("x", 1.5)  # type: ignore[arg-type]


def test_what_fits_is_handed_back() -> None:
    rules: dict[str, object] = {"a": 1}
    assert one_of("part", "mail", ("mail",)) == "mail"
    assert sequence("names", iter("ab")) == several("names", ["a", "b"], str) == ("a", "b")
    assert mapping("rules", rules) is rules
    assert function("report", len) is len
    assert path("folder", b"a/b") == path("folder", Path("a/b")) == Path("a/b")


def test_a_sequence_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="pages has more than 3 things"):
        sequence("pages", itertools.count(), most=3)
    assert sequence("pages", range(3), most=3) == (0, 1, 2)


class Scene:
    """A process with four small pages, the first of them written and in flight, and a 2 MiB one."""

    def __init__(self) -> None:
        self.kernel = Kernel("6.4")
        self.mm = self.kernel.new_mm()
        self.addr, self.huge = self.mm.mmap(4 * PAGE_SIZE), self.mm.mmap(1, order=9)
        self.mm.write(self.addr, b"x")
        self.to_disk = self.kernel.submit_dio_write(self.mm, self.addr, 1)
        self.from_disk = self.kernel.submit_dio_read(self.mm, self.addr, 2)
        self.folio = self.kernel.alloc_folio(1)
        self.page = self.folio.page(0)


MOST = MOST_FRAMES * PAGE_SIZE

WRONG: list[tuple[str, str, tuple[object, ...], str]] = [
    ("kernel", "get_page", ("zero page",), "page is 'zero page': it has to be of type Page"),
    ("kernel", "put_page", (None,), "page is None"),
    ("kernel", "unpin_user_pages", (3,), "pages is 3: it has to be a sequence of Page"),
    ("kernel", "unpin_user_pages", ([3],), "a thing in pages is 3: it has to be of type Page"),
    ("kernel", "folio_maybe_dma_pinned", (3,), "folio is 3: it has to be of type Folio"),
    ("kernel", "alloc_folio", (-1,), "order is -1: allowed .* 0 to 10"),
    ("kernel", "alloc_folio", (11,), "order is 11"),
    ("kernel", "alloc_folio", (10**5000,), "order is a number of 16610 bits: allowed are"),
    ("kernel", "new_mm", (3,), "name is 3: it has to be of type str"),
    ("kernel", "submit_dio_write", ("parent", 0, 1), "mm is 'parent'"),
    ("mm", "mmap", (0,), "nbytes is 0: allowed .* from 1 to 18446744073709551615"),
    ("mm", "mmap", (4096.0,), "nbytes is 4096.0"),
    ("mm", "mmap", (4096, 1), r"order is 1: allowed are 0 \(4 KiB pages\) and 9"),
    ("mm", "mmap", (4096, "9"), "order is '9'"),
    ("mm", "munmap", (-1, 1), "addr is -1: allowed are whole numbers from 0 to"),
    ("mm", "munmap", (0, 0), "nbytes is 0"),
    ("mm", "munmap", (1, 1), "address 0x1 is not a multiple of 4096"),
    ("mm", "munmap", (0, 2**47), "is beyond 0x7ffffffff000"),
    ("mm", "read", (2**64, 1), "addr is 18446744073709551616: allowed"),
    ("mm", "read", (0, -1), "nbytes is -1"),
    ("mm", "read", (0, MOST + 1), "nbytes is 67108865: allowed .* 0 to 67108864"),
    ("mm", "write", (0, "text"), "data is 'text': it has to be bytes"),
    ("mm", "write", (0, bytes(MOST + 1)), "data has 67108865 bytes: allowed are at most"),
    ("mm", "page_at", (None,), "addr is None"),
    ("mm", "fork", (7,), "name is 7"),
    ("mm", "get_user_pages", (0, 0), "nr_pages is 0: allowed .* from 1 to 1048576"),
    ("mm", "pin_user_pages", (0, MOST_PAGES + 1), "from 1 to 1048576"),
    ("mm", "pin_user_pages", (0, MOST_FRAMES + 1, 1), "from 1 to 16384"),
    ("mm", "pin_user_pages_fast", (0, 0), "nr_pages is 0"),
    ("mm", "pin_user_pages", (0, 1, 0x40), "flags is 0x40: bits 0x40 are none of FOLL_WRITE"),
    ("mm", "pin_user_pages", (0, 1, -1), "flags is -1"),
    ("mm", "register_buffer", (0, MOST_FRAMES + 1), "from 1 to 16384"),
    ("mm", "register_buffer", (0, 1, "rdma"), "by is 'rdma': allowed are 'io_uring' and 'RDMA'"),
    ("mm", "register_buffer", (0, 1, None), "by is None: it has to be of type str"),
    ("mm", "mlock", (0, 0), "nbytes is 0"),
    ("mm", "mlock", (0, MOST + 1), "nbytes is 67108865: allowed .* 1 to 67108864"),
    ("mm", "munlock", (0, 0), "nbytes is 0"),
    ("folio", "page", (-1,), r"i \(the index of a page\) is -1: allowed .* 0 to 1"),
    ("folio", "page", (2,), "is 2: allowed .* 0 to 1"),
    ("page", "device_write", (b"xy", 4095), "data has 2 bytes: allowed are at most 1"),
    ("page", "device_write", ("xy",), "data is 'xy'"),
    ("page", "device_read", (0, 4097), "offset is 4097"),
    ("page", "device_read", (-1,), "nbytes is -1"),
    ("page", "device_read", (4096, 1), "nbytes is 4096: allowed .* 0 to 4095"),
    ("to_disk", "device_write", (b"x",), "its device reads memory and never writes it"),
    ("from_disk", "device_write", (b"xy", 8191), "data has 2 bytes: allowed are at most 1"),
    ("from_disk", "device_write", (7,), "data is 7"),
    ("from_disk", "device_write", (b"x", -1), "offset is -1: allowed .* 0 to 8192"),
    ("from_disk", "device_read", (None, 8193), "offset is 8193: allowed .* 0 to 8192"),
    ("from_disk", "device_read", (8192, 1), "nbytes is 8192: allowed .* 0 to 8191"),
]


@pytest.mark.parametrize(("what", "method", "arguments", "words"), WRONG)
def test_a_wrong_argument_of_the_model_is_named_and_changes_nothing(
    what: str, method: str, arguments: tuple[object, ...], words: str
) -> None:
    scene = Scene()
    before = str(scene.kernel.trace)
    with pytest.raises((TypeError, ValueError, OSError), match=words) as caught:
        getattr(getattr(scene, what), method)(*arguments)
    assert getattr(caught.value, "errno", errno.EINVAL) == errno.EINVAL
    assert (str(scene.kernel.trace), scene.kernel.warnings) == (before, [])
    scene.kernel.check()


@pytest.mark.parametrize("method", ["try_grab_folio", "try_grab_folio_fast"])
@pytest.mark.parametrize(
    ("refs", "flags", "words"),
    [
        (0, FOLL_GET, "refs is 0: allowed .* 1 to 2147483647"),
        (2**31, FOLL_GET, "refs is 2147483648"),
        (1.0, FOLL_GET, "refs is 1.0"),
        (True, FOLL_GET, "refs is True"),
        (1, 4, r"flags is 0x4: bits 0x4 are none of FOLL_WRITE \(0x1\)"),
        (1, 2**32, "flags is 4294967296: allowed .* 0 to 4294967295"),
        (1, "FOLL_GET", "flags is 'FOLL_GET'"),
    ],
)
def test_a_wrong_grab_is_named_and_changes_nothing(
    method: str, refs: int, flags: int, words: str
) -> None:
    folio = Kernel().alloc_folio()
    with pytest.raises((TypeError, ValueError), match=words):
        getattr(folio.kernel, method)(folio, refs, flags)
    assert (folio.refcount, len(folio.kernel.trace)) == (1, 1)


@pytest.mark.parametrize("method", ["submit_dio_write", "submit_dio_read"])
@pytest.mark.parametrize(
    ("shift", "nr_pages", "file_system", "words"),
    [
        (1, 1, "block", "not a multiple of 512"),
        (520, 1, "block", "not a multiple of 512"),
        (8 * PAGE_SIZE, 1, "block", "nothing is mapped"),
        (0, 0, "block", "nr_pages is 0"),
        (0, 1, "ext4", "file_system is 'ext4': allowed are block, fuse, smb, nfs, ceph, 9p"),
        (0, 1, ["nfs"], r"file_system is \['nfs'\]"),
    ],
)
def test_a_wrong_request_holds_nothing(
    method: str, shift: int, nr_pages: int, file_system: str, words: str
) -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(4 * PAGE_SIZE)
    submit = getattr(kernel, method)
    with pytest.raises((TypeError, ValueError, OSError), match=words) as caught:
        submit(mm, addr + shift, nr_pages, file_system)
    if "multiple" in words:
        assert cast(OSError, caught.value).errno == errno.EINVAL
    assert (kernel.zero_page.refcount, len(kernel.trace), kernel.requests) == (1, 0, {})
    assert submit(mm, addr, 1).name == "parent, DIO 1"  # no number was used up


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: wrap(cast(int, "1.5")), "value is '1.5'"),
        (lambda: wrap(True), "value is True"),
        (lambda: wrap(1, bits=1), "bits is 1: allowed .* 2 to 64"),
        (lambda: wrap(1, bits=65), "bits is 65"),
        (lambda: last_grab(1, 1, bits=1), "bits is 1: allowed .* 2 to 64"),
        (lambda: last_grab(1, 129, bits=8), "step is 129: allowed .* 1 to 128"),
        (lambda: last_pin(2**31), "r0 is 2147483648"),
        (lambda: last_pin(-(2**31) - 1), "r0 is -2147483649"),
        (lambda: last_pin(1, bias=0), "bias is 0: allowed .* from 1 to 2147483648"),
        (lambda: last_pin(1, bias=129, bits=8), "bias is 129: allowed .* 1 to 128"),
        (lambda: refcount_with(1, 0, 0, bias=0), "bias is 0: allowed .* from 1 on"),
        (lambda: refcount_with(1, -1, 0), "references is -1"),
        (lambda: refcount_with(1, 0, -1), "pins is -1"),
        (lambda: split_refcount(1, bits=1), "bits is 1: allowed .* 2 to 64"),
        (lambda: split_refcount(2**31), "refcount is 2147483648"),
        (lambda: split_refcount(1, bias=0), "bias is 0"),
    ],
)
def test_a_wrong_argument_of_a_closed_form_is_named(call: Callable[[], int], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()
