"""The branch that a change goes to is not as it was: said in words, or done; nothing of the person's is lost."""

from tests.e2e.instance import Instance, until
from tests.e2e.repository import Repository


def result(rw: Instance, repo: Repository, script: str = "write made.txt by the agent") -> str:
    """The alias of an attempt that is through."""
    number = rw.starts("--agent", "scripted", script, at=repo.path)["number"]
    rw.does("wait", str(number), at=repo.path)
    return f"{number}.1"


def bounced(rw: Instance, repo: Repository, *words: str) -> str:
    """What a merge that is refused says; the repository is as it was, the attempt is still there."""
    before = repo.state()
    said = rw.types("merge", *words, at=repo.path)
    assert said.code == 1, said
    after = repo.state()
    assert {**after, "refs": ""} == {**before, "refs": ""}
    kept = [one for one in after["refs"].splitlines() if not one.startswith("refs/ropewalk/")]
    assert [
        one for one in before["refs"].splitlines() if not one.startswith("refs/ropewalk/")
    ] == kept
    assert rw.attempt(words[0], repo.path)["versions"]
    return " ".join((said.out + said.err).split())


def test_target_moved_and_the_change_still_fits(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain)
    theirs = plain.commits({"other.py": "y = 1\n"}, "meanwhile")
    rw.does("merge", one, at=plain.path)
    assert plain.git("rev-parse", "main~1") == theirs
    assert (plain.read("made.txt"), plain.read("other.py")) == ("by the agent\n", "y = 1\n")
    assert plain.git("status", "--porcelain") == ""


def test_conflict(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain, "write a.py x = 'agent'")
    plain.commits({"a.py": "x = 'mine'\n"}, "meanwhile")
    said = bounced(rw, plain, one)
    assert f"{one} now conflicts in a.py" in said
    assert f"ropewalk rebase {one}" in said
    rw.does("rebase", one, at=plain.path)
    assert plain.read("a.py") == "x = 'mine'\n"


def test_target_deleted(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain)
    plain.git("checkout", "-q", "-b", "other")
    plain.git("branch", "-q", "-D", "main")
    said = bounced(rw, plain, one)
    assert "“main” names no commit here" in said
    assert "git branch" in said
    rw.does("merge", one, "--target", "other", at=plain.path)
    assert plain.read("made.txt") == "by the agent\n"


def test_target_checked_out_and_dirty_where_it_matters(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain, "write a.py x = 'agent'")
    plain.write("a.py", "x = 'unsaved'\n")
    said = bounced(rw, plain, one)
    assert "uncommitted work there is in the way" in said
    assert "a.py" in said
    assert "Commit, stash or move it" in said
    plain.git("stash")
    rw.does("merge", one, at=plain.path)
    assert plain.read("a.py") == "x = 'agent'\n"
    assert "unsaved" in plain.git("stash", "show", "-p")


def test_target_checked_out_with_an_untracked_file_in_the_way(
    rw: Instance, plain: Repository
) -> None:
    one = result(rw, plain)
    plain.write("made.txt", "mine, never added\n")
    said = bounced(rw, plain, one)
    assert "made.txt" in said
    assert plain.read("made.txt") == "mine, never added\n"


def test_target_checked_out_and_dirty_elsewhere(rw: Instance, plain: Repository) -> None:
    plain.commits({"notes": "one\n", "staged": "one\n"})
    one = result(rw, plain)
    plain.write("notes", "two\n")
    plain.write("staged", "two\n")
    plain.git("add", "staged")
    plain.write("untracked", "mine\n")
    rw.does("merge", one, at=plain.path)
    assert plain.read("made.txt") == "by the agent\n"
    assert plain.git("status", "--porcelain").splitlines() == [
        "M notes",
        "M  staged",
        "?? untracked",
    ]
    assert plain.git("show", ":staged") == "two"


