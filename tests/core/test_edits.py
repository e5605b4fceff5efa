import pytest

from ropewalk.core.edits import Edits, judge_edits
from ropewalk.core.records import Check

CHECK = Check(
    name="pytest",
    argv=("pytest",),
    tests=("tests/**/*.py", "**/test_*.py", "**/*.test.js", "**/*_test.go", "**/*.rs"),
    config=("**/conftest.py", "pytest.ini"),
)
TWO = "def test_a():\n    assert f() == 1\n    assert g() == 2\n\ndef test_b():\n    assert True\n"


def edits(**changed: object) -> Edits:
    paths = {"t": "tests/test_cart.py", "u": "tests/test_new.py", "src": "cart.py"}
    return judge_edits({paths[key]: texts for key, texts in changed.items()}, (CHECK,))


def findings(old: str | None, new: str | None) -> tuple[str, ...]:
    return edits(t=(old, new)).findings


def test_source_and_new_tests_are_no_edits_of_tests():
    assert edits(src=("a", "b"), u=(None, TWO)) == Edits()


def test_a_test_that_is_added_to_an_existing_file_edits_it_and_weakens_nothing():
    found = edits(t=(TWO, TWO + "\ndef test_c():\n    assert h()\n"))
    assert found == Edits(paths=("tests/test_cart.py",))


def test_a_removed_test():
    assert findings(TWO, TWO.partition("def test_b")[0]) == ("removes tests/test_cart.py::test_b",)


def test_a_renamed_test_is_followed_by_its_code():
    assert findings(TWO, TWO.replace("test_a", "test_sum")) == (
        "renames tests/test_cart.py::test_a to tests/test_cart.py::test_sum",
    )


def test_two_removed_tests_are_not_both_the_same_new_one():
    old = "def test_a():\n    assert f()\n\ndef test_b():\n    assert f()\n"
    assert findings(old, "def test_c():\n    assert f()\n") == (
        "renames tests/test_cart.py::test_a to tests/test_cart.py::test_c",
        "removes tests/test_cart.py::test_b",
    )


def test_code_that_asserts_nothing_is_no_proof_of_a_renaming():
    old, new = "def test_a():\n    pass\n", "def test_b():\n    pass\n"
    assert findings(old, new) == ("removes tests/test_cart.py::test_a",)


def test_a_test_that_moved_to_another_file_is_followed_and_a_namesake_is_not():
    rest = TWO.partition("def test_b")[0]
    moved = edits(t=(TWO, rest), u=(None, "def test_b():\n    assert True\n"))
    assert moved.findings == ("renames tests/test_cart.py::test_b to tests/test_new.py::test_b",)
    namesake = edits(t=(TWO, rest), u=(None, "def test_b():\n    assert other()\n"))
    assert namesake.findings == ("removes tests/test_cart.py::test_b",)


def test_a_deleted_file_is_said_once():
    found = edits(t=(TWO, None))
    assert found == Edits(paths=("tests/test_cart.py",), findings=("deletes tests/test_cart.py",))


def test_a_moved_file_is_said_once_and_its_tests_are_compared():
    assert edits(t=(TWO, None), u=(None, TWO)).findings == (
        "moves tests/test_cart.py to tests/test_new.py",
    )
    weaker = TWO.replace("    assert g() == 2\n", "")
    assert edits(t=(TWO, None), u=(None, weaker)).findings == (
        "deletes tests/test_cart.py",
        "fewer assertions in tests/test_new.py::test_a: 2 → 1",
    )


@pytest.mark.parametrize(
    ("mark", "word"),
    [
        ("@pytest.mark.skip\n", "adds a skip to"),
        ("@pytest.mark.skip(reason='later')\n", "adds a skip to"),
        ("@pytest.mark.skipif(True, reason='x')\n", "adds a skip to"),
        ("@unittest.skip('x')\n", "adds a skip to"),
        ("@pytest.mark.xfail\n", "expects a failure of"),
        ("@unittest.expectedFailure\n", "expects a failure of"),
    ],
)
def test_a_mark_that_was_not_there(mark: str, word: str):
    name = "tests/test_cart.py::test_a"
    assert findings(TWO, mark + TWO) == (f"{word} {name}",)
    assert findings(mark + TWO, mark + TWO + "\n") == ()
    assert findings(mark + TWO, TWO) == ()


