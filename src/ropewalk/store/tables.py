"""The tables. Their comments are the reference that the documentation is made of.

Only columns that are asked for are columns; the rest of a record is JSON by `core.codec`.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    text,
)

from ropewalk.core.sealing import decode, encode


class Words(TypeDecorator[str]):
    """Text that may hold lone surrogates (of undecodable paths and output): those are kept as bytes."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Text as it is, or its bytes where it is not valid Unicode."""
        if value is None or value.isascii():
            return value
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return encode(value)
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """What was bound."""
        return decode(value) if isinstance(value, bytes) else value


metadata = MetaData()


def _words(name: str, comment: str, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, Words, *more, nullable=False, comment=comment, **options)


def _body(what: str) -> Column[Any]:
    return _words("body", f"The {what} as JSON by core.codec, without the texts of payloads.")


hub = Table(
    "hub",
    metadata,
    _words("id", "Permanent random id of this instance.", primary_key=True),
    comment="One row: which hub this store belongs to. Counters are the maxima of events and tasks.",
)

projects = Table(
    "projects",
    metadata,
    _words("id", "Permanent random id.", primary_key=True),
    _body("project"),
    comment="Projection: repositories that tasks were asked for.",
)

tasks = Table(
    "tasks",
    metadata,
    _words("id", "Permanent random id.", primary_key=True),
    _words(
        "project",
        "The project's id.",
        ForeignKey("projects.id", name="tasks_project", deferrable=True, initially="DEFERRED"),
    ),
    Column("number", Integer, nullable=False, comment="The alias, counted per hub."),
    Column("closed", Boolean, nullable=False, comment="Everything of it is decided."),
    _body("task"),
    Index("tasks_number", "number", unique=True),
    Index("tasks_project_number", "project", "number"),
    Index("tasks_live", "id", sqlite_where=text("closed = 0")),
    comment="Projection: what people asked for.",
)

attempts = Table(
    "attempts",
    metadata,
    _words("id", "Permanent random id.", primary_key=True),
    _words(
        "task",
        "The task's id.",
        ForeignKey("tasks.id", name="attempts_task", deferrable=True, initially="DEFERRED"),
    ),
    Column("number", Integer, nullable=False, comment="The alias within the task."),
    _body("attempt"),
    Index("attempts_task_number", "task", "number", unique=True),
    comment="Projection: one agent's try at a task. It lives as long as its task is not closed.",
)

evidence = Table(
    "evidence",
    metadata,
    _words("key", "Stands for (tree, check, environment).", primary_key=True),
    _words("task", "The id of the task that wanted it first."),
    Column("finished", Boolean, nullable=False, comment="Nothing is to be run for it any more."),
    _body("evidence"),
    Index("evidence_task", "task"),
    Index("evidence_live", "key", sqlite_where=text("finished = 0")),
    comment="Projection: trees judged by checks, or about to be.",
)

events = Table(
    "events",
    metadata,
    Column(
        "seq",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Place in the hub's one sequence, from 1, without gaps.",
    ),
    _words("tag", "What kind of fact (core.events)."),
    Column("version", Integer, nullable=False, comment="Version of the kind."),
    _words("project", "The project's id, or empty."),
    _words("task", "The task's id, or empty."),
    _words("attempt", "The attempt's id, or empty."),
    Column("epoch", Integer, nullable=False, comment="Which start of the attempt."),
    _words("host", "The host's id, or empty."),
    _words("source", "The run that said it, or empty."),
    Column("source_seq", Integer, nullable=False, comment="Place in the run's spool."),
    Column("part", Integer, nullable=False, comment="Which event of that place, from 0."),
    _words("actor", "person:NAME, agent:NAME or hub."),
    Column("observed", Float, nullable=False, comment="Seconds since the epoch: when it was seen."),
    Column("recorded", Float, nullable=False, comment="Seconds since the epoch: when it was kept."),
    _body("event"),
    Index("events_attempt", "attempt", "seq", sqlite_where=text("attempt <> ''")),
    Index("events_task", "task", "seq", sqlite_where=text("task <> ''")),
    Index(
        "events_once",
        "source",
        "source_seq",
        "part",
        unique=True,
        sqlite_where=text("source <> ''"),
    ),
    comment="Immutable facts. State is nothing but their fold; rows are never altered or removed.",
)

kinds = Table(
    "kinds",
    metadata,
    _words("tag", "What kind of fact (core.events).", primary_key=True),
    Column(
        "version",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Version of the kind.",
    ),
    comment="The kinds of events that are here: a program that does not know them all stays out.",
)

payloads = Table(
    "payloads",
    metadata,
    _words("digest", "sha256 over salt and text, hexadecimal.", primary_key=True),
    Column("salt", LargeBinary, nullable=False, comment="16 random bytes; go with the text."),
    Column("size", Integer, nullable=False, comment="Bytes of the text in UTF-8."),
    Column("packed", Boolean, nullable=False, comment="The text is compressed (zlib)."),
    Column("text", LargeBinary, nullable=False, comment="UTF-8; lone surrogates are encoded too."),
    Column("created", Float, nullable=False, comment="Seconds since the epoch: its event's time."),
    _words("task", "The task's id, or empty."),
    _words("attempt", "The attempt's id, or empty."),
    _words("kind", "Tag of the event that it came with."),
    Index("payloads_created", "created"),
    comment="The words that facts refer to. Deletable alone: the fact keeps digest and size.",
)

cursors = Table(
    "cursors",
    metadata,
    _words("run", "The run's id.", primary_key=True),
    _words("attempt", "The attempt's id, or empty."),
    Column("offset", Integer, nullable=False, comment="Spool position to read on from."),
    _words("decoder", "The decoder's own state."),
    Column("version", Integer, nullable=False, comment="Version of the decoder."),
    _words("outbox", "What was decided to be written and is not acknowledged."),
    Index("cursors_attempt", "attempt"),
    comment="How far each run's spool has been read, moved with the events that came of it.",
)
