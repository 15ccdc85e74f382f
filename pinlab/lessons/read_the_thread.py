"""Lesson 12, the mail turn by turn: its slides and its handout."""

from __future__ import annotations

from pathlib import Path

from pinlab.data_folder import DATA
from pinlab.words import turns

NOTEBOOK = Path("notebooks", "12_read_the_thread.ipynb")
FOLDER = Path("slides")
"""What is read, and where slides are written, seen from where the program runs."""


def write_slides(notebook: Path = NOTEBOOK, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Write the slides of a lesson, as data/slides has them, and the handout; return their files.

    Raises OSError or ValueError if the notebook cannot be read or has no slides.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_file=str(DATA / "slides" / "slides.html.j2"), exclude_anchor_links=True
    )  # type: ignore[no-untyped-call]
    slides, _ = exporter.from_filename(str(notebook))
    if "<section " not in slides:
        raise ValueError("no cell of the notebook is of the slide type slide or subslide")
    handout = exporter.environment.get_template("handout.html.j2").render(mail=turns("mail"))
    folder.mkdir(exist_ok=True)
    files = folder / f"{notebook.stem}.html", folder / "handout.html"
    for file, page in zip(files, (slides, handout), strict=True):
        file.write_text(page, encoding="utf-8", newline="\n")
    return files


if __name__ == "__main__":
    print(*write_slides(), sep="\n")
