"""Mutants of pinlab: small errors, one at a time, and which tests notice.

    .venv/bin/python -m tests.mutants --model 300 --rest 150 [--seed 1] [--tree FOLDER]

First all tests run once, traced, in a copy of the checkout: so each mutant meets only those tests
and lessons that run its lines (or, for what runs at import, its module); one of the model meets
tests/model alone. Tests named as the module come first, lessons last, and the first failure ends
it. A mutant that takes longer than `--limit` hangs. What nobody notices is printed with its change,
to be judged: some change nothing that can be seen.
"""

from __future__ import annotations

import ast
import copy
import os
import re
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from shutil import copytree
from tempfile import TemporaryDirectory
from traceback import format_exc
from typing import Any

from coverage import CoverageData

ROOT = Path(__file__).resolve().parents[1]
MODEL = "pinlab/model/"
LESSONS = "tests/notebooks/test_lessons.py"
LEFT_OUT = ("tests/browser", "tests/test_makefile.py", "tests/test_setup.py", "tests/test_ci.py")
OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
"""What stands for a comparison; strings are left alone."""


@dataclass(frozen=True)
class Mutant:
    """One change: the place of a node in its module, and what stands there instead."""

    path: str
    kind: str
    lines: range
    start: int
    end: int
    new: str

    def text(self, source: bytes) -> bytes:
        """The module with the change in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def diff(self, source: bytes) -> str:
        """Where it is and what it changes."""
        old = source[self.start : self.end].decode()
        return f"{self.path}:{self.lines.start} ({self.kind})\n    - {old}\n    + {self.new}"


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
        case ast.BoolOp(op=operator):
            new.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield "and, or", new
        case ast.UnaryOp(op=ast.Not()):
            yield "not", new.operand
        case ast.BinOp(op=ast.Add() | ast.Sub() as operator):
            new.op = ast.Sub() if isinstance(operator, ast.Add) else ast.Add()
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


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """What is worked out when a module runs: no annotations, no words, nothing for types alone."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            if isinstance(child, ast.AST) and not for_types:
                yield from evaluated(child)


def mutants(path: Path, root: Path) -> Iterator[Mutant]:
    """Every mutant of one module."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in evaluated(ast.parse(source)):
        for kind, new in changes(node):
            at: Any = node
            text = ast.unparse(new)
            yield Mutant(
                str(path.relative_to(root)),
                kind,
                range(at.lineno, at.end_lineno + 1),
                starts[at.lineno - 1] + at.col_offset,
                starts[at.end_lineno - 1] + at.end_col_offset,
                f"({text})" if isinstance(new, ast.expr) else text,
            )


class Reached:
    """Which tests and which lessons run a line of the package."""

    def __init__(self, folder: Path) -> None:
        """Run everything once, traced, in a copy of the checkout."""
        self._lines: dict[str, dict[int, set[str]]] = {}
        self._failed: set[str] = set()
        left_out = [f"--ignore={name}" for name in (*LEFT_OUT, "tests/notebooks")]
        traced = ["--cov=pinlab", "--cov-context=test", "--cov-fail-under=0", "--cov-report="]
        self._pytest(folder, [*traced, "-n2", "--dist=loadfile", *left_out, "tests"])
        hook, settings = folder / "sitecustomize.py", folder / "settings"
        hook.write_text("import coverage; coverage.process_startup()")
        found = self._pytest(folder, ["--collect-only", LESSONS, "-k", "stores"])
        for id in re.findall(rf"^{LESSONS}::.*ipynb\]$", found, re.MULTILINE):
            settings.write_text(f"[run]\nparallel = true\nsource = pinlab\ncontext = {id}\n")
            self._pytest(folder, [id], COVERAGE_PROCESS_START=str(settings))
        hook.unlink()
        for file in [*folder.rglob(".coverage"), *folder.rglob(".coverage.*")]:
            self._add(folder, CoverageData(str(file)))
            file.unlink()

    def _pytest(self, folder: Path, arguments: list[str], **settings: str) -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"} | settings
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if failed := re.findall(r"^(?:FAILED|ERROR) (.*?)(?: - .*)?$", done.stdout, re.MULTILINE):
            print("fails without a mutant, and is left out:", *failed, sep="\n  ", flush=True)
            self._failed |= set(failed)
        return done.stdout

    def _add(self, folder: Path, data: CoverageData) -> None:
        data.read()
        for file in data.measured_files():
            lines = self._lines.setdefault(str(Path(file).relative_to(folder)), {})
            for line, contexts in data.contexts_by_lineno(file).items():
                lines.setdefault(line, set()).update(each.split("|")[0] for each in contexts)

    def by(self, mutant: Mutant) -> set[str]:
        """The ids of the tests that run a line of a mutant, or of its module if it runs once."""
        lines = self._lines.get(mutant.path, {})
        for some in (mutant.lines, lines):
            ids = set().union(*(lines.get(n, ()) for n in some)) - self._failed - {""}
            if mutant.path.startswith(MODEL):
                ids = {id for id in ids if id.startswith("tests/model/")}
            if ids:
                return ids
        return set()


class Only:
    """A plugin of pytest: some tests and no others, those of a module first, lessons last."""

    def __init__(self, ids: set[str], module: Path) -> None:
        self._ids = ids
        self._name = module.parent.name if module.stem == "__init__" else module.stem

    def _place(self, id: str) -> tuple[bool, bool]:
        return id.startswith(LESSONS) and self._name not in id, self._name not in id.split("::")[0]

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Drop and sort what was found."""
        items[:] = [item for item in items if item.nodeid in self._ids]
        items.sort(key=lambda item: self._place(item.nodeid))


