"""The right answers of lesson 01."""

RIGHT: dict[str, object] = {}
