"""Secrets in files, in a keyring, and by a command: one contract; and what must never be in a file."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from keyrings.alt.file import PlaintextKeyring

from ropewalk.core.errors import NotFound, Outside
from ropewalk.ports import Secrets
from ropewalk.testing.memory_secrets import MemorySecrets
from ropewalk.vault.kept import KeptSecrets
from ropewalk.vault.vaults import FileVault, KeyringVault, Vault, best_vault

ENVIRON = {"PATH": "/usr/bin:/bin"}
Make = Callable[[], Secrets]


def keyring_below(place: Path) -> Callable[[Path], Vault]:
    """A real backend of the library, with a file of this test's own."""
    backend = PlaintextKeyring()
    backend.file_path = str(place / "keyring.cfg")
    return lambda _: KeyringVault(backend, "ropewalk-test")


@pytest.fixture(params=["files", "keyring", "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Opens the same secrets, each time as another process would."""
    kept = MemorySecrets()
    best = keyring_below(tmp_path) if request.param == "keyring" else FileVault
    ways: dict[str, Make] = {"memory": lambda: kept}
    return ways.get(request.param, lambda: KeptSecrets(tmp_path / "secrets", ENVIRON, best))


def test_kept_read_replaced_and_forgotten(make: Make) -> None:
    assert make().all() == []
    one = make().keep("A_KEY", "some value\nof two lines")
    assert (one.name, one.command, bool(one.place), one.since > 0) == ("A_KEY", (), True, True)
    make().keep("B_KEY", "ünother")
    assert [x.name for x in make().all()] == ["A_KEY", "B_KEY"]
    assert make().value("A_KEY") == "some value\nof two lines"
    make().keep("A_KEY", "a new value")
    assert make().value("A_KEY") == "a new value"
    make().forget("A_KEY")
    assert [x.name for x in make().all()] == ["B_KEY"]
    for deed in (make().value, make().forget):
        with pytest.raises(NotFound, match="A_KEY"):
            deed("A_KEY")


def test_no_value_is_shown_by_what_is_listed(make: Make) -> None:
    make().keep("A_KEY", "the-value-itself")
    assert "the-value-itself" not in repr(make().all())


@pytest.fixture
def files(tmp_path: Path) -> KeptSecrets:
    return KeptSecrets(tmp_path / "secrets", ENVIRON, FileVault)


def test_files_are_the_persons_alone(files: KeptSecrets, tmp_path: Path) -> None:
    files.keep("A_KEY", "the-value-itself")
    for one in (tmp_path / "secrets").rglob("*"):
        assert stat.S_IMODE(one.stat().st_mode) == (0o700 if one.is_dir() else 0o600)


def test_a_keyrings_value_is_in_no_file_of_ours(tmp_path: Path) -> None:
    kept = KeptSecrets(tmp_path / "secrets", ENVIRON, keyring_below(tmp_path))
    kept.keep("A_KEY", "the-value-itself")
    written = [one.read_bytes() for one in (tmp_path / "secrets").rglob("*") if one.is_file()]
    assert written
    assert not any(b"the-value-itself" in one for one in written)
    without = KeptSecrets(tmp_path / "secrets", ENVIRON, FileVault)
    with pytest.raises(Outside, match="keyring, which cannot be reached"):
        without.value("A_KEY")
    assert kept.value("A_KEY") == "the-value-itself"


def test_a_command_is_asked_each_time(files: KeptSecrets, tmp_path: Path) -> None:
    said = tmp_path / "said"
    files.keep("A_KEY", "what was there before")
    files.ask("A_KEY", ("cat", str(said)))
    assert files.all()[0].command == ("cat", str(said))
    for value in ("first value", "second value"):
        said.write_text(f"{value}\n")
        assert files.value("A_KEY") == value
    assert not any("before" in one.read_text() for one in tmp_path.rglob("*") if one.is_file())


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("false",), "exits with 1"),
        (("true",), "exits with 0"),
        (("no-such-program-here",), "No such file"),
        (("sh", "-c", "echo the-value-itself; exit 3"), "exits with 3"),
    ],
)
def test_a_command_that_gives_nothing(
    files: KeptSecrets, argv: tuple[str, ...], words: str
) -> None:
    files.ask("A_KEY", argv)
    with pytest.raises(Outside, match=words) as failed:
        files.value("A_KEY")
    assert "the-value-itself" not in str(failed.value) + failed.value.hint


def test_a_value_that_a_vault_lost(files: KeptSecrets, tmp_path: Path) -> None:
    files.keep("A_KEY", "the-value-itself")
    (tmp_path / "secrets/values/A_KEY").unlink()
    with pytest.raises(NotFound, match="does not have A_KEY any more"):
        files.value("A_KEY")
    files.forget("A_KEY")
    assert files.all() == []


def test_a_damaged_record_hides_no_other(files: KeptSecrets, tmp_path: Path) -> None:
    files.keep("A_KEY", "the-value-itself")
    (tmp_path / "secrets/B_KEY.json").write_text("{")
    assert [one.name for one in files.all()] == ["A_KEY"]


def test_without_a_keyring_files_are_best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert isinstance(best_vault(tmp_path), FileVault)
