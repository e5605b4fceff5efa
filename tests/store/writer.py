"""A process that appends groups and says each number that is durable: `writer.py PATH`."""

import sys
from pathlib import Path

from ropewalk.ports import Commit
from ropewalk.store.database import Database
from tests.store.contract import PROJECT, attempt, said, task

store = Database(Path(sys.argv[1]))
seq = store.load().last_seq
while True:
    group = []
    for size in (1, 3, 2):
        events = [
            said(seq + n, "x" * 2000, source="r", source_seq=seq + n) for n in range(1, size + 1)
        ]
        seq += size
        owner = {"projects": [PROJECT], "tasks": [task()], "attempts": [attempt(epoch=seq)]}
        group.append(Commit(events=events, **owner))
    store.append(group)
    print(seq, flush=True)
