"""`git mv` of directories that the kernel does not rename: as git does it elsewhere, and nothing is ever lost."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ropewalk.runner.programs import FOLDER, found_first
from ropewalk.testing.repositories import commit_all, make_repository, plain_git, write_files
from ropewalk.workspace.ladder import survey
from tests.workspace.contract import Bench

FILES: dict[str, str | bytes] = {
    ".gitignore": "*.log\n",
    "a.txt": "one\n",
    "dir/d.txt": "four\n",
    "dir/run.sh": "#!/bin/sh\n",
    "dir/deep/c.txt": "three\n",
    "it's\n$(date) \"odd\"/it's": "odd\n",
    "-f/x": "dash\n",
    "mv/mv/mv": "mv\n",
    "old/b.txt": "two\n",
    "there/t.txt": "t\n",
}
SEEN = r"""
command git status --porcelain -z | tr '\0' '\n'; command git diff --cached --name-status -M
find . -path ./.git -prune -o -type f -printf '%M %n %s %P\n' -o -printf '%M %l %P\n' | sort
find . -name x.log -printf '%T@\n' -exec cat {} +
"""
BEFORE = """
git() { command git "$@" 2>&1 && echo "status 0" || echo "status $?"; }
echo new > dir/untracked; echo x > dir/x.log; mkdir dir/empty; ln -s d.txt dir/link; ln dir/d.txt dir/hard
chmod 700 dir/deep; touch -d 2001-02-03 dir/x.log; ln -s dir also
"""
CASES = {
    "renamed": "git mv dir moved",
    "into another": "git mv dir there",
    "into another, with a slash": "git mv dir/ there/",
    "several": "git mv a.txt dir old/b.txt mv there",
    "twice": "git mv dir moved; git mv moved dir; git mv dir there; git mv there/dir dir",
    "below": "git mv dir/deep deep; git mv dir there",
    "case only": "git mv dir DIR; git mv DIR Dir",
    "words": "git mv -v -f dir/ moved; git mv there -v dir2; git mv -fv -- mv dir3",
    "a dry run": "git mv -n dir moved; git mv dir moved --dry-run; git mv -vn dir moved",
    "what cannot be": """
        git mv dir; git mv dir none/moved; git mv none dir there; git mv dir a.txt; git mv dir/d.txt dir
    """,
    "what can be of it": "git mv -k none dir a.txt there",
    "nothing tracked": "mkdir empty; git mv empty moved; git mv -k empty dir there",
    "elsewhere": 'git -C mv -C mv mv mv vm; git -C "$PWD" mv dir moved; cd old; git mv ../mv ./mv; git mv . ..',
    "absolute": 'git mv "$PWD/dir" "$PWD/moved"; cd there; git mv "$PWD/../moved" .',
    "its repository named": """
        here=$PWD; git -c core.quotePath=false --git-dir=.git --work-tree . mv dir moved
        cd /; git --git-dir "$here/.git" --work-tree="$here" mv moved again
        GIT_DIR=$here/.git GIT_WORK_TREE=$here git mv again more
        cd "$here/old"; GIT_DIR=$here/.git GIT_WORK_TREE=$here git mv ../more less
    """,
    "odd names": """
        odd=$(printf "it's\\n\\044(date) \\"odd\\""); git mv "$odd" there; git mv "there/$odd" "$odd $odd"
        git mv -- -f -k; git mv ./-k "./ -k "; git mv " -k " " "
    """,
    "links": "git mv also moved; git add also; git mv also moved; git mv moved/deep deep; git mv moved there",
    "of no repository": "cd /; git mv dir moved",
    "a word that is none": "git move dir moved; git -C none mv dir moved; git; git -C; git mv; git mv -k",
    "renamed by itself": "git rm -rq --cached dir; git mv dir moved; git add dir; git mv dir moved",
}


@pytest.fixture(name="bench", scope="module")
def _bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("moving")
    rung = next(one for one in survey(folder / "probed") if one.name == "overlay")
    if not rung.offered:
        pytest.skip(f"NOT RUN: the engine overlay was not tested: {rung.why}")
    return Bench("overlay", folder, made)


def made(root: Path) -> str:
    make_repository(root, {"a.txt": ""})
    write_files(root, FILES)
    (root / "dir/run.sh").chmod(0o755)
    return commit_all(root)


def in_plain(bench: Bench, script: str, name: str) -> tuple[str, str]:
    """What a script says in an ordinary checkout, and the tree that git makes there."""
    at = bench.folder / "plain" / name
    plain_git(bench.folder, "clone", "--quiet", str(bench.root), str(at))
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TMPDIR": str(at)}
    argv = ["sh", "-ec", script]
    done = subprocess.run(argv, cwd=at, env=environment, capture_output=True, check=True)
    plain_git(at, "add", "--all")
    said = done.stdout.decode("utf-8", "replace").strip().replace(str(at), "HERE")
    return said, plain_git(at, "write-tree")


@pytest.mark.parametrize("case", CASES)
def test_as_git_does_it_elsewhere(bench: Bench, case: str) -> None:
    script, name = f'{BEFORE}{CASES[case]}\ncd "$top"{SEEN}', case.replace(" ", "-")
    script = f"top=$PWD; {script}"
    place = bench.prepare(name)
    said = bench.inside(script, name).replace(place.path, "HERE")
    expected, tree = in_plain(bench, script, name)
    assert said == expected
    assert bench.snapshot(id=name).tree == tree
    assert ".git-mv" not in said


def test_most_of_the_cases_need_it(bench: Bench) -> None:
    """Without ours the kernel refuses; so the cases above can fail."""
    bench.prepare("bare")
    without = "PATH=${PATH#*:}; git mv dir moved 2>&1 || true"
    assert "ross-device link" in bench.inside(without, "bare")
    assert bench.snapshot(id="bare").commit == bench.base


def test_what_git_is_told_of_memory(bench: Bench, tmp_path: Path) -> None:
    """Only by commands that read the index and start nothing of the person's, and beside what they set themselves."""
    bench.prepare("memory")
    said = tmp_path / "git"
    said.write_text('#!/bin/sh\necho "$1 $GLIBC_TUNABLES"\n')
    said.chmod(0o755)
    told = f"PATH=${{PATH%%:*}}:{tmp_path}:${{PATH#*:}}; "
    asked = "git status; git commit; GLIBC_TUNABLES=a=b git add; echo ${GLIBC_TUNABLES-none}"
    status, commit, add, after = bench.inside(told + asked, "memory").splitlines()
    assert status.startswith("status glibc.malloc.hugetlb=1:")
    assert (commit, after) == ("commit ", "none")
    assert add.startswith("add a=b:glibc.malloc.hugetlb=1:")