@pytest.mark.parametrize("call", ["pytest.skip('x')", "pytest.xfail('x')", "raise SkipTest"])
def test_a_call_that_skips_within_a_test(call: str):
    new = TWO.replace("    assert True", f"    {call}\n    assert True")
    (found,) = findings(TWO, new)
    assert found.endswith("tests/test_cart.py::test_b")


def test_a_mark_on_module_or_class_counts_for_each_test():
    assert findings(TWO, "pytestmark = [pytest.mark.skip]\n" + TWO) == (
        "adds a skip to tests/test_cart.py::test_a",
        "adds a skip to tests/test_cart.py::test_b",
    )
    old = "class TestA:\n    def test_x(self):\n        assert 1\n"
    assert findings(old, "@pytest.mark.skip\n" + old) == (
        "adds a skip to tests/test_cart.py::TestA::test_x",
    )


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("assert a\n    assert b", "assert a", "2 → 1"),
        ("self.assertEqual(1, a)", "a", "1 → 0"),
        ("with pytest.raises(E):\n        f()", "f()", "1 → 0"),
    ],
)
def test_fewer_assertions(old: str, new: str, counts: str):
    body = "def test_a(self):\n    {}\n"
    assert findings(body.format(old), body.format(new)) == (
        f"fewer assertions in tests/test_cart.py::test_a: {counts}",
    )


def test_a_test_that_is_moved_into_a_condition_is_still_there():
    test = "def test_a():\n    assert 1\n"
    inside = "try:\n    def test_a():\n        assert 1\nexcept ImportError:\n    pass\n"
    assert findings(test, inside) == ()


def test_of_a_file_that_is_no_python_nothing_is_claimed_but_that():
    assert findings(TWO, "def test_a(:\n") == ("tests/test_cart.py is no longer valid Python",)
    assert findings("print 'two'", TWO) == ()
    assert findings("def test_a():\n" + "(" * 5000, "\0") == ()


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.test.js", "it.skip('adds', () => {"),
        ("a.test.js", "xit('adds', () => {"),
        ("sum_test.go", 't.Skip("later")'),
        ("tests.rs", "#[ignore]"),
    ],
)
def test_other_languages_by_lines_that_switch_off(path: str, line: str):
    found = judge_edits({path: ("old\n", f"old\n  {line}\n")}, (CHECK,))
    assert found == Edits(paths=(path,), findings=(f"{path} newly has `{line}`",))
    assert judge_edits({path: (f"{line}\n", f"x\n{line}\n")}, (CHECK,)).findings == ()


def test_a_line_that_only_changes_its_words_switches_nothing_off():
    changed = {"a.test.js": ("it.skip('one', f)\n", "it.skip('two', f)\n")}
    assert judge_edits(changed, (CHECK,)) == Edits(paths=("a.test.js",))


def test_configuration_is_taken_from_the_base_where_it_was_there():
    changed = {
        "pytest.ini": ("a", "b"),
        "conftest.py": (None, "x"),
        "tests/conftest.py": ("x", None),
    }
    assert judge_edits(changed, (CHECK,)) == Edits(
        paths=("pytest.ini", "tests/conftest.py"),
        findings=(
            "adds conftest.py, which configures the tests",
            "changes pytest.ini, which configures the tests",
            "deletes tests/conftest.py, which configures the tests",
        ),
    )


def test_the_test_part_of_project_files_is_named_and_not_taken_back():
    toml = '[project]\nname = "x"\n[tool.pytest.ini_options]\naddopts = "{}"\n'
    found = judge_edits({"pyproject.toml": (toml.format(""), toml.format("-k nothing"))}, (CHECK,))
    assert found == Edits(
        findings=("changes how the tests are run: [tool.pytest] in pyproject.toml",)
    )
    same = judge_edits(
        {"pyproject.toml": (toml.format(""), toml.format("").replace("x", "y"))}, (CHECK,)
    )
    assert same == Edits()
    package = '{"scripts": {"test": "jest", "build": "b"}, "dependencies": {}}'
    changed = judge_edits({"package.json": (package, package.replace("jest", "true"))}, (CHECK,))
    assert changed.findings == ("changes how the tests are run: scripts or jest in package.json",)
    assert (
        judge_edits({"package.json": (package, package.replace('"b"', '"c"'))}, (CHECK,)) == Edits()
    )


def test_many_findings_are_cut_and_counted():
    old = "".join(f"def test_{n}():\n    assert {n}\n" for n in range(150))
    found = findings(old, "")
    assert len(found) == 101
    assert found[-1] == "and 50 more"
