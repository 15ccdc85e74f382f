"""The public surface, walked: a wrong argument is refused by name, at once, and changes nothing.

What is public is found by inspection, so a new name is walked by itself. It fails until
tests/surface.py has something good for each parameter, and an object of each class.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
import resource
import signal
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import pytest

from pinlab import Folio, Kernel, Mm, lessons, machine
from pinlab.explore import explore
from pinlab.model.arguments import shown
from tests.lab_server import ROOT
from tests.surface import GOOD, World

PACKAGES = (
    "pinlab", "pinlab.explore", "pinlab.words", "pinlab.machine",
    "pinlab.lab",
)  # fmt: skip

MADE_BY = {
    "DirectIO": Kernel.submit_dio_read, "Exploration": explore, "Folio": Kernel.alloc_folio,
    "Mm": Kernel.new_mm, "Page": Folio.page, "RegisteredBuffer": Mm.register_buffer,
    "Run": machine.start,
}  # fmt: skip
"""Classes that nobody calls: whose work it is to make one, and to look at the arguments."""

SECONDS, BYTES = 10, 2**30
"""The most time of a call, and the most memory that it may take beside what is in use."""

KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,), "str": (str,), "bytes": (bytes,), "float": (float, int),
    "bool": (bool,), "None": (type(None),),
    "object": (object,), "PathLike": (str, bytes), "Path": (str, bytes), "Iterable": (list,),
    "Sequence": (list,), "tuple": (list,), "list": (list,), "Mapping": (dict,), "dict": (dict,),
    "Ask": (str,), "Judged": (str,), "Buffer": (str, int), "Claims": (dict,), "Schedule": (list,),
    "Litmus": (), "Callable": (),
}  # fmt: skip
"""What of VALUES a parameter of that annotation may take; what is not here takes none of them."""

VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**9, 2**40, 10**300, 10**5000, 1.5, math.nan, "", "x", "x" * 10**6, b"x",
    [], [object()], {}, {object(): object()}, object(),
)  # fmt: skip


def parts(annotation: object) -> list[str]:
    """Return the names in a union, without packages and what is in brackets."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    while "[" in text:
        text = re.sub(r"\[[^\[\]]*\]", "", text)
    return [part.rpartition(".")[2] for part in text.split(" | ")]


def may_take(annotation: object, value: object) -> bool:
    """Return whether a value is of the kind that a parameter takes, though perhaps out of range."""
    kinds = {kind for part in parts(annotation) for kind in KINDS.get(part, ())}
    if object in kinds:
        return True
    filled = isinstance(value, list | dict) and value
    return type(value) in kinds and not filled


class Case(NamedTuple):
    """A function, a constructor or a method; owner: the class of a method's object."""

    name: str
    call: Callable[..., object]
    owner: str | None

    def parameters(self) -> list[inspect.Parameter]:
        """Return them without self."""
        return list(inspect.signature(self.call).parameters.values())[self.owner is not None :]

    def good(self, world: World, parameter: inspect.Parameter) -> object:
        """Return something that a parameter takes; KeyError if nobody said what."""
        keys = [f"{self.name}.{parameter.name}", parameter.name, *parts(parameter.annotation)]
        return GOOD[next((key for key in keys if key in GOOD), keys[0])](world)

    def arguments(
        self, world: World, asked: inspect.Parameter, value: object
    ) -> inspect.BoundArguments:
        """Return good arguments, but one."""
        bound = inspect.signature(self.call).bind_partial()
        if self.owner is not None:
            bound.arguments["self"] = GOOD[self.owner](world)
        for parameter in self.parameters():
            if parameter.name == asked.name:
                if asked.kind == asked.VAR_POSITIONAL:
                    value = (value,)
                elif asked.kind == asked.VAR_KEYWORD:
                    value = {asked.name: value}
                bound.arguments[parameter.name] = value
            elif f"{self.name}.{parameter.name}" in GOOD:
                bound.arguments[parameter.name] = self.good(world, parameter)
            elif parameter.kind == parameter.VAR_POSITIONAL:
                if parameter.name in GOOD:
                    bound.arguments[parameter.name] = (self.good(world, parameter),)
            elif parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD:
                bound.arguments[parameter.name] = self.good(world, parameter)
        return bound


def is_record(kind: type) -> bool:
    """Return whether a class only keeps what it is given: who is handed one looks at it."""
    plain = dataclasses.is_dataclass(kind) and not hasattr(kind, "__post_init__")
    return plain or issubclass(kind, tuple | Exception)


def of_class(kind: type) -> Iterator[Case]:
    name = kind.__name__
    if not is_record(kind) and name not in MADE_BY:
        yield Case(name, kind, None)
    methods: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        methods |= vars(base) if base.__module__.startswith("pinlab") else {}
    for method, made in methods.items():
        if not method.startswith("_") and isinstance(made, staticmethod | classmethod):
            yield Case(f"{name}.{method}", getattr(kind, method), None)
        elif not method.startswith("_") and isinstance(made, types.FunctionType):
            yield Case(f"{name}.{method}", made, name)


def public() -> Iterator[tuple[str, str]]:
    """Every package with the names in its index, every lesson's room with those of its notebook."""
    for package in PACKAGES:
        yield from ((package, name) for name in import_module(package).__all__)
    for room in iter_modules(lessons.__path__, "pinlab.lessons."):
        (notebook,) = (ROOT / "notebooks").glob(f"??_{room.name.rpartition('.')[2]}.ipynb")
        names = re.findall(r"\bhere\.([a-z]\w*)", notebook.read_text("utf-8"))
        index = getattr(import_module(room.name), "__all__", ())
        yield from ((room.name, name) for name in sorted({*names, *index}))


@cache
def cases() -> dict[str, Case]:
    found: dict[str, Case] = {}
    for package, name in public():
        thing = getattr(import_module(package), name)
        if inspect.isclass(thing):
            found |= {case.name: case for case in of_class(thing)}
        elif callable(thing):
            found[f"{package}.{thing.__name__}"] = Case(thing.__name__, thing, None)
    return found


@contextmanager
def bounds() -> Iterator[None]:
    """Raise an error in what takes too long or too much memory."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"it takes longer than {SECONDS} s")

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGALRM, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, limits[1]))
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def wrong(case: Case, parameter: inspect.Parameter, value: object) -> str:
    """Return what is wrong with the answer to one value; "" if nothing is."""
    world = World()
    bound = case.arguments(world, parameter, value)
    taken = may_take(parameter.annotation, value)
    before = world.state()
    try:
        with bounds():
            case.call(*bound.args, **bound.kwargs)
    except OSError as error:
        told = "" if taken and not isinstance(error, TimeoutError) else repr(error)
    except (TypeError, ValueError) as error:
        words = str(error)
        names = rf"\b{parameter.name}\b|\b{parameter.name.removesuffix('s')}\b|, line \d+"
        told = "" if re.search(names, words) else f"does not name it: {words[:200]}"
        told = told or ("does not cut" if re.search(r"x{99}|\d{99}", words) else "")
    except BaseException as error:
        told = repr(error)[:200]
    else:
        return "" if taken else "is taken"
    return told or ("" if world.state() == before else "changed something")


@pytest.fixture(autouse=True)
def nothing_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", cases())
def test_a_wrong_argument(name: str) -> None:
    case = cases()[name]
    told = [
        f"{parameter.name}={shown(value)}: {words}"
        for parameter in case.parameters()
        for value in VALUES
        if (words := wrong(case, parameter, value))
    ]
    assert not told, "\n".join([name, *told])


def test_who_makes_the_others() -> None:
    made = {maker.__qualname__ for maker in MADE_BY.values()}
    assert made <= {case.call.__qualname__ for case in cases().values()}