def test_target_checked_out_in_the_middle_of_a_merge(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain)
    plain.git("checkout", "-q", "-b", "side", "main")
    plain.commits({"a.py": "x = 'side'\n"})
    plain.git("checkout", "-q", "main")
    plain.commits({"a.py": "x = 'main'\n"})
    plain.git("merge", "side", fails=True)
    said = bounced(rw, plain, one)
    assert "in the way" in said or "merge" in said
    assert plain.git("rev-parse", "MERGE_HEAD") == plain.git("rev-parse", "side")


def test_target_checked_out_in_another_worktree(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain)
    plain.git("checkout", "-q", "-b", "mine")
    plain.git("worktree", "add", "-q", str(plain.path.parent / "linked"), "main")
    rw.does("merge", one, at=plain.path)
    assert (plain.path.parent / "linked" / "made.txt").read_text() == "by the agent\n"
    assert not (plain.path / "made.txt").exists()


def test_existing_branch_of_the_same_name(rw: Instance, plain: Repository) -> None:
    """The person's branch `ropewalk/7.1` has nothing to do with attempt 7.1, before or after a merge."""
    number = int(result(rw, plain).partition(".")[0]) + 1
    name = f"ropewalk/{number}.1"
    plain.git("branch", name)
    theirs = plain.commits({"mine.txt": "mine\n"})
    plain.git("update-ref", f"refs/ropewalk/{number}.1", theirs)
    plain.git("checkout", "-q", name)
    one = result(rw, plain)
    assert one == f"{number}.1"
    at_first = plain.git("rev-parse", name)
    rw.does("merge", one, "--target", "main", at=plain.path)
    assert plain.git("rev-parse", name) == at_first
    assert plain.git("show", "main:made.txt") == "by the agent"
    assert plain.git("rev-parse", f"refs/ropewalk/{number}.1") == theirs


def test_check_that_hangs(rw: Instance, plain: Repository) -> None:
    plain.commits({"ropewalk.toml": '[checks.slow]\nrun = "sleep 4713"\nlimit = "1s"\n'})
    number = rw.starts("--agent", "scripted", "write made.txt x", at=plain.path)["number"]
    rw.does("wait", str(number), at=plain.path)
    found = rw.attempt(f"{number}.1", plain.path)
    assert [one["standing"] for one in found["checks"]] == ["timed-out"]
    said = bounced(rw, plain, f"{number}.1")
    assert "slow" in said
    assert "--unchecked" in said
    rw.does("merge", "--unchecked", f"{number}.1", at=plain.path)
    assert plain.read("made.txt") == "x\n"


def test_commit_hook_that_refuses(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain)
    hook = plain.path / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no ticket number >&2\nexit 1\n")
    hook.chmod(0o755)
    said = bounced(rw, plain, one)
    assert "Your commit-msg hook refused the message: " in said
    assert "no ticket number" in said
    assert "ropewalk merge -e" in said


def test_undo_after_the_target_moved_on(rw: Instance, plain: Repository) -> None:
    one = result(rw, plain)
    rw.does("merge", one, at=plain.path)
    plain.commits({"later.txt": "x\n"}, "later")
    before = plain.state()
    said = rw.types("undo", "--yes", at=plain.path)
    assert said.code == 1
    assert "moved on after the merge" in said.err
    assert "git revert" in said.err
    assert plain.state() == before


def test_keep_drop_and_undo_lose_nothing(rw: Instance, plain: Repository) -> None:
    before = plain.state()
    number = rw.starts("--agent", "scripted:2", "write made.txt x", at=plain.path)["number"]
    rw.does("wait", str(number), at=plain.path)
    rw.does("keep", f"{number}.1", at=plain.path)
    until(lambda: rw.attempt(f"{number}.2", plain.path)["workspace"] == "trashed", "trash")
    rw.does("undo", "--yes", at=plain.path)
    found = rw.until(f"{number}.2", lambda one: one["workspace"] == "ready", plain.path)
    assert found["versions"]
    rw.does("drop", str(number), "both are wrong", at=plain.path)
    rw.does("undo", "--yes", at=plain.path)
    assert {**plain.state(), "refs": ""} == {**before, "refs": ""}
