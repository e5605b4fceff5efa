"""Adopting at the command line, and a shell that has the set-up's variables."""

from pathlib import Path

from tests.e2e.instance import Instance
from tests.e2e.repository import Repository


def test_adopt_and_go_on(rw: Instance, tmp_path: Path) -> None:
    config = '[environment]\nVIRTUAL_ENV = "{path}/.venv"\nWEB = "{port}"\n'
    repo = Repository(tmp_path / "shop", {"a.py": "x = 1\n", "ropewalk.toml": config})
    repo.git("checkout", "-q", "-b", "feature/cart")
    repo.commits({"cart.py": "y = 2\n"})
    repo.git("checkout", "-q", "main")
    words = ("adopt", "feature/cart", "--agent", "scripted", "--trust")
    said = rw.does(*words, at=repo.path).out
    assert "is a copy of feature/cart: 1 file changed. The original stays as it is." in said
    name = said.split()[0]
    assert "+y = 2" in rw.does("diff", name, at=repo.path).out
    rw.does("say", name, "write b.txt on", at=repo.path)
    rw.until(name, lambda one: len(one["versions"]) == 2, at=repo.path)
    shows = ("shell", name, "--", "sh", "-c", 'echo "$WEB ${PATH#*/shell/bin:}"')
    port, path = rw.does(*shows, at=repo.path).out.split()
    assert (int(port) >= 20_000, path.split(":")[0].endswith("/.venv/bin")) == (True, True)
    said = rw.types("adopt", "nowhere", at=repo.path)
    assert (said.code, "There is no worktree or branch nowhere" in said.err) == (1, True)
