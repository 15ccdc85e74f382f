"""The exercises of lessons whose texts do not stand in data/exercises yet."""
