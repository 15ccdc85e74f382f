"""The right answers of lesson 02."""

RIGHT: dict[str, object] = {}
