"""What readers open from a link: the lessons as pages."""

from pinlab.site.pages import FOLDER, write

__all__ = ["FOLDER", "write"]
