"""Consent: what a person agrees to before an agent runs without a sandbox."""

import shlex
from collections.abc import Mapping, Sequence

from ropewalk.core import events as e
from ropewalk.core.errors import Consent
from ropewalk.core.records import Agent, Check
from ropewalk.core.state import Project


def require_consent(
    project: Project, agents: Sequence[Agent], checks: Sequence[Check], *, given: bool
) -> list[str]:
    """The consents that this task adds. Consent: an agent needs one that was not given."""
    names = dict.fromkeys(one.name for one in agents if not one.scripted)
    missing = [f"agent:{one}" for one in names if f"agent:{one}" not in project.consents]
    if missing and not given:
        named = ", ".join(one.removeprefix("agent:") for one in missing)
        raise Consent(
            f"There is no sandbox yet: {named} would run with your own permissions on this machine.",
            subject=missing[0],
            text=_what_runs(named, checks),
            digest="yes",
            hint="Agree with --yes.",
        )
    return missing


def consents(
    project: Project, given: Mapping[str, str], *, actor: str, now: float
) -> list[e.Draft]:
    """The events that say what was agreed to: a digest for each subject."""
    return [
        e.Draft(
            event=e.ConsentGiven(subject=subject, digest=digest),
            project=project.id,
            actor=actor,
            observed=now,
        )
        for subject, digest in given.items()
    ]


def _what_runs(agents: str, checks: Sequence[Check]) -> str:
    """What the person agrees to: the agents, and the commands that judge what they make."""
    lines = [f"{agents} keeps its own permission mode, but can read and write what you can."]
    lines += ["It may cost money; what it spends cannot be taken back."]
    lines += [f"The check {one.name} runs what is made: {shlex.join(one.argv)}" for one in checks]
    return "\n".join(lines)
