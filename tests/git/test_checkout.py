"""The person's repository: looked at, frozen, moved, and never harmed."""

from pathlib import Path

import pytest

from ropewalk.core.errors import Conflict, NotFound, Refused
from ropewalk.git.checkout import GitCheckout
from ropewalk.git.process import GitLocked
from ropewalk.git.repository import GitRepository
from ropewalk.testing.repositories import commit_all, make_repository, plain_git, write_files

P = "proj"


@pytest.fixture(autouse=True)
def _nobodys_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    root = tmp_path / "it's a “répo”"
    make_repository(root, {"a.txt": "one\n", ".gitignore": "*.log\n.env\n"})
    return root


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> GitCheckout:
    return GitCheckout(tmp_path / "home")


@pytest.fixture(name="repository")
def _repository(tmp_path: Path) -> GitRepository:
    return GitRepository(tmp_path / "home")


def head(root: Path) -> str:
    return plain_git(root, "rev-parse", "HEAD")


def later(root: Path, files: dict[str, str | bytes]) -> tuple[str, str]:
    """A commit on top of main that main does not have yet: (old, new)."""
    old = head(root)
    plain_git(root, "checkout", "--quiet", "--detach")
    write_files(root, files)
    plain_git(root, "add", "--all", "--force")
    plain_git(root, "commit", "--quiet", "-m", "later")
    new = head(root)
    plain_git(root, "checkout", "--quiet", "main")
    return old, new


def test_inspect_names_what_is_there(root: Path, checkout: GitCheckout) -> None:
    write_files(root, {"new.txt": "x", "b.log": "ignored"})
    seen = checkout.inspect(str(root))
    assert (seen.root, seen.branch, seen.head, seen.dirty) == (str(root), "main", head(root), 1)
    plain_git(root, "checkout", "--quiet", "--detach")
    assert checkout.inspect(str(root)).branch == ""


def test_inspect_refuses_with_a_hint(tmp_path: Path, root: Path, checkout: GitCheckout) -> None:
    (tmp_path / "plain").mkdir()
    plain_git(tmp_path, "init", "--quiet", "empty")
    plain_git(tmp_path, "init", "--quiet", "--bare", "bare")
    plain_git(tmp_path, "init", "--quiet", "--object-format=sha256", "sha256")
    words = {
        "missing": "no directory",
        "plain": "not in a git repository",
        "empty": "no commit yet",
        "bare": "bare repository",
        "sha256": "sha256",
        str(root / ".git"): "inside a .git",
    }
    for name, expected in words.items():
        with pytest.raises(Refused, match=expected) as refused:
            checkout.inspect(str(tmp_path / name))
        assert refused.value.hint


def test_resolve_knows_no_option_as_revision(root: Path, checkout: GitCheckout) -> None:
    assert checkout.resolve(str(root), "main") == head(root)
    for name in ("--all", "nowhere"):
        with pytest.raises(NotFound):
            checkout.resolve(str(root), name)


def test_freeze_takes_staged_unstaged_and_new_and_touches_nothing(
    root: Path, checkout: GitCheckout, repository: GitRepository
) -> None:
    write_files(root, {"staged.txt": "staged\n", "x.log": "ignored"})
    plain_git(root, "add", "staged.txt")
    write_files(root, {"a.txt": "changed\n", "new.txt": "new\n"})
    before = (plain_git(root, "status", "--porcelain"), (root / ".git/index").read_bytes())
    objects = plain_git(root, "count-objects")
    frozen = checkout.freeze(str(root), P)
    repository.take(project=P, source=str(root), commit=frozen, ref="refs/ropewalk/b")
    names = [".gitignore", "a.txt", "new.txt", "staged.txt"]
    assert repository.names(project=P, commit=frozen) == names
    files = repository.files(project=P, commit=frozen, paths=["a.txt", "staged.txt", "none"])
    assert files == {"a.txt": b"changed\n", "staged.txt": b"staged\n", "none": None}
    after = (plain_git(root, "status", "--porcelain"), (root / ".git/index").read_bytes())
    assert (after, plain_git(root, "count-objects")) == (before, objects)


@pytest.mark.parametrize("kind", ["shallow", "linked"])
def test_take_and_keep_in_unusual_checkouts(
    kind: str, tmp_path: Path, root: Path, checkout: GitCheckout, repository: GitRepository
) -> None:
    write_files(root, {"a.txt": "two\n"})
    commit_all(root)
    other = tmp_path / "other"
    if kind == "shallow":
        plain_git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), str(other))
    else:
        plain_git(root, "worktree", "add", "--quiet", "-b", "side", str(other))
    commit = checkout.inspect(str(other)).head
    tree = repository.take(project=P, source=str(other), commit=commit, ref="refs/ropewalk/b")
    assert tree == plain_git(other, "rev-parse", "HEAD^{tree}")
    checkout.hold(root=str(other), project=P, commit=commit, ref="refs/ropewalk/kept/1")
    assert plain_git(other, "rev-parse", "refs/ropewalk/kept/1") == commit
    for _ in range(2):
        checkout.hold(root=str(other), project=P, commit="", ref="refs/ropewalk/kept/1")
        assert plain_git(other, "for-each-ref", "refs/ropewalk") == ""
    assert checkout.freeze(str(other), P)


def test_take_runs_no_hook_of_the_person(
    root: Path, checkout: GitCheckout, repository: GitRepository, tmp_path: Path
) -> None:
    proof = tmp_path / "ran"
    hook = root / ".git/hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {proof}\n")
    hook.chmod(0o755)
    plain_git(root, "update-ref", "refs/x", "HEAD")
    assert proof.exists()
    proof.unlink()
    repository.take(project=P, source=str(root), commit=head(root), ref="refs/ropewalk/b")
    assert not proof.exists()


