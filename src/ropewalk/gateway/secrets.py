"""Keys: where they come from, and how long they are used. They are kept in memory only."""

import asyncio
import importlib
import time
from collections.abc import Mapping

from ropewalk.core.errors import Outside, Refused
from ropewalk.ports.gateway import KeySource

COMMAND_S = 30.0
LARGEST = 64 * 1024


def refuse_malformed(secret: KeySource) -> None:
    """Refused: it does not say where exactly the key is."""
    if sum(map(bool, (secret.value, secret.keyring, secret.command))) != 1:
        raise Refused("a key is a value, an entry of the keyring or a command: one of them")
    if secret.keyring and len(secret.keyring) != 2:
        raise Refused("an entry of the keyring is named by service and user")


class Held:
    """One key, fetched when it is needed."""

    def __init__(self, secret: KeySource, environ: Mapping[str, str]) -> None:
        """`environ` is what a command is run with."""
        self._secret = secret
        self._environ = environ
        self._value = secret.value
        self.seen = {secret.value} if secret.value else set[str]()
        """All values that it had."""
        self._until = float("inf") if secret.value else 0.0
        self._fetching = asyncio.Lock()

    async def get(self) -> str:
        """The key. Outside: it cannot be had."""
        if time.monotonic() < self._until:
            return self._value
        async with self._fetching:
            if time.monotonic() >= self._until:
                value = await self._fetch()
                if not value.isascii() or not value.isprintable() or not value:
                    raise Outside("the key that was found is no key", hint="See what is stored.")
                self._value = value
                self.seen.add(value)
                self._until = time.monotonic() + self._secret.lives_s
        return self._value

    def stale(self) -> None:
        """A provider did not take it: fetch it anew next time, if it can be fetched."""
        if not self._secret.value:
            self._until = 0.0

    async def _fetch(self) -> str:
        if self._secret.keyring:
            return await asyncio.to_thread(_from_keyring, *self._secret.keyring)
        return await _from_command(self._secret.command, self._environ)


def _from_keyring(service: str, user: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise Outside(
            "the key is in the system's keyring, which cannot be read without the package keyring",
            hint="Install it beside Ropewalk: pip install keyring",
        ) from None
    try:
        value = keyring.get_password(service, user)
    except Exception as error:
        raise Outside(f"the keyring does not give the key: {type(error).__name__}") from None
    if not value:
        raise Outside(f"the keyring has no key for {user} at {service}")
    return str(value).strip()


async def _from_command(argv: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """What a command prints. Its words and its output stay out of the message: they may be secret."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, env=dict(environ), cwd="/", stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True, limit=LARGEST,
        )  # fmt: skip
    except OSError as error:
        raise Outside(f"the command for the key cannot be started: {error.strerror}") from None
    assert process.stdout  # noqa: S101
    try:
        async with asyncio.timeout(COMMAND_S):
            said = await process.stdout.read(LARGEST)
            code = await process.wait()
    except TimeoutError:
        raise Outside(f"the command for the key took longer than {COMMAND_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise Outside(f"the command for the key failed (exit {code})")
    return said.decode("utf-8", "replace").strip()
