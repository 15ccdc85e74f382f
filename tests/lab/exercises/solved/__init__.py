"""The right answers of lessons whose tests do not stand in tests/lessons yet."""