def test_a_shell_that_sets_its_path_anew(bench: Bench) -> None:
    bench.prepare("anew")
    if shutil.which("bash") is None:
        pytest.skip("NOT RUN: bash is not installed")
    found = bench.inside("env PATH=/usr/local/bin:/usr/bin:/bin bash -c 'command -v git'", "anew")
    assert found == f"{FOLDER}/bin/git"
    assert bench.inside("env BASH_ENV= PATH=$PATH bash -c 'type -a git' | wc -l", "anew") != "1"


WRAPPED = """#!/bin/sh
n=$(($(cat {at}/n) + 1)); echo $n >{at}/n
if [ $n = {fatal} ]; then kill -{signal} $PPID; test {signal} != KILL || exit 1; fi
exec {real} "$@"
"""


def with_death(bench: Bench, at: Path, fatal: int, signal: str) -> str:
    """A folder of programs; the one that is used as the nth lets its caller die."""
    at.mkdir()
    (at / "n").write_text("0")
    for name in ("touch", "mkdir", "cp", "mv", "rm"):
        text = WRAPPED.format(at=at, fatal=fatal, signal=signal, real=shutil.which(name))
        (at / name).write_text(text)
        (at / name).chmod(0o755)
    return f"PATH=${{PATH%%:*}}:{at}:${{PATH#*:}}"


