"""The secrets that a person keeps for agents, as verbs: set, listed, let go."""

import asyncio
import re
import shlex
from collections.abc import Callable, Mapping, Sequence

from ropewalk.core.errors import Refused
from ropewalk.core.views import SCHEMA, SecretsView, SecretView
from ropewalk.ports import Secret, Secrets

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
LEAST = 8
"""Shorter ones cannot be told from ordinary words, and so not kept out of logs."""

MOST = 64 * 1024


class Keeping:
    """Sets, lists and lets go of secrets. No value ever leaves it."""

    def __init__(self, secrets: Secrets, passes: Callable[[], Mapping[str, Sequence[str]]]) -> None:
        """`passes` tells which variables each agent asks for."""
        self._secrets = secrets
        self._passes = passes

    async def listed(self) -> SecretsView:
        """All that there are."""
        found = await asyncio.to_thread(self._secrets.all)
        return SecretsView(schema=SCHEMA, secrets=[self._view(one) for one in found])

    async def keep(self, name: str, value: str) -> SecretView:
        """Keep a value. Refused: it cannot be one."""
        _may_be_called(name)
        _may_be_kept(value)
        return self._view(await asyncio.to_thread(self._secrets.keep, name, value))

    async def ask(self, name: str, command: str) -> SecretView:
        """Keep a command that prints the value; it is split into words as a shell does, and run without one."""
        _may_be_called(name)
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise Refused(f"The command is not understood: {error}.") from None
        if not words:
            raise Refused("The command is empty.", hint="--command 'pass show anthropic'")
        return self._view(await asyncio.to_thread(self._secrets.ask, name, words))

    async def forget(self, name: str) -> None:
        """Let go of one. NotFound: there is none."""
        _may_be_called(name)
        await asyncio.to_thread(self._secrets.forget, name)

    def _view(self, one: Secret) -> SecretView:
        agents = [agent for agent, names in self._passes().items() if one.name in names]
        return SecretView(
            name=one.name,
            place=one.place,
            command=shlex.join(one.command),
            since=one.since,
            agents=sorted(agents),
        )


def _may_be_called(name: str) -> None:
    if not NAME.fullmatch(name):
        raise Refused(
            f"{name!r} cannot be the name of a secret.",
            hint="It is the name of the variable that an agent looks for: ANTHROPIC_API_KEY",
        )


def _may_be_kept(value: str) -> None:
    if len(value.encode("utf-8", "surrogateescape")) < LEAST:
        raise Refused(
            f"A secret has {LEAST} bytes at least: a shorter one could not be kept out of what agents say.",
            hint="Put what is no secret into `environment` of the agent's table.",
        )
    if len(value) > MOST or "\0" in value:
        raise Refused(
            "This cannot be the value of a variable.", hint="Is it a file? Name its path instead."
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused(
            "The secret is not UTF-8.", hint="Encode it, for instance with base64."
        ) from None
