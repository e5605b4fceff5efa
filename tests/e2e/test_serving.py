"""Looking at attempts as they run: real servers, side by side, through a hub's death, to the attempt's end."""

import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.instance import Instance, gone, instance, kill, until
from tests.e2e.repository import Repository

CONFIG = f"""
[run]
command = ["{sys.executable}", "-u", "-m", "http.server", "--bind", "127.0.0.1", "{{port}}"]
"""
FALLS = """
[run]
command = ["sh", "-c", "echo no database at $PORT; exit 3"]
"""


def made(rw: Instance, at: Path, count: int = 1) -> list[str]:
    """Attempts that wrote different things."""
    task = rw.starts("--agent", "scripted", "-n", str(count), "write a.txt {attempt}", at=at)
    rw.does("wait", "--for", "ended", str(task["number"]), at=at)
    return [one["alias"] for one in task["attempts"]]


def page(server: dict[str, str], path: str = "") -> str:
    """What a browser would see, to which names below .localhost are this machine."""
    with urlopen(f"http://127.0.0.1:{server['port']}/{path}", timeout=10) as answer:
        return answer.read().decode()


def closed(server: dict[str, str]) -> bool:
    try:
        page(server)
    except OSError:
        return True
    return False


@pytest.fixture
def site(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "site", {"a.py": "x = 1\n", "ropewalk.toml": CONFIG})


def test_two_side_by_side(rw: Instance, site: Repository) -> None:
    one, two = made(rw, site.path, 2)
    rw.does("shell", two, "--", "sh", "-c", "echo other > only.txt", at=site.path)
    said = rw.does("serve", one, at=site.path).out
    first = rw.attempt(one, site.path)["server"]
    assert first["address"] == f"http://{one.replace('.', '-')}.localhost:{first['port']}"
    assert f"{one} is at {first['address']}" in said
    assert first["address"] in rw.does("show", one, at=site.path).out
    second = rw.asks("serve", two, at=site.path)["server"]
    assert second["state"] == "running"
    assert second["port"] != first["port"]
    assert page(second, "only.txt") == "other\n"
    assert "only.txt" not in page(first)
    until(lambda: "only.txt" in rw.does("serve", two, "--logs", at=site.path).out, "no output")
    again = rw.asks("serve", one, at=site.path)["server"]
    assert again["since"] == first["since"], "a server that runs is not started again"
    anew = rw.asks("serve", one, "--restart", at=site.path)["server"]
    assert anew["state"] == "running"
    assert anew["since"] > first["since"]
    assert rw.asks("serve", one, "--stop", at=site.path)["server"]["reason"] == "stopped"
    assert closed(first)
    assert page(second)
    assert rw.types("serve", one, "--stop", at=site.path).code == 1
    rw.does("stop", two, at=site.path)
    rw.until(two, lambda found: found["server"]["state"] == "ended", site.path)
    assert closed(second)


def test_it_ends_with_its_attempt(rw: Instance, site: Repository) -> None:
    (one,) = made(rw, site.path)
    server = rw.asks("serve", one, at=site.path)["server"]
    rw.does("drop", one, at=site.path)
    found = rw.until(one, lambda found: found["workspace"] == "trashed", site.path)
    assert found["server"]["state"] == "ended"
    assert closed(server)
    said = rw.types("serve", one, at=site.path)
    assert said.code == 1
    assert "no workspace" in said.err
    rw.does("undo", at=site.path)
    rw.until(one, lambda found: found["workspace"] == "ready", site.path)
    assert rw.asks("serve", one, at=site.path)["server"]["state"] == "running"
    rw.does("merge", one, at=site.path)
    rw.until(one, lambda found: found["workspace"] == "trashed", site.path)
    assert rw.attempt(one, site.path)["server"]["reason"] == "the attempt was merged"


def test_what_cannot_be_served(rw: Instance, plain: Repository, tmp_path: Path) -> None:
    (one,) = made(rw, plain.path)
    said = rw.types("serve", one, at=plain.path)
    assert said.code == 1
    assert "[run]" in said.err
    assert "ropewalk init" in said.err
    falls = Repository(tmp_path / "falls", {"ropewalk.toml": FALLS})
    (one,) = made(rw, falls.path)
    said = rw.types("serve", one, at=falls.path)
    port = rw.attempt(one, falls.path)["server"]["port"]
    assert said.code == 1
    assert "it ended by itself with 3" in said.out
    assert f"no database at {port}" in said.out


def test_servers_outlive_the_hub(tmp_path: Path, site: Repository) -> None:
    """Killed or stopped, a hub finds them again; one that ended meanwhile has ended."""
    with instance(tmp_path / "home") as rw:
        (one,) = made(rw, site.path)
        server = rw.asks("serve", one, at=site.path)["server"]
        hub = rw.hub_pid()
        kill(hub)
        gone(hub)
        assert not closed(server)
        until(lambda: "GET / HTTP" in rw.does("serve", one, "--logs", at=site.path).out, "no log")
        assert rw.attempt(one, site.path)["server"]["since"] == server["since"]
        rw.does("hub", "stop", at=site.path)
        assert not closed(server)
        assert rw.asks("serve", one, "--restart", at=site.path)["server"]["state"] == "running"
        hub = rw.hub_pid()
        kill(hub)
        gone(hub)
        for pid in rw.runner_pids():
            kill(pid)
        found = rw.until(one, lambda found: found["server"]["state"] == "ended", site.path)
        assert found["server"]["reason"] == "its runner was killed"
        assert rw.asks("serve", one, at=site.path)["server"]["state"] == "running"
