import json

import pytest

from ropewalk.checks.discover import discover
from ropewalk.core.records import Check

PACKAGE = '{"scripts": {"test": "%s"}%s}'


def find(files: dict[str, str], **more: object) -> tuple[Check, ...]:
    content = {name: text.encode() for name, text in files.items()}
    return discover(content.get, sorted(files), **more)


def names(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(check.name, check.found_in) for check in find(files)]


@pytest.mark.parametrize(
    ("files", "found_in"),
    [
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.pytest]\nstrict = true\n"}, "pyproject.toml"),
        ({"pytest.ini": "[pytest]\n"}, "pytest.ini"),
        ({"pytest.ini": ""}, "pytest.ini"),
        ({"setup.cfg": "[metadata]\n[tool:pytest]\n"}, "setup.cfg"),
        ({"tox.ini": "[tox]\n[pytest]\naddopts=\n"}, "tox.ini"),
        ({"pyproject.toml": "[project]\n", "tests/unit/test_a.py": ""}, "tests/"),
        ({"test/test_a.py": ""}, "test/"),
        ({"test_a.py": ""}, "."),
    ],
)
def test_pytest(files: dict[str, str], found_in: str):
    (check,) = find(files)
    assert (check.name, check.found_in, check.report) == ("pytest", found_in, "junit")
    assert check.argv[:5] == ("python", "-m", "pytest", "-q", "-p")
    assert check.argv[-1] == "--junitxml={report}"
    assert check.required


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": ""},
        {"pyproject.toml": "[tool.ruff]\n"},
        {"pyproject.toml": "not toml ["},
        {"pyproject.toml": "tool = 5"},
        {"setup.cfg": "# [tool:pytest] is not used\n"},
        {"tox.ini": "[testenv]\ncommands = pytest\n"},
        {"tests/data.py": "", "src/test_a.txt": ""},
        {"package.json": "{}"},
        {"package.json": "[1, 2"},
        {"package.json": "[" * 100_000},
        {"package.json": '{"scripts": ["test"]}'},
        {"package.json": PACKAGE % ('echo \\"Error: no test specified\\" && exit 1', "")},
        {"Makefile": "build:\n\ttest\ntest := 1\n# test:\n.PHONY: test\n"},
    ],
)
def test_nothing_is_found_where_nothing_is_said(files: dict[str, str]):
    assert find(files) == ()


def test_unittest_where_there_is_no_pytest():
    (check,) = find({"tests/test_a.py": ""}, has=lambda _: False)
    assert check.argv == ("python", "-m", "unittest", "discover", "-s", "tests", "-t", ".")
    assert check.report == "none"
    (root,) = find({"test_a.py": ""}, has=lambda _: False)
    assert root.argv == ("python", "-m", "unittest", "discover")


def test_pytest_that_is_configured_is_not_replaced_by_unittest():
    (check,) = find({"pytest.ini": "", "tests/test_a.py": ""}, has=lambda _: False)
    assert check.name == "pytest"


@pytest.mark.parametrize(
    ("files", "manager"),
    [
        ({"package.json": PACKAGE % ("jest", "")}, "npm"),
        ({"package.json": PACKAGE % ("jest", ""), "pnpm-lock.yaml": ""}, "pnpm"),
        ({"package.json": PACKAGE % ("jest", ""), "yarn.lock": ""}, "yarn"),
        ({"package.json": PACKAGE % ("jest", ', "packageManager": "pnpm@9.1.0"')}, "pnpm"),
        ({"package.json": PACKAGE % ("jest", ', "packageManager": "rm -rf@1"')}, "npm"),
    ],
)
def test_package_json(files: dict[str, str], manager: str):
    (check,) = find(files)
    assert check.argv == (manager, "test")
    assert (check.report, check.found_in) == ("none", "package.json")


def test_nodes_own_runner_reports_cases():
    (check,) = find({"package.json": PACKAGE % ("node --test", "")})
    assert check.argv[:3] == ("npm", "test", "--")
    assert check.argv[-1] == "--test-reporter-destination={report}"
    assert check.report == "junit"
    (other,) = find({"package.json": PACKAGE % ("node --test test/", "")})
    assert other.report == "none"


def test_cargo_and_go():
    (cargo,) = find({"Cargo.toml": ""})
    assert cargo.argv == ("cargo", "test", "--no-fail-fast")
    (go,) = find({"go.mod": ""})
    assert (go.argv, go.report) == (("go", "test", "-json", "./..."), "go-json")


@pytest.mark.parametrize(
    ("file", "text", "target"),
    [
        ("Makefile", "all:\n\ntest: all\n\t./run\n", "test"),
        ("makefile", "check:\n\t./run\n", "check"),
        ("GNUmakefile", "check:\n\ntest ::\n\t./run\n", "test"),
    ],
)
def test_make(file: str, text: str, target: str):
    (check,) = find({file: text})
    assert (check.argv, check.found_in) == (("make", target), file)
    assert file in check.config


def test_every_language_has_its_check_and_make_only_where_there_is_none():
    files = {
        "Makefile": "test:\n",
        "pytest.ini": "",
        "package.json": json.dumps({"scripts": {"test": "vitest run"}}),
        "go.mod": "",
    }
    assert [name for name, _ in names(files)] == ["pytest", "npm test", "go test"]
