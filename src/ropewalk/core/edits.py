"""What a change does to the tests that were there before it: which files, and in words what.

Nothing is run. Python is read by its syntax tree; of other languages only what a line says beyond doubt
(a test switched off that was on), because a gap beats a wrong claim.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ropewalk.core.globs import matches
from ropewalk.core.pytests import PyTest, read
from ropewalk.core.records import Check

Key = tuple[str, str]
Texts = tuple[str | None, str | None]

MAX_FINDINGS = 100
# what the file calls to switch a test off, for languages that are read line by line
_OFF = {
    "js": re.compile(
        r"\b(?:it|test|describe|suite|context)\.(?:skip|todo|failing|fails)\b|\bx(?:it|describe|test)\s*\("
    ),
    "go": re.compile(r"\b[tbf]\.Skip(?:f|Now)?\("),
    "rust": re.compile(r"^\s*#\[\s*(?:ignore|should_panic)\b"),
    "java": re.compile(r"^\s*@(?:Disabled|Ignore)\b"),
}
_LANGUAGES = {
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts"), "js"),
    "go": "go",
    "rs": "rust",
    **dict.fromkeys(("java", "kt"), "java"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What a change does to existing tests.

    `paths` are existing test files, test configuration and check scripts that it alters or deletes: what
    the second run takes from the base. `findings` are words for a person, the gravest first.
    """

    paths: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def judge_edits(changed: Mapping[str, Texts], checks: tuple[Check, ...]) -> Edits:
    """Judge the changed paths, each with its old and new text (None: absent).

    A path without an old text is new, hence no edit of what was there: new configuration is a finding,
    but the second run keeps it, for new tests may need it. A moved file is one path that is gone and one
    that is new; its tests are followed by name.
    """
    tests = tuple(glob for check in checks for glob in check.tests)
    config = tuple(glob for check in checks for glob in check.config)
    edited = [path for path in sorted(changed) if _existed(changed[path])]
    test_files = [path for path in edited if matches(path, tests) and not matches(path, config)]
    findings = [
        *_deleted(changed, test_files),
        *_python(changed, tests),
        *(one for path in test_files for one in _switched_off(path, changed[path])),
        *_configuration(changed, config),
        *(one for path in edited for one in _settings(path, changed[path])),
    ]
    return Edits(
        paths=tuple(path for path in edited if matches(path, (*tests, *config))),
        findings=_capped(findings),
    )


def _existed(texts: Texts) -> bool:
    old, new = texts
    return old is not None and old != new


def _capped(findings: list[str]) -> tuple[str, ...]:
    if len(findings) <= MAX_FINDINGS:
        return tuple(findings)
    rest = len(findings) - MAX_FINDINGS
    return (*findings[:MAX_FINDINGS], f"and {rest} more")


def _deleted(changed: Mapping[str, Texts], test_files: list[str]) -> Iterator[str]:
    arrived = {new: path for path, (old, new) in sorted(changed.items()) if old is None and new}
    for path in test_files:
        old, new = changed[path]
        if new is None and old in arrived:
            yield f"moves {path} to {arrived[old]}"
        elif new is None:
            yield f"deletes {path}"


def _configuration(changed: Mapping[str, Texts], config: tuple[str, ...]) -> Iterator[str]:
    for path, (old, new) in sorted(changed.items()):
        if old != new and matches(path, config):
            verb = "adds" if old is None else "deletes" if new is None else "changes"
            yield f"{verb} {path}, which configures the tests"


# --- Python --------------------------------------------------------------------------------------


def _python(changed: Mapping[str, Texts], globs: tuple[str, ...]) -> Iterator[str]:
    """Findings of all Python test files together, so that a test that moved is not called removed."""
    files = {path: texts for path, texts in changed.items() if _is_python(path, globs)}
    before = {path: read(old) for path, (old, _) in sorted(files.items()) if old is not None}
    after = {path: read(new) for path, (_, new) in sorted(files.items()) if new is not None}
    for path in after:
        if after[path] is None and before.get(path) is not None:
            yield f"{path} is no longer valid Python"
    old, new = _flat(before), _flat(after)
    # where one side cannot be read nothing is known of its tests
    unread = {path for path in files if path in before and before[path] is None}
    unread |= {path for path in files if path in after and after[path] is None}
    deleted = {path for path, (_, new_text) in files.items() if new_text is None}
    yield from _removed(old, new, unread, deleted)
    for key, test in old.items():
        if key in new:
            yield from _weakened("::".join(key), test, new[key])


