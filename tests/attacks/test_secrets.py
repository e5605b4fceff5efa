"""Variables that an agent is handed: in its environment, and nowhere else."""

import os
import sys
from pathlib import Path

from tests.e2e.instance import every_pid, instance, until
from tests.e2e.repository import Repository

SECRET = "s3cr3t-5f1c2e9a"  # noqa: S105 (nobody's)
AGENT = """
import os, sys, time
sys.stderr.write("length %d\\n" % len(os.environ["MY_API_KEY"]))
open("made.txt", "w").write("made")
while not os.path.exists("go"): time.sleep(0.05)
"""


def told(place: Path, name: str) -> bytes:
    try:
        return (place / name).read_bytes()
    except OSError:
        return b""


def test_a_secret_is_seen_by_its_agent_only(tmp_path: Path) -> None:
    config = (
        f"[agents.mine]\ncommand = [{sys.executable!r}, {str(tmp_path / 'agent.py')!r}]\n"
        'prompt = "stdin"\n'
        "[agents.broken]\ncommand = ['/dev/null/nothing']\nprompt = 'stdin'\n"
        "[checks.look]\nrun = ['sh', '-c', 'test -z \"$MY_API_KEY$OTHER_API_KEY\"']\n"
    )
    (tmp_path / "agent.py").write_text(AGENT)
    repo = Repository(tmp_path / "shop", {"a.py": "x\n", "ropewalk.toml": config})
    hidden = {"MY_API_KEY": SECRET, "OTHER_API_KEY": f"other-{SECRET}"}
    mine_alone = "".join(f"[agents.{one}]\npasses = ['MY_API_KEY']\n" for one in ("mine", "broken"))
    with instance(tmp_path / "home") as rw:
        rw.does("ls", at=repo.path)  # the hub does not begin with them
        (rw.home / "config.toml").write_text(mine_alone)
        rw._environment = hidden
        rw.starts("--agent", "mine", "say nothing", at=repo.path)
        rw.types("run", "--detach", "--yes", "--trust", "--agent", "broken", "x", at=repo.path)
        until(lambda: next(rw.home.glob("host/workspaces/*/upper/made.txt"), None), "its file")
        places = [Path(f"/proc/{pid}") for pid in every_pid() if pid != os.getpid()]
        mine = [one for one in places if os.fsencode(SECRET) in told(one, "environ")]
        assert len(mine) == 1, [told(one, "cmdline") for one in mine]
        assert b"agent.py" in told(mine[0], "cmdline")
        assert not [one for one in places if os.fsencode(SECRET) in told(one, "cmdline")]
        rw.does("shell", "1.1", "--", "touch", "go", at=repo.path)
        rw.does("wait", "1", at=repo.path)
        shown = rw.attempt("1.1", repo.path)
        assert [one["standing"] for one in shown["checks"]] == ["passed"]
        said = "".join(str(rw.types(*words, at=repo.path)) for words in (
            ("log", "1"), ("log", "1", "--json"), ("show", "1.1", "--json"), ("ls", "--all", "--json"),
            ("hub", "logs"), ("doctor",),
        ))  # fmt: skip
        assert SECRET not in said
        rw._environment = {}
        rw.types("hub", "stop", at=repo.path)
        until(lambda: not (rw.home / "hub/hub.sock").exists(), "the hub's end")
        files = [one for one in rw.home.rglob("*") if one.is_file()]
        assert any(one.name == "hub.db" for one in files)
        assert [one for one in files if os.fsencode(SECRET) in one.read_bytes()] == []
