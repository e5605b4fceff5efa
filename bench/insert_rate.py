"""A rival of the store: how fast SQLite alone inserts."""

import sqlite3
import tempfile
import time
from pathlib import Path

BATCH = 100
ROWS = 20_000


def insert_rate(size: int) -> float:
    """Rows of `size` bytes a second, 100 a transaction, as durable as the store's (WAL, FULL)."""
    row = ("x" * size,)
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder, "rival.db"), isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT)")
        began = time.perf_counter()
        for _ in range(ROWS // BATCH):
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO events (body) VALUES (?)", [row] * BATCH)
            connection.execute("COMMIT")
        took = time.perf_counter() - began
        connection.close()
    return ROWS / took
