"""Variables that agents were promised, after the hub that knew their values was killed."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.instance import Instance, gone, instance, kill, until
from tests.e2e.repository import Repository

SECRET = "s3cr3t-77aa01"  # noqa: S105 (nobody's)
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()
AGENTS = """
[agents.mine]
command = ["sh", "-c", "printf %s \\"$MY_API_KEY\\" | sha256sum > got.txt; echo $MY_PLACE >> got.txt"]
prompt = "stdin"
"""
PERSON = """
[limits]
attempts = 1

[agents.mine]
passes = ["MY_API_KEY", "MY_PLACE"]
"""


@pytest.fixture
def rw(tmp_path: Path) -> Any:
    with instance(tmp_path / "home") as one:
        one.home.mkdir(mode=0o700, exist_ok=True)
        (one.home / "config.toml").write_text(PERSON)
        yield one


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop", {"a.py": "x\n", "ropewalk.toml": AGENTS})


def waits_behind_another(rw: Instance, shop: Repository, **given: str) -> None:
    """1.1 works and takes the only room, 2.1 waits was promised `given` or what is kept; the hub is killed."""
    gate = shop.path.parent / "gate"
    rw.starts("--agent", "scripted", f"run until test -e {gate}; do sleep 0.05; done", at=shop.path)
    rw.until("1.1", lambda found: found["turn_state"] == "working", shop.path)
    rw._environment = given
    rw.starts("--agent", "mine", "go", at=shop.path)
    rw._environment = {}
    assert rw.attempt("2.1", shop.path)["keys"] == (list(given) or ["MY_API_KEY"])
    hub = rw.hub_pid()
    kill(hub)
    gone(hub)
    gate.touch()


def got(rw: Instance, shop: Repository) -> list[str]:
    rw.does("wait", "--for", "ended", "2.1", at=shop.path)
    return rw.reads("got.txt", "2.1", shop.path).split()


def test_an_attempt_whose_keys_are_gone_needs_you(rw: Instance, shop: Repository) -> None:
    waits_behind_another(rw, shop, MY_API_KEY=SECRET)
    found = rw.until("2.1", lambda found: found["turn_state"] == "ended", shop.path)
    assert (found["group"], found["outcome"], found["turn"]) == ("needs you", "failed", 0)
    assert "The hub no longer has MY_API_KEY, which 2.1 was to get" in found["reason"]
    assert "ropewalk resume 2.1" in found["hint"]
    assert "The hub no longer has MY_API_KEY" in rw.does("ls", at=shop.path).out
    shown = " ".join(rw.does("show", "2.1", at=shop.path).out.split())
    assert "ropewalk resume 2.1" in shown
    log = rw.does("log", "2.1", at=shop.path).out
    assert "gets MY_API_KEY" in log
    assert "could not start: The hub no longer has MY_API_KEY" in log

    refused = rw.types("resume", "2.1", at=shop.path)  # here, too, it is not set
    assert refused.code == 1
    assert "no longer has MY_API_KEY" in refused.out
    assert rw.attempt("2.1", shop.path)["turn_state"] == "ended"

    rw._environment = {"MY_API_KEY": SECRET}
    rw.does("resume", "2.1", at=shop.path)
    rw._environment = {}
    assert got(rw, shop)[0] == DIGEST
    said = rw.does("log", "2.1", "--json", at=shop.path).out
    assert SECRET not in said + rw.does("show", "2.1", "--json", at=shop.path).out


def test_it_can_go_on_without(rw: Instance, shop: Repository) -> None:
    waits_behind_another(rw, shop, MY_API_KEY=SECRET)
    rw.until("2.1", lambda found: found["turn_state"] == "ended", shop.path)
    rw._environment = {"MY_API_KEY": ""}
    rw.does("resume", "2.1", at=shop.path)
    rw._environment = {}
    assert got(rw, shop)[0] == hashlib.sha256(b"").hexdigest()


def test_a_hub_that_has_them_itself_starts_it(rw: Instance, shop: Repository) -> None:
    waits_behind_another(rw, shop, MY_API_KEY=SECRET)
    rw._environment = {"MY_API_KEY": SECRET}
    rw.does("ls", at=shop.path)  # starts the hub, which has them from here
    rw._environment = {}
    assert got(rw, shop)[0] == DIGEST


def test_a_turn_that_is_said_later_needs_them_too(rw: Instance, shop: Repository) -> None:
    rw._environment = {"MY_API_KEY": SECRET, "MY_PLACE": "here"}  # the second from the hub itself
    rw.starts("--agent", "mine", "go", at=shop.path)
    rw._environment = {}
    rw.does("wait", "--for", "ended", "1.1", at=shop.path)
    assert rw.attempt("1.1", shop.path)["keys"] == ["MY_API_KEY", "MY_PLACE"]
    hub = rw.hub_pid()
    kill(hub)
    gone(hub)
    rw.does("say", "1.1", "once more", at=shop.path)
    found = rw.until(
        "1.1", lambda one: one["turn_state"] == "ended" and one["outcome"] == "failed", shop.path
    )
    assert "no longer has MY_API_KEY, MY_PLACE, which 1.1 was to get" in found["reason"]
    assert found["inbox"] == 1
    rw._environment = {"MY_API_KEY": "other", "MY_PLACE": "there"}
    rw.does("resume", "1.1", at=shop.path)
    rw._environment = {}
    found = rw.until("1.1", lambda one: one["turn"] == 2 and one["outcome"] == "done", shop.path)
    text = rw.reads("got.txt", "1.1", shop.path).split()
    assert (text[0], text[-1]) == (hashlib.sha256(b"other").hexdigest(), "there")


def test_an_agent_that_works_keeps_what_it_has(rw: Instance, shop: Repository) -> None:
    """The hub dies while the agent works: nothing is missing for that turn."""
    gate = shop.path.parent / "gate"
    config = AGENTS.replace("printf", f"until test -e {gate}; do sleep 0.05; done; printf")
    shop.commits({"ropewalk.toml": config})
    rw._environment = {"MY_API_KEY": SECRET}
    rw.starts("--agent", "mine", "go", at=shop.path)
    rw._environment = {}
    rw.until("1.1", lambda found: found["turn_state"] == "working", shop.path)
    hub = rw.hub_pid()
    kill(hub)
    gone(hub)
    gate.touch()
    found = until(lambda: rw.attempt("1.1", shop.path), "the attempt")
    found = rw.until("1.1", lambda one: one["outcome"], shop.path)
    assert found["outcome"] == "done"
    assert rw.reads("got.txt", "1.1", shop.path).split()[0] == DIGEST


def nowhere(rw: Instance) -> None:
    """No file of the instance, and no command line of this machine, has the secret."""
    files = [one for one in rw.home.rglob("*") if one.is_file() and not one.is_symlink()]
    assert len(files) > 20
    secret = SECRET.encode()
    for one in files:
        with suppress(FileNotFoundError):  # of a run that was forgotten meanwhile
            assert secret not in one.read_bytes(), one
    lines = [one / "cmdline" for one in Path("/proc").glob("[0-9]*")]
    for one in lines:
        with suppress(OSError):
            assert secret not in one.read_bytes(), one


def test_a_fork_gets_them(rw: Instance, shop: Repository) -> None:
    """From the hub that has them; while it works, they are in its environment and nowhere else."""
    gate = shop.path.parent / "gate"
    shop.commits(
        {
            "ropewalk.toml": AGENTS.replace(
                "printf", f"until test -e {gate}; do sleep 0.05; done; printf"
            )
        }
    )
    rw._environment = {"MY_API_KEY": SECRET}
    rw.starts("--agent", "mine", "go", at=shop.path)
    rw._environment = {}
    gate.touch()
    rw.does("wait", "--for", "ended", "1.1", at=shop.path)
    gate.unlink()
    rw.does("fork", "1.1", "again", at=shop.path)
    rw.until("1.2", lambda found: found["turn_state"] == "working", shop.path)
    assert rw.attempt("1.2", shop.path)["keys"] == ["MY_API_KEY"]
    nowhere(rw)
    gate.touch()
    rw.does("wait", "--for", "ended", "1.2", at=shop.path)
    assert rw.reads("got.txt", "1.2", shop.path).split()[0] == DIGEST
    assert SECRET not in rw.does("log", "1.2", "--json", at=shop.path).out
    nowhere(rw)


def test_a_fork_whose_keys_are_gone_needs_you(rw: Instance, shop: Repository) -> None:
    rw._environment = {"MY_API_KEY": SECRET}
    rw.starts("--agent", "mine", "go", at=shop.path)
    rw._environment = {}
    rw.does("wait", "--for", "ended", "1.1", at=shop.path)
    hub = rw.hub_pid()
    kill(hub)
    gone(hub)
    rw.does("fork", "1.1", "again", at=shop.path)
    found = rw.until("1.2", lambda one: one["turn_state"] == "ended", shop.path)
    assert (found["group"], found["outcome"], found["turn"]) == ("needs you", "failed", 0)
    assert "no longer has MY_API_KEY, which 1.2 was to get" in found["reason"]
    rw._environment = {"MY_API_KEY": SECRET}
    rw.does("resume", "1.2", at=shop.path)
    rw._environment = {}
    rw.until("1.2", lambda one: one["outcome"] == "done", shop.path)
    assert rw.reads("got.txt", "1.2", shop.path).split()[0] == DIGEST
    nowhere(rw)

    rw._environment = {"MY_API_KEY": ""}  # said so: this one goes without
    rw.does("fork", "1.1", "without", at=shop.path)
    rw._environment = {}
    rw.does("wait", "--for", "ended", "1.3", at=shop.path)
    assert rw.attempt("1.3", shop.path)["keys"] == []
    assert rw.reads("got.txt", "1.3", shop.path).split()[0] == hashlib.sha256(b"").hexdigest()


def test_a_secret_that_is_kept_outlives_the_hub(rw: Instance, shop: Repository) -> None:
    said = rw.does("secret", "set", "MY_API_KEY", at=shop.path, text=f"{SECRET}\n").out
    told = " ".join(said.split())
    assert "kept in a file" in told
    assert "It goes to mine, as a variable." in told
    waits_behind_another(rw, shop)
    assert got(rw, shop)[0] == DIGEST
    shown = rw.does("secret", "ls", at=shop.path).out
    assert "MY_API_KEY" in shown
    assert SECRET not in told + shown + rw.does("secret", "ls", "--json", at=shop.path).out
    rw.does("secret", "rm", "MY_API_KEY", at=shop.path)
    assert "There are no secrets" in rw.does("secret", "ls", at=shop.path).out
    nowhere(rw)


@pytest.mark.parametrize(
    ("words", "value", "said"),
    [
        (("set", "MY_API_KEY"), "short", "8 bytes at least"),
        (("set", "MY_API_KEY"), "", "8 bytes at least"),
        (("set", "not a name"), "long enough", "cannot be the name of a secret"),
        (("set",), "long enough", "Which secret?"),
        (("ls", "MY_API_KEY"), "", "one too many"),
        (("rm", "MY_API_KEY"), "", "There is no secret MY_API_KEY"),
        (("rm", "MY_API_KEY", "--command", "x"), "", "--command goes with set"),
        (("set", "MY_API_KEY", "--command", "'x"), "", "The command is not understood"),
    ],
)
def test_what_cannot_be_a_secret(
    rw: Instance, shop: Repository, words: tuple[str, ...], value: str, said: str
) -> None:
    found = rw.types("secret", *words, at=shop.path, text=value)
    assert found.code in (1, 2)
    assert said in found.err
