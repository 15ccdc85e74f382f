"""Excerpts: what a rule comes to in C, a few lines of data/c/pins.c beside the kernel's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pinlab.data_folder import DATA
from pinlab.lab.reply import literal
from pinlab.model.arguments import one_of
from pinlab.text_files import decoded

FILE = DATA / "c" / "pins.c"

PATTERN = re.compile(
    r"^/\* (\S+): (\w+)\(\) in ([\d.]+)(.*)\n \* (\S+) \*/\n((?s:.*?))"
    r"^#define ASKED .* /\* (\w+): (.+) \*/$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Excerpt:
    """A rule in C, in our own words; str() is the code, and a notebook shows it with a link.

    function and release: whose words the link leads to. left: what else is to be known. asked,
    fields: what a model is asked to hold it against, and what of a state that depends on.
    """

    name: str
    function: str
    release: str
    left: str
    link: str
    source: str
    asked: str
    fields: str

    @property
    def names(self) -> list[str]:
        """The names of the fields, without what is asked of their values."""
        return self.fields.replace(">0", "").split()

    def __str__(self) -> str:
        return self.source

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        there = f"[{literal(f'{self.function}()')} in Linux {self.release}]({self.link})"
        return f"```c\n{self.source}```\n\nIn our words{self.left}. The kernel's: {there}."


@cache
def excerpts() -> dict[str, Excerpt]:
    """Return all of them by name, in the order of the file."""
    return {found[1]: Excerpt(*found.groups()) for found in PATTERN.finditer(decoded(FILE))}


def c(name: str) -> Excerpt:
    """Return what a rule comes to in C, in at most twelve lines; ValueError for another name.

    >>> c("close-to-overflow")
    bool folio_ref_zero_or_close_to_overflow(struct folio *folio)
    {
        return (unsigned int)folio_ref_count(folio) + 127u <= 127u;
    }
    <BLANKLINE>
    """
    return excerpts()[one_of("name", name, excerpts())]
