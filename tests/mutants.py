"""Mutants of pinlab: small errors, one at a time, and which tests notice.

    .venv/bin/python -m tests.mutants --rest 150 --model 300 [--seed 1]

Each is made in a copy of this checkout, in a process that has imported the packages the tests
need. The tests that mirror the module run first, then its room, then the lessons; what none of
them notices is printed with its change, to be judged: some change nothing that can be seen. A
mutant that takes longer than `--limit` seconds in one of these steps counts as found: it hangs.
"""

from __future__ import annotations

import ast
import copy
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random
from shutil import copy2
from subprocess import run
from tempfile import TemporaryDirectory
from traceback import format_exc

ROOT = Path(__file__).resolve().parents[1]
OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
"""What stands for a comparison; strings are left alone."""


@dataclass(frozen=True)
class Mutant:
    """One change: the text of a node, and what stands in its place."""

    path: str
    kind: str
    line: int
    start: int
    end: int
    new: str

    def text(self, source: bytes) -> bytes:
        """The module with the change in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def diff(self, source: bytes) -> str:
        """Where it is and what it changes, in a few lines."""
        old = source[self.start : self.end].decode()
        return f"{self.path}:{self.line} ({self.kind})\n    - {old}\n    + {self.new}"


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every kind of error that can be made at a node, with what it becomes."""
    new = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[op, *more]) if type(op) in OTHER:
            new.ops = [OTHER[type(op)](), *more]
            yield "comparison", new
        case ast.Constant(value=bool()):
            yield "truth", ast.Constant(not new.value)
        case ast.Constant(value=int(number)):
            yield "constant", ast.Constant(number + 1)
            yield "constant", ast.Constant(number - 1)
        case ast.BoolOp(op=ast.And()):
            new.op = ast.Or()
            yield "and", new
        case ast.BoolOp(op=ast.Or()):
            new.op = ast.And()
            yield "or", new
        case ast.UnaryOp(op=ast.Not()):
            yield "not", new.operand
        case ast.BinOp(op=ast.Add() | ast.Sub() as op):
            new.op = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
            yield "sum", new
        case ast.Return(value=value) if value and ast.unparse(value) != "None":
            yield "return", ast.Return(ast.Constant(None))
        case ast.Call(args=[first, second, *more]) if ast.dump(first) != ast.dump(second):
            new.args = [second, first, *more]
            yield "arguments", new
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise():
            yield "statement", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "statement", ast.Pass()


def reached(node: ast.AST) -> Iterator[ast.AST]:
    """What is worked out when a module runs: no annotations, no words, nothing for types alone."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            if isinstance(child, ast.AST) and not for_types:
                yield from reached(child)


def mutants(path: Path, root: Path) -> Iterator[Mutant]:
    """Every mutant of one module."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in reached(ast.parse(source)):
        for kind, new in changes(node):
            assert isinstance(node, ast.expr | ast.stmt)
            assert node.end_lineno
            assert node.end_col_offset is not None
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            text = ast.unparse(new)
            text = f"({text})" if isinstance(new, ast.expr) else text
            yield Mutant(str(path.relative_to(root)), kind, node.lineno, start, end, text)


def steps(path: str, folder: Path) -> Iterator[list[str]]:
    """The tests of a module: those of its name, those of its room, and the lessons."""
    module = Path(path)
    room = Path("tests", *module.parent.parts[1:2])
    stem = module.parent.name if module.stem == "__init__" else module.stem
    named = sorted(folder.glob(f"{room}/**/test_{stem}*.py"))
    if named and room.name != "model":
        yield [str(file.relative_to(folder)) for file in named]
    top = [str(file.relative_to(folder)) for file in sorted(folder.glob("tests/test_*s.py"))]
    yield [str(room)] if room.name != "tests" else top
    if room.name != "model":
        lessons = "tests/notebooks/test_lessons.py"
        if (folder / "notebooks").is_dir() and list(folder.glob(f"notebooks/*{stem}.ipynb")):
            yield [lessons, "-k", f"{stem} and stores"]
        yield [lessons, "-k", "stores"]


