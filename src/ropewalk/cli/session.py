"""What every verb needs: who asks from where, the hub, and how to answer."""

import json
import os
import sys
from argparse import Namespace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from ropewalk.cli.style import Style
from ropewalk.client.connect import connect
from ropewalk.client.home import find_home
from ropewalk.client.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")


class Session:
    """One call of the program."""

    def __init__(self, args: Namespace) -> None:
        """`args` as the parser left them."""
        self.home = find_home(args.home)
        self.json: bool = args.json
        self.yes: bool = args.yes
        self.trust: bool = args.trust
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty() and not args.json
        colour = sys.stdout.isatty() and not args.no_color and not os.environ.get("NO_COLOR")
        self.style = Style(colour=colour and os.environ.get("TERM") != "dumb")

    @cached_property
    def hub(self) -> Hub:
        """The hub; started if it does not run."""
        return connect(self.home)

    def again(self) -> None:
        """Find the hub once more: it was replaced, or starts anew."""
        self.__dict__.pop("hub", None)

    @property
    def width(self) -> int:
        """Columns of the terminal; elsewhere wide enough for whole sentences."""
        if not sys.stdout.isatty():
            return int(os.environ.get("COLUMNS") or 120)
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80

    @property
    def directory(self) -> str:
        """Where the person stands."""
        from ropewalk.core.errors import Refused

        try:
            here = os.getcwd()  # noqa: PTH109 (pathlib costs a cold start)
            here.encode()
        except FileNotFoundError:
            raise Refused("This directory is gone.", hint="cd to one that exists") from None
        except UnicodeEncodeError:
            raise Refused(
                "The name of this directory is not UTF-8, so it cannot be kept in the record.",
                hint="Rename it, or reach it by another path: mount --bind",
            ) from None
        return here

    def who(self) -> dict[str, str]:
        """The person, the directory and the terminal, as the API wants to know them."""
        return {"directory": self.directory, "actor": actor(), "terminal": terminal()}

    def act(self, verb: str, ids: list[str], *, all: bool = False, **more: Any) -> Any:
        """Ask the hub for a verb."""
        body = {**self.who(), "ids": ids, "all": all, "reason": "", **more}
        return self.hub.post(f"/v1/act/{verb}", body)

    def document(self, found: Any) -> None:
        """One JSON document, in ASCII: no terminal obeys it, and no name that is not UTF-8 breaks it."""
        print(json.dumps(found))

    def documents(self, found: list[Any]) -> None:
        """One JSON document for several ids: the object of the only one, else the list of them."""
        self.document(found[0] if len(found) == 1 else found)

    def show(self, found: list[Found], lines: "Callable[[Found, int, Style], list[str]]") -> None:
        """What was found for several ids: JSON, or for each its lines in the width and style of the terminal."""
        if self.json:
            self.documents(found)
            return
        for one in found:
            self.print(*lines(one, self.width, self.style))

    def say_first(self, line: str) -> None:
        """A line before something is done that cannot be undone: on standard error, none with --json."""
        if line and not self.json:
            print(line, file=sys.stderr, flush=True)

    def print(self, *lines: str) -> None:
        """Lines for a person."""
        for line in lines:
            print(line.rstrip())


def actor() -> str:
    """The person's login name."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def terminal() -> str:
    """A stable name for this terminal: its path and its session; empty without one."""
    try:
        return f"{os.ttyname(sys.stdin.fileno())}:{os.getsid(0)}"
    except (OSError, ValueError):
        return ""
