"""What is looked for on a machine, and what was found that a box is to show. Pure records; `sandbox/` fills them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Where to look. `directory` is the person's checkout of the project, `agent` the name of a known agent.

    `wanted` are paths that the person names, `written` directories of theirs that may be changed, `asked` those that
    a project's file names; `hidden` is to be empty inside. `private` is never shown, whoever asks.
    """

    path: str
    home: str
    argv: tuple[str, ...] = ()
    directory: str = ""
    agent: str = ""
    wanted: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Absolute paths of the host.

    `seen` are programs, toolchains and their settings outside of the system, to be shown read-only; `hidden` lies
    below them and holds credentials. `written` may be changed. `caches` are directories of packages that were
    fetched before, `logins` those where an agent keeps who is logged in.
    """

    seen: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
