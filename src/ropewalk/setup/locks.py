"""Set-up from lock files and manifests, where nobody said what is to be done. Only the top level counts.

A tool that is not on the task's PATH is named in words, and no command is made for it.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from ropewalk.core.peers.reading import Files
from ropewalk.core.setuptable import Command

INPUTS = (
    "**/pyproject.toml", "**/uv.lock", "uv.toml", ".python-version", "**/poetry.lock", "poetry.toml",
    "**/requirements*.txt", "**/requirements/*.txt", "**/*-requirements.txt", "**/constraints*.txt", "setup.py",
    "setup.cfg",
    "**/package.json", "**/package-lock.json", "**/npm-shrinkwrap.json", "**/.npmrc", "**/pnpm-lock.yaml",
    "**/pnpm-workspace.yaml", "**/.pnpmfile.cjs", "**/yarn.lock", "**/.yarnrc*", ".yarn/releases/**",
    ".yarn/patches/**", ".yarn/plugins/**", "patches/**", ".nvmrc", ".node-version",
    "**/Cargo.toml", "**/Cargo.lock", "**/.cargo/config*", "rust-toolchain*",
    "**/go.mod", "**/go.sum", "go.work*",
    "**/Gemfile", "**/Gemfile.lock", "**/*.gemspec", ".ruby-version", ".bundle/config",
    "mise.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml", ".config/mise.toml", ".tool-versions",
)  # fmt: skip
"""Globs of every file that decides what an installation of dependencies does."""

NESTED = frozenset((
    "uv.lock", "poetry.lock", "requirements.txt", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "Cargo.lock",
    "go.sum", "Gemfile.lock",
))  # fmt: skip
VENDORED = re.compile(r"(^|/)(node_modules|vendor|third_party|testdata|fixtures|examples?|tests?)/")
UNKNOWN = (
    "Pipfile.lock",
    "pdm.lock",
    "bun.lock",
    "bun.lockb",
    "composer.lock",
    "mix.lock",
    "deno.lock",
)
DEVELOPMENT = re.compile(r"requirements[-_.](dev|develop|development|test|tests|testing)\.txt")
VENV = "python3 -m venv .venv && printf '*\\n' > .venv/.gitignore"
"""The second half: git must never see the environment, whatever the project's .gitignore says."""

Which = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One ecosystem: the file that asks for it, the tool it needs, and the commands.

    Not `sure`: no lock file says what is needed, so that it is only proposed.
    """

    file: str
    tool: str
    commands: tuple[Command, ...]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What lock files ask for. `found_in`: the files that a command was made for."""

    commands: tuple[Command, ...]
    environment: dict[str, str]
    found_in: tuple[str, ...]
    notes: tuple[str, ...]


def locked(files: Files, which: Which, *, proposing: bool = False) -> Locked:
    """The commands of all ecosystems, in a fixed order; a note for each that lacks its tool.

    `proposing`: those too that no lock file asks for.
    """
    finders = (_python, _node, _cargo, _go, _bundler)
    found = [step for finder in finders for step in finder(files)]
    steps = [step for step in found if step.sure or proposing]
    here = [step for step in steps if which(step.tool)]
    away = [step for step in steps if step not in here]
    notes = [note for step in here for note in step.notes]
    notes += [f"{one.file} asks for {one.tool}, which is not on your PATH." for one in away]
    notes += [
        f"{one.file} names a package, which is installed only if [setup] says so: ropewalk init"
        for one in found
        if one not in steps
    ]
    return Locked(
        commands=tuple(command for step in here for command in step.commands),
        environment={name: one for step in here for name, one in step.environment.items()},
        found_in=tuple(step.file for step in here),
        notes=(*notes, *_unseen(files)),
    )


def _unseen(files: Files) -> list[str]:
    """What is there and not looked at."""
    notes = [f"{one} is of a tool that is not known here." for one in UNKNOWN if one in files.names]
    nested = sorted(
        one
        for one in files.names
        if one.rpartition("/")[2] in NESTED and "/" in one and not VENDORED.search(one)
    )
    if nested:
        more = f" and {len(nested) - 3} more" if len(nested) > 3 else ""
        notes.append(
            f"Only the top level is looked at, so nothing is done for {', '.join(nested[:3])}{more}."
        )
    return notes


