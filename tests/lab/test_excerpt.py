"""Rules in C: short, in our words, with a link to the kernel's; the file compiles in silence."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pinlab import lab
from pinlab.lab.excerpt import FILE, excerpts
from pinlab.lab.reply import literal

CC = shutil.which("cc")

NAMES = (
    "pin", "unpin", "maybe-pinned", "guard", "guard-fast", "close-to-overflow", "patch",
    "patch-fast", "patch-unpin", "backport", "large-pin", "needs-cow", "fork", "write-fault-5.7",
    "write-fault-5.9", "write-fault-6.5",
)  # fmt: skip


def test_the_lessons_excerpts_are_there() -> None:
    assert tuple(excerpts()) == NAMES
    with pytest.raises(ValueError, match="name is 'guards': allowed are pin, unpin, maybe-pinned"):
        lab.c("guards")


@pytest.mark.parametrize("name", NAMES)
def test_an_excerpt_is_one_short_function_with_a_link_to_the_kernels(name: str) -> None:
    excerpt = lab.c(name)
    lines = str(excerpt).rstrip("\n").split("\n")
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 76  # a notebook of 900 pixels
    assert f"{excerpt.function}(" in lines[0]
    assert [line for line in lines if line and not line.startswith("    ")][1:] == ["{", "}"]
    assert re.fullmatch(
        rf"https://elixir\.bootlin\.com/linux/v{re.escape(excerpt.release)}/source/"
        r"(mm|include/linux)/\w+\.[ch](#L\d+)?",
        excerpt.link,
    )
    shown = excerpt._repr_markdown_()
    assert shown.startswith(f"```c\n{excerpt}```\n")
    assert (
        f"[{literal(f'{excerpt.function}()')} in Linux {excerpt.release}]({excerpt.link})" in shown
    )


@pytest.mark.skipif(CC is None, reason="no C compiler")
@pytest.mark.parametrize("name", [*NAMES, "none"])
def test_the_file_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    macro = f"-D{re.sub(r'[^a-z0-9]', '_', name).upper()}"
    command = [str(CC), "-std=c11", "-Wall", "-Wextra", "-Werror", macro, str(FILE)]
    assert not subprocess.run([*command, "-fsyntax-only"], cwd=tmp_path, check=False).returncode
