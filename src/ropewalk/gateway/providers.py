"""The model providers that this gateway knows: where they are, what goes into each request."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ropewalk.core.errors import Refused
from ropewalk.gateway.masking import SHORTEST
from ropewalk.gateway.names import Misspelt, server
from ropewalk.gateway.requests import Header
from ropewalk.gateway.secrets import Held, refuse_malformed
from ropewalk.ports.gateway import Provider

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FIELD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
SECRET = re.compile(r"auth|key|token|secret|cookie", re.IGNORECASE)
BASES = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com",
    "gemini": "https://generativelanguage.googleapis.com",
}
BEARER = {"authorization": "Bearer {key}"}
HEADERS: dict[str, dict[str, str]] = {
    "anthropic": {"x-api-key": "{key}"},
    "gemini": {"x-goog-api-key": "{key}"},
    "azure": {"api-key": "{key}"},
}
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A provider, ready to be asked. `path` goes before that of each request."""

    provider: Provider
    secure: bool
    host: str
    port: int
    path: str
    key: Held | None

    @property
    def usual_port(self) -> int:
        """Of its scheme."""
        return PORTS["https" if self.secure else "http"]

    async def headers(self) -> tuple[list[Header], str]:
        """What goes with each request, and the key in it. Outside: the key cannot be had."""
        key = await self.key.get() if self.key else ""
        named = {name.lower(): value for name, value in self.provider.headers.items()}
        if self.key and not any("{key}" in value for value in named.values()):
            named = {**HEADERS.get(self.provider.kind, BEARER), **named}
        return [
            (name.encode("ascii"), value.replace("{key}", key).encode("latin-1"))
            for name, value in named.items()
        ], key


class Providers:
    """By person and name; those of nobody are for everybody."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """`environ` is what commands for keys are run with."""
        self._environ = environ
        self._known: dict[tuple[str, str], Known] = {}

    def provide(self, provider: Provider) -> None:
        """Know a provider. Refused: it is malformed."""
        self._known[(provider.person, provider.name)] = _read(provider, self._environ)

    def withdraw(self, person: str, name: str) -> None:
        """Forget one."""
        self._known.pop((person, name), None)

    def find(self, person: str, name: str) -> Known | None:
        """The one of a person, else the one for everybody."""
        return self._known.get((person, name)) or self._known.get(("", name))

    def secrets(self) -> Iterable[str]:
        """All keys that are known now, and the values of headers that sound like one."""
        for one in self._known.values():
            yield from (one.key.seen if one.key else ())
            for name, value in one.provider.headers.items():
                if SECRET.search(name):
                    yield value

    def redacted(self, text: str) -> str:
        """A text without keys."""
        for one in self.secrets():
            if len(one) >= SHORTEST and one in text:
                text = text.replace(one, "*" * len(one))
        return text


def _read(provider: Provider, environ: Mapping[str, str]) -> Known:
    if not NAME.fullmatch(provider.name):
        raise Refused(
            f"{provider.name!r} cannot be the name of a provider", hint="Use a-z, 0-9, dash."
        )
    for name, value in provider.headers.items():
        if not FIELD.fullmatch(name) or not value.isprintable():
            raise Refused(f"{name!r} of provider {provider.name} is no header")
    if provider.key:
        refuse_malformed(provider.key)
    base = provider.base_url or BASES.get(provider.kind, "")
    try:
        parts = urlsplit(base)
        if parts.scheme not in PORTS or parts.query or parts.fragment or "@" in parts.netloc:
            raise Misspelt(base)
        name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        host, port = server(name), parts.port or PORTS[parts.scheme]
    except ValueError:
        raise Refused(
            f"{base[:80]!r} is no address of provider {provider.name}",
            hint="Write https://host/path.",
        ) from None
    key = Held(provider.key, environ) if provider.key else None
    return Known(provider, parts.scheme == "https", host, port, parts.path.rstrip("/"), key)
