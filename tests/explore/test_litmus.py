"""Litmus files: what stands in them, and every way of getting one wrong."""

from pathlib import Path

import pytest

from pinlab.explore import litmus

GOOD = """\
lost
"Who keeps the frame?"   # a comment

memory
    x = A
    y = zero

parent
    submit_dio_read r x
    fork child
    write x+8 P
device
    device_write r D

exists parent:x = A and child:x != P

5.6   Sometimes  a source
5.7.6 Never      another
6.5   Never      a third
"""


def test_a_good_file() -> None:
    test = litmus.parse(GOOD)
    assert (test.name, test.why) == ("lost", "Who keeps the frame?")
    assert test.scenario.memory == {"x": "A", "y": "zero"}
    assert test.scenario.programs == {
        "parent": ["submit_dio_read r x", "fork child", "write x+8 P"],
        "device": ["device_write r D"],
    }
    assert test.scenario.watched == ("x",)
    assert str(test.exists) == "parent:x = A and child:x != P"
    assert test.expected[0] == ((5, 6), "Sometimes", "a source")
    assert litmus.run(test, "6.4").verdict == "Sometimes"


@pytest.mark.parametrize(
    ("releases", "source"),
    [
        ("5.6 5.7 5.7.5 5.8 6.4.6", "a source"),
        ("5.7.6 5.7.19", "another"),
        ("6.5 7.3.4", "a third"),
    ],
)
def test_a_stable_line_speaks_for_its_own_branch_only(releases: str, source: str) -> None:
    test = litmus.parse(GOOD)
    assert {test.expect(release).source for release in releases.split()} == {source}


def test_nothing_is_said_about_older_releases() -> None:
    with pytest.raises(ValueError, match=r"lost says nothing about '5\.5'"):
        litmus.parse(GOOD).expect("5.5")


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        (1, "    lost", "line 1: nothing may be indented before the name"),
        (1, "lost in space", "line 1: the name is 'lost in space': allowed are letters"),
        (2, "Who keeps the frame?", "line 2: 'Who keeps the frame.' is not in double quotes"),
        (3, "    x", "line 3: nothing may be indented here"),
        (4, "storage", "line 5: 'x = A': there is no step 'x'"),
        (5, "    x", "line 5: x = : it has to be like x = A or x = zero"),
        (5, "    X = A", "line 5: place is 'X'"),
        (6, "    x = B", "line 6: there is a page 'x' already"),
        (8, "PARENT", "line 8: actor is 'PARENT'"),
        (9, "    submit r x", "line 9: 'submit r x': there is no step 'submit'"),
        (9, "    submit_dio_write r x", "line 13: device: device_write r D: r is to disk"),
        (10, "    fork", r"line 10: 'fork': it has to be fork process \[split\]"),
        (11, "    write z P", "line 11: parent: write z P: there is no page 'z', only x, y"),
        (11, "    fork child", "line 11: parent: fork child: there is a 'child' already"),
        (12, "parent", "line 12: there is a 'parent' already"),
        (12, "memory", "line 12: there is a 'memory' already"),
        (13, "    device_write s D", "line 13: device: device_write s D: 's' is made by none"),
        (15, "", "line 19: there has to be one exists line, here are 0"),
        (15, "exists", "line 15: '' has to be like parent:x = A"),
        (15, "exists parent:x == A", "line 15: 'parent:x == A' has to be like"),
        (15, "exists kid:x = A", "line 15: there is no process 'kid', only parent, child"),
        (15, "exists parent:x = Q", "line 15: parent:x cannot be Q, only A, zero, P, D"),
        (16, "exists parent:x = A", "line 16: there has to be one exists line, here are 2"),
        (16, "    and more", "line 16: nothing may be indented here"),
        (17, "5 Never a source", "line 17: release is '5'"),
        (15, "exists parent:x = A and parent:x = P", "line 15: .* P: nothing is both"),
        (17, "5.5 Never a source", "line 17: release is '5.5': FOLL_PIN, and so the model, begins"),
        (17, "5.6", "line 17: '5.6': after the release one of Never, Sometimes, Always, then"),
        (17, "5.6 Perhaps a source", "line 17: '5.6 Perhaps a source': after the release one"),
        (17, "5.6 Never", "line 17: '5.6 Never': after the release one"),
        (18, "5.6 Never another", "line 18: 5.6 stands after a release that is not older"),
    ],
)
def test_an_error_names_file_and_line(
    line: int, instead: str, complaint: str, tmp_path: Path
) -> None:
    lines = GOOD.splitlines()
    lines[line - 1] = instead
    path = tmp_path / "lost.litmus"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^lost\.litmus, {complaint}"):
        litmus.read(path)


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (1, "{}?"), (2, "{}"), (4, "    {}"), (8, "    fork {0}\n    fork {0}"),
        (9, "    write {}+8 P"), (9, "    wait {}"), (12, "{}\n    write x P"),
        (13, "    device_write {} D"), (15, "exists {}"), (15, "exists {}:x = A"),
        (15, "exists parent:x = {}"), (17, "{} Never a source"), (17, "5.6 {} a source"),
    ],
)  # fmt: skip
def test_what_is_long_is_cut(number: int, line: str) -> None:
    lines = GOOD.splitlines()
    lines[number - 1] = line.format("x" * 5000)
    with pytest.raises(ValueError, match=r"^litmus test, line \d+: .*") as caught:
        litmus.parse("\n".join(lines))
    assert "x" * 60 not in str(caught.value)


