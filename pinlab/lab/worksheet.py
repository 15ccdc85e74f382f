"""Write a worksheet and its key: `python -m pinlab.lab.worksheet 04 7`, or `make worksheet`."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path

from pinlab.lab.draw import LARGEST_SEED
from pinlab.lab.problems import problems
from pinlab.model.arguments import shown

FOLDER = Path("worksheets")
"""Where they are written, seen from where the program runs."""


def write(lesson: str, seed: int, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Write the worksheet and the key of a lesson and a seed; return their files.

    Raises as `problems`.
    """
    sheet = problems(lesson, seed)
    folder.mkdir(exist_ok=True)
    name = f"{sheet.lesson}_{seed}"
    files = folder / f"{name}.md", folder / f"{name}_answers.md"
    for file, text in zip(files, (sheet.worksheet, sheet.key), strict=True):
        file.write_text(text, encoding="utf-8", newline="\n")
    return files


def main() -> None:
    """Write what the arguments ask for, and print the names of the files."""
    parser = ArgumentParser(
        prog="worksheet",
        usage="make worksheet LESSON=04 SEED=7, or python -m pinlab.lab.worksheet 04 7",
        description="Write problems of a lesson, and a key to them, into the folder worksheets.",
    )
    parser.add_argument("LESSON", help="such as 04, or the notebook's name without its ending")
    parser.add_argument("SEED", help="a whole number: another seed, other problems")
    asked = parser.parse_args()
    if not re.fullmatch("[0-9]{1,10}", asked.SEED):
        parser.error(
            f"SEED is {shown(asked.SEED)}: allowed are whole numbers from 0 to {LARGEST_SEED}"
        )
    try:
        print(*write(asked.LESSON, int(asked.SEED)), sep="\n")
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"nothing is written: {error}")


if __name__ == "__main__":
    main()
