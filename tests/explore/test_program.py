"""Programs: what a step may be, and which steps fit together."""

import pytest

from pinlab.explore import Scenario
from pinlab.explore.program import MOST_STEPS, VERBS, MisfitError, parse_step, place


def scenario(parent: list[str], **others: list[str]) -> Scenario:
    return Scenario({"x": "A", "y": "zero"}, {"parent": parent, **others})


@pytest.mark.parametrize(
    ("line", "names", "options", "times"),
    [
        ("write x+8 P", ("x+8", "P"), set(), 1),
        ("read x v", ("x", "v"), set(), 1),
        ("pin_user_pages h x longterm write", ("h", "x"), {"write", "longterm"}, 1),
        ("pin_user_pages_fast h x split", ("h", "x"), {"split"}, 1),
        ("get_user_pages h x times=1023 write", ("h", "x"), {"write"}, 1023),
        ("fork child split", ("child",), {"split"}, 1),
        ("exit", (), set(), 1),
    ],
)
def test_a_line_is_a_step(line: str, names: tuple[str, ...], options: set[str], times: int) -> None:
    step = parse_step("parent", line)
    assert (step.names, set(step.options), step.times) == (names, options, times)
    assert parse_step("parent", step.line) == step
    assert str(step) == f"parent: {step.line}"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "there is no step ''"),
        ("poke x", "there is no step 'poke', only read, write"),
        ("write x", "it has to be write place letter"),
        ("write x PP", "'PP' has to be one letter"),
        ("device_write r 7", "'7' has to be one letter"),
        ("fork child half", r"it has to be fork process \[split\]"),
        ("fork child split split", r"it has to be fork process \[split\]"),
        ("fork child times=2", r"it has to be fork process \[split\]"),
        ("read x V", "'V' has to be a name, like x or child"),
        ("munmap x+8", "'x.8' has to be a name"),
        ("fork parent/2", "'parent/2' has to be a name"),
        ("exit now", "it has to be exit"),
        ("get_user_pages h x times=0", "times is '0', allowed are 1 to 1048576"),
        ("get_user_pages h x times=many", "times is 'many'"),
        ("get_user_pages h x times=2 times=3", "it has to be get_user_pages"),
    ],
)
def test_a_line_that_is_no_step(line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_step("parent", line)


@pytest.mark.parametrize("text", ["X", "8", "x+", "x+4096", "x+-1", "x y"])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match="has to be like x or x"):
        place(text)


@pytest.mark.parametrize(
    ("parent", "others", "complaint"),
    [
        (["write z P"], {}, "parent: write z P: there is no page 'z', only x, y"),
        (["read x+1 v", "read y v"], {}, "parent: read y v: there is a 'v' already"),
        (["fork c", "fork c"], {}, "parent: fork c: there is a 'c' already"),
        (["fork parent"], {}, "there is a 'parent' already"),
        (["read x v", "get_user_pages v x"], {}, "there is a 'v' already"),
        (["wait child"], {}, "'child' is made by none of fork"),
        (["complete r"], {}, "'r' is made by none of submit_dio_read, submit_dio_write"),
        (["get_user_pages h x", "complete h"], {}, "'h' is made by none of submit_dio_read"),
        (["submit_dio_read r x", "put_page r"], {}, "'r' is made by none of get_user_pages"),
        (["await s"], {}, "'s' is made by none of signal"),
        ([], {"device": ["write x D"]}, "device: write x D: device is no process"),
        ([], {"child": ["exit"]}, "child: exit: child is no process, as nobody forks it"),
        (["submit_dio_write r x"], {"device": ["device_write r D"]}, "r is to disk, its device"),
    ],
)
def test_names_that_do_not_fit(
    parent: list[str], others: dict[str, list[str]], complaint: str
) -> None:
    with pytest.raises(MisfitError, match=complaint) as error:
        scenario(parent, **others)
    assert str(error.value).startswith(str(error.value.step))


def test_bad_memory_and_actors() -> None:
    for memory in ({"x": ""}, {"x": "AB"}, {"x": "7"}, {"x+8": "A"}):
        with pytest.raises(ValueError, match="has to be like x = A or x = zero"):
            Scenario(memory, {})
    with pytest.raises(ValueError, match="place is 'X'"):
        Scenario({"X": "A"}, {})
    with pytest.raises(ValueError, match="actor is 'Parent': it has to be like parent, device"):
        Scenario({}, {"Parent": []})
    with pytest.raises(TypeError, match="programs of parent is 'exit': it has to be a sequence"):
        Scenario({}, {"parent": "exit"})
    with pytest.raises(ValueError, match="watched z: there is no page 'z', only x"):
        Scenario({"x": "A"}, {}, ["z"])
    with pytest.raises(ValueError, match=f"{MOST_STEPS + 1} steps: allowed are {MOST_STEPS}"):
        Scenario({"x": "A"}, {"parent": ["write x P"] * (MOST_STEPS + 1)})


@pytest.mark.parametrize("line", ["fork child", "write_protect x"])
def test_what_is_not_modelled_with_a_huge_folio(line: str) -> None:
    with pytest.raises(MisfitError, match="modelled for 4 KiB pages only"):
        Scenario({"x": "A", "h": "huge"}, {"parent": [line]})


def test_who_is_a_process_and_what_is_asked() -> None:
    made = Scenario(
        {"x": "A", "y": "B"},
        {"parent": ["fork child"], "child": ["fork grandchild"], "parent/2": ["read x v"]},
    )
    assert made.processes == ("parent", "child", "grandchild")
    assert made.places == ("x", "y")
    assert made.values == {"v"}
    assert Scenario({"x": "A"}, {}, ["x+8"]).places == ("x+8",)


def test_the_verbs_that_take_holds_are_the_model_s() -> None:
    from pinlab import DirectIO, Kernel, Mm, RegisteredBuffer

    spoken = set(VERBS) - {"wait", "signal", "await"}
    known = {name for made in (Kernel, Mm, DirectIO, RegisteredBuffer) for name in dir(made)}
    assert spoken <= known
