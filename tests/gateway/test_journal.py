"""The journal: numbers without gaps, and no death loses what was handed out."""

import asyncio
import os

import pytest

from ropewalk.core.errors import Outside
from ropewalk.gateway import journal as journals
from ropewalk.gateway.journal import JournalFile
from ropewalk.ports.gateway import Entry


def entry(number: int, size: int = 10) -> Entry:
    return Entry(
        seq=0,
        at=0,
        kind="test",
        attempt="7.1",
        epoch=1,
        body={"number": number, "text": "x" * size},
    )


async def numbers(journal: JournalFile, after: int = 0) -> list[int]:
    found = []
    await journal.sync()
    while got := await journal.read(after):
        found += [one.body["number"] for one in got if one.kind == "test"]
        after = got[-1].seq
    return found


async def test_what_was_written_is_read_in_order(tmp_path):
    journal = JournalFile(tmp_path)
    for number in range(1200):
        journal.append(entry(number))
    assert await numbers(journal) == list(range(1200))
    assert (await journal.read(5))[0].seq == 6
    journal.close()


async def test_only_what_is_on_the_disk_is_handed_out(tmp_path):
    journal = JournalFile(tmp_path)
    journal.append(entry(1))
    assert await journal.read(0) == []
    syncing = asyncio.create_task(journal.run())
    assert [one.kind for one in await journal.read(0, 5)] == ["state", "test"]
    syncing.cancel()
    journal.close()


async def test_a_reader_waits_for_the_next_entry(tmp_path):
    journal = JournalFile(tmp_path)
    syncing = asyncio.create_task(journal.run())
    journal.append(entry(1))
    await journal.read(0, 5)
    waiting = asyncio.create_task(journal.read(2, 5))
    await asyncio.sleep(0)
    journal.append(entry(2))
    assert [one.body["number"] for one in await waiting] == [2]
    syncing.cancel()
    journal.close()


async def test_it_goes_on_where_it_was_after_a_torn_line(tmp_path):
    journal = JournalFile(tmp_path)
    journal.append(entry(1))
    journal.append(entry(2))
    journal.close()
    (segment,) = tmp_path.iterdir()
    os.truncate(segment, segment.stat().st_size - 3)
    journal = JournalFile(tmp_path)
    assert (
        journal.append(entry(3)).seq == 4
    )  # 1 is the state of the first segment, 3 that of the second
    assert await numbers(journal) == [1, 3]
    journal.close()


async def test_a_segment_without_a_whole_line_is_none(tmp_path):
    journal = JournalFile(tmp_path)
    last = journal.append(entry(1)).seq
    journal.close()
    (tmp_path / f"{last + 1:020d}").write_bytes(b'{"seq"')
    journal = JournalFile(tmp_path)
    assert journal.append(entry(2)).seq == last + 2
    assert await numbers(journal) == [1, 2]
    journal.close()


async def test_old_segments_go_when_they_were_read(tmp_path):
    journal = JournalFile(tmp_path, lambda: {"sum": 42})
    for number in range(40):
        journal.append(entry(number, 100_000))
    before = sorted(tmp_path.iterdir())
    assert len(before) > 3
    journal.trim(10**9)
    (last,) = tmp_path.iterdir()
    assert last == before[-1]
    journal.close()
    assert JournalFile(tmp_path).begun[0].body == {"sum": 42}


async def test_reading_far_back_reads_the_segments(tmp_path):
    journal = JournalFile(tmp_path)
    for number in range(journals.RECENT + 3000):
        journal.append(entry(number, 500))
    assert await numbers(journal) == list(range(journals.RECENT + 3000))
    journal.close()


async def test_what_may_be_missed_is_counted_when_it_is_crowded(tmp_path):
    journal = JournalFile(tmp_path)
    (tmp_path / "x").touch()
    for number in range(70):
        journal.append(entry(number, 1_000_000))
    journal.append(entry(70), dispensable=True)
    journal.append(entry(71), dispensable=True)
    kept = journal.append(entry(72))
    assert kept.body["missed"] == 2
    journal.close()


async def test_a_damaged_line_is_said(tmp_path):
    journal = JournalFile(tmp_path)
    journal.append(entry(1))
    journal.close()
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(b"garbage\n" + segment.read_bytes())
    with pytest.raises(Outside, match="damaged"):
        JournalFile(tmp_path)
