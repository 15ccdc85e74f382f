"""Faults: a system call that a container's filter, or a limit, refuses."""

import os

import pytest

from pinlab.machine import syscalls


def refuse(monkeypatch: pytest.MonkeyPatch, wanted: str, number: int) -> list[str]:
    """Have one system call fail from now on; return the names of all that are made."""
    real, made = syscalls.call, []

    def call(name: str, *arguments: object, **named: int) -> int:
        made.append(name)
        if name == wanted:
            raise OSError(number, f"{name} answers {os.strerror(number)!r}")
        return real(name, *arguments, **named)

    monkeypatch.setattr(syscalls, "call", call)
    return made
