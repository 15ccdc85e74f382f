"""The rules of each release, and what the data file may contain."""

from pathlib import Path

import pytest

from pinlab import Kernel
from pinlab.model import rules

ZERO_PAGE = ("zero_page_grab", "zero_page_grab_fast", "zero_page_unpin")


def hunks(release: str, **overrides: object) -> tuple[str, ...]:
    chosen = Kernel(release, **overrides).rules
    return tuple(getattr(chosen, rule) for rule in ZERO_PAGE)


def test_every_rule_is_set_from_the_first_release_on() -> None:
    first = [row.rule for row in rules.ROWS if row.version == (5, 6)]
    assert sorted(first) == sorted(rules.CHOICES)


@pytest.mark.parametrize(("release", "bias"), [("5.6", 1), ("5.7", 1024), ("6.18", 1024)])
def test_the_bias_came_in_5_7(release: str, bias: int) -> None:
    assert Kernel(release).rules.pin_bias == bias


@pytest.mark.parametrize(
    ("release", "smallest"), [("5.6", None), ("5.7", 2), ("5.17", 2), ("5.18", 1), ("6.18", 1)]
)
def test_which_orders_have_a_pincount(release: str, smallest: int | None) -> None:
    separate = [order for order in range(10) if Kernel(release).rules.has_pincount(order)]
    assert separate == ([] if smallest is None else list(range(smallest, 10)))


@pytest.mark.parametrize(("release", "hold"), [("5.6", "get"), ("6.4", "get"), ("6.5", "pin")])
def test_direct_io_to_a_disk_pins_since_6_5(release: str, hold: str) -> None:
    assert Kernel(release).rules.dio_hold == hold


@pytest.mark.parametrize(
    ("release", "pinning"),
    [
        ("6.2", ""),
        ("6.3", "smb"),
        ("6.5", "block smb"),
        ("6.8", "block smb 9p"),
        ("6.9", "block fuse smb 9p"),
        ("6.18", "block fuse smb 9p"),
    ],
)
def test_whose_direct_io_pins(release: str, pinning: str) -> None:
    holds = Kernel(release).rules.dio_holds
    assert " ".join(name for name, hold in holds.items() if hold == "pin") == pinning
    assert set(holds) == {"block", "fuse", "smb", "nfs", "ceph", "9p"}


@pytest.mark.parametrize(
    ("release", "becomes"),
    [("5.7.14", "whole"), ("5.8", "split"), ("6.12.117", "split"), ("6.13", "whole")],
)
def test_what_a_write_makes_of_the_huge_zero_folio(release: str, becomes: str) -> None:
    assert Kernel(release).rules.huge_zero_wp == becomes


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("5.10", ("counted", "counted", "counted")),
        ("6.1", ("counted", "counted", "counted")),
        ("6.1.129", ("counted", "counted", "counted")),
        ("6.1.130", ("refused", "skipped", "skipped")),
        ("6.1.134", ("refused", "skipped", "skipped")),
        ("6.1.135", ("skipped", "skipped", "skipped")),
        ("6.1.192", ("skipped", "skipped", "skipped")),
        ("6.2", ("counted", "counted", "counted")),
        ("6.2.1", ("counted", "counted", "counted")),
        ("6.4", ("counted", "counted", "counted")),
        ("6.5", ("skipped", "skipped", "skipped")),
        ("6.12.117", ("skipped", "skipped", "skipped")),
        ("7.3.4", ("skipped", "skipped", "skipped")),
    ],
)
def test_the_patch_hunk_by_hunk(release: str, expected: tuple[str, ...]) -> None:
    assert hunks(release) == expected


def test_one_keyword_sets_all_three_hunks() -> None:
    assert hunks("6.1.192", zero_page_pins="counted") == ("counted",) * 3
    assert hunks("6.4", zero_page_pins="skipped") == ("skipped",) * 3
    assert hunks("6.4", zero_page_pins="refused") == ("refused", "skipped", "skipped")


def test_a_hunk_named_beside_the_keyword_wins() -> None:
    left_out = hunks("6.4", zero_page_pins="skipped", zero_page_unpin="counted")
    assert left_out == ("skipped", "skipped", "counted")


def test_the_bias_can_be_given_as_a_number() -> None:
    assert Kernel("6.4", pin_bias=1).rules.pin_bias == 1


def test_a_rule_names_its_source() -> None:
    sources = Kernel("6.5", dio_hold="get").rules.sources
    assert "c8070b787519" in sources["zero_page_grab"]
    assert sources["dio_hold"] == "set by keyword"


def test_sources_neither_tell_rules_apart_nor_are_printed() -> None:
    named = Kernel("6.5", dio_hold="pin").rules
    assert named == Kernel("6.5").rules
    assert named != Kernel("6.5", dio_hold="get").rules
    assert "sources" not in repr(named)
    assert "dio_hold='pin'" in repr(named)