def _is_python(path: str, globs: tuple[str, ...]) -> bool:
    return path.endswith(".py") and matches(path, globs)


def _flat(files: Mapping[str, dict[str, PyTest] | None]) -> dict[Key, PyTest]:
    return {
        (path, name): test for path, tests in files.items() for name, test in (tests or {}).items()
    }


def _removed(
    old: Mapping[Key, PyTest], new: Mapping[Key, PyTest], unread: set[str], deleted: set[str]
) -> Iterator[str]:
    """Tests that are gone, or that are found again under another name or in another file."""
    fresh = {key: test for key, test in new.items() if key not in old}
    for key, test in old.items():
        if key in new or key[0] in unread:
            continue
        again = _again(key, test, fresh, moved=key[0] in deleted)
        if again is None:
            if key[0] not in deleted:
                yield f"removes {'::'.join(key)}"
            continue
        if again[1] != key[1] or key[0] not in deleted:
            yield f"renames {'::'.join(key)} to {'::'.join(again)}"
        yield from _weakened("::".join(again), test, fresh.pop(again))


def _again(key: Key, test: PyTest, fresh: Mapping[Key, PyTest], *, moved: bool) -> Key | None:
    """The new test that this one became.

    The same code, if it asserts something or kept its name; or, where its file is gone, the same name.
    """
    kept = [other for other in fresh if other[1] == key[1]]
    same = [other for other in kept if fresh[other].body == test.body] or [
        other for other, one in fresh.items() if one.body == test.body and test.assertions
    ]
    return next(iter([*same, *(kept if moved else [])]), None)


def _weakened(name: str, old: PyTest, new: PyTest) -> Iterator[str]:
    for word, verb in (("skip", "adds a skip to"), ("xfail", "expects a failure of")):
        if new.marks[word] > old.marks[word]:
            yield f"{verb} {name}"
    if new.assertions < old.assertions:
        yield f"fewer assertions in {name}: {old.assertions} → {new.assertions}"


# --- other languages and settings ----------------------------------------------------------------


def _switched_off(path: str, texts: Texts) -> Iterator[str]:
    """Lines that switch a test off and were not there before."""
    off = _OFF.get(_LANGUAGES.get(path.rpartition(".")[2], ""))
    old, new = texts
    if off is None or old is None or new is None:
        return
    before = Counter(line.strip() for line in old.splitlines() if off.search(line))
    after = Counter(line.strip() for line in new.splitlines() if off.search(line))
    for line, count in (after - before).items():
        if sum(after.values()) > sum(before.values()):
            times = f" ({count} times)" if count > 1 else ""
            yield f"{path} newly has `{line[:80]}`{times}"


def _settings(path: str, texts: Texts) -> Iterator[str]:
    """The test part of files that mostly hold other things; these are not taken from the base."""
    old, new = texts
    folder, _, name = path.rpartition("/")
    if folder or old is None:
        return
    if name == "pyproject.toml" and _pytest_part(old) != _pytest_part(new or ""):
        yield "changes how the tests are run: [tool.pytest] in pyproject.toml"
    if name == "package.json" and _test_scripts(old) != _test_scripts(new or ""):
        yield "changes how the tests are run: scripts or jest in package.json"


def _pytest_part(text: str) -> object:
    try:
        tool = tomllib.loads(text).get("tool")
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", tool).get("pytest") if isinstance(tool, dict) else None


def _test_scripts(text: str) -> object:
    try:
        package = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(package, dict):
        return None
    body = cast("dict[str, Any]", package)
    scripts = body.get("scripts")
    named = cast("dict[str, Any]", scripts) if isinstance(scripts, dict) else {}
    tests = {key: named[key] for key in named if "test" in key}
    return [tests, *(body.get(key) for key in ("jest", "vitest", "mocha", "ava"))]
