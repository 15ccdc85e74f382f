"""The right answers of lesson 05."""

RIGHT: dict[str, object] = {}
