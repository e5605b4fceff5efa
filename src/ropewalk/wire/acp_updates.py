"""ACP's session/update notifications to events (https://agentclientprotocol.com/protocol/schema, v1)."""

from ropewalk.core.events import (
    Channel,
    Event,
    PlanChanged,
    TextAdded,
    ToolChanged,
    UsageChanged,
)
from ropewalk.core.payload import Payload
from ropewalk.core.records import Option, PlanEntry
from ropewalk.wire.acp_content import block, detail
from ropewalk.wire.jsonrpc import WORDS, Body, Json, body, count, items, text, words

_CHANNELS: dict[str, Channel] = {
    "agent_message_chunk": "message",
    "agent_thought_chunk": "thought",
    "user_message_chunk": "user",
}
MANY = 1_000
"""Entries of a plan and options of a question that are looked at."""


def event(update: Body, usage: UsageChanged) -> Event | None:
    """The event of an update; None for one that says nothing we keep. `usage` is what was known."""
    kind = text(update.get("sessionUpdate"))
    if channel := _CHANNELS.get(kind):
        said = block(update.get("content"))
        return TextAdded(channel=channel, text=Payload.of(said)) if said else None
    match kind:
        case "tool_call" | "tool_call_update":
            return tool(update)
        case "plan":
            entries = map(_entry, items(update.get("entries"))[:MANY])
            return PlanChanged(entries=tuple(one for one in entries if one.text))
        case "usage_update":
            return _changed(usage, context(update, usage))
        case _:
            return None


def tool(call: Body) -> ToolChanged | None:
    """The upsert of a tool call; None if it does not say which."""
    name = words(call.get("toolCallId"))
    if not name:
        return None
    return ToolChanged(
        call=name,
        title=words(call.get("title")),
        kind=words(call.get("kind")),
        status=words(call.get("status")),
        detail=detail(call),
    )


def options(params: Body) -> tuple[Option, ...]:
    """What a permission request offers; options without a usable id are left out."""
    offers = [body(one) for one in items(params.get("options"))[:MANY]]
    return tuple(
        Option(id=name, label=words(one.get("name")) or name, kind=words(one.get("kind")))
        for one in offers
        if (name := text(one.get("optionId"))) and len(name) <= WORDS
    )


def context(update: Body, known: UsageChanged) -> UsageChanged:
    """Usage as of a usage_update: its cost, and the context's size until sums are known."""
    cost = body(update.get("cost"))
    dollars = _dollars(cost.get("amount")) if text(cost.get("currency")) == "USD" else None
    return UsageChanged(
        input_tokens=known.input_tokens if known.output_tokens else count(update.get("used")),
        output_tokens=known.output_tokens,
        cost_usd=known.cost_usd if dollars is None else dollars,
    )


def sums(result: Body, known: UsageChanged) -> UsageChanged | None:
    """Usage as of the answer to a prompt; None if it does not alter what was known."""
    usage = body(result.get("usage"))
    if not usage:
        return None
    spent = UsageChanged(
        input_tokens=count(usage.get("inputTokens")),
        output_tokens=count(usage.get("outputTokens")),
        cost_usd=known.cost_usd,
    )
    return _changed(known, spent)


def _dollars(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return None
    return float(value)


def _changed(known: UsageChanged, usage: UsageChanged) -> UsageChanged | None:
    return None if usage == known else usage


def _entry(value: object) -> PlanEntry:
    entry = body(value)
    return PlanEntry(
        text=words(entry.get("content")), status=words(entry.get("status")) or "pending"
    )
