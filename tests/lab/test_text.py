"""Words with numbers: powers of two are short where a number is one, or a little more or less."""

from unicodedata import normalize

import pytest

from pinlab.lab.text import digits, listed, many, power


def value(written: str) -> int:
    """What a power in words amounts to, read without the code that wrote it."""
    first, *rest = written.split(" ", 1)
    power = first.removeprefix("-")
    exponent = int(normalize("NFKC", power[1:]))
    number: int = int(power[0]) ** exponent * (-1 if first.startswith("-") else 1)
    return number + int(rest[0].replace(" ", "")) if rest else number


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (2**10, "2¹⁰"), (2**10 - 1, "2¹⁰ - 1"), (65537, "2¹⁶ + 1"),
        (2**31 - 1023, "2³¹ - 1023"), (1 - 2**31, "-2³¹ + 1"), (-(2**31) - 1, "-2³¹ - 1"),
        *((n, None) for n in (0, 1, -1, 2, 64, 512, 1022, 1000, -10240, 10**6)),
        (2**16 + 2, None), (2**31 + 1025, None),
    ],
)  # fmt: skip
def test_a_power_or_nearly_one_is_written_as_one_and_others_are_not(
    number: int, written: str | None
) -> None:
    assert power(number) == written
    assert digits(number) == (f"{number} ({written})" if written else str(number))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("rest", [-1024, -1023, -1, 0, 1, 1024])
@pytest.mark.parametrize("exponent", [20, 21, 30, 31, 32, 62, 63])
def test_what_is_written_is_the_number(exponent: int, rest: int, sign: int) -> None:
    number = sign * (2**exponent + rest)
    written = power(number)
    assert written is not None
    assert value(written) == number


def test_nouns_and_lists() -> None:
    assert [many(number, "pin") for number in (0, 1, 2)] == ["0 pins", "1 pin", "2 pins"]
    assert [listed("abc"[:n], "or") for n in (1, 2, 3)] == ["a", "a or b", "a, b or c"]
    assert digits(2**300) == "a number of 301 bits"
