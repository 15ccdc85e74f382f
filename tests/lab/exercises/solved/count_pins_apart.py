"""The right answers of lesson 06."""

RIGHT: dict[str, object] = {}
