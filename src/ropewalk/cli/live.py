"""A task while it is worked on: a small block that is redrawn on a terminal, plain lines elsewhere.

The hub's event stream says when to look; the task is asked for again at most four times a second. Only
the clocks run by themselves, without a question to the hub.
"""

import select
import sys
import time

from ropewalk.cli import exits
from ropewalk.cli.compare import comparison_lines, fetch
from ropewalk.cli.questions import Questions
from ropewalk.cli.rows import attempt_line, check_words
from ropewalk.cli.session import Session
from ropewalk.cli.text import cut, plain
from ropewalk.client.hub import Events
from ropewalk.core.errors import Outside
from ropewalk.core.views import AttemptView, TaskView

REFRESH_S = 0.25
TICK_S = 1.0
TOLD = ("working", "asks", "ready", "merged", "dropped", "kept", "bounced")


def follow(session: Session, task: TaskView) -> int:
    """Watch until all attempts are through; Ctrl-C leaves them at work."""
    watcher = Live(session, task) if session.interactive else Lines(session, task)
    try:
        watcher.watch()
    except KeyboardInterrupt:
        watcher.leave()
        if not session.json:
            number = task["number"]
            session.print(
                f"Detached; the agents go on. See them: ropewalk ls · stop them: ropewalk stop {number}"
            )
        return exits.OK
    return _end(session, watcher.task)


def _end(session: Session, task: TaskView) -> int:
    if session.json:
        session.document(task)
    elif len(task["attempts"]) > 1 or task["attempts"][0]["versions"]:
        found = fetch(session, str(task["number"]))
        session.print("", *comparison_lines(found, session.width, session.style))
    else:
        session.print(f"Next: {plain(task['attempts'][0]['next'])}")
    good = all(one["outcome"] == "done" for one in task["attempts"])
    return exits.OK if good else exits.NOT_ALL


class Lines:
    """Elsewhere than on a terminal: a line when an attempt's status changes."""

    def __init__(self, session: Session, task: TaskView) -> None:
        """Nothing is shown yet."""
        self.session, self.task = session, task
        self._seen: dict[str, str] = {}
        self._looked = 0.0
        self._after = 0
        self._judging = False

    def watch(self) -> None:
        """Follow the events until the task is through; a hub that was replaced is found again."""
        tries = 0
        while True:
            events: Events | None = None
            try:
                events = self.session.hub.events(
                    str(self.task["number"]), after=self._after, follow=True
                )
                tries = 0
                if self._until_through(events):
                    return
            except Outside:
                if tries > 3:
                    raise
                tries += 1
                self.session.again()
            finally:
                if events is not None:
                    events.close()

    def _until_through(self, events: Events) -> bool:
        dirty = True
        while True:
            if dirty and time.monotonic() - self._looked >= REFRESH_S:
                dirty = False
                if self.refresh():
                    return True
            found = self.pause(events, REFRESH_S if dirty else TICK_S)
            if found is None:
                return False
            dirty = dirty or found or self._judging

    def pause(self, events: Events, seconds: float) -> bool | None:
        """Wait for events; True if there were some, None at the end of the stream."""
        ready, _, _ = select.select([events], [], [], seconds)
        if not ready:
            return False
        return self.took(events)

    def took(self, events: Events) -> bool | None:
        """What one read brought; its place is remembered for the next stream."""
        found = events.more()
        if found:
            self._after = max(self._after, found[-1]["seq"])
        return None if found is None else bool(found)

    def refresh(self) -> bool:
        """Ask for the task anew and show it; True if it is through."""
        number = self.task["number"]
        self.task = self.session.hub.get(f"/v1/tasks/{number}")
        self._looked = time.monotonic()
        self.show()
        self._judging = all(one["outcome"] for one in self.task["attempts"])
        if not self._judging:
            return False
        query = {"of": str(number), "for": "checked", "timeout_s": 0}
        return bool(self.session.hub.get("/v1/wait", query)["done"]) and self.through()

    def through(self) -> bool:
        """The last look: what came meanwhile."""
        self.task = self.session.hub.get(f"/v1/tasks/{self.task['number']}")
        self.show()
        return True

    def show(self) -> None:
        """Lines for what changed."""
        if self.session.json:
            return
        for line in self.changes():
            self.session.print(line)
        sys.stdout.flush()

    def changes(self) -> list[str]:
        """A line for each attempt whose status is another one than before."""
        lines: list[str] = []
        for one in self.task["attempts"]:
            news = _news(one)
            if news and self._seen.get(one["alias"]) != news:
                lines.append(news)
                self._seen[one["alias"]] = news
        return lines

    def leave(self) -> None:
        """Nothing to put back."""


