"""Vaults: where the values lie. The system's keyring where there is one, else files that only the person reads."""

import os
from pathlib import Path
from typing import Any, Protocol

from ropewalk.core.errors import Outside

SERVICE = "ropewalk"


class Vault(Protocol):
    """Holds values by name."""

    place: str
    """In words."""

    def put(self, name: str, value: str) -> None:
        """Outside: it cannot be kept."""
        ...

    def get(self, name: str) -> str | None:
        """None: it is not there. Outside: it cannot be had now."""
        ...

    def drop(self, name: str) -> None:
        """No error if it is not there."""
        ...


class FileVault:
    """A file for each value, below a directory that nobody else may enter."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first value comes."""
        self._folder = folder
        self.place = f"a file in {folder}"

    def put(self, name: str, value: str) -> None:
        """See `Vault.put`."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._folder / name, value.encode())
        except OSError as error:
            raise Outside(f"The secret cannot be written: {error.strerror}.") from error

    def get(self, name: str) -> str | None:
        """See `Vault.get`."""
        try:
            return (self._folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Outside(f"{self._folder / name} cannot be read: {error}.") from error

    def drop(self, name: str) -> None:
        """See `Vault.drop`."""
        (self._folder / name).unlink(missing_ok=True)


class KeyringVault:
    """The keyring of the person's system, through the library `keyring` (https://keyring.readthedocs.io)."""

    place = "the system's keyring"

    def __init__(self, keyring: Any, service: str) -> None:
        """`keyring` is one of that library's backends; `service` is the name under which all of ours lie."""
        self._keyring = keyring
        self._service = service

    def put(self, name: str, value: str) -> None:
        """See `Vault.put`."""
        self._call("set_password", name, value)

    def get(self, name: str) -> str | None:
        """See `Vault.get`."""
        return self._call("get_password", name)

    def drop(self, name: str) -> None:
        """See `Vault.drop`."""
        if self.get(name) is not None:
            self._call("delete_password", name)

    def _call(self, deed: str, *words: str) -> Any:
        try:
            return getattr(self._keyring, deed)(self._service, *words)
        except Exception as error:  # each backend has its own
            raise Outside(
                f"The system's keyring does not answer: {type(error).__name__}.",
                hint="Unlock it, and try again.",
            ) from None


def best_vault(folder: Path, service: str = SERVICE) -> Vault:
    """The system's keyring if the library is installed and has one that it recommends, else files."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as Missing
    except ImportError:
        return FileVault(folder)
    found = keyring.get_keyring()
    if isinstance(found, Missing) or float(found.priority) < 1:
        return FileVault(folder)
    return KeyringVault(found, service)


def write_private(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