def prepared() -> None:
    """Import what takes long and is not pinlab's."""
    for name in ("ipywidgets", "IPython", "matplotlib.figure", "nbclient", "pandas"):
        __import__(name)


def failed(folder: Path, tests: list[str], limit: float) -> str:
    """The first test that fails in a folder, "" if none does, "time" if it does not end."""
    output = folder.parent / "output"
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 3
        try:
            code = _pytest(folder, tests, output)
        except BaseException:
            output.write_text(format_exc())
        finally:
            os._exit(code)
    until = time.monotonic() + limit
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.05)
    else:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "time"
    code, said = os.waitstatus_to_exitcode(status), output.read_text(errors="replace")
    if code in (0, 5):  # 5: no such test
        return ""
    if code not in (1, 2):
        raise RuntimeError(f"pytest ended with {code} in {folder}:\n{said}")
    lines = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return lines[0] if lines else f"exit {code}: {said[-200:]}"


def _pytest(folder: Path, tests: list[str], output: Path) -> int:
    import pytest

    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(folder)
    sys.path[:] = [str(folder), *(p for p in sys.path if Path(p or ".").resolve() != ROOT)]
    for name in [n for n in sys.modules if n.partition(".")[0] in ("pinlab", "tests")]:
        del sys.modules[name]
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ]
    with output.open("w") as file, redirect_stdout(file), redirect_stderr(file):
        return int(pytest.main([*options, *tests]))


def found_by(mutant: Mutant, folder: Path, limit: float) -> str:
    """The test that notices a mutant, "" if none does."""
    for tests in steps(mutant.path, folder):
        if told := failed(folder, tests, limit):
            return told
    return ""


def main() -> None:
    """Make mutants, run the tests, and print what became of each."""
    parser = ArgumentParser(prog="mutants", description="Which errors do the tests notice?")
    parser.add_argument("--model", type=int, default=300, help="mutants of the model")
    parser.add_argument("--rest", type=int, default=150, help="mutants of the other rooms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=600, help="seconds for a step")
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--only", default="", help="what the path of a module has to contain")
    asked = parser.parse_args()
    tree = asked.tree.resolve()
    prepared()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch, "tree")
        listed = run(["git", "ls-files"], cwd=tree, capture_output=True, text=True, check=True)
        for name in listed.stdout.splitlines():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(tree / name, folder / name)
        Path(scratch).chmod(0o755)
        rooms: dict[str, list[Mutant]] = {"model": [], "rest": []}
        for path in sorted((folder / "pinlab").rglob("*.py")):
            if asked.only in str(path.relative_to(folder)):
                room = "model" if "pinlab/model/" in str(path) else "rest"
                rooms[room] += mutants(path, folder)
        for room, number in (("model", asked.model), ("rest", asked.rest)):
            drawn = Random(asked.seed).sample(rooms[room], min(number, len(rooms[room])))
            report(room, drawn, folder, asked.limit)


def report(room: str, drawn: list[Mutant], folder: Path, limit: float) -> None:
    """Run the tests on each mutant, and print what became of it and the sums."""
    fates: Counter[str] = Counter()
    killers: Counter[str] = Counter()
    for number, mutant in enumerate(drawn, start=1):
        path = folder / mutant.path
        source, begun = path.read_bytes(), time.monotonic()
        path.write_bytes(mutant.text(source))
        os.utime(path, (number * 10, number * 10))  # a cache of the one before would be too old
        by = found_by(mutant, folder, limit)
        path.write_bytes(source)
        fate = "time" if by == "time" else "found" if by else "SURVIVED"
        fates[fate] += 1
        if fate == "found":
            killers[by.split("::")[0].split()[-1]] += 1
        seconds = time.monotonic() - begun
        print(f"{room} {number} {fate} {seconds:.0f} s {by[:90]}", flush=True)
        if fate != "found":
            print(mutant.diff(source), flush=True)
    print(f"{room}: {dict(fates)} of {len(drawn)}; found by:")
    for file, many in killers.most_common():
        print(f"  {many:4} {file}", flush=True)


if __name__ == "__main__":
    main()
