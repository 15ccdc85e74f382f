"""The command `pinlab`: opens the lessons, and writes what a course takes from them."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pinlab import copies
from pinlab.data_folder import HOME

FOLDER = "pinlab-lessons"
"""Where the lessons are put by who has pinlab without its checkout."""

FIRST = "00_start_here.ipynb"
QUIET = Path(__file__).parent / "jupyter"
"""Settings of Jupyter: without them it asks whether it may bring news."""


def lab(asked: Namespace) -> None:
    """Open your own copies of the lessons in JupyterLab, which gets all further options."""
    packaged = Path(__file__).parent == HOME
    root = Path.cwd() / FOLDER if packaged else HOME
    folder, told = copies.prepare(root)
    for line in told:
        print(line, file=sys.stderr)
    paths = [str(QUIET), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    settings = {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}
    # --allow-root matters in containers only, where the user often is root.
    _become(
        [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", "--allow-root",
         f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{folder}/{FIRST}",
         *asked.options],
        os.environ | settings,
    )  # fmt: skip


def _become(command: list[str], environment: Mapping[str, str]) -> None:
    """Run a program in the place of this one, so that signals and its end are its own."""
    if os.name == "posix":
        os.execve(command[0], command, environment)
    sys.exit(subprocess.call(command, env=environment))  # Windows would not wait for the other


def worksheet(asked: Namespace) -> None:
    """Write problems of a lesson and a key to them into worksheets/."""
    from pinlab.lab.problems import problems

    print(*problems(asked.LESSON, _seed("SEED", asked.SEED)).write(), sep="\n")


def _seed(name: str, written: str) -> int:
    from pinlab.lab.draw import LARGEST_SEED

    return _whole(name, written, 0, LARGEST_SEED)


def _whole(name: str, written: str, low: int, high: int) -> int:
    from pinlab.model.arguments import shown

    digits = written.isascii() and written.isdigit() and len(written) <= 10
    if digits and low <= (number := int(written)) <= high:
        return number
    raise ValueError(f"{name} is {shown(written)}: allowed are whole numbers from {low} to {high}")


def class_(asked: Namespace) -> None:
    """Write sheets and keys of a class into worksheets/, and all answers as one CSV file."""
    from pinlab.course.students import class_of, read_names
    from pinlab.model.arguments import shown

    if asked.word == "":  # of a shell's variable that is not set
        raise ValueError("--word is '': allowed are a word that only you know, or no --word")
    try:
        names = read_names(asked.NAMES)
    except OSError as error:
        told = f"NAMES is {shown(asked.NAMES)} ({error.strerror})"
        raise ValueError(f"{told}: allowed is {ARGUMENTS['class']['NAMES']}") from None
    made = class_of(asked.LESSON, names, asked.word or "")
    print(*made.write(), sep="\n")
    _left_out(made.left_out)


def questions(asked: Namespace) -> None:
    """Write the exercises with seeds into worksheets/, as a bank for Moodle or Canvas."""
    from pinlab.course.banks import ALL, LARGEST_FIRST, MOST_WANTED, WANTED, bank
    from pinlab.course.items import SHARE

    seeds = _whole("--seeds", _or(asked.seeds, str(WANTED)), SHARE, MOST_WANTED)
    first = _whole("--first", _or(asked.first, "1"), 0, LARGEST_FIRST)
    made = bank(_or(asked.LESSON, ALL), seeds, first)
    print(made.write(_or(asked.form, "gift")))
    print(f"{sum(map(len, made.groups))} questions", file=sys.stderr)
    _left_out(made.left_out)


def _or(written: str | None, usual: str) -> str:
    """What is written, even if it is empty, as a shell's variable is that is not set."""
    return usual if written is None else written


def _left_out(names: Sequence[str]) -> None:
    if names:
        told = "Left out, since one answer is right for too many seeds"
        print(f"{told}: {', '.join(names)}", file=sys.stderr)


def slides(asked: Namespace) -> None:
    """Write lesson 12 as slides, and a handout of one page, into slides/."""
    from pinlab.lessons.read_the_thread import write_slides

    print(*write_slides(), sep="\n")


def site(asked: Namespace) -> None:
    """Write the lessons as a site into site/ (needs the extra: pip install 'pinlab[site]')."""
    from pinlab.site.pages import write

    print(write())


def assignment(asked: Namespace) -> None:
    """Write a lesson's exercises into assignment/, as nbgrader's source notebook."""
    from pinlab.course.assignment import write_assignment

    seed = None if asked.seed is None else _seed("--seed", asked.seed)
    print(*write_assignment(asked.LESSON, seed), sep="\n")


def report(asked: Namespace) -> None:
    """Measure this kernel, and write prediction, recording and measurement side by side."""
    from pinlab import machine

    print(machine.report())


COMMANDS: Mapping[str, Callable[[Namespace], None]] = MappingProxyType(
    {
        "lab": lab,
        "worksheet": worksheet,
        "class": class_,
        "questions": questions,
        "assignment": assignment,
        "slides": slides,
        "site": site,
        "report": report,
    }
)
"""What may be asked for; what each does stands in its docstring, and matplotlib is imported by
those alone that draw."""

LESSON = "such as 04, or the notebook's name without its ending"

ARGUMENTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "worksheet": {
            "LESSON": LESSON,
            "SEED": "a whole number: another seed, other problems",
        },
        "class": {
            "LESSON": LESSON,
            "NAMES": 'a file with a name in each line, or CSV with a column "name"',
            "--word": "for marks, a word that only you know: without it a name gives the seed",
        },
        "questions": {
            "[LESSON]": f"{LESSON}; all of them, if it is left out",
            "--seeds": "so many questions of each exercise, if there are (30)",
            "--first": "the first seed that is tried: for marks, a large one that only you know",
            "--form": "gift for Moodle, or qti for Canvas (gift)",
        },
        "assignment": {
            "LESSON": LESSON,
            "--seed": "a whole number; without it one that nobody knows, for marks",
        },
    }
)
"""What each of them takes; what stands in brackets may be left out, and what has dashes."""


def main(given: Sequence[str] | None = None) -> None:
    """Do what is asked for on the command line; without a word, open the lessons."""
    parser = ArgumentParser(prog="pinlab", description="Lessons about pins in the Linux kernel.")
    parser.set_defaults(command=lab)
    parts = parser.add_subparsers(title="what to do", metavar="WHAT")
    for name, command in COMMANDS.items():
        part = parts.add_parser(name, help=command.__doc__, description=command.__doc__)
        part.set_defaults(command=command)
        for argument, meaning in ARGUMENTS.get(name, {}).items():
            if argument.startswith("["):
                part.add_argument(argument.strip("[]"), nargs="?", help=meaning)
            else:
                part.add_argument(argument, help=meaning)
    asked, options = parser.parse_known_args(given)
    asked.options = options
    if options and asked.command is not lab:
        parser.error(f"unrecognized arguments: {' '.join(options)}")
    try:
        asked.command(asked)
    except (OSError, ValueError) as error:
        parser.exit(2, f"pinlab: {_told(error)}\n")


def _told(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be read or written: {error.strerror}"
    return str(error)
