"""A kept figure: what stands still is drawn once, what moves is drawn anew on top of it.

That is what makes a slider quick; matplotlib calls it blitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imsave

from pinlab.lab.picture import MOVING_DPI

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure


class Kept:
    """A figure with its layout settled, and the artists that move on it."""

    def __init__(self, figure: Figure, moving: Sequence[Artist]) -> None:
        self.figure = figure
        self.moving = sorted(moving, key=lambda artist: artist.get_zorder())
        figure.set_dpi(MOVING_DPI)
        self._canvas = FigureCanvasAgg(figure)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # laid out with everything in place: nothing jumps
        for artist in moving:
            artist.set_animated(True)
        self._stand_still()

    def _stand_still(self) -> None:
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(self.figure.bbox)

    def png(self) -> bytes:
        """Return the figure with its moving artists as they are now."""
        if self.figure.stale:  # one of the others was changed, which is seldom
            self._stand_still()
        self._canvas.restore_region(self._still)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        buffer = BytesIO()
        quick = {"compress_level": 1}
        imsave(buffer, self._canvas.buffer_rgba(), format="png", pil_kwargs=quick)
        return buffer.getvalue()
