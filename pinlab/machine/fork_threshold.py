"""From how many extra references on does fork copy a page? The child's own smaps tell.

A page that both processes share is Shared_Dirty in the child, one that fork copied Private_Dirty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pinlab.machine import buffers, proc, syscalls
from pinlab.machine.child import Numbers, in_child
from pinlab.machine.proc import UnavailableError

LAST = 1100
"""Extra references that the search tries at most; with one pin a page's refcount is 1025."""


NEVER = -1
"""In the place of a number: none that was tried makes fork copy."""


class Forked(NamedTuple):
    """What a child saw of the page right after fork.

    shared, private: Shared_Dirty and Private_Dirty, in kB. own_copy: 1 if its frame is another
    than the parent's, None where nobody may see frame numbers.
    """

    shared: int
    private: int
    own_copy: int | None


def with_references(extra: int, *, has_pinned: bool) -> Forked:
    """Fork a process with a page that vmsplice holds `extra` times.

    has_pinned: the process pinned another page once before. Raises OSError or UnavailableError.
    """
    return _forked(in_child(lambda: _with_references(extra, has_pinned)))


def with_fixed_buffer() -> Forked:
    """Fork a process with a page that is an io_uring fixed buffer; errors as above."""
    return _forked(in_child(_with_fixed_buffer))


def first_that_copies(copies: Callable[[int], bool], last: int = LAST) -> int | None:
    """Return the least number from 0 to `last` from which on `copies` holds, None if it does not.

    >>> first_that_copies(lambda extra: extra >= 1022)
    1022
    """
    if not copies(last):
        return None
    low, high = -1, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if copies(middle) else (middle, high)
    return high


def _forked(numbers: Numbers) -> Forked:
    shared, private, own_copy = numbers
    return Forked(int(shared or 0), int(private or 0), own_copy)


def _with_references(extra: int, has_pinned: bool) -> Numbers:
    if has_pinned:
        syscalls.process_vm_readv(buffers.new("letters"), buffers.new("never"))
    with lone_page() as page, syscalls.references(page, extra):
        return _fork(page)


def _with_fixed_buffer() -> Numbers:
    with lone_page() as page, syscalls.ring() as ring, syscalls.registered(ring, page):
        return _fork(page)


def _fork(page: memoryview) -> Numbers:
    before = _frame(page)
    shared, private, after = in_child(lambda: _seen(page))
    return shared, private, None if before is None or after is None else int(before != after)


def _seen(page: memoryview) -> Numbers:
    try:
        shared, private = (proc.smaps_kib(page, f"{kind}_Dirty") for kind in ("Shared", "Private"))
        return shared, private, _frame(page)
    except LookupError as error:
        raise UnavailableError(f"{error.args[0]}.") from error


def _frame(page: memoryview) -> int | None:
    try:
        return proc.frames(page)[0]
    except UnavailableError:
        return None


@contextmanager
def lone_page() -> Iterator[memoryview]:
    """Map one written page that is a mapping of its own: smaps speaks of it alone."""
    page = buffers.alone(1)
    page[:4] = b"page"
    yield page
