"""Consent: what a person agrees to before an agent runs."""

import shlex
from collections.abc import Mapping, Sequence

from ropewalk.core import events as e
from ropewalk.core.errors import Consent
from ropewalk.core.records import Agent, Check
from ropewalk.core.state import Project


def require_consent(
    project: Project,
    agents: Sequence[Agent],
    checks: Sequence[Check],
    *,
    sandbox: str,
    given: bool,
) -> list[str]:
    """The consents that this task adds. Consent: an agent needs one that was not given.

    `sandbox` is what they will be locked in, in words. Who agreed to an agent without one agreed to it in one, too.
    """
    kind = "agent" if sandbox == "none" else "boxed"
    names = dict.fromkeys(one.name for one in agents if not one.scripted)
    missing = [
        f"{kind}:{one}"
        for one in names
        if not {f"{kind}:{one}", f"agent:{one}"} & project.consents.keys()
    ]
    if missing and not given:
        named = ", ".join(one.partition(":")[2] for one in missing)
        raise Consent(
            _question(named, sandbox),
            subject=missing[0],
            text=_what_runs(named, checks, sandbox),
            digest="yes",
            hint="Agree with --yes.",
        )
    return missing


def _question(named: str, sandbox: str) -> str:
    if sandbox == "none":
        return f"There is no sandbox around it: {named} would run with your own permissions on this machine."
    return f"{named} would run in a sandbox ({sandbox}), with its own login and keys."


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


def _what_runs(agents: str, checks: Sequence[Check], sandbox: str) -> str:
    """What the person agrees to: the agents, and the commands that judge what they make."""
    if sandbox == "none":
        lines = [f"{agents} keeps its own permission mode, but can read and write what you can."]
    else:
        lines = [f"{agents} sees the system, your toolchains and its workspace, not your home."]
        lines += ["Where it is logged in, it can read and change the directory that says so."]
    if "network open" in sandbox:
        lines += ["Its network is open: it reaches what you reach, this machine's servers too."]
    lines += ["It may cost money; what it spends cannot be taken back."]
    lines += [f"The check {one.name} runs what is made: {shlex.join(one.argv)}" for one in checks]
    return "\n".join(lines)
