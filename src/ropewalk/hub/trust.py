"""Trust: which of a project's files decide what runs on this machine, and whether the person agreed to each."""

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ropewalk.core.errors import Consent
from ropewalk.core.records import Check
from ropewalk.core.setup import Setup
from ropewalk.core.state import Project

CONFIG = "ropewalk.toml"
TYPED = "--check"
"""Where a check comes from that the person typed: it needs no trust in a file."""

OTHER_CHECKS = " Or name the checks yourself (--check 'COMMAND'), or none (--no-check)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A file of the base commit that decides what runs. `content` None: only its name led to the commands."""

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


def sources(found: Sequence[Check], setup: Setup) -> list[str]:
    """The files whose content a person agrees to, apart from the configuration, each once."""
    return list(dict.fromkeys((*(one.found_in for one in found), *setup.files)))


def deciding(
    config: str, found: Sequence[Check], setup: Setup, files: Mapping[str, bytes | None]
) -> list[Deciding]:
    """The files that decide: the configuration, then those where checks and the set-up were found, each once.

    Of a lock file that led to a set-up the commands are agreed to, not its content.
    """
    runs: dict[str, list[str]] = {}
    for one in found:
        runs.setdefault(one.found_in, []).append(shlex.join(one.argv))
    commands = [shlex.join(one) for one in (*setup.commands, *setup.teardown, setup.run) if one]
    for name in (*setup.files, *setup.locks):
        runs.setdefault(name, []).extend(commands)
    first = [Deciding(name=CONFIG, content=config.encode())] if config else []
    return first + [
        Deciding(name=name, content=files.get(name), commands=tuple(said))
        for name, said in runs.items()
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
