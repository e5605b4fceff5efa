"""The same files as git chooses, by real git."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ropewalk.core.ignored import chosen, lines

FILES = (
    ".env", ".env.local", ".env.example", "a/.env", "a/b/.env", "a/b/c.key", "keys/x.key", "keys/y/z.key",
    "config/local.json", "a/config/local.json", "tmp/one", "a/tmp/two", "x[1].txt", "x1.txt", "with space",
    "build/out/deep/file", "#hash", "!bang", "b/c",
)  # fmt: skip

WORDS = st.sampled_from(
    [".env", ".env*", "*.key", "a", "b", "c", "keys", "config", "local.json", "tmp", "*", "**", "?", "[ab]",
     "[!a]", "x[1].txt", "x\\[1\\].txt", "\\#hash", "\\!bang", "with space", "build", "out", ".*"]
)  # fmt: skip
LINE = st.builds(
    lambda bang, first, words, last: bang + first + "/".join(words) + last,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(WORDS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " "]),
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("ignored")
    subprocess.run(["git", "init", "-q", place], check=True, timeout=20)
    for name in FILES:
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return place


def by_git(repository: Path, patterns: list[str]) -> list[str]:
    (repository / ".git" / "chosen").write_text("".join(f"{one}\n" for one in patterns))
    done = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-from=.git/chosen"],
        cwd=repository, capture_output=True, text=True, check=True, timeout=20,
    )  # fmt: skip
    return sorted(one for one in done.stdout.split("\0") if one)


@pytest.mark.parametrize(
    "patterns",
    [
        [".env"],
        ["/.env"],
        [".env*", "!.env.example"],
        ["keys/"],
        ["keys/", "!keys/x.key"],
        ["keys/*", "!keys/x.key"],
        ["config/local.json"],
        ["**/config/local.json"],
        ["a/**"],
        ["a/**/.env"],
        ["**/*.key"],
        [".env/.env", "**/**/.env"],
        ["a/**/**/c.key"],
        ["**/**"],
        [".env", "!/**"],
        ["# a comment", "", "   ", "\\#hash", "\\!bang"],
        ["x[0-9].txt"],
        ["x\\[1\\].txt"],
        ["with space "],
        ["tmp"],
        ["*", "!*/", "!.env"],
        ["[[:alpha:]]*"],
        ["build/*/deep"],
        ["b"],
    ],
)
def test_git_chooses_the_same(repository: Path, patterns: list[str]) -> None:
    assert sorted(chosen(FILES, patterns)) == by_git(repository, patterns)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(LINE, min_size=1, max_size=4))
def test_git_chooses_the_same_whatever_the_lines(repository: Path, patterns: list[str]) -> None:
    assert sorted(chosen(FILES, patterns)) == by_git(repository, patterns)


@given(st.text(), st.lists(st.text()))
def test_no_line_breaks_it(text: str, paths: list[str]) -> None:
    assert set(chosen(paths, lines(text))) <= set(paths)


def test_lines_that_say_nothing_are_left_out() -> None:
    assert lines(".env\r\n\n# secrets\n!x\n/\n  \n") == (".env", "!x")
