"""What stands in the place of a figure where matplotlib is missing, as in a browser without a net.

A picture's alt text has its numbers, so one with the same alt text shows the same.
"""

import json
import re
import sys
from functools import cache

from pinlab.data_folder import HOME

PICTURE = re.compile(r'<img alt="([^"]*)"[^>]*src="data:image/png;base64,[^"]*">')

FETCHED = " Online, <code>import {}</code> in a cell fetches it; run this cell again after that."
"""What the browser edition's kernel does with a line that imports what is not there."""


def not_drawn(library: str, alt: str) -> str:
    """Return a sentence as HTML, and the picture with this alt text if a lesson has stored it."""
    stored = _pictures().get(alt, "")
    instead = "this is the picture that was stored" if stored else "there are its words alone"
    way = FETCHED.format(library) if sys.platform == "emscripten" else ""
    return f"<p>{library} is missing here, so {instead}.{way}</p>{stored}"


@cache
def _pictures() -> dict[str, str]:
    """The figures in the outputs of all lessons, by their alt texts."""
    shown = (
        "".join(output.get("data", {}).get("text/html", ""))
        for file in sorted((HOME / "notebooks").glob("*.ipynb"))
        for cell in json.loads(file.read_text("utf-8"))["cells"]
        for output in cell.get("outputs", ())
    )
    return {found[1]: found[0] for html in shown for found in PICTURE.finditer(html)}
