"""Migrations: bring a store to this program's tables, with a copy kept beside it from before."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from ropewalk.core.errors import Refused
from ropewalk.core.events import KINDS
from ropewalk.store.connect import connect

SCRIPTS = Path(__file__).with_name("migrations")
COPIES = 3
NEWER_HINT = "Update Ropewalk, or use another ROPEWALK_HOME; the store was left as it is."


def migrate(path: Path, engine: Engine) -> None:
    """Bring an existing or empty store to the newest tables. The revision was looked at before."""
    revision = revision_of(path)
    if revision == newest():
        return
    if revision is not None:
        copy(path, revision)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def refuse_newer(path: Path) -> None:
    """Refused: the store was made by a newer program or by something else, or holds its events."""
    revision = revision_of(path)
    known = {one.revision for one in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    if revision is not None and revision not in known:
        raise Refused(
            f"The store {path} was made by a newer Ropewalk (tables {revision}).",
            hint=NEWER_HINT,
        )
    for tag, version in _kinds(path) if revision else ():
        if tag not in KINDS or version > KINDS[tag].version:
            raise Refused(
                f"The store {path} holds {tag} events of a newer Ropewalk.", hint=NEWER_HINT
            )


def _kinds(path: Path) -> list[tuple[str, int]]:
    """The kinds and versions of the events in a store."""
    connection = connect(path, write=False)
    try:
        return connection.execute("SELECT tag, version FROM kinds ORDER BY tag").fetchall()
    finally:
        connection.close()


def revision_of(path: Path) -> str | None:
    """The revision of a store's tables; None: there are none."""
    if not path.exists() or not path.stat().st_size:
        return None
    connection = connect(path, write=False)
    try:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        if not found:
            return None
        if ("alembic_version",) not in found:
            return "unknown"
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None
    finally:
        connection.close()


def newest() -> str | None:
    """The revision that this program's tables have."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


def copy(path: Path, revision: str) -> Path:
    """A consistent copy beside the store, named by the revision; the newest three are kept."""
    numbers = [int(one.name.rsplit(".", 1)[-1]) for one in _copies(path)]
    target = path.with_name(f"{path.name}.before-{revision}.{max(numbers, default=0) + 1}")
    partial = target.with_name("." + target.name)
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    source, copied = connect(path, write=False), sqlite3.connect(partial)
    try:
        source.backup(copied)
    finally:
        copied.close()
        source.close()
    partial.rename(target)
    for old in _copies(path)[:-COPIES]:
        old.unlink()
    return target


def _copies(path: Path) -> list[Path]:
    found = path.parent.glob(f"{path.name}.before-*.*")
    numbered = [one for one in found if one.name.rsplit(".", 1)[-1].isdigit()]
    return sorted(numbered, key=lambda one: int(one.name.rsplit(".", 1)[-1]))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
