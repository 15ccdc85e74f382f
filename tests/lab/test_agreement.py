"""C against the model: they agree, every historical bug and every slip is seen as a difference."""

import re
import shutil
from pathlib import Path

import pytest

from pinlab import lab
from pinlab.lab import agreement, compiler
from pinlab.lab.excerpt import excerpts

pytestmark = pytest.mark.skipif(not any(map(shutil.which, compiler.NAMES)), reason="no C compiler")


@pytest.fixture(autouse=True)
def fewer_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "STATES", 400)


OF_ITS_OWN = {"backport": "6.1.130"}
"""What is meant to be another release."""


@pytest.mark.parametrize("name", excerpts())
def test_an_excerpt_agrees_with_the_model_of_its_release(name: str) -> None:
    reply = lab.compare_c(name, release=OF_ITS_OWN.get(name), seed=15)
    assert str(reply).endswith("agree in all 400 states."), reply
    assert reply.right is None


@pytest.mark.parametrize(
    ("name", "release", "state", "difference"),
    [
        # The backport of the patch returned 0 from a function that returns bool.
        ("backport", None, "FOLL_PIN, the zero page, refcount 1",
         "returns: false in C, true in the model"),
        # What the patch changed: pins of the zero page, in three places.
        ("pin", "6.5", "FOLL_PIN, the zero page, refcount 1",
         "refcount: 1025 in C, 1 in the model"),
        ("unpin", "6.5", "FOLL_PIN, the zero page, refcount 1, refs 1",
         "nr_foll_pin_released: 1 in C, 0 in the model"),
        ("patch-fast", "6.4", "FOLL_PIN, the zero page, refcount 0, refs 2",
         "returns: true in C, false in the model"),
        # 5.15 to 5.15.19 refused a refcount of 0 in silence.
        ("pin", "5.15", "a small page, refcount 0", "warning: true in C, false in the model"),
        # CVE-2020-29374: up to 5.8 a reference that somebody else has did not matter.
        ("write-fault-5.7", "5.9", "a small page, refcount 2, mapcount 1",
         "returns: true in C, false in the model"),
        # From 5.9 to 5.18 a pin made a page of one's own be copied.
        ("write-fault-5.9", "6.5", "a small page, refcount 2, mapcount 1, exclusive true",
         "returns: false in C, true in the model"),
        # Up to 5.18 fork asked before it took its own reference, and copied from 1024 on.
        ("fork", "5.9", "a small page, refcount 1023, exclusive true, has_pinned true",
         "returns: true in C, false in the model"),
    ],
)  # fmt: skip
def test_a_historical_difference_is_seen(
    name: str, release: str | None, state: str, difference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # in as many states as a reader has: the plainest of them is shown
    reply = lab.compare_c(name, release=release)
    assert "differ in" in reply.text
    assert state in reply.text
    assert difference in reply.details.split("\n")


@pytest.mark.parametrize(
    ("name", "line", "slip"),
    [
        ("pin", "<= 0", "< 0"),
        ("unpin", "refs *= GUP_PIN_COUNTING_BIAS;", ""),
        ("maybe-pinned", "(unsigned int)folio_ref_count(folio)", "(long)folio_ref_count(folio)"),
        ("maybe-pinned", ">= GUP", "> GUP"),
        ("guard", "if (flags & FOLL_PIN) {", "{"),
        ("guard-fast", "< 0", "<= 0"),
        ("guard-fast", "!folio_ref_try_add_rcu(folio, refs)", "(folio_ref_add(folio, refs), 0)"),
        ("close-to-overflow", "<= 127u", "< 127u"),
        ("patch", "flags & FOLL_PIN && is_zero", "is_zero"),
        ("patch-fast", "BIAS - 1", "BIAS"),
        ("patch-unpin", "atomic_sub(refs", "atomic_sub(1"),
        ("large-pin", "        folio_ref_add(folio, refs);\n", ""),
        ("needs-cow", "!test_bit(MMF_HAS_PINNED, &mm->flags)", "0"),
        ("fork", "        folio_put(page);\n", ""),
        ("fork", "    ClearPageAnonExclusive(page);\n", ""),
        ("write-fault-5.7", "<= 1", "<= 2"),
        ("write-fault-5.9", "&& page_count(page) == 1", ""),
        ("write-fault-6.5", "    SetPageAnonExclusive(page);", "    "),
    ],
)
def test_a_slip_is_seen(name: str, line: str, slip: str) -> None:
    source = str(lab.c(name))
    assert source.count(line) == 1
    reply = lab.compare_c(name, source.replace(line, slip))
    assert reply.right is None
    assert "differ in" in reply.text


BACKPORT = str(lab.c("backport"))


def test_a_changed_line_repairs_the_backport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    reply = lab.compare_c("backport", BACKPORT.replace("return 0;", "return true;"))
    assert str(reply) == "Right. C and the model of 6.1.135 agree in all 2000 states."


def test_what_is_unchanged_is_told_no_state() -> None:
    reply = lab.compare_c("backport", f"\n{BACKPORT}")
    assert re.fullmatch(
        r"Nothing is changed yet: C and the model of 6\.1\.135 differ in \d+ of 400 states\.",
        str(reply),
    )
    changed = lab.compare_c("backport", BACKPORT.replace("return true;", "return false;"))
    assert "all with" not in changed.text
    assert "zero true" in lab.compare_c("backport").text


def test_a_negative_bool_agrees_and_is_no_repair() -> None:
    reply = lab.compare_c("backport", BACKPORT.replace("return 0;", "return -ENOMEM;"))
    assert (reply.right, "agree in all" in reply.text) == (None, True)
    assert reply.text.endswith("But as a bool a negative number is true, like any that is not 0.")


HOSTILE = {
    "for (;;);": "The program had not ended after 0.5 s, in this state: FOLL_PIN, the zero page, ",
    "*(volatile int *)0 = 1;": "The program crashed (SIGSEGV), in this state: FOLL_PIN, the zero",
    "__builtin_trap();": "The program crashed (SIG",
    "while (1) puts(VERY_LONG);": "The program printed more than 4 MiB, in this state: FOLL_PIN",
    "exit(3);": "The program ended with 3, in this state: FOLL_PIN, the zero page, refcount",
    "exit(0);": "The program ended too early, in this state: FOLL_PIN, the zero page, refcount",
    "return flase;": "Nothing was compared. Line 9 does not compile: ",
    "return 0; }": "Nothing was compared. Line 10 does not compile: ",
    "{": "Nothing was compared. It does not compile as a whole: ",
    "\ud800": "Nothing was compared. Line 9 does not compile: ",
    "return nowhere();": "Nothing was compared. Line 9 does not compile: implicit declaration",
}


@pytest.mark.parametrize("line", HOSTILE)
def test_whatever_the_lines_do_is_told_in_a_line(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pinlab.lab.strangers.PATIENCE", 0.5)
    above = f'#include <stdlib.h>\n#define VERY_LONG "{"x" * 1000}"\n\n'
    mine = above + BACKPORT.replace("return 0;", line)
    reply = lab.compare_c("backport", mine)
    assert reply.text.startswith(HOSTILE[line])
    assert "\n" not in reply.text
    if number := re.search(r"Line (\d+) does not compile", reply.text):
        assert reply.details == mine.split("\n")[int(number[1]) - 1].strip()
    else:
        assert reply.details == ""


def test_what_a_program_prints_besides_does_no_harm() -> None:
    line = 'return printf("=> 1 2 3 4 5 6 and more ") > 0;'
    assert lab.compare_c("backport", BACKPORT.replace("return 0;", line)).right


@pytest.mark.parametrize("mine", [..., 5, "", "return true;"])
def test_what_is_no_such_function_is_told(mine: object) -> None:
    reply = lab.compare_c("backport", mine)
    assert str(reply).endswith("it has to be C that defines `try_grab_page()`.")


def test_without_a_compiler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    reply = lab.compare_c("backport")
    assert reply.text.startswith("Nothing was compared. There is no C compiler here.")
    assert "`gcc`" in reply.text
    assert reply.right is None


def test_a_compiler_that_does_not_end_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setattr(compiler, "PATIENCE", 0.1)
    monkeypatch.setenv("CC", str(slow))
    said = lab.compare_c("pin").text
    assert said == "Nothing was compared. The compiler had not ended after 0.1 s."


def test_every_kind_of_question_is_asked_somewhere() -> None:
    assert {excerpt.asked for excerpt in excerpts().values()} == set(agreement.QUESTIONS)
