import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ropewalk.core.errors import Refused
from ropewalk.ports import Commit
from ropewalk.store import migrate, tables
from ropewalk.store.connect import writer
from ropewalk.store.database import Database
from tests.store.contract import said

ROOT = Path(__file__).parents[2]


def test_the_hub_and_the_events_stay(tmp_path):
    store = Database(tmp_path / "s.db")
    store.append([Commit(events=[said(1)])])
    before = store.load()
    store.close()
    store = Database(tmp_path / "s.db")
    assert store.load() == before
    store.close()
    assert (tmp_path / "s.db").stat().st_mode & 0o077 == 0


def test_a_second_owner_is_refused(tmp_path):
    store = Database(tmp_path / "s.db")
    with pytest.raises(Refused, match="in use"):
        Database(tmp_path / "s.db")
    store.close()
    Database(tmp_path / "s.db").close()


def test_a_newer_store_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "s.db"
    Database(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(Refused, match="newer"):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("newer", [("attempt.flew", 1), ("text.added", 99)])
def test_a_store_with_newer_events_is_refused_and_left_as_it_is(tmp_path, newer):
    path = tmp_path / "s.db"
    store = Database(path)
    store.append([Commit(events=[said(1)])])
    store.close()
    Database(path).close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT tag, version FROM kinds").fetchall() == [("text.added", 1)]
        raw.execute("INSERT INTO kinds (tag, version) VALUES (?, ?)", newer)
    raw.close()
    before = path.read_bytes()
    with pytest.raises(Refused, match=f"holds {newer[0]} events of a newer"):
        Database(path)
    assert path.read_bytes() == before


def test_migrations_lead_to_the_tables(tmp_path):
    Database(tmp_path / "s.db").close()
    engine = writer(tmp_path / "s.db")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    engine.dispose()


def test_three_copies_are_kept(tmp_path):
    path = tmp_path / "s.db"
    Database(path).close()
    copies = [migrate.copy(path, "0001") for _ in range(5)]
    assert [one.exists() for one in copies] == [False, False, True, True, True]
    assert migrate.revision_of(copies[-1]) == "0001"


def test_every_column_is_documented():
    assert all(t.comment and c.comment for t in tables.metadata.sorted_tables for c in t.columns)


FULL = """
import resource, sys
from pathlib import Path
from ropewalk.core.errors import Outside
from ropewalk.ports import Commit
from ropewalk.store.database import Database
from tests.store.contract import said
import random
store = Database(Path(sys.argv[1]))
store.append([Commit(events=[said(1)])])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
big = [said(n, random.randbytes(200_000).hex()) for n in (2, 3)]
try:
    store.append([Commit(events=big)])
except Outside as error:
    print(error.message, error.hint)
assert [one.seq for one in store.events()] == [1]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.append([Commit(events=big)])
print([one.seq for one in store.events()])
"""


def test_a_full_disk_is_outside_and_passes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "s.db")],
        capture_output=True,
        text=True,
        timeout=60,
        env=_environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "cannot be used now" in done.stdout
    assert done.stdout.endswith("[1, 2, 3]\n")


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path):
    chance = random.Random(7)
    path = tmp_path / "s.db"
    for _ in range(10):
        acknowledged = _killed(path, chance.randrange(1, 12))
        store = Database(path)
        found = store.events(limit=1_000_000, texts=True)
        assert [one.seq for one in found] == list(range(1, len(found) + 1))
        assert len(found) >= acknowledged
        assert all(one.event.text.text for one in found)
        assert store.load().attempts[0].epoch == len(found)
        store.close()


def _killed(path: Path, after: int) -> int:
    """Run a writer, kill it after so many acknowledgements while it goes on; the last one it gave."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.store.writer", str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
        cwd=ROOT,
    ) as process:
        assert process.stdout
        said = [process.stdout.readline() for _ in range(after)]
        process.kill()
        said += process.stdout.readlines()
    return max(int(one) for one in said if one.endswith("\n"))


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
