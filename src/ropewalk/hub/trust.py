"""Trust: which of a project's files decide what runs on this machine, and whether the person agreed to each."""

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ropewalk.core.errors import Consent
from ropewalk.core.records import Check
from ropewalk.core.state import Project

CONFIG = "ropewalk.toml"
TYPED = "--check"
"""Where a check comes from that the person typed: it needs no trust in a file."""

OTHER_CHECKS = " Or name the checks yourself (--check 'COMMAND'), or none (--no-check)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A file of the base commit that decides what runs. `content` None: a directory of tests led to it."""

    name: str
    content: bytes | None
    commands: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What a consent calls it."""
        return f"file:{self.name}"

    @property
    def digest(self) -> str:
        """Of the content; where there is none, of the commands."""
        content = "\n".join(self.commands).encode() if self.content is None else self.content
        return hashlib.sha256(content).hexdigest()

    @property
    def text(self) -> str:
        """The file in full, indented, so that none of its lines can pass for a heading of ours."""
        runs = f" runs: {'; '.join(self.commands)}" if self.commands else ""
        content = (self.content or b"").decode("utf-8", "replace").rstrip("\n")
        lines = ["  " + line for line in content.split("\n")] if content else []
        return "\n".join([f"{self.label}{runs}", *lines])

    @property
    def label(self) -> str:
        """What a person calls it."""
        return "the directory of the tests" if self.name == "." else self.name


def deciding(
    config: str, found: Sequence[Check], files: Mapping[str, bytes | None]
) -> list[Deciding]:
    """The files that decide: the configuration, then those where checks were found, each once."""
    first = [Deciding(name=CONFIG, content=config.encode())] if config else []
    names = dict.fromkeys(one.found_in for one in found)
    return first + [
        Deciding(
            name=name,
            content=files.get(name),
            commands=tuple(shlex.join(one.argv) for one in found if one.found_in == name),
        )
        for name in names
    ]


def require_trust(project: Project, files: Sequence[Deciding], *, trusted: bool) -> dict[str, str]:
    """What is newly agreed to, digests by subject. Consent: something is not agreed to; one for all."""
    missing = [one for one in files if not project.agreed(one.subject, one.digest)]
    agrees = {one.subject: one.digest for one in missing}
    if not missing or trusted:
        return agrees
    raise Consent(
        _sentence(project, missing),
        subject=missing[0].subject,
        text="\n\n".join(one.text for one in missing),
        digest=missing[0].digest,
        agrees=agrees,
        hint=f"Read {'it' if len(missing) == 1 else 'them'}, then run again with --trust."
        + ("" if missing[0].name == CONFIG else OTHER_CHECKS),
    )


def _sentence(project: Project, missing: Sequence[Deciding]) -> str:
    names = " and ".join(
        filter(None, (", ".join(x.label for x in missing[:-1]), missing[-1].label))
    )
    decide = "decides" if len(missing) == 1 else "decide"
    changed = [one.label for one in missing if one.subject in project.consents]
    since = f", and {' and '.join(changed)} changed since you agreed" if changed else ""
    if changed and len(missing) == 1:
        since = ", and it changed since you agreed to it"
    start = names[:1].upper() + names[1:] if names.startswith("the ") else names
    return f"{start} of this repository {decide} what would run on your machine{since}."