# --- python --------------------------------------------------------------------------------------


def _python(files: Files) -> Iterator[Step]:
    if "uv.lock" in files.names:
        environment = {"VIRTUAL_ENV": "{path}/.venv"}
        yield Step(file="uv.lock", tool="uv", commands=(("uv", "sync"),), environment=environment)
    elif "poetry.lock" in files.names:
        yield Step(
            file="poetry.lock",
            tool="poetry",
            commands=(("poetry", "install", "--no-interaction"),),
            environment={
                "POETRY_VIRTUALENVS_IN_PROJECT": "true",
                "VIRTUAL_ENV": "{path}/.venv",
            },
        )
    else:
        yield from _pip(files)


def _pip(files: Files) -> Iterator[Step]:
    top = sorted(one for one in files.names if re.fullmatch(r"requirements[^/]*\.txt", one))
    wanted = [one for one in top if one == "requirements.txt" or DEVELOPMENT.fullmatch(one)]
    left = [one for one in top if one not in wanted]
    notes = (f"{', '.join(left)}: not installed by itself.",) if left else ()
    project = _project(files)
    if not wanted and not project:
        return
    listed = [part for one in wanted for part in ("-r", one)]
    arguments = listed or ["-e", project]
    yield Step(
        file=wanted[0] if wanted else files.first("pyproject.toml", "setup.py"),
        tool="python3",
        commands=(
            ("sh", "-ec", VENV),
            (".venv/bin/python", "-m", "pip", "install", "--quiet", *arguments),
        ),
        environment={"VIRTUAL_ENV": "{path}/.venv"},
        notes=notes,
        sure=bool(wanted),
    )


def _project(files: Files) -> str:
    """What pip is to install of a package in the root, with its extras for development; empty: no package."""
    if "pyproject.toml" not in files.names:
        return "." if "setup.py" in files.names else ""
    try:
        whole = tomllib.loads(files.text("pyproject.toml"))
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        return ""
    project: Any = whole.get("project")
    if "build-system" not in whole and not isinstance(project, dict):
        return ""
    optional: Any = cast("dict[str, Any]", project or {}).get("optional-dependencies", {})
    extras = [
        one for one in ("dev", "test", "tests") if isinstance(optional, dict) and one in optional
    ]
    return f".[{','.join(extras)}]" if extras else "."


# --- the others ----------------------------------------------------------------------------------


def _node(files: Files) -> Iterator[Step]:
    if "pnpm-lock.yaml" in files.names:
        command = ("pnpm", "install", "--frozen-lockfile")
        yield Step(file="pnpm-lock.yaml", tool="pnpm", commands=(command,))
    elif "yarn.lock" in files.names:
        modern = ".yarnrc.yml" in files.names or "__metadata:" in files.text("yarn.lock")[:2000]
        option = "--immutable" if modern else "--frozen-lockfile"
        yield Step(file="yarn.lock", tool="yarn", commands=(("yarn", "install", option),))
    elif file := files.first("package-lock.json", "npm-shrinkwrap.json"):
        yield Step(file=file, tool="npm", commands=(("npm", "ci"),))


def _cargo(files: Files) -> Iterator[Step]:
    if "Cargo.lock" in files.names:
        yield Step(file="Cargo.lock", tool="cargo", commands=(("cargo", "fetch", "--locked"),))
    elif "Cargo.toml" in files.names:
        yield Step(file="Cargo.toml", tool="cargo", commands=(("cargo", "fetch"),))


def _go(files: Files) -> Iterator[Step]:
    if file := files.first("go.sum", "go.mod"):
        yield Step(file=file, tool="go", commands=(("go", "mod", "download"),))


def _bundler(files: Files) -> Iterator[Step]:
    if "Gemfile.lock" in files.names:
        yield Step(file="Gemfile.lock", tool="bundle", commands=(("bundle", "install"),))
