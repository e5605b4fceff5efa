"""Records to rows and back."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ropewalk.core.codec import dump, load, load_event
from ropewalk.core.errors import Bug
from ropewalk.core.events import Draft, Recorded
from ropewalk.core.payload import Payload
from ropewalk.core.sealing import alter, decode, encode
from ropewalk.core.state import Attempt, Evidence, Project, Task
from ropewalk.ports import Commit, Cursor

T = TypeVar("T")
Row = dict[str, Any]
PACK_ABOVE = 1024
CIRCUMSTANCES = (
    "project",
    "task",
    "attempt",
    "epoch",
    "host",
    "source",
    "source_seq",
    "part",
    "actor",
    "observed",
)


def bare(value: T) -> T:
    """The record without the texts of its payloads. Bug: a text that was not sealed."""
    return alter(value, _strip)


def _strip(payload: Payload) -> Payload:
    if payload.text is None:
        return payload
    if not payload.digest:
        raise Bug("A payload was not sealed before it was stored.")
    return Payload(None, payload.digest, payload.size)


def body_of(value: object) -> str:
    """The record as JSON, without texts."""
    return json.dumps(dump(bare(value)), ensure_ascii=False, separators=(",", ":"))


def record_of(kind: type[T], body: str) -> T:
    """What `body_of` made JSON of."""
    return load(kind, json.loads(body))


# --- events and payloads -------------------------------------------------------------------------


def event_row(one: Recorded) -> Row:
    """A row of `events`."""
    draft = one.draft
    row: Row = {name: getattr(draft, name) for name in CIRCUMSTANCES}
    row |= {"seq": one.seq, "recorded": one.recorded}
    row |= {"tag": one.event.tag, "version": one.event.version, "body": body_of(one.event)}
    return row


def kinds_in(commits: Iterable[Commit]) -> set[tuple[str, int]]:
    """Tag and version of every event."""
    return {(one.event.tag, one.event.version) for commit in commits for one in commit.events}


def kind_rows(kinds: Iterable[tuple[str, int]]) -> list[Row]:
    """Rows of `kinds`."""
    return [{"tag": tag, "version": version} for tag, version in sorted(kinds)]


def recorded(row: Any) -> Recorded:
    """An event as stored, its payloads without texts."""
    event = load_event(row.tag, row.version, json.loads(row.body))
    draft = Draft(event=event, **{name: getattr(row, name) for name in CIRCUMSTANCES})
    return Recorded(seq=row.seq, recorded=row.recorded, draft=draft)


def payloads_in(value: object) -> list[Payload]:
    """Every payload of a record."""
    found: list[Payload] = []

    def see(payload: Payload) -> Payload:
        found.append(payload)
        return payload

    alter(value, see)
    return found


def payload_rows(one: Recorded) -> list[Row]:
    """Rows of `payloads`: those of an event that have a text and were sealed just now."""
    return [
        _payload_row(one, payload)
        for payload in payloads_in(one.event)
        if payload.text is not None and payload.salt
    ]


def _payload_row(one: Recorded, payload: Payload) -> Row:
    data = encode(payload.text or "")
    packed = zlib.compress(data) if len(data) > PACK_ABOVE else data
    pays = len(packed) < len(data)
    return {
        "digest": payload.digest,
        "salt": bytes.fromhex(payload.salt),
        "size": payload.size,
        "packed": pays,
        "text": packed if pays else data,
        "created": one.recorded,
        "task": one.draft.task,
        "attempt": one.draft.attempt,
        "kind": one.event.tag,
    }


def text_of(row: Any) -> str:
    """The text of a row of `payloads`."""
    return decode(zlib.decompress(row.text) if row.packed else row.text)


def with_texts(one: Recorded, texts: dict[str, str]) -> Recorded:
    """The event with the texts of its payloads, as far as there are any."""

    def join(payload: Payload) -> Payload:
        found = texts.get(payload.digest)
        return payload if found is None else Payload(found, payload.digest, payload.size)

    event = alter(one.event, join)
    return one if event is one.event else replace(one, draft=replace(one.draft, event=event))


# --- projections and cursors ---------------------------------------------------------------------


def project_row(one: Project) -> Row:
    """A row of `projects`."""
    return {"id": one.id, "body": body_of(one)}


def task_row(one: Task) -> Row:
    """A row of `tasks`."""
    head = {"id": one.id, "project": one.project, "number": one.number, "closed": one.closed}
    return {**head, "body": body_of(one)}


def attempt_row(one: Attempt) -> Row:
    """A row of `attempts`."""
    return {"id": one.id, "task": one.task, "number": one.number, "body": body_of(one)}


def evidence_row(one: Evidence) -> Row:
    """A row of `evidence`."""
    return {"key": one.key, "task": one.task, "finished": one.finished, "body": body_of(one)}


def cursor_row(commit: Commit) -> list[Row]:
    """A row of `cursors`, if the commit moves one."""
    if commit.cursor is None:
        return []
    attempt = next((one.draft.attempt for one in commit.events if one.draft.attempt), "")
    return [{"attempt": attempt, **dump(commit.cursor)}]


def cursor_of(row: Any) -> Cursor:
    """What `cursor_row` made a row of."""
    return Cursor(
        run=row.run,
        offset=row.offset,
        decoder=row.decoder,
        version=row.version,
        outbox=row.outbox,
    )


def latest(rows: Iterable[Row], key: str) -> list[Row]:
    """Only the last row of each key."""
    return list({row[key]: row for row in rows}.values())


def check_sequence(commits: Sequence[Commit], last: int) -> int:
    """The last number of a group that must go on from `last` without a gap. Bug: it does not."""
    for commit in commits:
        for one in commit.events:
            if one.seq != last + 1:
                raise Bug(f"Event {one.seq} was to be stored after event {last}.")
            last = one.seq
    return last
