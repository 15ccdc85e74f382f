"""A figure that is kept from one picture under a slider to the next, by matplotlib's blitting."""

from collections.abc import Sequence
from io import BytesIO

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave

from pinlab.lab.picture import MOVING_DPI
from pinlab.model.arguments import instance


class Kept:
    """The figure of some artists that move, with its layout settled.

    What stands still is drawn once, what moves is drawn anew on top of it: that is what makes a
    slider quick, and matplotlib calls it blitting.
    """

    def __init__(self, moving: Sequence[Artist]) -> None:
        self.figure = figure = instance("figure", moving[0].get_figure(root=True), Figure)
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
