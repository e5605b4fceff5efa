"""What was found on a machine that a box is to show. Pure records; `sandbox/` fills them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Absolute paths of the host.

    `seen` are programs, toolchains and their settings outside of the system, to be shown read-only; `hidden` lies
    below them and holds credentials. `caches` are directories of packages that were fetched before. `logins` are
    directories where an agent keeps who is logged in.
    """

    seen: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
