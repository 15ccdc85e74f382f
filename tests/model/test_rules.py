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


@pytest.mark.parametrize(
    ("release", "smallest"), [("5.6", None), ("5.7", 2), ("5.17", 2), ("5.18", 1), ("6.18", 1)]
)
def test_which_orders_have_a_pincount(release: str, smallest: int | None) -> None:
    separate = [order for order in range(10) if Kernel(release).rules.has_pincount(order)]
    assert separate == ([] if smallest is None else list(range(smallest, 10)))


def test_one_keyword_sets_all_three_hunks() -> None:
    assert hunks("6.1.192", zero_page_pins="counted") == ("counted",) * 3
    assert hunks("6.4", zero_page_pins="skipped") == ("skipped",) * 3
    assert hunks("6.4", zero_page_pins="refused") == ("refused", "skipped", "skipped")


def test_a_hunk_named_beside_the_keyword_wins() -> None:
    left_out = hunks("6.4", zero_page_pins="skipped", zero_page_unpin="counted")
    assert left_out == ("skipped", "skipped", "counted")


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


@pytest.mark.parametrize(
    ("rule", "history"),
    [  # releases, each with the value of the rule; a stable branch has backports of its own
        ("pin_bias", "5.6 1 5.7 1024 6.18 1024"),
        ("dio_hold", "5.6 get 6.4 get 6.5 pin 6.18 pin"),
        ("dio_hold_smb", "6.2 get 6.3 pin 6.18 pin"),
        ("dio_hold_9p", "6.7 get 6.8 pin"),
        ("dio_hold_fuse", "6.8 get 6.9 pin"),
        ("dio_hold_nfs", "6.18 get"),
        ("dio_hold_ceph", "6.18 get"),
        ("huge_zero_wp", "5.7.14 whole 5.8 split 6.12.117 split 6.13 whole"),
        ("gup_read_fault", "5.7.2 zero_page 5.7.3 private_page 5.8 private_page 5.9 zero_page "
         "6.1 zero_page 6.2 private_page_if_longterm"),
        ("fast_pin_and_fork", "5.10.3 may_meet 5.10.4 kept_apart 5.10.999 kept_apart"),
        ("fast_pin_adds", "5.10.49 at_once 5.10.50 in_two 5.11 at_once 5.12.16 at_once "
         "5.12.17 in_two 5.13 at_once 5.13.1 at_once 5.13.2 in_two 5.14 in_two"),
        ("slow_guard", "5.14 with_flags 5.15 as_fast 5.15.19 as_fast 5.15.20 with_flags "
         "5.16.5 as_fast 5.16.6 with_flags 5.17 with_flags 5.18 always"),
        ("zero_page_grab", "5.10 counted 6.1 counted 6.1.129 counted 6.1.130 refused "
         "6.1.134 refused 6.1.135 skipped 6.1.192 skipped 6.2 counted 6.2.1 counted 6.4 counted "
         "6.5 skipped 6.12.117 skipped 7.3.4 skipped"),
        ("zero_page_grab_fast", "6.1.129 counted 6.1.130 skipped 6.2 counted 6.5 skipped"),
        ("zero_page_unpin", "6.1.129 counted 6.1.130 skipped 6.2 counted 6.5 skipped"),
    ],
)  # fmt: skip
def test_the_history_of_a_rule(rule: str, history: str) -> None:
    words = history.split()
    for release, value in zip(words[::2], words[1::2], strict=True):
        assert str(getattr(Kernel(release).rules, rule)) == value, release


def test_whose_direct_io_there_is() -> None:
    assert Kernel("6.8").rules.dio_holds == {
        "block": "pin", "fuse": "get", "smb": "pin", "nfs": "get", "ceph": "get", "9p": "pin",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("releases", "error", "words"),
    [
        (["5.5", "5.5.19", "4.19", "0.1"], ValueError, r"release is '[0-9.]*': .*5\.6"),
        (["", "6", "6.", "6.5-rc1", "6.5.1.1", "v6.5", " 6.5", "6.5\n", "6.05", "six", "-6.5",
          "6.\u0665"], ValueError, r"allowed are X\.Y and X\.Y\.Z"),
        ([6.5, None, 6, ("6", "5"), b"6.5"], TypeError, "has to be a str"),
    ],
)  # fmt: skip
def test_a_release_that_is_none(releases: list[str], error: type[Exception], words: str) -> None:
    for release in releases:
        with pytest.raises(error, match=words):
            Kernel(release)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("6.x,dio_hold,get,somewhere", "rules.csv, line 2: release is '6.x'"),
        ("6.5,dio_hold,nail,somewhere", "line 2: dio_hold is 'nail'"),
        ("6.5,nail,get,somewhere", "line 2: unknown rule 'nail'"),
        ("6.5,dio_hold,get,", "line 2: rule 'dio_hold' has no source"),
        ("6.5,zero_page_still_counts,vmstat,a dream", "line 2: .* is hypothetical, no release has"),
        ("6.5,zero_page_gets,skipped,a dream", "line 2: .* is hypothetical, no release has it"),
        ("6.5,huge_zero_pins,skipped,a dream", "line 2: .* is hypothetical, no release has it"),
    ],
)
def test_a_wrong_line_of_the_data_file_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(f"release,rule,value,source\n{line}\n")
    with pytest.raises(ValueError, match=words):
        rules.read_rows(path)
