"""The palette: one colour per idea in every lesson, apart under the three colour-blindnesses.

Hatching, dashes and words say the same again, so that nothing is told by colour alone.
"""

REFERENCE = "#332288"
PIN = "#E69F00"
OVERFLOW = "#AA3377"
ZERO_PAGE = "#DDDDDD"
DEVICE = "#117733"
PARENT, CHILD = "#88CCEE", "#DDCC77"
FIRST = "#EEEEEE"
"""Bytes by who wrote them: two processes, the device, and what was there from the first."""

YOURS = "#44BBBB"
"""What the reader has said, and what the reader's machine has or does."""

EDGE = "#333333"
OTHERS = "#999999"
PIN_HATCH = "//"
OTHERS_HATCH = "xx"
