"""The README's picture: written by `python -m tests.readme`, and compared in a test."""

from pinlab import PAGE_SIZE, Kernel, lab
from tests.lab_server import ROOT

PICTURE = ROOT / "data" / "map.svg"


def drawn() -> str:
    """The machine of the README's example."""
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    kernel.submit_dio_write(mm, mm.mmap(64 * PAGE_SIZE), 64)
    return f"{lab.draw_map(kernel).svg}\n"


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
