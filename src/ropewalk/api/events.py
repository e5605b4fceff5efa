"""Events as the API tells them."""

from ropewalk.core.codec import dump_event
from ropewalk.core.events import Recorded
from ropewalk.core.lifecycle import alias
from ropewalk.core.state import World
from ropewalk.core.views import SCHEMA, EventView


def event_view(world: World, recorded: Recorded) -> EventView:
    """One event, with the alias of its attempt where it is known."""
    draft = recorded.draft
    tag, version, body = dump_event(draft.event)
    attempt = world.attempts.get(draft.attempt)
    return EventView(
        schema=SCHEMA,
        seq=recorded.seq,
        tag=tag,
        version=version,
        project=draft.project,
        task=draft.task,
        attempt=draft.attempt,
        alias=alias(world, attempt) if attempt else "",
        epoch=draft.epoch,
        source=draft.source,
        source_seq=draft.source_seq,
        actor=draft.actor,
        observed=draft.observed,
        recorded=recorded.recorded,
        body=body,
    )
