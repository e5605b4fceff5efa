"""Edits of tests: what a version changed of what judges it, and the version with the base's tests instead."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.edits import judge_edits
from ropewalk.core.errors import RopewalkError
from ropewalk.core.globs import matches
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refs import edits_ref
from ropewalk.ports import Repository


class EditedTests:
    """Looks at each version for edits of tests."""

    def __init__(self, ledger: Ledger, repository: Repository) -> None:
        """`repository` holds the versions."""
        self._ledger = ledger
        self._repository = repository

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.JudgeEdits: self._judge}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker: what could not be looked at says nothing about the change."""
        attempt = self._ledger.world.attempts[effect.subject]
        number = effect.number if isinstance(effect, w.JudgeEdits) else 0
        judged = e.EditsJudged(number=number, findings=(f"not judged: {error.message}",))
        return self._ledger.drafts(attempt, judged)

    async def _judge(self, effect: w.JudgeEdits) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
        task = self._ledger.world.tasks[attempt.task]
        version = next(one for one in attempt.versions if one.number == effect.number)
        before = await self._files(attempt.project, version.base, version.paths)
        globs = [glob for check in task.checks for glob in (*check.tests, *check.config)]
        looked_at = [one for one in version.paths if before[one] is not None or matches(one, globs)]
        after = await self._files(attempt.project, version.commit, looked_at)
        texts = {one: (_text(before[one]), _text(after[one])) for one in looked_at}
        judged = judge_edits(texts, task.checks)
        commit = tree = ""
        if judged.paths:
            commit, tree = await asyncio.to_thread(
                self._repository.overlay,
                project=attempt.project,
                commit=version.commit,
                source=version.base,
                paths=judged.paths,
                ref=edits_ref(attempt.id, version.number),
            )
        event = e.EditsJudged(
            number=version.number,
            paths=judged.paths,
            findings=judged.findings,
            commit=commit,
            tree=tree,
        )
        await self._ledger.tell(attempt, event)

    async def _files(
        self, project: str, commit: str, paths: Sequence[str]
    ) -> dict[str, bytes | None]:
        return await asyncio.to_thread(
            self._repository.files, project=project, commit=commit, paths=paths
        )


def _text(content: bytes | None) -> str | None:
    """A file as text; None where it is absent. Bytes that are no text stay told apart."""
    return None if content is None else content.decode("utf-8", "backslashreplace")
