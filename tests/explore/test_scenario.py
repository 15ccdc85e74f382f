"""Scenarios: what a step may be, and which steps fit together."""

import pytest

from pinlab.explore import Scenario
from pinlab.explore.scenario import MOST_STEPS, MisfitError
from pinlab.explore.verbs import VERBS, parse_step, place


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
        ("get_user_pages_fast h x write", ("h", "x"), {"write"}, 1),
        ("get_user_pages h x times=1048576", ("h", "x"), set(), 2**20),
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
        ("get_user_pages h x times=1048577", "times is '1048577', allowed are 1 to 1048576"),
        (f"get_user_pages h x times={'9' * 5000}", "times is '999"),
        ("get_user_pages_fast h x times=2", "it has to be get_user_pages_fast hold page"),
        ("device_write r+512 D bytes=3585", "bytes is '3585', allowed are 1 to 3584"),
        ("device_write r D bytes=0", "bytes is '0', allowed are 1 to 4096"),
        ("device_write r D bytes=1=2", "bytes is '1=2'"),
        ("device_write r D times=2", "it has to be device_write request-hold-or-buffer letter"),
        ("device_write R D", "place is 'R': it has to be like"),
        ("device_read r+4096 v", r"place is 'r\+4096': it has to be like"),
        ("get_user_pages h x times=2 times=3", "it has to be get_user_pages"),
    ],
)
def test_a_line_that_is_no_step(line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_step("parent", line)


def test_a_transfer_of_part_of_a_page() -> None:
    step = parse_step("device", "device_write r+512 D bytes=1024")
    assert (step.names, step.nbytes) == (("r+512", "D"), 1024)
    assert parse_step("device", step.line) == step
    assert parse_step("device", "device_write r+512 D bytes=3584").nbytes == 3584


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
        (["get_user_pages h x"], {"device": ["device_read r v"]}, "'r' is made by none of submit"),
        (["signal s"], {"device": ["device_write s+8 D"]}, "'s' is made by none of submit"),
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
    for bad in ({"x": ""}, {"x": "AB"}, {"x": "7"}, {"x+8": "A"}):
        with pytest.raises(ValueError, match="has to be like x = A or x = zero"):
            Scenario(bad, {})
    with pytest.raises(ValueError, match="place is 'X'"):
        Scenario({"X": "A"}, {})
    with pytest.raises(ValueError, match="actor is 'Parent': it has to be like parent, device"):
        Scenario({}, {"Parent": []})
    for memory, programs, complaint in (
        ({}, {"parent": "exit"}, "programs of parent is 'exit': it has to be a sequence"),
        ({}, {"parent": b"exit"}, "programs of parent is b'exit': it has to be a sequence"),
        ({}, {"parent": ["exit", 3]}, "step is 3: it has to be of type str"),
        ({}, {"parent": iter(["exit"])}, "programs of parent is <list_iterator.*sequence of lines"),
        ({}, ["exit"], r"programs is \['exit'\]: it has to be a dict"),
        ({}, {3: []}, r"programs is \{3: \[\]\}: it has to be a dict"),
        ("x", {}, "memory is 'x': it has to be a dict"),
        ({"x": 1}, {}, "memory of 'x' is 1"),
        ({1: "A"}, {}, r"memory is \{1: 'A'\}: it has to be a dict"),
    ):
        with pytest.raises(TypeError, match=complaint):
            Scenario(memory, programs)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="watched is 'x': it has to be a sequence of str"):
        Scenario({"x": "A"}, {}, "x")
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
    assert made.values == {"v": ("EFAULT", "A", "B")}
    assert made.letters == ("A", "B")
    taken = Scenario(
        {"x": "A", "y": "zero"},
        {"parent": ["get_user_pages h x", "write y P"], "device": ["device_read h v"]},
    )
    assert taken.values == {"h": ("EFAULT", "ENOMEM"), "v": ("A", "", "P")}
    assert Scenario({"x": "A"}, {}, ["x+8"]).places == ("x+8",)


def test_the_verbs_that_take_holds_are_the_model_s() -> None:
    from pinlab import DirectIO, Kernel, Mm, RegisteredBuffer

    spoken = set(VERBS) - {"wait", "signal", "await"}
    known = {name for made in (Kernel, Mm, DirectIO, RegisteredBuffer) for name in dir(made)}
    assert spoken <= known
