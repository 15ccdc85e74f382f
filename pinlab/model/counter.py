"""The counter: a signed 32-bit integer that wraps, and the closed forms that follow from it.

`_refcount` and `_pincount` are `atomic_t` (include/linux/page_ref.h, 6.18): an `int` whose
additions wrap by definition, unlike plain signed arithmetic in C. Nothing here has state; the
model steps through additions one by one, and tests hold the two against each other.
"""

from pinlab.model.arguments import whole

GUP_PIN_COUNTING_BIAS = 1024
"""What one FOLL_PIN adds to the refcount of a folio that has no pincount of its own.

`1U << 10` in include/linux/mm.h from 5.7 to 6.18.
"""

R0 = 1
"""The refcount of a fresh page, and of the zero page before anybody holds it.

init_page_count() (mm/mm_init.c, 6.18), on x86 for the zero page, too.
"""

INT_MAX = 2**31 - 1
INT_MIN = -(2**31)


def int32(value: int) -> int:
    """Return `value` as an atomic_t holds it; the model's own additions go through here."""
    return (value + 2**31) % 2**32 - 2**31


def wrap(value: int, bits: int = 32) -> int:
    """Return `value` as a signed counter of `bits` bits holds it.

    Raises TypeError or ValueError for anything but an integer and a width of 2 to 64 bits.

    >>> wrap(2**31), wrap(-(2**31) - 1)
    (-2147483648, 2147483647)
    """
    half = 1 << whole("bits", bits, 2, 64) - 1
    return (whole("value", value) + half) % (2 * half) - half


def room(r0: int, step: int, top: int = INT_MAX) -> int:
    """Return how many additions of `step` start above zero; the model's own guard asks here."""
    return (top - r0) // step + 1 if r0 > 0 else 0


def last_grab(r0: int, step: int, bits: int = 32) -> int:
    """Return how many additions of `step` succeed, one after another, from `r0`.

    Each of them is allowed while the *old* value is above zero (`try_grab_folio`, 6.18), so the
    last one may carry the counter past its largest value. A step of more than half the range
    could carry it past the negative numbers as well, and is refused.

    >>> last_grab(1, step=1) == INT_MAX
    True
    """
    top = (1 << whole("bits", bits, 2, 64) - 1) - 1
    r0 = whole("r0", r0, -top - 1, top)
    return room(r0, whole("step", step, 1, top + 1), top)


def last_pin(r0: int, bias: int = GUP_PIN_COUNTING_BIAS, bits: int = 32) -> int:
    """Return the number of the last pin that succeeds on a small folio with refcount `r0`.

    >>> last_pin(1) == 2**21
    True
    >>> last_pin(1024) == 2**21 - 1
    True
    """
    half = 1 << whole("bits", bits, 2, 64) - 1
    return last_grab(r0, whole("bias", bias, 1, half), bits)


def last_reference(r0: int, bits: int = 32) -> int:
    """Return the number of the last FOLL_GET that succeeds on a folio with refcount `r0`.

    >>> last_reference(1) == 2**31 - 1
    True
    """
    return last_grab(r0, 1, bits)


def refcount_with(
    r0: int, references: int, pins: int, bias: int = GUP_PIN_COUNTING_BIAS, bits: int = 32
) -> int:
    """Return r0 + G + bias * P as the counter shows it; guards are not asked.

    >>> refcount_with(1, references=0, pins=2**21)
    -2147483647
    """
    references = whole("references", references, 0)
    pins = whole("pins", pins, 0)
    return wrap(whole("r0", r0) + references + whole("bias", bias, 1) * pins, bits)


def split_refcount(
    refcount: int, bias: int = GUP_PIN_COUNTING_BIAS, bits: int = 32
) -> tuple[int, int]:
    """Return the (pins, references) that a refcount *looks like*: a guess, not a count.

    1024 references look exactly like one pin, and the sign bit counts as one more digit, as in
    `folio_maybe_dma_pinned` (include/linux/mm.h, 5.7 to 6.18).

    >>> split_refcount(1025)
    (1, 1)
    >>> split_refcount(-2147483647)
    (2097152, 1)
    """
    half = 1 << whole("bits", bits, 2, 64) - 1
    unsigned = whole("refcount", refcount, -half, half - 1) % (2 * half)
    return divmod(unsigned, whole("bias", bias, 1))
