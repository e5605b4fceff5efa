"""Where tools keep the packages that they fetched, by the kinds of projects that they are for."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch

from ropewalk.sandbox.house import House


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """`files` give it away, `caches` are below a home."""

    name: str
    files: tuple[str, ...]
    caches: tuple[str, ...]


ECOSYSTEMS: tuple[Ecosystem, ...] = (
    Ecosystem(
        "python",
        ("pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "Pipfile", "uv.lock"),
        (".cache/pip", ".cache/uv", ".cache/pypoetry", ".cache/pre-commit"),
    ),
    Ecosystem(
        "node",
        ("package.json",),
        (".npm", ".cache/yarn", ".cache/pnpm", ".yarn/berry", ".bun/install/cache", ".cache/node"),
    ),
    Ecosystem("deno", ("deno.json", "deno.jsonc"), (".cache/deno",)),
    Ecosystem("rust", ("Cargo.toml",), (".cargo/registry", ".cargo/git")),
    Ecosystem("go", ("go.mod", "go.work"), ("go/pkg/mod", ".cache/go-build")),
    Ecosystem("java", ("pom.xml", "build.gradle", "build.gradle.kts"), (".m2/repository", ".gradle/caches")),
    Ecosystem("ruby", ("Gemfile", "*.gemspec"), (".bundle/cache",)),
    Ecosystem("php", ("composer.json",), (".cache/composer", ".composer/cache")),
    Ecosystem("dotnet", ("*.csproj", "*.sln", "*.fsproj"), (".nuget/packages",)),
)  # fmt: skip


def ecosystems(directory: str) -> tuple[str, ...]:
    """The kinds of projects that a directory, or one in it, holds."""
    names = _names(directory)
    return tuple(
        one.name
        for one in ECOSYSTEMS
        if any(fnmatch(name, glob) for glob in one.files for name in names)
    )


def caches(kinds: Iterable[str], house: House) -> tuple[str, ...]:
    """The directories of fetched packages that are there."""
    wanted = set(kinds)
    paths = [house.at(name) for one in ECOSYSTEMS if one.name in wanted for name in one.caches]
    return tuple(path for path in paths if os.path.isdir(path))


def _names(directory: str) -> set[str]:
    found: set[str] = set()
    folders = [directory] if directory else []
    for folder in list(folders):
        for entry in _entries(folder):
            found.add(entry.name)
            if entry.is_dir(follow_symlinks=False) and entry.name[:1] not in (".", "_"):
                found |= {one.name for one in _entries(entry.path)}
    return found


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [one for one, _ in zip(entries, range(2000), strict=False)]
    except OSError:
        return []
