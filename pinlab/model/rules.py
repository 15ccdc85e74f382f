"""Rules: what one kernel release does differently from the next, read from data/kernel_rules.csv.

Each row of that file names the release from which on a rule has a value, and the source. A row
for X.Y speaks of the release itself and all later ones; a row for X.Y.Z of that stable branch
only, from Z on.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from pinlab.data_folder import DATA
from pinlab.model.arguments import shown, whole
from pinlab.text_files import table

Version = tuple[int, ...]
Hold = Literal["get", "pin"]


class Values(NamedTuple):
    """Every rule and the values it can have, as the data file spells them; see `Rules`."""

    pin_bias: Literal[1, 1024]
    separate_pincount: Literal["none", "order_2_up", "order_1_up"]
    foll_pin_vmstat: Literal["absent", "counted"]
    pin_refuses: Literal["pin", "get", "get_and_pin"]
    refused_pin: Literal["EINVAL", "no_pages"]
    longterm_get: Literal["allowed", "refused"]
    gup_read_fault: Literal["zero_page", "private_page", "private_page_if_longterm"]
    slow_guard: Literal["with_flags", "as_fast", "always"]
    slow_grab_2mib: Literal["unguarded", "page_by_page", "first_then_rest"]
    huge_zero_pmd: Literal["ordinary", "special"]
    huge_zero_wp: Literal["whole", "split"]
    dio_hold: Hold
    dio_hold_fuse: Hold
    dio_hold_smb: Hold
    dio_hold_nfs: Hold
    dio_hold_ceph: Hold
    dio_hold_9p: Hold
    fork_copies: Literal["never", "maybe_pinned", "exclusive_and_maybe_pinned"]
    fork_asks: Literal["first", "with_own_reference"]
    write_fault_reuses: Literal["mapped_once", "held_once", "exclusive_or_held_once"]
    pin_unshares: Literal["never", "shared_page"]
    fast_pin_adds: Literal["at_once", "in_two"]
    fast_pin_and_fork: Literal["may_meet", "kept_apart"]
    fixed_buffer_vmpin: Literal["absent", "each_page", "folio_once"]
    fixed_buffer_keeps: Literal["each_pin", "one_pin_if_one_folio", "one_pin_per_folio"]
    zero_page_grab: Literal["counted", "skipped", "refused"]
    zero_page_grab_fast: Literal["counted", "skipped"]
    zero_page_unpin: Literal["counted", "skipped"]
    zero_page_still_counts: Literal["nothing", "pincount", "refcount", "vmstat"]
    zero_page_gets: Literal["counted", "skipped"]
    huge_zero_pins: Literal["counted", "skipped"]


CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {rule: tuple(map(str, get_args(kind))) for rule, kind in Values.__annotations__.items()}
)
"""Every rule and the values it can have."""

HYPOTHETICAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "zero_page_still_counts": ("pincount", "refcount", "vmstat"),
        "zero_page_gets": ("skipped",),
        "huge_zero_pins": ("skipped",),
    }
)
"""Values that no release ever had: kernels one mistake away, for sentences to be held against.

