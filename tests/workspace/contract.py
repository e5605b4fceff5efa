"""What every engine must do, as a program: `python contract.py ENGINE FOLDER`, as whoever runs it.

Each check gets a project and an engine of its own; it fails with an assertion. Nothing here knows how an engine
makes its files: a workspace is entered as its runs enter it.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ropewalk.git.process import git
from ropewalk.git.repository import GitRepository
from ropewalk.git.stores import store
from ropewalk.ports import Order, Place, Snapshot
from ropewalk.runner.programs import found_first
from ropewalk.testing.repositories import make_repository, plain_git
from ropewalk.workspace.inside import run_inside
from ropewalk.workspace.ladder import workspaces

FILES: dict[str, str | bytes] = {
    ".gitignore": "*.log\nnode_modules/\n",
    "a.txt": "one\n",
    "b.txt": "two\n",
    "crlf.txt": b"x\r\n",
    "dir/deep/c.txt": "three\n",
    "dir/d.txt": "four\n",
    "empty": "",
    "gone/e.txt": "five\n",
    "run.sh": "#!/bin/sh\n",
}
EDITS = """
echo more >> a.txt; rm b.txt; mv dir dir2; rm -r gone; echo file > gone; chmod +x run.sh
ln -s /etc/passwd link; ln -s dir2 also; mkdir new; echo x > new/x.txt; echo y > y.log
mkdir node_modules; echo z > node_modules/z; mv crlf.txt CRLF.txt; printf 'a\\nb' > 'odd name'; : > empty2
"""


def ordinary(root: Path) -> str:
    return make_repository(root, FILES)


class Bench:
    """A project with one commit, and workspaces of it by one engine."""

    def __init__(self, engine: str, folder: Path, made: Callable[[Path], str] = ordinary) -> None:
        """`made` makes the repository at a path, and says which commit is the base."""
        self.folder, self.engine = folder, engine
        self.root, self.home = folder / "repo", folder / "rw"
        self.all = workspaces(self.home, wanted=engine)
        self.own = store(self.home, "p")
        self.base = made(self.root)
        GitRepository(self.home).take(
            project="p", source=str(self.root), commit=self.base, ref="refs/ropewalk/tasks/t/base"
        )

    def prepare(self, id: str = "w", commit: str = "", branch: str = "ropewalk/7.1") -> Place:
        return asyncio.run(
            self.all.prepare(Order(id=id, project="p", base=commit or self.base, branch=branch))
        )

    def inside(self, script: str, id: str = "w") -> str:
        """What a shell in a workspace says."""
        argv, environment = ["sh", "-ec", script], {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        if plan := self.all.plan(id):
            out = run_inside(plan, None, argv, environment=found_first(environment))
        else:
            path = self.prepare(id).path
            out = subprocess.run(
                argv, cwd=path, env=environment, capture_output=True, check=True
            ).stdout
        return out.decode("utf-8", "replace").strip()

    def snapshot(self, parent: str = "", id: str = "w") -> Snapshot:
        ref = f"refs/ropewalk/attempts/{id}/1"
        parent = parent or self.base
        return asyncio.run(
            self.all.snapshot(
                id=id, project="p", base=self.base, parent=parent, ref=ref, message="turn"
            )
        )

    def replace(self, commit: str) -> None:
        ref = "refs/ropewalk/undo/w"
        asyncio.run(self.all.replace(id="w", project="p", commit=commit, ref=ref))

    def keep(self, name: str) -> bool:
        return asyncio.run(self.all.keep(id="w", name=name))

    def bring_back(self, name: str, saved: str) -> str:
        return asyncio.run(self.all.bring_back(id="w", name=name, saved=saved))

    def size(self) -> int:
        """How large the workspace is said to be."""
        found = asyncio.run(self.all.usage())
        return next(one.bytes for one in found if one.kind == "workspace")

    def read(self, path: str, limit: int = 100) -> bytes | None:
        return asyncio.run(self.all.read(id="w", path=path, limit=limit))

    def expected(self, script: str) -> str:
        """The tree that git makes of the same edits in an ordinary checkout."""
        plain = self.folder / "plain"
        plain_git(self.folder, "clone", "--quiet", str(self.root), str(plain))
        subprocess.run(["sh", "-ec", script], cwd=plain, check=True)
        plain_git(plain, "add", "--all")
        return plain_git(plain, "write-tree")


def prepares_once(bench: Bench) -> None:
    place = bench.prepare()
    assert bench.inside("git symbolic-ref HEAD") == "refs/heads/ropewalk/7.1"
    assert bench.inside("git rev-parse HEAD") == bench.base
    assert bench.inside("pwd -P") == str(Path(place.path).resolve())
    assert bench.inside("git remote") == ""
    bench.inside("echo mine > a.txt; git commit -qam mine")
    assert bench.prepare() == place
    assert bench.inside("git log -1 --format='%an %s'; cat a.txt") == "Ropewalk attempt mine\nmine"
    bench.prepare("check", branch="")
    assert bench.inside("git rev-parse --abbrev-ref HEAD; cat a.txt", "check") == "HEAD\none"


def begins_clean(bench: Bench) -> None:
    """Git need not look into a file to see that nothing changed; nor need ours."""
    bench.prepare("first")
    bench.prepare()
    assert bench.inside("git status --porcelain") == ""
    bench.prepare("second")
    assert bench.inside("git diff-files --raw", "second") == ""
    assert bench.snapshot().commit == bench.base


def records_what_git_would(bench: Bench) -> None:
    bench.prepare()
    bench.inside(EDITS)
    made = bench.snapshot()
    assert made.tree == bench.expected(EDITS), git(
        "ls-tree", "-r", "--name-only", made.tree, git_dir=bench.own
    ).decode()
    assert made.left_out == ()
    assert bench.snapshot(made.commit).commit == made.commit
    bench.inside("git add --all; git commit -qm mine; echo again >> a.txt")
    assert bench.snapshot(made.commit).tree != made.tree


def moves_directories(bench: Bench) -> None:
    """With git, which asks the kernel to rename them."""
    bench.prepare()
    script = (
        "git mv dir/deep deeper; git mv dir gone; echo more >> gone/dir/d.txt; git mv gone Gone"
    )
    bench.inside(f"mkdir dir/node_modules; echo z > dir/node_modules/z; {script}")
    assert bench.inside("cat Gone/dir/node_modules/z; test ! -e dir; test ! -e gone") == "z"
    assert "R100\tdir/deep/c.txt\tdeeper/c.txt" in bench.inside(
        "git diff --cached --name-status -M"
    )
    assert bench.snapshot().tree == bench.expected(script)


def replaces_files(bench: Bench) -> None:
    bench.prepare()
    bench.inside(EDITS)
    made = bench.snapshot()
    bench.replace(bench.base)
    assert bench.inside("cat a.txt dir/deep/c.txt; test ! -e dir2; test ! -e new") == "one\nthree"
    assert bench.inside("cat y.log node_modules/z") == "y\nz"
    assert bench.snapshot().tree == plain_git(bench.root, "rev-parse", "HEAD^{tree}")
    bench.replace(made.commit)
    assert bench.inside("cat dir2/d.txt; readlink link; test -x run.sh") == "four\n/etc/passwd"
    assert bench.snapshot(made.commit).commit == made.commit


LOOK = "ls -AR --ignore=.git; cat x.log node_modules/a/f .venv/v; readlink node_modules/a/link; stat -c %a x.log"
LATER = """
echo 22 > x.log; chmod 600 x.log; rm -r node_modules/a; echo file > node_modules/a; mkdir -p dir/node_modules/a
echo y > dir/y.log; echo d > dir/node_modules/a/f; rm -r .venv; mkdir gone/x.log; echo in > gone/x.log/in
"""


def keeps_ignored_files(bench: Bench) -> None:
    """An engine can, or says that it cannot; then none is touched."""
    can = bench.engine in ("btrfs", "reflink")
    bench.prepare()
    bench.inside(
        "echo 1 > x.log; mkdir -p node_modules/a .venv; echo a > node_modules/a/f; ln -s f node_modules/a/link\n"
        "echo '*' > .venv/.gitignore; echo v > .venv/v; echo new >> a.txt"
    )
    first, before = bench.snapshot(), bench.inside(LOOK)
    assert bench.keep("turn-1") is can
    bench.inside(LATER)
    assert bench.snapshot().tree == first.tree
    after = bench.inside("ls -AR --ignore=.git")
    assert bench.bring_back("turn-1", "later") == ""
    assert bench.keep("later") is can
    assert bench.bring_back("turn-1", "later") == ("all" if can else "")
    assert (bench.inside(LOOK) == before) if can else (bench.inside("cat x.log") == "22")
    assert bench.snapshot().tree == first.tree
    assert bench.bring_back("turn-1", "later") == ("same" if can else "")
    assert bench.bring_back("later", "turn-1") == ("all" if can else "")
    assert bench.inside("ls -AR --ignore=.git") == after
    assert bench.inside("cat x.log dir/node_modules/a/f gone/x.log/in") == "22\nd\nin"
    assert bench.bring_back("../../mark", "later") == ""
    bench.inside("head -c 3000000 /dev/urandom > large.log")
    counted = bench.size()
    for number in range(12):
        bench.keep(f"turn-{number}")
    assert bench.engine == "reflink" or bench.size() < counted + 1_000_000
    kept = bench.home / "host/workspaces/w/kept"
    assert kept.is_dir() is can
    assert not can or len([*kept.iterdir()]) == 10
    assert asyncio.run(bench.all.trash(id="w", forever=True))
    assert [*(bench.home / "host/trash").iterdir()] == []


def reads_files_only(bench: Bench) -> None:
    bench.prepare()
    bench.inside("ln -s /etc/passwd link; ln -s /etc dir3; mkfifo pipe; echo new > n; rm b.txt")
    for name in (
        "link",
        "dir3/passwd",
        "../mark",
        "/etc/passwd",
        "pipe",
        "none",
        "b.txt",
        "",
        "dir",
    ):
        assert bench.read(name) is None, name
    assert bench.read("n") == b"new\n"
    assert bench.read("dir/deep/c.txt") == b"three\n"
    assert bench.read("a.txt", 3) is None


def trashes_and_restores(bench: Bench) -> None:
    place = bench.prepare()
    bench.inside("echo ignored > x.log; mkdir -p deep/er/still; echo > deep/er/still/f")
    live, trash = bench.home / "host/workspaces", bench.home / "host/trash"
    assert asyncio.run(bench.all.trash(id="w"))
    assert not (live / "w").exists()
    assert not asyncio.run(bench.all.trash(id="w"))
    assert asyncio.run(bench.all.restore(id="w"))
    assert bench.prepare() == place
    assert bench.inside("cat x.log") == "ignored"
    assert asyncio.run(bench.all.trash(id="w", forever=True))
    assert not asyncio.run(bench.all.restore(id="w"))
    assert [*live.iterdir(), *trash.iterdir()] == []


def hides_siblings(bench: Bench) -> None:
    bench.prepare("first")
    bench.prepare()
    bench.inside("echo secret > s.txt", "first")
    made = bench.snapshot(id="first")
    blob = git("rev-parse", f"{made.commit}:s.txt", git_dir=bench.own).decode().strip()
    for one in (blob, made.commit, made.tree):
        assert bench.inside(f"git cat-file -t {one} 2>&1 || true").startswith("fatal"), one
    assert bench.inside(f"git cat-file -p {bench.base}:a.txt") == "one"
    bench.prepare("check", made.commit, "")
    assert bench.inside("cat s.txt; git status --porcelain", "check") == "secret"
    bench.prepare("third")
    assert bench.inside(f"git cat-file -t {blob} 2>&1 || true", "third").startswith("fatal")


def leaves_others_alone(bench: Bench) -> None:
    """What one writes, in place or anew, nobody else sees."""
    bench.prepare("first")
    bench.prepare()
    bench.inside("echo mine >> a.txt; rm b.txt; echo x > dir/d.txt; git config x.y z", "first")
    assert bench.inside("cat a.txt b.txt dir/d.txt; git config x.y || true") == "one\ntwo\nfour"
    bench.prepare("third")
    assert bench.inside("cat a.txt b.txt dir/d.txt", "third") == "one\ntwo\nfour"


def obeys_nothing(bench: Bench) -> None:
    proof, script = bench.folder / "pwned", bench.folder / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {proof}\ncat\n")
    script.chmod(0o755)
    bench.prepare()
    bench.inside(
        f"rm -f .git/info/attributes; echo '* filter=evil diff=evil' > .gitattributes; echo x >> a.txt\n"
        f"git config filter.evil.clean {script}; git config core.fsmonitor {script}\n"
        f"mkdir -p .git/hooks; cp {script} .git/hooks/post-index-change; git config diff.evil.textconv {script}"
    )
    bench.inside("git add --all || true")
    assert proof.exists(), "the attack must work on plain git"
    proof.unlink()
    made = bench.snapshot()
    assert {".gitattributes", "a.txt"} <= set(made.paths)
    bench.replace(bench.base)
    bench.prepare("other")
    assert asyncio.run(bench.all.trash(id="w"))
    assert not proof.exists()


def names_what_it_leaves_out(bench: Bench) -> None:
    """Too large a file, and what cannot be read; the versions keep what was there."""
    bench.prepare()
    bench.inside("truncate -s 513M large b.txt; echo x > hidden; echo more >> a.txt")
    bench.inside(
        "mkdir closed; echo x > closed/x; echo x > dir/new; chmod 0 hidden a.txt closed dir"
    )
    left = {"large", "b.txt"}
    made = bench.snapshot()
    names = git("ls-tree", "-r", "--name-only", made.tree, git_dir=bench.own).decode().split("\n")
    found = {one.removesuffix("/") for one in made.left_out}
    assert left <= found, found
    if os.geteuid():
        assert {"hidden", "a.txt"} <= found, found
        assert {one.split("/")[0] for one in found} <= {*left, "hidden", "a.txt", "closed", "dir"}
        assert made.tree == plain_git(bench.root, "rev-parse", "HEAD^{tree}")
    assert set(FILES) - {"b.txt"} <= set(names)
    assert asyncio.run(bench.all.trash(id="w", forever=True))
    assert [*(bench.home / "host/trash").iterdir()] == []


def records_while_somebody_writes(bench: Bench) -> None:
    """What stands still is recorded, whatever else comes and goes meanwhile."""
    bench.prepare()
    bench.inside("mkdir kept; echo x > kept/x")
    stop, began = bench.folder / "stop", bench.folder / "began"
    script = (
        f"n=0; while [ ! -e {stop} ]; do n=$((n+1)); mkdir -p t/$((n%7)); echo $n > t/$((n%7))/f$((n%13)); "
        f"mv t/$((n%7)) u$((n%5)) || true; rm -rf u$(((n+2)%5)); : > {began}; done 2>/dev/null"
    )
    writing = threading.Thread(target=bench.inside, args=(script,))
    writing.start()
    try:
        while not began.exists() and writing.is_alive():
            time.sleep(0.005)
        made = [bench.snapshot() for _ in range(4)]
        assert writing.is_alive()
    finally:
        stop.touch()
        writing.join()
    for one in made:
        assert "kept/x" in one.paths
        assert not {"a.txt", "b.txt", "dir/d.txt"} & set(one.paths)


CHECKS: dict[str, Callable[[Bench], None]] = {
    one.__name__: one
    for one in (
        *(prepares_once, begins_clean, records_what_git_would, moves_directories, replaces_files),
        *(
            reads_files_only,
            trashes_and_restores,
            hides_siblings,
            leaves_others_alone,
            obeys_nothing,
        ),
        *(keeps_ignored_files, names_what_it_leaves_out, records_while_somebody_writes),
    )
}


def main(engine: str, folder: str) -> int:
    os.umask(0o022)
    failed = 0
    for name, check in CHECKS.items():
        place = Path(folder, name)
        place.mkdir()
        try:
            check(Bench(engine, place))
        except Exception:
            traceback.print_exc()
            print(f"{engine} fails: {name}", flush=True)
            failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