def test_a_file_without_verdicts_or_without_anything() -> None:
    start = GOOD.partition("\n5.6")[0]
    with pytest.raises(ValueError, match="litmus test, line 15: there is no verdict"):
        litmus.parse(start)
    for text in ("", "# nothing\n", "lost\n"):
        with pytest.raises(ValueError, match="line 1: a name and a sentence are missing"):
            litmus.parse(text)


def test_too_many_steps() -> None:
    with pytest.raises(ValueError, match="line 1: 103 steps: allowed are 100"):
        litmus.parse(GOOD.replace("    write x+8 P\n", "    write x+8 P\n" * 100))
    with pytest.raises(ValueError, match="line 1: 2004 steps: allowed are 100"):  # of whatever kind
        litmus.parse(GOOD.replace("    write x+8 P\n", "    write x+8 P\n" + "    bosh\n" * 2000))
    pages = "".join(f"    x{n} = A\n" for n in range(100))
    with pytest.raises(ValueError, match="102 pages: allowed are 100"):
        litmus.parse(GOOD.replace("    x = A\n", "    x = A\n" + pages))


def test_a_file_is_weighed_before_it_is_read(tmp_path: Path) -> None:
    long = GOOD + "#" * (64 * 1024 - len(GOOD))
    assert litmus.parse(long).name == "lost"
    with pytest.raises(ValueError, match="litmus test, line 1: 65537 bytes, allowed are 65536"):
        litmus.parse(long + "#")
    path = tmp_path / "lost.litmus"
    with path.open("wb") as file:
        file.truncate(2**30)  # takes no room on the disk
    with pytest.raises(ValueError, match=r"lost\.litmus, line 1: 1073741824 bytes, allowed are"):
        litmus.read(path)


def test_the_name_is_the_file_s(tmp_path: Path) -> None:
    path = tmp_path / "found.litmus"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(ValueError, match=r"found\.litmus, line 1: the name is 'lost'"):
        litmus.read(path)


def test_a_question_about_nothing_to_read() -> None:
    text = GOOD.replace("submit_dio_read r x", "write x Q").replace("device_write r D", "signal s")
    with pytest.raises(ValueError, match="there is no value 'v'; the values are: none"):
        litmus.parse(text.replace("parent:x = A and child:x != P", "v = A"))


def test_names_and_load() -> None:
    assert len(litmus.names()) >= 16
    assert litmus.names() == sorted(litmus.names())
    with pytest.raises(ValueError, match="name of a test is 'nobody': allowed are buffer"):
        litmus.load("nobody")
