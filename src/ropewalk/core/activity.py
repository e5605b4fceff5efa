"""Activity: what an attempt is doing and saying right now, for one line on a screen. Not kept as state."""

from dataclasses import dataclass, replace

from ropewalk.core import events as e

SETTING_UP = "setting up: "
WORDS = 4_000
"""How much of the newest message is remembered, in characters."""


@dataclass(frozen=True, slots=True)
class Activity:
    """`doing` is the newest tool call or plan entry, `words` the newest message since then."""

    doing: str = ""
    words: str = ""
    error: str = ""

    @property
    def line(self) -> str:
        """One line for a person: the last line that was said, else what is being done."""
        said = self.words.strip().splitlines()
        return said[-1].strip() if said else self.doing or self.error


def observe(activity: Activity, event: e.Event) -> Activity:
    """The activity after an event."""
    if isinstance(event, e.TurnStarted):
        return Activity()
    if isinstance(event, e.SetupStarted):
        return Activity(doing=f"{SETTING_UP}{event.command}")
    if isinstance(event, e.ToolChanged) and event.title:
        return replace(activity, doing=event.title, words="")
    if isinstance(event, e.TextAdded) and event.text.text:
        if event.channel in ("message", "stdout"):
            return replace(activity, words=(activity.words + event.text.text)[-WORDS:])
        if event.channel == "stderr":
            last = event.text.text.strip().splitlines()
            return replace(activity, error=last[-1][:200] if last else activity.error)
    return activity
