"""Secrets in memory: the shipped fake of `ports.Secrets`, held to the same contract as files and keyrings."""

import subprocess
import time
from collections.abc import Sequence

from ropewalk.core.errors import NotFound, Outside
from ropewalk.ports import Secret


class MemorySecrets:
    """Implements `ports.Secrets` for tests."""

    def __init__(self) -> None:
        """There are none."""
        self._known: dict[str, Secret] = {}
        self._values: dict[str, str] = {}

    def all(self) -> list[Secret]:
        """See `ports.Secrets.all`."""
        return [self._known[one] for one in sorted(self._known)]

    def value(self, name: str) -> str:
        """See `ports.Secrets.value`."""
        about = self._about(name)
        if not about.command:
            return self._values[name]
        done = subprocess.run(
            about.command, capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode:
            raise Outside(f"The command for {name} gives nothing: it exits with {done.returncode}.")
        return done.stdout.rstrip("\n")

    def keep(self, name: str, value: str) -> Secret:
        """See `ports.Secrets.keep`."""
        self._values[name] = value
        return self._note(Secret(name=name, place="memory", since=time.time()))

    def ask(self, name: str, command: Sequence[str]) -> Secret:
        """See `ports.Secrets.ask`."""
        self._values.pop(name, None)
        told = Secret(name=name, place="a command", command=tuple(command), since=time.time())
        return self._note(told)

    def forget(self, name: str) -> None:
        """See `ports.Secrets.forget`."""
        self._about(name)
        self._values.pop(name, None)
        del self._known[name]

    def _about(self, name: str) -> Secret:
        if name not in self._known:
            raise NotFound(
                f"There is no secret {name}.", hint="See what there is: ropewalk secret ls"
            )
        return self._known[name]

    def _note(self, secret: Secret) -> Secret:
        self._known[secret.name] = secret
        return secret
