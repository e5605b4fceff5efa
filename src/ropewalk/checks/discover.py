"""Finding a project's checks from the files of its base commit, where `[checks]` does not say.

Only what the base says counts, so that no change can alter how it is judged. A check runs with the
task's own PATH: the person's activated environment is the one whose python, npm or go is used.

`config` leaves out pyproject.toml, package.json, Cargo.toml and go.mod: changes to them are mostly
dependencies, and taking them back would judge a change without what it needs. That a change touches
the test part of the first two is named as a finding instead (`core/edits.py`).
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from ropewalk.core.records import Check

Show = Callable[[str], bytes | None]

PYTHON_TESTS = ("**/test_*.py", "**/*_test.py", "test/**/*.py", "tests/**/*.py")
PYTEST_CONFIG = ("**/conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")
NODE_TESTS = (
    "**/*.test.*",
    "**/*.spec.*",
    "**/__tests__/**",
    "**/__snapshots__/**",
    "test/**",
    "tests/**",
)
NODE_CONFIG = ("**/jest.config.*", "**/vitest.config.*", "**/.mocharc.*", "**/karma.conf.*")
CARGO_TESTS = ("tests/**", "**/tests/**/*.rs", "**/tests.rs")
CARGO_CONFIG = (".cargo/config.toml", ".config/nextest.toml")
GO_TESTS = ("**/*_test.go", "**/testdata/**")
MAKE_TESTS = ("test/**", "tests/**")
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")

# xunit1 is the form that names files; without the next option one broken module hides all other tests
PYTEST = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
PYTEST_REPORT = (
    "--continue-on-collection-errors",
    "-o",
    "junit_family=xunit1",
    "--junitxml={report}",
)
NODE_REPORTERS = (
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    "--test-reporter-destination={report}",
)
LOCKS = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"))


def discover(
    show: Show, names: Sequence[str], *, has: Callable[[str], bool] = lambda _: True
) -> tuple[Check, ...]:
    """The checks of a project, at most one a language; make only where no language's own is found.

    `show` gives a file of the base commit (None: there is none), `names` its paths: those of the root
    are enough, those of tests/ and test/ let a test directory count that no configuration names. `has`
    says whether the task's environment can import the Python module pytest (`has("pytest")`).
    """
    finders = (_python, _node, _cargo, _go)
    files = frozenset(names)
    found = [one for finder in finders for one in finder(show, files, has)]
    return tuple(found or _make(show, files))


def _python(show: Show, names: frozenset[str], has: Callable[[str], bool]) -> Iterator[Check]:
    source = _pytest_configured(show)
    directory = _test_directory(names)
    if not source and not directory:
        return
    if source or has("pytest"):
        yield Check(
            name="pytest",
            argv=(*PYTEST, *PYTEST_REPORT),
            report="junit",
            tests=PYTHON_TESTS,
            config=PYTEST_CONFIG,
            found_in=source or directory,
        )
        return
    where = () if directory == "." else ("-s", directory.rstrip("/"), "-t", ".")
    yield Check(
        name="unittest",
        argv=("python", "-m", "unittest", "discover", *where),
        tests=PYTHON_TESTS,
        found_in=directory,
    )


def _pytest_configured(show: Show) -> str:
    for name in ("pytest.ini", ".pytest.ini"):
        if show(name) is not None:
            return name
    project = _toml(show("pyproject.toml")).get("tool")
    if isinstance(project, dict) and "pytest" in project:
        return "pyproject.toml"
    for name, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        if re.search(rf"^\[{section}\]", _text(show(name)), re.MULTILINE):
            return name
    return ""


def _test_directory(names: frozenset[str]) -> str:
    """`tests/` or `test/` if a test file is known to be in it, `.` for one in the root."""
    for directory in ("tests/", "test/"):
        if any(name.startswith(directory) and _is_python_test(name) for name in names):
            return directory
    return "." if any("/" not in name and _is_python_test(name) for name in names) else ""


def _is_python_test(name: str) -> bool:
    return re.fullmatch(r"(.*/)?test_[^/]*\.py", name) is not None


def _node(show: Show, names: frozenset[str], _: Callable[[str], bool]) -> Iterator[Check]:
    package = _json(show("package.json"))
    scripts = package.get("scripts")
    script = cast("dict[str, Any]", scripts).get("test") if isinstance(scripts, dict) else None
    if not isinstance(script, str) or not script.strip() or "no test specified" in script:
        return
    manager = _manager(package, show)
    reported = manager != "yarn" and _is_node_runner(script)
    extra = NODE_REPORTERS if reported else ()
    # pnpm hands arguments on as they are, npm wants the dashes
    dashes = ("--",) if extra and manager == "npm" else ()
    yield Check(
        name=f"{manager} test",
        argv=(manager, "test", *dashes, *extra),
        report="junit" if reported else "none",
        tests=NODE_TESTS,
        config=NODE_CONFIG,
        found_in="package.json",
    )


def _manager(package: dict[str, Any], show: Show) -> str:
    named = package.get("packageManager")
    if isinstance(named, str) and named.partition("@")[0] in ("npm", "pnpm", "yarn"):
        return named.partition("@")[0]
    return next((manager for lock, manager in LOCKS if show(lock) is not None), "npm")


def _is_node_runner(script: str) -> bool:
    """Only `node --test` with nothing after it: options behind a file would be the file's arguments."""
    return re.fullmatch(r"\s*node\s+--test\s*", script) is not None


def _cargo(show: Show, names: frozenset[str], _: Callable[[str], bool]) -> Iterator[Check]:
    if show("Cargo.toml") is not None:
        yield Check(
            name="cargo test",
            argv=("cargo", "test", "--no-fail-fast"),
            tests=CARGO_TESTS,
            config=CARGO_CONFIG,
            found_in="Cargo.toml",
        )


def _go(show: Show, names: frozenset[str], _: Callable[[str], bool]) -> Iterator[Check]:
    if show("go.mod") is not None:
        yield Check(
            name="go test",
            argv=("go", "test", "-json", "./..."),
            report="go-json",
            tests=GO_TESTS,
            found_in="go.mod",
        )


def _make(show: Show, names: frozenset[str]) -> Iterator[Check]:
    for file in MAKEFILES:
        text = _text(show(file))
        for target in ("test", "check"):
            if re.search(rf"^{target}\s*::?(?!=)", text, re.MULTILINE):
                yield Check(
                    name=f"make {target}",
                    argv=("make", target),
                    tests=MAKE_TESTS,
                    config=(file, "**/*.mk"),
                    found_in=file,
                )
                return


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")


def _toml(content: bytes | None) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(content))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _json(content: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads(_text(content) or "{}")
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
