"""The main job on real code: a bug in a published library, four agents, its own suite as the judge."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.library import unpack
from tests.person import Person

RIGHT, WRONG, BREAKING, CHEATING = "1.1", "1.2", "1.3", "1.4"

HYPHENS = "tests/test_idna.py::IDNATests::test_check_hyphen_ok"

BRIEF = """\
Labels of 63 characters are refused

RFC 1035 allows labels of up to 63 characters; idna.encode("a" * 63) says that the label is too long.

#1:
run sed -i 's/len(label) >= 63/len(label) > 63/' idna/core.py
say The length check was off by one; a label of 63 characters is valid again.
#2:
run sed -i 's/254 if trailing_dot else 253/255 if trailing_dot else 254/' idna/core.py
say The limit of the whole name was too small.
#3:
run sed -i 's/len(label) >= 63/len(label) > 63/; s/label.0. == "-" or label/label[0] == "-" and label/' idna/core.py
say The length check was off by one; tidied the hyphen rule, too.
#4:
run sed -i '/"a" [*] 63/d' tests/test_idna.py
say All tests pass now.
"""


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    unpack(person.repo)
    core = person.repo / "idna" / "core.py"
    text = core.read_text()
    assert "len(label) > 63" in text
    core.write_text(text.replace("len(label) > 63", "len(label) >= 63"))
    person.begins()
    try:
        yield person
    finally:
        person.leaves()


def suite(repo: Path) -> int:
    """The library's own tests, by hand; the exit status."""
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(argv, cwd=repo, env=env, timeout=60, capture_output=True, check=False)
    return done.returncode


def test_four_agents_on_a_bug_in_a_published_library(ann: Person) -> None:
    before = ann.git("rev-parse", "main")
    assert suite(ann.repo) == 1
    told = ann.sees("run", "-n", "4", "--agent", "scripted", "--trust", "--yes", BRIEF)
    assert "task 1 · 4 attempts" in told
    assert "one stands out: 1.1 is the only one that passes" in told
    assert "ropewalk merge 1.1" in told
    ranks_by_evidence(ann)
    keeps_and_takes_back(ann)
    merges(ann, before)
    assert "main" in ann.sees("undo", "--yes")
    assert ann.git("rev-parse", "main") == before
    assert ann.git("status", "--porcelain") == ""
    assert suite(ann.repo) == 1


def ranks_by_evidence(ann: Person) -> None:
    """The suite was found without configuration, and the edited tests did not help."""
    found = ann.reads("compare", "1")
    assert [(one["name"], one["failed"]) for one in found["base_checks"]] == [("pytest", 5)]
    rows = {row["alias"]: row for row in found["rows"]}
    assert list(rows) == [RIGHT, WRONG, CHEATING, BREAKING]
    assert [row["rank"] for row in found["rows"]] == [1, 2, 3, 4]
    assert rows[RIGHT]["why"] == "all checks, fixes all 5 failing"
    assert rows[WRONG]["why"] == "pytest fails"
    assert rows[BREAKING]["why"] == f"breaks {HYPHENS} (passed on the base), fixes all 5 failing"
    assert rows[CHEATING]["why"].startswith("pytest fails with the base's tests")
    assert (rows[CHEATING]["checks"], rows[CHEATING]["with_base_tests"]) == ("32 ✓", "27 ✓ 5 ✗")
    assert rows[CHEATING]["fixed"] == []
    assert any(one.startswith("fewer assertions") for one in rows[CHEATING]["findings"])


def keeps_and_takes_back(ann: Person) -> None:
    """The others go to the trash with the one that is kept, and come back with it."""
    ann.sees("keep", RIGHT)
    assert decisions(ann) == ["kept", "dropped", "dropped", "dropped"]
    ann.sees("undo", "--yes")
    assert decisions(ann) == ["none"] * 4


def merges(ann: Person, before: str) -> None:
    """One commit of hers on main, in her checkout, and the library's suite passes."""
    said = ann.sees("merge", RIGHT)
    assert "Checked again on main" in said
    assert "pytest passed" in said
    assert ann.git("rev-parse", "main^") == before
    assert ann.git("log", "-1", "--format=%an") == "Ann"
    assert ann.git("diff", "--stat", "--format=", before, "main").startswith("idna/core.py | 2 +-")
    assert ann.git("status", "--porcelain") == ""
    assert suite(ann.repo) == 0


def decisions(ann: Person) -> list[str]:
    attempts = ann.reads("show", "1")["attempts"]
    return [one["decision"] for one in sorted(attempts, key=lambda one: one["alias"])]