def _news(one: AttemptView) -> str:
    if one["questions"]:
        what = f"asks: {plain(one['questions'][0]['title'])} · {plain(one['next'])}"
    elif one["turn_state"] == "ended":
        facts = [plain(one["status"]), check_words(one["checks"]), plain(one["reason"])]
        what = " · ".join(fact for fact in facts if fact)
    else:
        what = plain(one["status"])
    return f"{one['alias']}  {what}"


class Live(Lines):
    """On a terminal: a block at the bottom, what matters scrolls above it, keys answer questions."""

    def __init__(self, session: Session, task: TaskView) -> None:
        """The terminal is as it was until `watch`."""
        super().__init__(session, task)
        self._drawn = 0
        self.questions = Questions(session)

    def watch(self) -> None:
        """As elsewhere, with the terminal's keys as they come."""
        from ropewalk.cli.keys import cbreak

        with cbreak(sys.stdin.fileno()):
            super().watch()

    def pause(self, events: Events, seconds: float) -> bool | None:
        """Events or keys."""
        import os

        ready, _, _ = select.select([events, sys.stdin], [], [], seconds)
        if sys.stdin in ready:
            typed = os.read(sys.stdin.fileno(), 64).decode("utf-8", "replace")
            if told := self.questions.key(typed, self.task):
                self.draw(told)
                return True
        if events in ready:
            return self.took(events)
        self.draw([])
        return False

    def show(self) -> None:
        """Redraw."""
        ends = [one for one in self.task["attempts"] if one["outcome"] or one["questions"]]
        told = {one["alias"] for one in ends}
        self.draw([line for line in self.changes() if line.partition(" ")[0] in told])

    def draw(self, above: list[str]) -> None:
        """The block anew, with lines that stay above it; one write, so that it does not flicker."""
        columns = self.session.width - 1
        block = self.block(columns)
        out = f"\x1b[{self._drawn}A\r" if self._drawn else "\r"
        out += "\x1b[J" + "".join(cut(line, columns) + "\n" for line in above)
        out += "".join(line + "\n" for line in block)
        self._drawn = len(block)
        sys.stdout.write(out)
        sys.stdout.flush()

    def block(self, columns: int) -> list[str]:
        """One line an attempt, the open question, and what Ctrl-C does."""
        late = time.monotonic() - self._looked if self._looked else 0.0
        lines = [
            attempt_line(one, columns, self.session.style, elapsed=_spent(one, late))
            for one in self.task["attempts"]
        ]
        room = max(3, _rows() - 4)
        if len(lines) > room:
            lines = [*lines[: room - 1], f"  … and {len(lines) - room + 1} more: ropewalk ls"]
        lines += self.questions.lines(self.task, columns)
        return [*lines, self.session.style("dim", cut("  Ctrl-C leaves them at work", columns))]

    def leave(self) -> None:
        """The block stays where it is, the cursor is below it."""
        sys.stdout.write("\r\x1b[K")


def _rows() -> int:
    import os

    return os.get_terminal_size(sys.stdout.fileno()).lines or 24


def _spent(one: AttemptView, late: float) -> float:
    going = one["started"] and not one["ended"] and one["turn_state"] != "ended"
    return one["elapsed_s"] + (late if going else 0.0)
