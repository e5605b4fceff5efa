"""What a box shows: which directory or file of the host, or of the box's own, is at which path.

Made from a box (see core/box.py) by looking at the host; nothing is mounted here.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu",
    "/sys/devices/system",
)  # fmt: skip
"""Shown read-only to everybody, with everything below."""
MASKED = (
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d",
    "/etc/ssl/private", "/etc/security/opasswd", "/etc/krb5.keytab", "/etc/wireguard", "/etc/openvpn",
    "/etc/NetworkManager/system-connections", "/etc/ppp/chap-secrets", "/etc/letsencrypt",
    "/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key",
    "/etc/ssh/ssh_host_dsa_key", "/etc/docker/key.json", "/etc/rancher", "/etc/kubernetes", "/etc/ropewalk",
)  # fmt: skip
"""What is empty there: secrets of the machine, and its rules for us."""
OWN = ("/tmp", "/var/tmp", "/run", "/dev/shm")  # noqa: S108
"""Empty, writable, and the box's own."""
NODES = ("null", "zero", "full", "random", "urandom", "tty")


class Shown:
    """One thing at one path. `source` is a path of the host; empty: something of the box's own.

    Kinds: `system` and `seen` are read-only, `kept` and `work` can be written, `own` is an empty directory that can
    be, `hidden` is empty, `link` is a symbolic link to `source`.
    """

    __slots__ = ("at", "kind", "source")

    def __init__(self, kind: str, at: str, source: str = "") -> None:
        """`at` is where it is shown."""
        self.kind, self.at, self.source = kind, os.path.normpath(at), source

    def __repr__(self) -> str:
        """For a test that fails."""
        return f"Shown({self.kind!r}, {self.at!r}, {self.source!r})"


def view(box: dict[str, Any], workspace: str, ours: tuple[str, ...] = ()) -> list[Shown]:
    """All that a box shows, in the order in which it is put there: what is below something comes after it.

    `workspace` is the directory that the run works in (empty: none); `ours` what a box needs of our own files.
    ValueError: the workspace holds what must not be written.
    """
    found = [*_system(), Shown("own", box["home"]), *(Shown("own", one) for one in OWN)]
    if workspace:
        _refuse_above(workspace, [one.at for one in found])
        found.append(Shown("work", workspace, workspace))
    found += _seen((*box["seen"], *ours), found)
    found += [Shown("kept", one["at"], one["source"]) for one in box["kept"]]
    found += [Shown("hidden", one) for one in (*MASKED, *box["hidden"])]
    return sorted(found, key=lambda one: (one.at.count("/"), one.kind == "hidden"))


def _refuse_above(workspace: str, places: list[str]) -> None:
    for one in places:
        if one == workspace or one.startswith(workspace.rstrip("/") + "/"):
            raise ValueError(f"{workspace} cannot be a workspace in a sandbox: it holds {one}")


def _system() -> Iterator[Shown]:
    for path in SYSTEM:
        if os.path.islink(path):
            yield Shown("link", path, os.readlink(path))
        elif os.path.isdir(path):
            yield Shown("system", path, path)


def _seen(paths: tuple[str, ...], already: list[Shown]) -> Iterator[Shown]:
    """What is to be seen and there, but for what the system or the workspace shows anyhow."""
    visible = [one for one in already if one.kind in ("system", "work")]
    for path in sorted({os.path.normpath(one) for one in paths}):
        if _within(path, visible):
            continue
        if os.path.islink(path):
            yield Shown("link", path, os.readlink(path))
        elif os.path.exists(path):
            yield Shown("seen", path, path)


def _within(path: str, places: list[Shown]) -> bool:
    return any(path == one.at or path.startswith(one.at + "/") for one in places)