WHOLE = """
whole() { test -f "$1/d.txt" && test -f "$1/run.sh" && test -f "$1/deep/c.txt" && test -f "$1/x.log"; }
"""


@pytest.mark.parametrize("signal", ["KILL", "TERM"])
def test_nothing_is_lost_wherever_it_is_killed(bench: Bench, tmp_path: Path, signal: str) -> None:
    ended = [dies(bench, tmp_path, fatal, signal) for fatal in range(1, 12)]
    assert ended.count(True) >= 8
    assert not ended[-1]


def dies(bench: Bench, folder: Path, fatal: int, signal: str) -> bool:
    """Whether it was killed there, with nothing lost, or else has done its work."""
    name = f"{signal}{fatal}"
    bench.prepare(name)
    path = with_death(bench, folder / name, fatal, signal)
    said = bench.inside(f"echo x > dir/x.log; ({path}; git mv dir moved) 2>&1 || echo died", name)
    died = said.endswith("died")
    if died:
        left = "ls .git-mv 2>/dev/null || true; whole dir || whole .git-mv/whole/dir"
        assert not bench.inside(f"{WHOLE} {left}", name) or signal == "KILL"
        assert not [one for one in bench.snapshot(id=name).paths if ".git-mv" in one]
        back = "if test -d .git-mv/whole/dir; then rm -rf dir; mv .git-mv/whole/dir dir; fi"
        bench.inside(f"{back}; rm -rf .git-mv", name)
        assert bench.snapshot(id=name).commit == bench.base
        bench.inside("git mv dir moved", name)
    found = bench.inside(f"{WHOLE} whole moved; ls -A | grep git; git status --porcelain", name)
    assert found.startswith(".git\n.gitignore\nR  dir/d.txt -> moved/d.txt\n")
    return died


def test_a_copy_that_fails(bench: Bench) -> None:
    """As on a full disk: no file may become so large. Nothing has moved, nor what was named before it."""
    bench.prepare("full")
    said = bench.inside(
        "head -c 300000 /dev/zero > dir/x.log; (ulimit -f 100; git mv a.txt dir there 2>&1 || echo $?)",
        "full",
    )
    assert "cannot be copied" in said
    assert said.endswith("\n128")
    left = bench.inside("ls -d a.txt dir/* .git-mv 2>&1 || true; wc -c < dir/x.log", "full")
    assert left.split("\n") == [
        "ls: cannot access '.git-mv': No such file or directory",
        *("a.txt", "dir/d.txt", "dir/deep", "dir/run.sh", "dir/x.log", "300000"),
    ]
    bench.inside("git mv a.txt dir there; test -f there/dir/x.log; test -f there/a.txt", "full")


def test_another_at_work(bench: Bench) -> None:
    bench.prepare("two")
    said = bench.inside("mkdir .git-mv; git mv dir moved 2>&1 || echo $?; rmdir .git-mv", "two")
    assert ".git-mv is there" in said
    assert said.endswith("\n128")
    assert bench.snapshot(id="two").commit == bench.base


@pytest.mark.parametrize(("before", "found"), [("/x", True), ("/x:y", False), ("/$x", False)])
def test_only_where_a_path_may_name_it(before: str, found: bool) -> None:
    made = found_first({"PATH": "/bin", "A": "b"}, f"{before}/shell")
    assert (made["PATH"] == f"{before}/shell/bin:/bin") is found
    assert found_first({"BASH_ENV": "mine"})["BASH_ENV"] == "mine"
    assert found_first({})["PATH"].startswith(f"{FOLDER}/bin:/")
