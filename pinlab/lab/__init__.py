"""The notebook's face: pictures with their text twins, widgets, and questions that answer back."""

from pinlab.lab.counterpart import in_the_model
from pinlab.lab.exercises import guess_three_buffers, guess_two_pages
from pinlab.lab.figures import three_buffers, touched_filmstrip
from pinlab.lab.picture import Picture
from pinlab.lab.widgets import touched_pages, watch

__all__ = [
    "Picture",
    "guess_three_buffers",
    "guess_two_pages",
    "in_the_model",
    "three_buffers",
    "touched_filmstrip",
    "touched_pages",
    "watch",
]
