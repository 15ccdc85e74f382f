"""One module for each lesson, named as its notebook: what only this lesson shows and asks."""
