"""What a door's rules say of a server. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ropewalk.core.errors import Refused
from ropewalk.gateway.names import Misspelt, authority, literal, server, shown
from ropewalk.gateway.registries import REGISTRIES
from ropewalk.ports.gateway import NetworkRules

WEB = (80, 443)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`let`: it may be reached. `named`: its port was named, too. `private`: at a private address as well.

    `why` says in a few words why not; `ask`: a person may say yes.
    """

    let: bool
    named: bool = False
    private: bool = False
    why: str = ""
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A name, or all names below one; a port, or 0 for those of the web."""

    name: str
    below: bool
    port: int

    def fits(self, host: str, port: int) -> bool:
        """Whether it means this server."""
        if self.port != port and (self.port or port not in WEB):
            return False
        return host.endswith(f".{self.name}") if self.below else host == self.name

    def covers(self, host: str, port: int) -> bool:
        """As `fits`, but without a port it means all of them."""
        return self.fits(host, self.port or WEB[0]) and self.port in (0, port)


@lru_cache(maxsize=4096)
def pattern(text: str) -> Pattern:
    """A rule's text. Refused: it is none."""
    below = text.startswith("*.")
    rest = text[2:] if below else text
    try:
        host, port = authority(rest) if _has_port(rest) else (server(rest), 0)
    except Misspelt as error:
        raise Refused(f"{text!r} is no network rule: {error}", hint=HOW) from None
    if below and literal(host):
        raise Refused(f"{text!r} is no network rule: an address has nothing below it", hint=HOW)
    return Pattern(host, below, port)


HOW = "Write example.com, *.example.com or example.com:8443."


def refuse_malformed(rules: NetworkRules) -> None:
    """Refused: a rule cannot be meant."""
    for one in (*rules.allowed, *rules.refused):
        pattern(one)
    for one in rules.private:
        found = pattern(one)
        if found.below or not found.port:
            raise Refused(f"{one!r} must name a host and a port", hint="Write host:port.")
    for one in rules.ecosystems:
        if one not in REGISTRIES:
            raise Refused(
                f"there are no registries for {one!r}", hint=f"Known: {', '.join(REGISTRIES)}."
            )


def verdict(rules: NetworkRules, host: str, port: int) -> Verdict:
    """What the rules say of a server; the host is in its one form."""
    if any(pattern(one).covers(host, port) for one in rules.refused):
        return Verdict(False, why="a rule refuses it")
    if _any(rules.private, host, port):
        return Verdict(True, named=True, private=True)
    if rules.preset == "none":
        return Verdict(False, why="this run has no network")
    for one in rules.allowed:
        found = pattern(one)
        if found.fits(host, port):
            return Verdict(True, named=found.port != 0)
    if rules.preset == "registries" and _any(_registries(rules), host, port):
        return Verdict(True)
    if rules.preset == "open" and port in WEB:
        return Verdict(True)
    if port not in WEB:
        return Verdict(
            False, why=f"port {port} is allowed only by name ({shown(host, port)})", ask=True
        )
    return Verdict(False, why="it is not among the allowed servers", ask=True)


def _registries(rules: NetworkRules) -> Iterable[str]:
    for one in rules.ecosystems:
        yield from REGISTRIES.get(one, ())


def _any(patterns: Iterable[str], host: str, port: int) -> bool:
    return any(pattern(one).fits(host, port) for one in patterns)


def _has_port(text: str) -> bool:
    return text.rpartition(":")[2].isdigit() and (text.count(":") == 1 or "]:" in text)
