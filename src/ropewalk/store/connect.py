"""Connections: one owner of the file, one connection that writes and checkpoints, others read only.

SQLite before 3.51.3 can lose its WAL when several connections write and checkpoint
(https://sqlite.org/wal.html, "the WAL-reset bug"): hence exactly one writer, in one process.
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from ropewalk.core.errors import Outside, Refused

BUSY_S = 10.0
READERS = 4


def take_lock(path: Path) -> int:
    """Own the file until the descriptor is closed. Refused: another process owns it."""
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Outside(
            f"The store {path} cannot be opened: {error.strerror}.", hint="Check the directory."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Refused(
            f"The store {path} is in use by another process.",
            hint="Use the hub that runs (ropewalk hub status), or another ROPEWALK_HOME.",
        ) from None
    return descriptor


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A plain connection; transactions are begun explicitly."""
    mode = "rwc" if write else "ro"
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
    pragmas = ["mmap_size = 0", "foreign_keys = ON"]
    if write:
        pragmas += ["journal_mode = WAL", "synchronous = FULL"]
    try:
        for one in pragmas:
            connection.execute(f"PRAGMA {one}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def writer(path: Path) -> Engine:
    """The engine of the one connection that writes."""
    return _engine(path, write=True, size=1)


def reader(path: Path) -> Engine:
    """The engine of connections that only read, for any thread."""
    return _engine(path, write=False, size=READERS)


def _engine(path: Path, *, write: bool, size: int) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect(path, write=write),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
    )
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
