"""The right answers of lesson 00."""

RIGHT: dict[str, object] = {
    "three-buffers": {"letters": 100 * 64, "zeros": 100 * 64, "never": 0},
    "one-byte": 100 * 1,
    "two-pages": 1000 * 2,
    "overflow": 1 + 2**15 * 2**6 * 2**10 - 2**32,
}