def commit_on(checkout: GitCheckout, repository: GitRepository, root: Path) -> str:
    repository.take(project=P, source=str(root), commit=head(root), ref="refs/ropewalk/b")
    return checkout.commit(
        root=str(root), project=P, commit=head(root), parents=[head(root)], message="A title\n"
    )


def test_commit_is_the_persons_and_their_hook_may_change_or_refuse(
    root: Path, checkout: GitCheckout, repository: GitRepository
) -> None:
    hook = root / ".git/hooks/commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\necho "Reviewed: yes" >>"$1"\n')
    hook.chmod(0o755)
    made = commit_on(checkout, repository, root)
    text = plain_git(root, "log", "-1", "--format=%an <%ae>%n%B", made)
    assert text == "Pat Person <pat@person.example>\nA title\nReviewed: yes"
    hook.write_text("#!/bin/sh\necho no such luck >&2; exit 1\n")
    with pytest.raises(Refused, match="no such luck"):
        commit_on(checkout, repository, root)


def test_commit_needs_a_name(root: Path, checkout: GitCheckout, repository: GitRepository) -> None:
    plain_git(root, "config", "--unset", "user.email")
    with pytest.raises(Refused, match="who you are") as refused:
        commit_on(checkout, repository, root)
    assert "user.email" in refused.value.hint


def test_move_follows_files_forth_and_back_and_spares_other_work(
    root: Path, checkout: GitCheckout
) -> None:
    old, new = later(root, {"a.txt": "two\n", "dir/b.txt": "b\n"})
    write_files(root, {"mine.txt": "untracked", "staged.txt": "staged"})
    plain_git(root, "add", "staged.txt")
    move = {"root": str(root), "branch": "main"}
    assert checkout.move(**move, old=old, new=new) == "updated"
    assert plain_git(root, "status", "--porcelain") == "A  staged.txt\n?? mine.txt"
    assert checkout.move(**move, old=old, new=new) == "already"
    assert checkout.move(**move, old=new, new=old) == "updated"
    assert not (root / "dir").exists()
    assert plain_git(root, "status", "--porcelain") == "A  staged.txt\n?? mine.txt"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"a.txt": "mine\n"}, {"a.txt": "two\n"}),
        ({"b.txt": "mine\n"}, {"b.txt": "theirs\n"}),
        ({".env": "secret\n"}, {".env": "theirs\n"}),
        ({"d.log": "secret\n"}, {"d.log/x": "theirs\n"}),
        ({"d/x.log": "secret\n"}, {"d": "theirs\n"}),
    ],
)
def test_move_never_overwrites_work(
    mine: dict[str, str | bytes],
    theirs: dict[str, str | bytes],
    root: Path,
    checkout: GitCheckout,
) -> None:
    old, new = later(root, theirs)
    write_files(root, mine)
    with pytest.raises(Refused, match="in the way"):
        checkout.move(root=str(root), branch="main", old=old, new=new)
    assert head(root) == old
    for name, content in mine.items():
        assert (root / name).read_text() == content


def test_a_move_that_died_half_way_is_finished_by_a_repeated_one(
    root: Path, checkout: GitCheckout
) -> None:
    old, new = later(root, {"a.txt": "two\n", "b.txt": "b\n", "c.txt": "c\n"})
    write_files(root, {"a.txt": "two\n", "b.txt": "b\n"})
    assert checkout.move(root=str(root), branch="main", old=old, new=new) == "updated"
    assert plain_git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize("lock", ["index.lock", "refs/heads/main.lock"])
def test_a_lock_in_the_way_is_named_and_nothing_is_moved(
    lock: str, root: Path, checkout: GitCheckout
) -> None:
    old, new = later(root, {"a.txt": "two\n"})
    (root / ".git" / lock).touch()
    with pytest.raises(GitLocked) as locked:
        checkout.move(root=str(root), branch="main", old=old, new=new)
    assert lock in locked.value.message
    assert locked.value.hint.endswith(lock)
    (root / ".git" / lock).unlink()
    assert (head(root), plain_git(root, "status", "--porcelain")) == (old, "")
    assert (root / "a.txt").read_text() == "one\n"
    assert checkout.move(root=str(root), branch="main", old=old, new=new) == "updated"


def test_move_says_what_the_branch_is_now(root: Path, checkout: GitCheckout) -> None:
    old, new = later(root, {"a.txt": "two\n"})
    moved = commit_all(root, "meanwhile")
    with pytest.raises(Conflict, match=moved[:12]):
        checkout.move(root=str(root), branch="main", old=old, new=new)
    with pytest.raises(Conflict, match="gone"):
        checkout.move(root=str(root), branch="never", old=old, new=new)


def test_move_of_a_branch_in_another_worktree(
    root: Path, tmp_path: Path, checkout: GitCheckout
) -> None:
    old, new = later(root, {"a.txt": "two\n"})
    plain_git(root, "branch", "side", old)
    assert checkout.move(root=str(root), branch="side", old=old, new=new) == "moved"
    plain_git(root, "update-ref", "refs/heads/side", old)
    plain_git(root, "worktree", "add", "--quiet", str(tmp_path / "side"), "side")
    assert checkout.move(root=str(root), branch="side", old=old, new=new) == "updated"
    assert (tmp_path / "side/a.txt").read_text() == "two\n"
    assert (root / "a.txt").read_text() == "one\n"


def test_git_variables_of_the_caller_are_not_inherited(
    root: Path, checkout: GitCheckout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert checkout.inspect(str(root)).head
