"""The secrets of an instance: a small file for each says where its value comes from, a vault has the value."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from ropewalk.core.errors import NotFound, Outside
from ropewalk.ports import Secret
from ropewalk.vault.vaults import FileVault, Vault, best_vault, write_private

LIMIT_S = 30.0
"""How long a command may take to print a secret."""

MOST = 64 * 1024
KEYRING, FILES = "keyring", "file"


class KeptSecrets:
    """Implements `ports.Secrets`."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        best: Callable[[Path], Vault] = best_vault,
    ) -> None:
        """`folder` is made on first use; commands run with `environ`; `best` finds the vault for new values."""
        self._folder = folder
        self._environ = environ
        self._find = best

    @cached_property
    def _best(self) -> Vault:
        return self._find(self._folder / "values")

    def all(self) -> list[Secret]:
        """See `ports.Secrets.all`."""
        found = [self._read(one) for one in sorted(self._folder.glob("[!.]*.json"))]
        return [_known(one) for one in found if one]

    def value(self, name: str) -> str:
        """See `ports.Secrets.value`."""
        about = self._about(name)
        if command := about.get("command"):
            return self._printed(name, command)
        found = self._vault(about["vault"]).get(name)
        if found is None:
            raise NotFound(
                f"{about['place']} does not have {name} any more.",
                hint=f"Set it anew: ropewalk secret set {name}",
            )
        return found

    def keep(self, name: str, value: str) -> Secret:
        """See `ports.Secrets.keep`."""
        best = self._best
        best.put(name, value)
        kind = FILES if isinstance(best, FileVault) else KEYRING
        return self._note(name, {"vault": kind, "place": best.place})

    def ask(self, name: str, command: Sequence[str]) -> Secret:
        """See `ports.Secrets.ask`."""
        noted = self._note(name, {"command": list(command), "place": "a command"})
        FileVault(self._folder / "values").drop(name)
        return noted

    def forget(self, name: str) -> None:
        """See `ports.Secrets.forget`."""
        about = self._about(name)
        if kind := about.get("vault"):
            self._vault(kind).drop(name)
        (self._folder / f"{name}.json").unlink(missing_ok=True)

    # --- inside --------------------------------------------------------------------------------

    def _vault(self, kind: str) -> Vault:
        if kind == FILES:
            return FileVault(self._folder / "values")
        if isinstance(self._best, FileVault):
            raise Outside(
                "This secret is in the system's keyring, which cannot be reached now.",
                hint='It needs the extra "keyring", and a session that has a keyring.',
            )
        return self._best

    def _about(self, name: str) -> dict[str, Any]:
        found = self._read(self._folder / f"{name}.json")
        if found is None:
            raise NotFound(
                f"There is no secret {name}.", hint="See what there is: ropewalk secret ls"
            )
        return found

    def _read(self, path: Path) -> dict[str, Any] | None:
        with suppress(OSError, ValueError):
            return {**json.loads(path.read_bytes()), "name": path.stem}
        return None

    def _note(self, name: str, about: dict[str, Any]) -> Secret:
        told = {**about, "since": time.time()}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._folder / f"{name}.json", json.dumps(told).encode())
        except OSError as error:
            raise Outside(f"The secret cannot be written: {error.strerror}.") from error
        return _known({**told, "name": name})

    def _printed(self, name: str, command: Sequence[str]) -> str:
        """What a command prints, without the newline at its end. Its own words are not shown: they may hold it."""
        hint = "Run it yourself and see what it says."
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LIMIT_S,
                env=dict(self._environ),
                cwd=os.path.expanduser("~"),  # noqa: PTH111
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = (
                "takes too long"
                if isinstance(error, subprocess.TimeoutExpired)
                else str(error.strerror)
            )
            raise Outside(f"The command for {name} gives nothing: {why}.", hint=hint) from None
        said = done.stdout[:MOST].decode("utf-8", "replace").rstrip("\r\n")
        if done.returncode or not said:
            raise Outside(
                f"The command for {name} gives nothing: it exits with {done.returncode}.", hint=hint
            )
        return said


def _known(about: Mapping[str, Any]) -> Secret:
    return Secret(
        name=about["name"],
        command=tuple(about.get("command", ())),
        place=about["place"],
        since=about["since"],
    )
