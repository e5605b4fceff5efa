"""`log`: what an agent said and did, readable."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from ropewalk.cli import exits
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.text import harmless, plain, plain_lines
from ropewalk.core.views import EventView

LONGEST = 65_536
"""Characters of a line that has no end; then it is broken."""


def run(args: Namespace) -> int:
    """Show each id's transcript; with -f only the first one's end is awaited."""
    session = Session(args)
    for name in args.ids:
        transcript = Transcript(session.style, many="." not in name)
        for event in session.hub.events(name.partition("@")[0], follow=args.follow):
            if session.json:
                session.document(event)
            else:
                sys.stdout.write("".join(transcript.add(event)))
            sys.stdout.flush()
        sys.stdout.write("" if session.json else transcript.end())
    return exits.OK


def text_of(payload: Any) -> str:
    """The words of a payload, if they are still kept."""
    return str(payload.get("text") or "") if isinstance(payload, dict) else ""


class Transcript:
    """Events in, text out; pieces of one message are joined."""

    def __init__(self, style: Style, *, many: bool = False) -> None:
        """`many`: lines name the attempt they are of."""
        self._style, self._many = style, many
        self._channel = ""
        self._tools: dict[str, str] = {}
        self._kept = ""

    def add(self, event: EventView) -> Iterator[str]:
        """The text for one event."""
        body = event["body"]
        if event["tag"] == "text.added":
            channel = f"{event['alias']} {body['channel']}"
            if channel != self._channel:
                yield self.end()
                self._channel = channel
            yield from self._words(text_of(body["text"]))
            return
        for how, said in self._line(event["tag"], body):
            yield self.end()
            where = f"{event['alias']} " if self._many and event["alias"] else ""
            yield self._style(how, where + said) + "\n"

    def _words(self, text: str) -> Iterator[str]:
        """Whole lines only, so that no escape is hidden between two pieces."""
        whole, ended, self._kept = (self._kept + text).rpartition("\n")
        if ended:
            yield self._spoken(whole)
        if len(self._kept) > LONGEST:
            yield self._spoken(self._kept)
            self._kept = ""

    def _spoken(self, text: str) -> str:
        alias, _, channel = self._channel.partition(" ")
        where = f"{alias} " if self._many and alias else ""
        how = {"stderr": "dim", "thought": "dim", "user": "bold"}.get(channel, "")
        lines = text.split("\n")
        if not harmless(text):
            lines = [one for line in lines for one in plain_lines(line)]
        return "".join(self._style(how, where + one) + "\n" for one in lines)

    def end(self) -> str:
        """What was not ended by a line end."""
        kept, self._kept = self._kept, ""
        said = self._spoken(kept) if kept else ""
        self._channel = ""
        return said

    def _line(self, tag: str, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if tag == "tool.changed":
            yield from self._tool(body)
        elif tag in LINES:
            how, form, *keys = LINES[tag]
            said = form.format(*(plain(_word(body.get(key, ""))) for key in keys))
            if said.strip():
                yield how, said.rstrip(": ")

    def _tool(self, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
        call = str(body["call"])
        title = plain(str(body.get("title") or "")) or self._tools.get(call, call)
        mark = {"completed": "✓", "failed": "✗"}.get(str(body.get("status")), "·")
        if title != self._tools.get(call) or mark != "·":
            yield "red" if mark == "✗" else "cyan", f"{mark} {title}"
        self._tools[call] = title


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return text_of(value) if isinstance(value, dict) else str(value)


LINES: dict[str, tuple[str, ...]] = {
    "turn.started": ("bold", "— turn {}", "turn"),
    "turn.ended": ("bold", "— {}: {}", "outcome", "reason"),
    "message.queued": ("bold", "> {}", "text"),
    "question.asked": ("yellow", "? {}", "title"),
    "question.answered": ("yellow", "! {}", "option"),
    "question.closed": ("dim", "? closed: {}", "reason"),
    "setup.started": ("dim", "setting up: {}", "command"),
    "setup.ended": ("dim", "{}", "output"),
    "start.failed": ("red", "could not start: {}", "reason"),
    "output.gap": ("yellow", "{} bytes of output were not kept", "size"),
    "keys.given": ("dim", "gets {}", "names"),
    "noted": ("dim", "{}", "text"),
    "snapshot.failed": ("red", "the files could not be kept: {}", "reason"),
    "rewind.done": ("bold", "— the files were set back, as version {}", "number"),
    "rewind.failed": ("red", "the files could not be set back: {}", "reason"),
    "merge.done": ("green", "merged into {}", "target"),
    "merge.bounced": ("red", "not merged: {}", "reason"),
}
"""How an event is told in a line: colour, sentence, and the fields that fill it."""
