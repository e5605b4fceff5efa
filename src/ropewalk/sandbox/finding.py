"""What a command needs of this machine beyond the system: programs on PATH, what they lead to, and no credentials.

Looks at the file system only, never at this process's environment.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ropewalk.core.found import Found, Look
from ropewalk.sandbox.caches import caches, ecosystems
from ropewalk.sandbox.credentials import without_credentials
from ropewalk.sandbox.house import House, below
from ropewalk.sandbox.installs import around, behind, hops, interpreter
from ropewalk.sandbox.logins import logins
from ropewalk.sandbox.manners import manners

MOST_PROGRAMS = 3000
"""Of one directory; what comes after is not followed."""
VENVS = (".venv", "venv", "env")


def find(look: Look) -> Found:
    """What a box is to show for this."""
    house = House(look.home, look.private)
    search = _Search(house)
    for folder in look.path.split(os.pathsep):
        search.directory(folder)
    for word in look.argv[:1]:
        search.program(shutil.which(word, path=look.path) or word)
    for word in look.argv[1:]:
        search.argument(word)
    for name in VENVS if look.directory else ():
        search.environment(os.path.join(look.directory, name))
    named = [one for one in (*look.wanted, *look.asked) if os.path.lexists(one)]
    seen, hidden = without_credentials(
        _outermost([*search.shown, *named], house), house, wanted=look.wanted
    )
    more = [one for one in look.hidden if any(below(one, shown) for shown in seen)]
    return Found(
        seen=tuple(dict.fromkeys((*seen, *manners(house)))),
        hidden=tuple(dict.fromkeys((*hidden, *more))),
        written=tuple(x for x in look.written if os.path.isdir(x) and not house.wide(x)),
        caches=caches(ecosystems(look.directory), house),
        logins=logins(look.agent, house),
    )


def _outermost(paths: Iterable[str], house: House) -> list[str]:
    """Each once, and none below another; nothing of the system, and nothing too wide."""
    kept: list[str] = []
    for one in sorted(set(paths)):
        covered = any(below(one, other) for other in kept)
        wide = house.wide(one) or house.wide(os.path.realpath(one))
        if not covered and not house.system(one) and not wide:
            kept.append(one)
    return kept


@dataclass(slots=True)
class _Search:
    """Follows places to what they need, each once."""

    house: House
    shown: list[str] = field(default_factory=list[str])
    known: set[str] = field(default_factory=set[str])

    def directory(self, folder: str) -> None:
        """A directory on PATH: itself, and what the programs in it lead to."""
        folder = os.path.normpath(folder) if folder.startswith("/") else ""
        if not os.path.isdir(folder) or self.house.system(os.path.realpath(folder)):
            return
        self._place(folder)
        self._place(os.path.realpath(folder))
        for name in _programs(folder):
            self._follow(f"{folder}/{name}")

    def program(self, path: str) -> None:
        """A program by its path."""
        if path.startswith("/") and os.path.exists(path):
            self._place(path)
            self._follow(path)

    def argument(self, word: str) -> None:
        """A word of a command line that may be a path."""
        if word.startswith("/") and os.path.exists(word):
            self._place(os.path.normpath(word))
            self._follow(word)

    def environment(self, prefix: str) -> None:
        """What a virtual environment leads to, which is itself not shown."""
        for place in behind(prefix):
            self._place(place)
            self._place(os.path.realpath(place))

    def _follow(self, path: str) -> None:
        for place in hops(path):
            self._place(place)
        covered = any(below(path, one) for one in self.shown)
        script = interpreter(path)
        if script and not (covered and any(below(script, one) for one in self.shown)):
            self.program(script)

    def _place(self, place: str) -> None:
        if place in self.known:
            return
        self.known.add(place)
        for one in around(place, self.house):
            if one not in self.shown:
                self.shown.append(one)
                self.environment(one)


def _programs(folder: str) -> Sequence[str]:
    """The names in a directory of programs that are links or files."""
    try:
        with os.scandir(folder) as entries:
            every = [one.name for one, _ in zip(entries, range(MOST_PROGRAMS), strict=False)]
    except OSError:
        return ()
    return sorted(every)
