"""The store of a hub: events, payloads and projections in one SQLite file."""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Select, Table, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError

from ropewalk.core.errors import Bug, Outside, RopewalkError
from ropewalk.core.events import Recorded
from ropewalk.core.state import Attempt, Evidence, Project, Task
from ropewalk.ports import Commit, Loaded
from ropewalk.store import connect, migrate, rows, tables

TEXTS_BYTES = 8_000_000
"""How much text one answer of `events` holds at most, but for that of its first event."""

AT_ONCE = 500
"""How many keys one query names."""


class Database:
    """Implements `ports.Store`. Readers may be called from any thread; writers wait for one another."""

    def __init__(self, path: Path) -> None:
        """Open or make the store at `path` and own it until `close`.

        Refused: another process owns it, or a newer program made it. Outside: the disk refuses.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._lock = connect.take_lock(path)
        self._writing = threading.Lock()
        self._writer = connect.writer(path)
        self._reader = connect.reader(path)
        self._kinds: set[tuple[str, int]] = set()
        try:
            with _words(path):
                self._last = self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> int:
        migrate.refuse_newer(self.path)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        migrate.migrate(self.path, self._writer)
        with self._writer.begin() as connection:
            if connection.scalar(select(tables.hub.c.id)) is None:
                connection.execute(insert(tables.hub), {"id": secrets.token_hex(16)})
            return connection.scalar(select(func.max(tables.events.c.seq))) or 0

    def close(self) -> None:
        """Let go of the file. Closing twice is harmless."""
        self._reader.dispose()
        self._writer.dispose()
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    # --- writing -------------------------------------------------------------------------------

    def append(self, commits: Sequence[Commit]) -> None:
        """Write all commits in one durable transaction, or none of them.

        Bug: a gap in the sequence, a place of a run recorded twice, a payload that was not sealed.
        Outside: the disk refuses; the same call may be repeated.
        """
        with self._writing:
            last = rows.check_sequence(commits, self._last)
            kinds = rows.kinds_in(commits) - self._kinds
            batches = [*_batches(commits), (tables.kinds, rows.kind_rows(kinds))]
            with _words(self.path), self._writer.begin() as connection:
                for table, batch in batches:
                    if batch:
                        connection.execute(_statement(table), batch)
            self._last = last
            self._kinds |= kinds

    def prune(self, before: float) -> int:
        """Delete the texts of closed tasks recorded before a time (seconds); how many there were."""
        closed = select(tables.tasks.c.id).where(tables.tasks.c.closed)
        old = delete(tables.payloads).where(
            tables.payloads.c.created < before, tables.payloads.c.task.in_(closed)
        )
        with self._writing, _words(self.path):
            with self._writer.begin() as connection:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
                count = connection.execute(old).rowcount
            with self._writer.connect() as connection:
                raw = cast("Any", connection.connection.dbapi_connection)
                raw.execute("PRAGMA secure_delete = OFF")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    # --- reading -------------------------------------------------------------------------------

    def load(self) -> Loaded:
        """Everything that lives (tasks that are not closed and what belongs to them)."""
        t, a, v, c = tables.tasks, tables.attempts, tables.evidence, tables.cursors
        live = select(t.c.id).where(t.c.closed == False)  # noqa: E712
        mine = select(a.c.id).where(a.c.task.in_(live))
        with self._read() as read:
            return Loaded(
                hub=read.scalar(select(tables.hub.c.id)) or "",
                last_task=read.scalar(select(func.max(t.c.number))) or 0,
                last_seq=read.scalar(select(func.max(tables.events.c.seq))) or 0,
                projects=_records(read, Project, select(tables.projects.c.body)),
                tasks=_records(
                    read, Task, select(t.c.body).where(t.c.id.in_(live)).order_by(t.c.number)
                ),
                attempts=_records(
                    read,
                    Attempt,
                    select(a.c.body).where(a.c.task.in_(live)).order_by(a.c.task, a.c.number),
                ),
                evidence=_live_evidence(read, v, live),
                cursors=[
                    rows.cursor_of(row)
                    for name in (c.c.attempt.in_(mine), c.c.attempt == "")
                    for row in read.execute(select(c).where(name))
                ],
                closed={one["project"]: one["n"] for one in read.execute(_closed()).mappings()},
            )

    def events(
        self,
        *,
        after: int = 0,
        attempt: str = "",
        task: str = "",
        limit: int = 1000,
        texts: bool = True,
    ) -> list[Recorded]:
        """See `ports.Store.events`; a payload that was deleted has no text."""
        e = tables.events
        query = select(e).where(e.c.seq > after).order_by(e.c.seq).limit(limit)
        if attempt:
            query = query.where(e.c.attempt == attempt, e.c.attempt != "")
        if task:
            query = query.where(e.c.task == task, e.c.task != "")
        with self._read() as read:
            found = [rows.recorded(row) for row in read.execute(query)]
            if not texts:
                return found
            found = _affordable(found)
            digests = [p.digest for one in found for p in rows.payloads_in(one.event) if p.digest]
            known = _texts(read, digests)
        return [rows.with_texts(one, known) for one in found]

    def latest(self, *, project: str, actor: str, tags: Sequence[str]) -> Recorded | None:
        """See `ports.Store.latest`. Read from the end, so it is near where the actor was active lately."""
        e = tables.events
        query = select(e).where(e.c.project == project, e.c.actor == actor, e.c.tag.in_(tags))
        with self._read() as read:
            row = read.execute(query.order_by(e.c.seq.desc()).limit(1)).first()
        return rows.recorded(row) if row is not None else None

    def tasks(
        self,
        *,
        number: int | None = None,
        project: str = "",
        closed: bool | None = None,
        limit: int = 50,
    ) -> list[tuple[Task, list[Attempt]]]:
        """Tasks with their attempts, newest first; of that number, of that project, closed or not."""
        t, a = tables.tasks, tables.attempts
        query = select(t.c.body).order_by(t.c.number.desc()).limit(limit)
        if number is not None:
            query = query.where(t.c.number == number)
        if project:
            query = query.where(t.c.project == project)
        if closed is not None:
            query = query.where(t.c.closed == closed)
        with self._read() as read:
            found = _records(read, Task, query)
            return [
                (
                    one,
                    _records(
                        read,
                        Attempt,
                        select(a.c.body).where(a.c.task == one.id).order_by(a.c.number),
                    ),
                )
                for one in found
            ]

    def evidence(self, keys: Sequence[str]) -> list[Evidence]:
        """The evidence of these keys, as far as there is any."""
        v = tables.evidence
        with self._read() as read:
            return [
                one
                for some in _chunks(list(dict.fromkeys(keys)))
                for one in _records(read, Evidence, select(v.c.body).where(v.c.key.in_(some)))
            ]

    def text(self, digest: str) -> str | None:
        """The text of a payload, or None if it was deleted."""
        with self._read() as read:
            return _texts(read, [digest]).get(digest)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with _words(self.path), self._reader.connect() as connection:
            yield connection


@contextmanager
def _words(path: Path) -> Iterator[None]:
    """The database's errors as ours."""
    try:
        yield
    except RopewalkError:
        raise
    except IntegrityError as error:
        raise Bug(f"The store's rules were broken: {error.orig}.") from error
    except (DBAPIError, sqlite3.Error, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise Outside(
            f"The store {path} cannot be used now: {cause}.",
            hint="Look for free space on its disk (df), then try again; nothing was half-written.",
        ) from error


def _batches(commits: Sequence[Commit]) -> list[tuple[Table, list[rows.Row]]]:
    events = [one for commit in commits for one in commit.events]
    cursors = [row for commit in commits for row in rows.cursor_row(commit)]
    return [
        (tables.projects, [rows.project_row(one) for one in _newest(commits, "projects", "id")]),
        (tables.tasks, [rows.task_row(one) for one in _newest(commits, "tasks", "id")]),
        (tables.attempts, [rows.attempt_row(one) for one in _newest(commits, "attempts", "id")]),
        (tables.evidence, [rows.evidence_row(one) for one in _newest(commits, "evidence", "key")]),
        (tables.payloads, rows.latest((r for e in events for r in rows.payload_rows(e)), "digest")),
        (tables.events, [rows.event_row(one) for one in events]),
        (tables.cursors, cursors),
    ]


def _newest(commits: Sequence[Commit], what: str, key: str) -> Iterable[Any]:
    found = (one for commit in commits for one in getattr(commit, what))
    return {getattr(one, key): one for one in found}.values()


def _statement(table: Table) -> Any:
    if table is tables.events:
        return insert(table)
    if table in (tables.kinds, tables.payloads):
        return upsert(table).on_conflict_do_nothing()
    statement = upsert(table)
    changed: dict[str, Any] = {
        one.name: statement.excluded[one.name] for one in table.c if not one.primary_key
    }
    if table is tables.cursors:
        new = statement.excluded["attempt"]
        changed["attempt"] = func.coalesce(func.nullif(new, ""), table.c.attempt)
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


def _records(read: Connection, kind: Any, query: Select[Any]) -> list[Any]:
    return [rows.record_of(kind, body) for body in read.scalars(query)]


def _closed() -> Any:
    t = tables.tasks
    return select(t.c.project, func.count().label("n")).where(t.c.closed).group_by(t.c.project)


def _live_evidence(read: Connection, v: Table, live: Any) -> list[Evidence]:
    of_live = select(v.c.key, v.c.body).where(v.c.task.in_(live))
    unfinished = select(v.c.key, v.c.body).where(v.c.finished == False)  # noqa: E712
    found = {row.key: row.body for query in (of_live, unfinished) for row in read.execute(query)}
    return [rows.record_of(Evidence, body) for body in found.values()]


def _affordable(found: list[Recorded]) -> list[Recorded]:
    """The first of them, at least one, whose texts fit into memory together."""
    total = 0
    for at, one in enumerate(found):
        total += sum(payload.size for payload in rows.payloads_in(one.event))
        if total > TEXTS_BYTES and at:
            return found[:at]
    return found


def _texts(read: Connection, digests: Sequence[str]) -> dict[str, str]:
    p = tables.payloads
    query = select(p.c.digest, p.c.packed, p.c.text)
    return {
        row.digest: rows.text_of(row)
        for some in _chunks(digests)
        for row in read.execute(query.where(p.c.digest.in_(some)))
    }


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