They can be set by keyword, and the data file cannot have them.
"""

ZERO_PAGE_PINS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "counted": ("counted", "counted", "counted"),
        "skipped": ("skipped", "skipped", "skipped"),
        "refused": ("refused", "skipped", "skipped"),
    }
)
"""The keyword `zero_page_pins=`: the values of the three hunks (grab, fast grab, unpin)."""


FILE_SYSTEMS: Mapping[str, str] = MappingProxyType(
    {"block": "dio_hold"}
    | {name: f"dio_hold_{name}" for name in ("fuse", "smb", "nfs", "ceph", "9p")}
)
"""Whose direct I/O there is, and the rule of each; block is a disk, whatever is on it."""


class Rules(Values):
    """What a machine of one release does; `sources` says where each rule is from.

    pin_bias: what a pin adds to the refcount of a folio without its own pincount.
    separate_pincount: which folios have one. foll_pin_vmstat: are pins counted in /proc/vmstat.
    pin_refuses: which flags pin_user_pages() refuses. refused_pin: what it answers then.
    longterm_get: may get_user_pages() be asked for FOLL_LONGTERM. gup_read_fault: what a
    read-only GUP of never-written memory meets. slow_guard: when the slow path looks at the
    refcount, and whether 0 is worth a warning. slow_grab_2mib: how the slow path grabs several
    pages of one 2 MiB folio. huge_zero_pmd: does GUP-fast see the huge zero folio. huge_zero_wp:
    what becomes of a mapping of it that is written to, a 2 MiB folio or 512 small entries.
    dio_hold: what direct I/O holds, on a disk; dio_hold_fuse and so on: elsewhere.
    fork_copies: which pages fork copies for the child at once. fork_asks: does it ask before it
    takes its own reference. write_fault_reuses: when a write to a read-only page keeps the frame.
    pin_unshares: which page a read-only pin makes exclusive first.
    fast_pin_adds: does GUP-fast add the bias at once or as 1 and 1023. fast_pin_and_fork: does
    GUP-fast give its pins back when the process forks meanwhile.
    fixed_buffer_vmpin: what an io_uring fixed buffer adds to VmPin of the process; "folio_once": a
    large folio counts whole, and once in a ring. fixed_buffer_keeps: which of its pins stay.
    zero_page_grab, zero_page_grab_fast, zero_page_unpin: what FOLL_PIN does to the zero page, hunk
    by hunk. zero_page_still_counts: which counter a skipped pin of it moves all the same; only
    "nothing" is real. With "pincount" or "refcount" small folios have a pincount of their own, too,
    and a pin of the zero page adds 1 to the one that is named and leaves the other.
    zero_page_gets: are references to the zero page counted (get_page(), put_page() and FOLL_GET);
    only "counted" is real. huge_zero_pins: are pins of the huge zero folio; only "counted" is real.
    """

    sources: Mapping[str, str]

    @property
    def dio_holds(self) -> dict[str, str]:
        """What direct I/O holds its pages by, "get" or "pin", by file system; block is a disk."""
        return {name: getattr(self, rule) for name, rule in FILE_SYSTEMS.items()}

    def has_pincount(self, order: int) -> bool:
        """Return whether a folio of that order keeps its pins in a count of their own."""
        order = whole("order", order, 0)
        if self.zero_page_still_counts in ("pincount", "refcount"):
            return True
        first = {"none": None, "order_2_up": 2, "order_1_up": 1}[self.separate_pincount]
        return first is not None and order >= first


class RuleRow(NamedTuple):
    """One line of data/kernel_rules.csv."""

    version: Version
    rule: str
    value: str
    source: str


def parse_release(release: str) -> Version:
    """Return (X, Y) or (X, Y, Z); TypeError for anything but a str, ValueError if malformed.

    >>> parse_release("6.1.130")
    (6, 1, 130)
    """
    if not isinstance(release, str):
        raise TypeError(f"release is {shown(release)}: it has to be a str like '6.5' or '6.1.130'")
    if not re.fullmatch(r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){1,2}", release):
        raise ValueError(
            f"release is {shown(release)}: allowed are X.Y and X.Y.Z, such as '6.1.130'"
        )
    return tuple(int(part) for part in release.split("."))


def read_rows(path: Path) -> list[RuleRow]:
    """Return the rows of a rules file; ValueError with file and line for one that is wrong."""
    columns = ("release", "rule", "value", "source")
    return table(path, columns, _row, unique=columns[:2])


def _row(record: Mapping[str, str]) -> RuleRow:
    rule, value, source = record["rule"], record["value"], record["source"]
    version = parse_release(record["release"])
    _check_choice(rule, value)
    if value in HYPOTHETICAL.get(rule, ()):
        raise ValueError(f"{rule} is {value!r}: that is hypothetical, no release has it")
    if not source:
        raise ValueError(f"rule {rule!r} has no source")
    return RuleRow(version, rule, value, source)


def _check_choice(rule: str, value: object) -> str:
    if rule not in CHOICES:
        raise ValueError(f"unknown rule {shown(rule)}: the rules are {', '.join(CHOICES)}")
    if not isinstance(value, str | int) or str(value) not in CHOICES[rule]:
        raise ValueError(f"{rule} is {shown(value)}: allowed are {', '.join(CHOICES[rule])}")
    return str(value)


ROWS = read_rows(DATA / "kernel_rules.csv")
VERSIONS = sorted({row.version for row in ROWS})
BY_KEYWORD = "set by keyword"
NEWEST = ".".join(map(str, max(version for version in VERSIONS if len(version) == 2)))
"""The newest release that has rules of its own; later ones follow the same rules."""


def releases() -> list[str]:
    """Return the releases that have rules of their own, oldest first."""
    return [".".join(map(str, version)) for version in VERSIONS]


def rules_for(release: str, overrides: Mapping[str, object] = MappingProxyType({})) -> Rules:
    """Return the rules of a release, with some of them overridden.

    Raises ValueError for a release before the first modelled one, a malformed release, an unknown
    rule or an unknown value; TypeError for a release that is not a str.
    """
    version = parse_release(release)
    if version < VERSIONS[0]:
        raise ValueError(
            f"release is {shown(release)}: FOLL_PIN, and so the model, begins with 5.6"
        )
    rules = _rules_of(version)
    if not overrides:
        return rules
    changed = {rule: _check_choice(rule, v) for rule, v in _hunk_by_hunk(overrides).items()}
    return _made(rules._asdict() | changed, {**rules.sources, **dict.fromkeys(changed, BY_KEYWORD)})


@cache
def _rules_of(version: Version) -> Rules:
    """Return the rules of one release; machines share them, they never change."""
    # A stable release follows its branch's mainline release, then its own branch's rows.
    rows = sorted((row for row in ROWS if speaks_of(row.version, version)), key=lambda r: r.version)
    return _made({row.rule: row.value for row in rows}, {row.rule: row.source for row in rows})


def _made(values: Mapping[str, object], sources: Mapping[str, str]) -> Rules:
    rules = Rules._make(int(str(values[r])) if r == "pin_bias" else values[r] for r in CHOICES)
    rules.sources = MappingProxyType({rule: sources[rule] for rule in CHOICES})
    return rules


def speaks_of(row: Version, version: Version) -> bool:
    """Return whether a row of data for one release holds for another, too.

    One of X.Y speaks of that release and all later ones, one of X.Y.Z of its branch from Z on.

    >>> speaks_of((5, 7), (6, 1, 130)), speaks_of((5, 7, 6), (5, 8)), speaks_of((5, 7, 6), (5, 7))
    (True, False, False)
    """
    return row <= version[: len(row)] and (len(row) == 2 or row[:2] == version[:2])


def _hunk_by_hunk(overrides: Mapping[str, object]) -> dict[str, object]:
    """Spell `zero_page_pins=` out; a hunk that is named beside it wins."""
    rest = dict(overrides)
    if "zero_page_pins" not in rest:
        return rest
    value = rest.pop("zero_page_pins")
    if not isinstance(value, str) or value not in ZERO_PAGE_PINS:
        allowed = ", ".join(ZERO_PAGE_PINS)
        raise ValueError(f"zero_page_pins is {shown(value)}: allowed are {allowed}")
    hunks = ("zero_page_grab", "zero_page_grab_fast", "zero_page_unpin")
    return dict(zip(hunks, ZERO_PAGE_PINS[value], strict=True)) | rest
