"""What makes a project's workspaces ready: from ropewalk.toml, else from other tools' files, else from lock files.

Only what the base commit says counts. Nothing is executed here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ropewalk.core.config import Config
from ropewalk.core.ignored import lines
from ropewalk.core.peers.known import peer
from ropewalk.core.peers.pins import pins
from ropewalk.core.peers.reading import Files, Found
from ropewalk.core.peers.variables import OWN
from ropewalk.core.placeholders import is_own
from ropewalk.core.setup import Setup
from ropewalk.core.setuptable import LIMIT_S, PORTS, TEARDOWN_S, Command, SetupTable
from ropewalk.setup.locks import INPUTS, locked

INCLUDE = ".worktreeinclude"
WORD = re.compile(r"[\w@%+:,./-]+")
RUNNERS = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "just": ("justfile", "Justfile"),
    "task": ("Taskfile.yml",),
}
SCRIPTS = 20
"""How many scripts that commands name are looked into."""


def find_setup(
    show: Callable[[str], bytes | None],
    names: Sequence[str],
    config: Config,
    which: Callable[[str], bool],
    *,
    platform: str = "linux",
    proposing: bool = False,
) -> Setup:
    """The set-up of a project at a commit. Refused: a file that would count is not as it must be.

    `show` gives a file of the commit (None: there is none), `names` are all its paths, `which` says whether
    the task's PATH has a program; `platform` as in sys.platform. `proposing`: with what no lock file asks
    for, but a person may want.
    """
    shell = "bash" if which("bash") else "sh"
    files = Files(show=show, names=frozenset(names), shell=shell, platform=platform)
    said = config.setup
    made = _said(said) if said.commands is not None else _found(files, which, proposing)
    made = _overruled(made, said)
    if said.bring is None and INCLUDE in files.names:
        made = replace(made, bring=lines(files.text(INCLUDE)), brought_by=INCLUDE)
    scripts = _scripts(files, made.commands)
    inputs = tuple(dict.fromkeys((*INPUTS, *(said.inputs or ()), *map(_literal, scripts))))
    return replace(made, inputs=inputs, shared=_shared(files, made))


def _said(said: SetupTable) -> Setup:
    source = "[setup] of ropewalk.toml"
    return Setup(commands=said.commands or (), source=source)


def _overruled(made: Setup, said: SetupTable) -> Setup:
    """What the configuration says comes before what was found."""
    return replace(
        made,
        environment={**made.environment, **said.environment},
        bring=made.bring if said.bring is None else said.bring,
        run=made.run if said.run is None else said.run,
        teardown=made.teardown if said.teardown is None else said.teardown,
        ports=said.ports or made.ports,
        limit_s=said.limit_s or LIMIT_S,
        teardown_limit_s=said.teardown_limit_s or TEARDOWN_S,
        peer=made.peer if said.like is None else said.like,
    )


def _found(files: Files, which: Callable[[str], bool], proposing: bool) -> Setup:
    """Another tool's commands, else those of lock files; before them what installs pinned tools."""
    theirs, others = peer(files)
    pinned = pins(files, which)
    kept = _kept(theirs) if theirs else Setup()
    if theirs is None or not theirs.commands:
        lock = locked(files, which, proposing=proposing)
        kept = replace(
            kept,
            commands=lock.commands,
            environment={**lock.environment, **kept.environment},
            source=f"lock files: {', '.join(lock.found_in)}" if lock.commands else "",
            locks=lock.found_in,
            notes=(*kept.notes, *lock.notes),
        )
    ignored = [f"{one} does not count beside {theirs.file}." for one in others] if theirs else []
    return replace(
        kept,
        commands=(*pinned.commands, *kept.commands),
        environment={**pinned.environment, **kept.environment},
        files=(*pinned.files, *kept.files),
        source=", ".join((*pinned.files, *([kept.source] if kept.source else []))) or "nothing",
        notes=(*pinned.notes, *kept.notes, *ignored),
    )


def _kept(theirs: Found) -> Setup:
    return Setup(
        commands=theirs.commands,
        environment=theirs.environment,
        bring=theirs.bring,
        run=theirs.run,
        teardown=theirs.teardown,
        ports=theirs.ports or PORTS,
        peer="" if theirs.peer == "devcontainer" else theirs.peer,
        source=theirs.file,
        files=(theirs.file,),
        notes=theirs.notes,
    )


# --- scripts that commands name ------------------------------------------------------------------


def _scripts(files: Files, commands: Sequence[Command]) -> list[str]:
    """The files of the commit that the commands name, such as `./scripts/setup.sh`; sorted."""
    words = [word for one in commands for part in one for word in WORD.findall(part)]
    found = {name for word in words for name in _meant(word) if name in files.names}
    return sorted(found)


def _meant(word: str) -> list[str]:
    """The paths that a word of a command may mean; `$ROOT/a.sh` arrives as `ROOT/a.sh`."""
    path = word.removeprefix("./")
    return [path, path.partition("/")[2], *RUNNERS.get(path, ())]


def _literal(path: str) -> str:
    """A path as a glob of its own: what is special in globs becomes any one character."""
    return re.sub(r"[*?]", "?", path)


@dataclass(frozen=True, slots=True)
class _Own:
    """Knows which texts differ from workspace to workspace."""

    pattern: re.Pattern[str]

    def has(self, text: str) -> bool:
        return is_own(text) or bool(self.pattern.search(text))


def _shared(files: Files, made: Setup) -> int:
    """How many commands come before the first that is for a single workspace, as far as can be seen."""
    names = [*OWN, *(name for name, value in made.environment.items() if is_own(value))]
    own = _Own(re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b"))
    for place, command in enumerate(made.commands):
        scripts = _scripts(files, [command])[:SCRIPTS]
        if own.has("\n".join(command)) or any(
            own.pattern.search(files.text(one)) for one in scripts
        ):
            return place
    return len(made.commands)
