"""What scripts about the core are written in: a world, events one after the other, and what follows."""

from dataclasses import replace
from typing import Any

from ropewalk.core import commands as c
from ropewalk.core import events as e
from ropewalk.core.errors import RopewalkError
from ropewalk.core.fold import fold
from ropewalk.core.lifecycle import decide
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Check, Exit, Option, Version
from ropewalk.core.screen import group, status
from ropewalk.core.state import Attempt, World
from ropewalk.core.wanted import wanted

ANN = "person:ann"
AGENT = Agent(name="robo", kind="acp", argv=("robo",), memory_mb=100)
CHECK = Check(name="unit", argv=("true",))


def version(number: int = 1, turn: int = 1, base: str = "b0") -> Version:
    return Version(
        number=number, turn=turn, commit=f"c{number}", tree=f"t{number}", base=base,
        files=1, added=1, removed=0, paths=("x.py",), summary="Did it",
    )  # fmt: skip


def asks(question: str = "q1") -> e.QuestionAsked:
    options = (Option(id="y", label="Allow"), Option(id="n", label="Always allow"))
    return e.QuestionAsked(question=question, kind="permission", title="run it", options=options)


def ends(outcome: e.Outcome = "done", turn: int = 1) -> e.TurnEnded:
    return e.TurnEnded(turn=turn, outcome=outcome)


def exits(cause: str = "exit") -> e.ProcessEnded:
    return e.ProcessEnded(run="r1", exit=Exit(code=0, cause=cause))  # type: ignore[arg-type]


PREPARED = e.WorkspacePrepared(path="/w", branch="ropewalk/1.1", engine="clone")
STARTED = e.ProcessStarted(run="r1", pid=7, containment="pid-namespace")
TURN = e.TurnStarted(turn=1)
RUNNING = (e.AttemptAdmitted(), PREPARED, STARTED, TURN)
WAITING = (*RUNNING, ends(), e.VersionMade(change=version()))
GONE = (*WAITING, exits())
MERGE = e.MergeAsked(
    action="merge-t-1", number=1, target="main", mode="squash", message=Payload.of("m")
)
BUILT = e.MergeBuilt(action="merge-t-1", onto="o", commit="b", tree="bt")
COMMITTED = e.MergeCommitted(action="merge-t-1", commit="p")
MERGED = e.Merged(action="merge-t-1", target="main", before="o", after="p", checkout="updated")
BOUNCED = e.MergeBounced(action="merge-t-1", reason="no", hint="h", conflicts=("x.py",))


class Play:
    """A task with attempts `a1`, `a2`, …; each event happens a second after the one before."""

    def __init__(self, count: int = 1, checks: tuple[Check, ...] = ()) -> None:
        self.world = World()
        self.now = 1000.0
        self._fold(e.ProjectAdded(path="/p", name="p"))
        self._fold(
            e.TaskCreated(
                number=1, title="Do it", brief=Payload.of("Do it"), base="b0", base_tree="t0",
                base_name="main", target="main", checks=checks, limit_s=60.0, environment={},
            ),
            task="T",
        )  # fmt: skip
        for number in range(1, count + 1):
            self._fold(e.AttemptAdded(number=number, agent=AGENT), task="T", attempt=f"a{number}")

    def _fold(self, event: e.Event, **where: Any) -> None:
        self.now += 1
        fold(self.world, e.Draft(event=event, project="P", observed=self.now, actor=ANN, **where))

    def when(self, *events: e.Event, of: str = "a1", epoch: int | None = None) -> "Play":
        """These happen to an attempt; an admission raises its epoch."""
        for event in events:
            at = self.world.attempts[of].epoch + isinstance(event, e.AttemptAdmitted)
            self._fold(event, task="T", attempt=of, epoch=at if epoch is None else epoch)
        return self

    def told(self, command: type[c.Command], of: str = "a1", **fields: Any) -> "Play":
        """A person's command, which must be allowed; what it leads to happens."""
        self.now += 1
        for draft in decide(self.world, command(attempt=of, actor=ANN, **fields), self.now):
            fold(self.world, draft)
        return self

    def refusal(self, command: type[c.Command], of: str = "a1", **fields: Any) -> str:
        """What a command is refused with; every refusal but one has a hint."""
        try:
            decide(self.world, command(attempt=of, actor=ANN, **fields), self.now)
        except RopewalkError as error:
            return f"{error.code}: {error.message}"
        raise AssertionError("it was allowed")

    def one(self, of: str = "a1") -> Attempt:
        return self.world.attempts[of]

    def wants(self, of: str = "a1") -> list[str]:
        """The names of the effects that an attempt wants."""
        return [type(one).__name__ for one in wanted(self.one(of))]

    def shows(self, of: str = "a1") -> tuple[str, str]:
        return group(self.one(of)), status(self.one(of))

    def judged(self, of: str = "a1") -> "Play":
        """The edits of the newest version are judged."""
        newest = self.one(of).version
        return self.when(e.EditsJudged(number=newest.number if newest else 0), of=of)

    def alter(self, of: str = "a1", **changes: Any) -> "Play":
        self.world.attempts[of] = replace(self.one(of), **changes)
        return self