def notice(folder: Path, ids: set[str], module: Path, limit: float) -> str:
    """The first test that fails in a folder, "" if none does, "time" if there is no end."""
    output = folder.parent / f"{folder.name}.output"
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 3
        try:
            code = _pytest(folder, ids, module, output)
        except BaseException:
            output.write_text(format_exc())
        finally:
            os._exit(code)
    until = time.monotonic() + limit
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "time"
        time.sleep(0.05)
    code, said = os.waitstatus_to_exitcode(status), output.read_text(errors="replace")
    if code == 0:
        return ""
    if code not in (1, 2):
        return f"ended with {code}: {said[-300:]}"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    return failed[1] if failed else said[-200:]


def _pytest(folder: Path, ids: set[str], module: Path, output: Path) -> int:
    import pytest

    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(folder)
    sys.path[:] = [str(folder), *(p for p in sys.path if Path(p or ".").resolve() != ROOT)]
    for name in [n for n in sys.modules if n.partition(".")[0] in ("pinlab", "tests")]:
        del sys.modules[name]
    files = sorted({id.split("::")[0] for id in ids})
    options = ["-xq", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    with output.open("w") as file, redirect_stdout(file), redirect_stderr(file):
        return int(pytest.main([*options, *files], plugins=[Only(ids, module)]))


def fate(mutant: Mutant, ids: set[str], scratch: Path, limit: float) -> tuple[str, str, float]:
    """What notices a mutant in this process's copy of the checkout, its change, and seconds."""
    folder = scratch / str(os.getpid())
    if not folder.exists():
        copytree(scratch / "tree", folder)
    path, begun = folder / mutant.path, time.monotonic()
    source = path.read_bytes()
    path.write_bytes(mutant.text(source))
    os.utime(path, (begun, begun))  # so that nobody takes what was compiled for the one before
    try:
        by = notice(folder, ids, Path(mutant.path), limit) if ids else ""
    finally:
        path.write_bytes(source)
    return by, mutant.diff(source), time.monotonic() - begun


def main() -> None:
    """Make mutants, run the tests, and print what became of each."""
    parser = ArgumentParser(prog="mutants", description="Which errors do the tests notice?")
    parser.add_argument("--model", type=int, default=300, help="mutants of the model")
    parser.add_argument("--rest", type=int, default=150, help="mutants of the other rooms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=600, help="seconds for each")
    parser.add_argument("--tree", type=Path, default=ROOT, help="another checkout")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    # What takes long to import and is not pinlab's is there for each of them from the start.
    for name in ("ipywidgets", "IPython", "matplotlib.figure", "nbclient", "pandas"):
        __import__(name)
    with TemporaryDirectory() as name:
        scratch = Path(name)
        scratch.chmod(0o755)
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=asked.tree, stdout=-1, check=True)
        (scratch / "tree").mkdir()
        subprocess.run(["tar", "x"], cwd=scratch / "tree", input=archive.stdout, check=True)
        report(scratch, asked)


def report(scratch: Path, asked: Namespace) -> None:
    """Run the tests on each mutant, and print what became of it and the sums."""
    folder = scratch / "tree"
    made = [m for path in sorted((folder / "pinlab").rglob("*.py")) for m in mutants(path, folder)]
    reached = Reached(folder)
    for room, number in (("model", asked.model), ("rest", asked.rest)):
        some = [m for m in made if m.path.startswith(MODEL) == (room == "model")]
        drawn = Random(asked.seed).sample(some, min(number, len(some)))
        fates: Counter[str] = Counter()
        killers: Counter[str] = Counter()
        with ProcessPoolExecutor(asked.jobs, get_context("fork")) as pool:
            jobs = [pool.submit(fate, m, reached.by(m), scratch, asked.limit) for m in drawn]
            for place, job in enumerate(jobs, start=1):
                by, diff, seconds = job.result()
                what = "hangs" if by == "time" else "noticed" if by else "SURVIVES"
                fates[what] += 1
                if what == "noticed":
                    killers[by.split("::")[0]] += 1
                print(f"{room} {place} {what}, {seconds:.0f} s: {by}\n  {diff}", flush=True)
        print(f"{room}, {len(drawn)} of {len(some)}: {dict(fates)}; noticed by", flush=True)
        for file, many in killers.most_common():
            print(f"{many:6} {file}", flush=True)


if __name__ == "__main__":
    main()
