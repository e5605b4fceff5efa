import json
import secrets
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core import events
from ropewalk.core.codec import dump_event, load_event
from ropewalk.core.events import KINDS, Draft, Event
from ropewalk.core.payload import Payload
from ropewalk.core.sealing import alter, seal

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(Payload, st.builds(Payload.of, st.text()))
st.register_type_strategy(float, FLOATS)


def test_kinds_are_the_classes_of_the_module():
    """A slots dataclass is made twice; only the second one is the module's."""
    mine = {
        one.tag: one
        for one in vars(events).values()
        if isinstance(one, type) and issubclass(one, Event) and one is not Event
    }
    assert mine == KINDS
    assert all("__dict__" not in dir(one) for one in KINDS.values())


@pytest.mark.parametrize("tag", KINDS)
@given(data=st.data())
def test_every_event_comes_back_as_it_was(tag: str, data: st.DataObject):
    event = data.draw(st.builds(KINDS[tag], **_arguments(KINDS[tag])))
    name, version, body = dump_event(event)
    assert load_event(name, version, json.loads(json.dumps(body, ensure_ascii=False))) == event


def _arguments(kind: type[Event]) -> dict[str, st.SearchStrategy]:
    from typing import get_type_hints

    hints = get_type_hints(kind)
    return {one.name: st.from_type(hints[one.name]) for one in fields(kind)}


def test_unknown_keys_are_ignored_and_absent_ones_default():
    body = {"turn": 1, "later": True}
    assert load_event("turn.started", 1, body) == events.TurnStarted(turn=1)


@pytest.mark.parametrize(
    ("tag", "version", "body"),
    [
        ("no.such", 1, {}),
        ("turn.started", 2, {"turn": 1}),
        ("turn.started", 1, {}),
        ("turn.started", 1, {"turn": "1"}),
        ("turn.ended", 1, {"turn": 1, "outcome": "well"}),
        ("turn.started", 1, []),
    ],
)
def test_what_does_not_fit_is_a_value_error(tag: str, version: int, body: object):
    with pytest.raises(ValueError, match=r".+"):
        load_event(tag, version, body)


def test_sealing_gives_each_text_its_own_salt_and_is_idempotent():
    event = events.ToolChanged(call="c", detail=Payload.of("same \udcff"))
    first, second = (seal(Draft(event=event), secrets.token_bytes) for _ in range(2))
    assert first.event.detail.digest != second.event.detail.digest
    assert seal(first, secrets.token_bytes) is first
    assert "salt" not in dump_event(first.event)[2]["detail"]
    assert alter(first, lambda one: one) is first
