"""The right answers of lesson 03."""

RIGHT: dict[str, object] = {}
