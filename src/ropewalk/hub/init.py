"""A first configuration: from what a repository holds to a `ropewalk.toml` in the person's checkout."""

import asyncio
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ropewalk.core.config import Config, parse
from ropewalk.core.errors import Refused
from ropewalk.core.starter import name_of, starter
from ropewalk.core.views import SCHEMA, Starter
from ropewalk.hub.finders import CheckFinder, SetupFinder
from ropewalk.hub.projects import CONFIG, Projects
from ropewalk.hub.refs import starter_ref
from ropewalk.ports import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for. `path` is their PATH: only programs on it are used."""

    directory: str
    path: str
    write: bool = False
    force: bool = False
    actor: str = "person"


class Starters:
    """Makes first configurations."""

    def __init__(
        self, projects: Projects, repository: Repository, setups: SetupFinder, checks: CheckFinder
    ) -> None:
        """The finders are those that a task uses."""
        self._projects = projects
        self._repository = repository
        self._setups = setups
        self._checks = checks

    async def make(self, wish: Wish) -> Starter:
        """What is found at HEAD, written if asked. Refused: there is a file already, and no word to replace it.

        The file that is there does not count, nor does the person's own configuration: the new one is
        for everybody.
        """
        source = await self._projects.source(wish.directory)
        file = Path(source.root, CONFIG)
        if wish.write and not wish.force and await asyncio.to_thread(os.path.lexists, file):
            raise _there(file)
        project = await self._projects.of(source, wish.actor)
        made = await asyncio.to_thread(self._made, project.id, source.root, source.head, wish.path)
        if wish.write:
            await asyncio.to_thread(_write, file, made["text"], force=wish.force)
        return Starter({**made, "file": str(file), "written": wish.write})

    def _made(self, project: str, root: str, commit: str, path: str) -> Starter:
        self._repository.take(project=project, source=root, commit=commit, ref=starter_ref())
        setup = self._setups(self._repository, project, commit, Config(), path, proposing=True)
        checks = self._checks(self._repository, project, commit, Config(), path)
        text = starter(setup, checks)
        parse(text, name=CONFIG)
        return Starter(
            schema=SCHEMA,
            file="",
            text=text,
            written=False,
            source=setup.source,
            commands=[list(one) for one in setup.commands],
            checks=[name_of(one) for one in checks],
            notes=list(setup.notes),
        )


def _there(file: Path) -> Refused:
    return Refused(
        f"{file.name} is there already.",
        hint="See what would be written: ropewalk init --print · replace it: ropewalk init --force",
    )


def _write(file: Path, text: str, *, force: bool) -> None:
    """The whole file or none of it; a link of that name is replaced if asked, never followed."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}") if force else file
    try:
        with fresh.open("x", encoding="utf-8") as out:
            _fill(out, fresh, text)
        if force:
            fresh.replace(file)
    except FileExistsError as error:
        raise _there(file) from error
    except PermissionError as error:
        raise Refused(
            f"{file} cannot be written ({error.strerror}).",
            hint="See what it would hold: ropewalk init --print",
        ) from error


def _fill(out: TextIO, file: Path, text: str) -> None:
    """Write what was just made, or remove it."""
    try:
        out.write(text)
        out.flush()
    except OSError:
        file.unlink()
        raise