@pytest.mark.parametrize(
    ("rule", "value", "first", "before"),
    [  # the first release of a stable branch that follows the newer rule
        ("gup_read_fault", "private_page", "5.7.3", "5.7.2"),
        ("fast_pin_and_fork", "kept_apart", "5.10.4", "5.10.3"),
        ("fast_pin_adds", "in_two", "5.10.50", "5.10.49"),
        ("fast_pin_adds", "in_two", "5.12.17", "5.12.16"),
        ("fast_pin_adds", "in_two", "5.13.2", "5.13.1"),
        ("slow_guard", "with_flags", "5.15.20", "5.15.19"),
        ("slow_guard", "with_flags", "5.16.6", "5.16.5"),
    ],
)
def test_backports(rule: str, value: str, first: str, before: str) -> None:
    assert getattr(Kernel(first).rules, rule) == value
    assert getattr(Kernel(before).rules, rule) != value
    last = first.rpartition(".")[0] + ".999"
    assert getattr(Kernel(last).rules, rule) == value


def test_rules_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Kernel("6.5").rules.dio_hold = "get"  # type: ignore[misc]


def test_releases_are_ordered_and_all_of_them_boot() -> None:
    releases = Kernel.releases()
    assert releases[0] == "5.6"
    assert {"5.7", "5.18", "6.1.130", "6.5"} <= set(releases)
    versions = [rules.parse_release(release) for release in releases]
    assert versions == sorted(set(versions))
    assert [Kernel(release).release for release in releases] == releases


def test_the_default_is_the_newest_release() -> None:
    assert Kernel().release == Kernel.releases()[-1]
    assert Kernel("99.0").rules == Kernel().rules
    assert Kernel("99.0").release == "99.0"


def test_an_older_release_keeps_the_rules_of_the_last_change() -> None:
    assert Kernel("6.3").rules == Kernel("6.4").rules == Kernel("6.4.6").rules
    assert Kernel("5.11").rules == Kernel("5.13").rules != Kernel("5.14").rules


@pytest.mark.parametrize("release", ["5.5", "5.5.19", "4.19", "0.1"])
def test_before_foll_pin_there_is_no_model(release: str) -> None:
    with pytest.raises(ValueError, match=rf"'{release}'.*5\.6"):
        Kernel(release)


@pytest.mark.parametrize(
    "release",
    [
        "",
        "6",
        "6.",
        "6.5-rc1",
        "6.5.1.1",
        "v6.5",
        " 6.5",
        "6.5\n",
        "6.05",
        "six",
        "-6.5",
        "6.\u0665",
    ],
)
def test_a_malformed_release_is_refused(release: str) -> None:
    with pytest.raises(ValueError, match=r"allowed are X\.Y and X\.Y\.Z"):
        Kernel(release)


@pytest.mark.parametrize("release", [6.5, None, 6, ("6", "5"), b"6.5"])
def test_a_release_is_a_str(release: object) -> None:
    with pytest.raises(TypeError, match="has to be a str"):
        Kernel(release)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"zero_page": "counted"}, "unknown rule 'zero_page'.*zero_page_grab_fast"),
        ({"dio_hold": "nail"}, "dio_hold is 'nail': allowed are get, pin"),
        ({"zero_page_pins": "ignored"}, "zero_page_pins is 'ignored'.*counted, skipped, refused"),
        ({"zero_page_pins": None}, "zero_page_pins is None"),
        ({"zero_page_unpin": "refused"}, "zero_page_unpin is 'refused'"),
        ({"pin_bias": 512}, "pin_bias is 512: allowed are 1, 1024"),
        ({"pin_bias": True}, "pin_bias is True"),
    ],
)
def test_unknown_rules_and_values_are_named(overrides: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Kernel("6.5", **overrides)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("6.x,dio_hold,get,somewhere", "rules.csv, line 2: release is '6.x'"),
        ("6.5,dio_hold,nail,somewhere", "line 2: dio_hold is 'nail'"),
        ("6.5,nail,get,somewhere", "line 2: unknown rule 'nail'"),
        ("6.5,dio_hold,get,", "line 2: rule 'dio_hold' has no source"),
    ],
)
def test_a_wrong_line_of_the_data_file_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(f"release,rule,value,source\n{line}\n")
    with pytest.raises(ValueError, match=words):
        rules.read_rows(path)


def test_no_rule_is_set_twice_for_one_release() -> None:
    keys = [(row.version, row.rule) for row in rules.ROWS]
    assert len(keys) == len(set(keys))


def test_every_row_changes_something() -> None:
    """A row that repeats the value before it would make a release look like a change."""
    for version in rules.VERSIONS[1:]:
        rows = [row for row in rules.ROWS if row.version == version]
        before = rules.rules_for("{}.{}".format(*version)) if len(version) == 3 else None
        index = rules.VERSIONS.index(version)
        mainline = [v for v in rules.VERSIONS[:index] if len(v) == 2]
        before = before or rules.rules_for(".".join(map(str, mainline[-1])))
        earlier = [v for v in rules.VERSIONS[:index] if v[:2] == version[:2] and len(v) == 3]
        if earlier and len(version) == 3:
            before = rules.rules_for(".".join(map(str, earlier[-1])))
        for row in rows:
            assert str(getattr(before, row.rule)) != row.value, row
