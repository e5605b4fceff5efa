"""The tree of an overlay's files, case by case: beside git on a checkout, and where it must differ from that."""

import os
import shutil
import threading
import traceback
from pathlib import Path

import pytest

from ropewalk.core.errors import Outside
from ropewalk.git.process import git
from ropewalk.testing.repositories import plain_git
from ropewalk.workspace.upper import write_tree
from tests.workspace.overlay import NOBODY, Edit
from tests.workspace.twins import Ground, Twins, kinds

FILES: dict[str, str | bytes] = {
    ".gitattributes": "*.txt text=auto\n",
    ".gitignore": "*.log\nbuild/\nnode_modules/\n",
    "+early.txt": "sorts before the rules\n",
    "a.txt": "a\n",
    "crlf.txt": b"was\r\nthere\r\n",
    "d/b": "b\n",
    "d/e/c": "c\n",
    "d/kept.log": "tracked and ignored\n",
    "build/made": "tracked and ignored\n",
}


@pytest.fixture(name="ground", params=kinds(), scope="module")
def _ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    home = tmp_path_factory.mktemp("ground")
    for above in (home.parent, home.parent.parent):
        above.chmod(0o755)
    return Ground(home, FILES, trusted=request.param)


@pytest.fixture(name="twins")
def _twins(ground: Ground, tmp_path: Path) -> Twins:
    return Twins(tmp_path, ground)


CASES: dict[str, list[Edit]] = {
    "nothing": [],
    "touched": [("touch", "a.txt"), ("touch", "crlf.txt"), ("link", "d/b", "x.log")],
    "whiteouts": [("delete", "d/b"), ("delete", "build"), ("delete", "d/e")],
    "all gone": [("delete", name) for name in ("+early.txt", "a.txt", "crlf.txt", "d", "build")],
    "an opaque directory": [("delete", "d"), ("write", "d/b", "new\n"), ("write", "d/e/x", "x")],
    "a directory for a file": [("write", "a.txt/inner/file", "x")],
    "a file for a directory": [("write", "d", "x"), ("write", "build", "ignored no more\n")],
    "there and back": [("write", "a.txt/x", "x"), ("write", "a.txt", "a\n")],
    "a link for a directory": [("move", "d", "q"), ("symlink", "d", "q")],
    "a link outside": [("symlink", "secret", "/etc/passwd"), ("symlink", "a.txt", "/")],
    "modes": [("mode", "a.txt", "755"), ("mode", "d/b", "600"), ("mode", "crlf.txt", "4711")],
    "hard links": [("link", "a.txt", "z.txt"), ("append", "z.txt", "both\n")],
    "case only": [("rename", "a.txt", "A.txt"), ("move", "d", "D")],
    "names": [
        *(
            ("write", name, name)
            for name in ("\udcff\udcfe", "a\nb", ":x", ":(top)y", "*?[", "-n", " ")
        ),
        *(("write", f"{name}/{name}", "x") for name in ("\udcff", "a\nb", ":!x", "!n", "#c")),
    ],
    "ignored": [("write", "x.log", ""), ("write", "build/x", "x"), ("append", "build/made", "x\n")],
    "unignored": [
        *(("write", ".gitignore", "!*.log\n"), ("write", "x.log", ""), ("write", "build/x", "x")),
    ],
    "rules gone": [
        ("delete", ".gitignore"),
        ("write", "x.log", ""),
        ("write", "node_modules/x", ""),
    ],
    "rules inside": [
        *(("write", "d/.gitignore", "*\n!*.keep\n!.gitignore\n"), ("write", "d/x", "")),
        *(("write", "d/x.keep", ""), ("write", "d/e/n/y.keep", ""), ("append", "d/b", "x")),
    ],
    "rules in what is ignored": [
        *(("write", "build/.gitignore", "!x\n"), ("write", "build/x", "")),
        *(("write", "d/.gitignore", "*\n"), ("write", "d/x", "")),
    ],
    "rules as a link": [
        *(("write", "rules", "*\n"), ("symlink", ".gitignore", "rules"), ("write", "x.log", "")),
    ],
    "attributes changed": [
        *(("write", ".gitattributes", "* text\n"), ("append", "crlf.txt", "x\r\n")),
        *(("write", "new", "x\r\n"), ("write", "d/.gitattributes", "n -text\n")),
        *(("write", "d/n", "x\r\n"), ("write", "d/e/n", "x\r\n")),
    ],
    "attributes gone": [("delete", ".gitattributes"), ("write", "a.txt", "x\r\n")],
    "attributes gone, but git still finds them in its index": [
        *(("delete", ".gitattributes"), ("write", "a.txt", "x\r\n"), ("write", "d/n.txt", "x\r\n")),
        ("write", "+early.txt", "x\r\n"),
    ],
    "line ends that stay": [("append", "crlf.txt", "more\r\n"), ("write", "n.txt", "x\r\n")],
    "filters and encodings": [
        ("write", ".gitattributes", "* filter=x working-tree-encoding=UTF-16 ident\n"),
        ("write", "i", "$Id: 1 $\n"),
    ],
    "empty directories": [("mkdir", "empty"), ("mkdir", "d/e"), ("mkdir", "build")],
}


@pytest.mark.parametrize("case", CASES)
def test_as_git_records_it(twins: Twins, case: str) -> None:
    twins.edit(CASES[case])
    twins.same()


def test_what_did_not_change_is_the_base_itself(twins: Twins) -> None:
    twins.edit(
        [("touch", "a.txt"), ("write", "x.log", "ignored\n"), ("write", "n/y.log", "ignored")]
    )
    assert twins.taken()[0] == plain_git(twins.plain, "rev-parse", f"{twins.base}^{{tree}}")


def test_what_was_tracked_last_stays_tracked(twins: Twins) -> None:
    twins.edit([("write", "n/x", "1\n"), ("delete", "d/kept.log")])
    last = twins.commit(twins.same())
    twins.edit([("write", ".gitignore", "x\n"), ("write", "n/x", "2\n"), ("write", "m/x", "3\n")])
    tree, _ = twins.taken(last)
    assert tree == twins.expected(last)
    assert "n/x" in twins.listed(tree)
    assert "m/x" not in twins.listed(tree)


def test_ignored_directories_are_not_entered(twins: Twins) -> None:
    twins.edit([("write", "node_modules/a/b", ""), ("fifo", "node_modules/a/pipe")])
    (twins.overlay.upper / "node_modules" / "a").chmod(0)
    twins.same()


def test_nothing_named_dot_git_counts(twins: Twins) -> None:
    script = "mkdir -p .git d/.git; echo x > .git/HEAD; echo y > d/.git/x; echo z > d/n; mkdir .GIT; echo > .GIT/x"
    twins.overlay.edit([("shell", ".", script)])
    tree, left_out = twins.taken()
    assert set(twins.listed(tree)) == {*FILES, "d/n"}
    assert left_out == (".GIT/x",)


def test_a_nested_repository_counts_as_files_with_rules_of_its_own(twins: Twins) -> None:
    script = (
        "mkdir -p n/.git n/in/.git n/in/deep build/r/.git; echo ref: refs/heads/x > n/.git/HEAD; "
        "echo gitdir: /x > w; mkdir v; mv w v/.git; echo v > v/file; "
        "cp n/.git/HEAD n/in/.git; cp n/.git/HEAD build/r/.git; touch build/r/no; "
        "echo '*.tmp' > n/.gitignore; touch n/a.tmp n/b.log n/in/c.tmp n/in/deep/d"
    )
    twins.overlay.edit([("shell", ".", script)])
    tree, left_out = twins.taken()
    new = {"n/.gitignore", "n/b.log", "n/in/c.tmp", "n/in/deep/d", "v/file"}
    assert set(twins.listed(tree)) == {*FILES, *new}
    assert left_out == ()


def test_what_is_no_file_is_named_and_what_was_tracked_stays(twins: Twins) -> None:
    edits: list[Edit] = [
        ("fifo", "a.txt"),
        ("fifo", "d/pipe"),
        ("fifo", "x.log"),
        ("fifo", ".gitignore"),
    ]
    twins.overlay.edit(
        [*edits, ("fifo", "d/.gitattributes"), ("write", "y.log", "ignored no more")]
    )
    tree, left_out = twins.taken()
    assert set(twins.listed(tree)) == {*FILES, "y.log"}
    assert set(left_out) == {"a.txt", "d/pipe", "x.log", ".gitignore", "d/.gitattributes"}


def test_files_that_are_too_large_are_named(twins: Twins) -> None:
    twins.overlay.edit([("shell", ".", "truncate -s 600M d/b new; echo x > d/small")])
    tree, left_out = twins.taken()
    assert set(left_out) == {"d/b", "new"}
    assert set(twins.listed(tree)) == {*FILES, "d/small"}
    assert twins.content(tree, "d/b") == b"b\n"


def test_what_cannot_be_read_is_named(twins: Twins, tmp_path: Path) -> None:
    if os.geteuid() == 0 and twins.overlay.prefix.startswith("trusted"):
        pytest.skip("root reads everything")
    twins.overlay.edit(
        [
            (
                "shell",
                ".",
                "echo x > n; chmod 0 n a.txt; echo y > d/e/c; chmod 0 d/e; mkdir q; chmod 0 q",
            )
        ]
    )
    tree, left_out = taken_as_nobody(twins, tmp_path)
    assert set(left_out) == {"n", "a.txt", "d/e", "q"}
    assert tree == git("rev-parse", f"{twins.base}^{{tree}}", git_dir=twins.own).decode().strip()


def taken_as_nobody(twins: Twins, tmp_path: Path) -> tuple[str, tuple[str, ...]]:
    """What a user sees who is not root, in a process of its own."""
    if os.geteuid() != 0:
        return twins.taken()
    store = shutil.copytree(twins.own, tmp_path / "store")
    for folder, _, names in os.walk(store):
        for name in (".", *names):
            os.chown(Path(folder, name), NOBODY, NOBODY)
    twins.own = store
    tmp_path.chmod(0o777)
    answer, says = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            tree, left_out = twins.taken()
            os.write(says, "\0".join((tree, *left_out)).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(says)
    with os.fdopen(answer) as file:
        tree, *left_out = file.read().split("\0")
    os.waitpid(child, 0)
    return tree, tuple(left_out)


def test_submodules_of_the_base_stay(tmp_path: Path, ground: Ground) -> None:
    twins = Twins(tmp_path, ground)
    link = f"160000 {twins.base}\td/e/sub\n160000 {twins.base}\tsub\n160000 {twins.base}\tgone\n"
    index = {"GIT_INDEX_FILE": str(tmp_path / "links")}
    git("read-tree", twins.base, git_dir=twins.own, extra=index)
    git("update-index", "--index-info", git_dir=twins.own, extra=index, input=link.encode())
    made = git("write-tree", git_dir=twins.own, extra=index).decode().strip()
    twins.base = twins.commit(made)
    twins.overlay.layers = twins.layers = [tmp_path / "subs", *twins.layers]
    for name in ("d/e/sub", "sub", "gone"):
        (tmp_path / "subs" / name).mkdir(parents=True)
    ground.give(tmp_path / "subs")
    twins.overlay.edit(
        [("write", "sub/x", "x"), ("delete", "gone"), ("write", "d/e/sub", "a file")]
    )
    tree, _ = twins.taken()
    listed = git("ls-tree", "-r", tree, "sub", "gone", "d/e", git_dir=twins.own).decode()
    assert [one.split("\t")[1] for one in listed.splitlines()] == ["d/e/c", "d/e/sub", "sub"]
    assert f"160000 commit {ground.base}\tsub" in listed
    assert "100644 blob" in listed.split("\n")[1]


def test_what_set_up_made_never_counts(twins: Twins, ground: Ground, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for name in ("node_modules/p/x", "generated/y", ".venv/z"):
        (made / name).parent.mkdir(parents=True)
        (made / name).write_text("by the set-up\n")
    (made / ".venv" / ".gitignore").write_text("*\n")
    ground.give(made)
    twins.overlay.layers = twins.layers = [made, *twins.layers]
    new: list[Edit] = [
        ("write", ".venv/new", "x"),
        ("delete", "generated/y"),
        ("write", "generated/n", ""),
    ]
    twins.overlay.edit([*new, ("append", "node_modules/p/x", "x"), ("delete", ".venv/z")])
    assert set(twins.listed(twins.whole())) == {*FILES, "generated/n"}


def test_attributes_of_the_other_kind_of_mount_say_nothing(twins: Twins) -> None:
    """An agent may write those itself."""
    if not twins.overlay.prefix.startswith("trusted"):
        pytest.skip("a user cannot write the attributes of root's mounts")
    forged: list[Edit] = [
        ("attribute", "d", "user.overlay.opaque=y"),
        ("attribute", "a.txt", "user.overlay.metacopy=x"),
    ]
    twins.overlay.edit([*forged, ("write", "d/n", "x")])
    assert os.getxattr(twins.overlay.upper / "d", "user.overlay.opaque") == b"y"
    assert set(twins.listed(twins.whole())) == {*FILES, "d/n"}


def test_whiteouts_that_are_attributes(twins: Twins) -> None:
    twins.overlay.edit([("write", "d/n", "x")])
    folder, prefix = twins.overlay.upper / "d", twins.overlay.prefix
    (folder / "b").touch()
    os.setxattr(folder / "b", f"{prefix}whiteout", b"")
    (folder / "e").touch()
    os.setxattr(folder / "e", f"{prefix}whiteout", b"")
    assert "d/b" in twins.listed(twins.whole())
    os.setxattr(folder, f"{prefix}opaque", b"x")
    assert set(twins.listed(twins.whole())) == {*FILES, "d/n"} - {"d/b", "d/e/c"}


@pytest.mark.parametrize("name", ["redirect", "metacopy"])
def test_mounts_of_another_kind_are_refused(twins: Twins, name: str) -> None:
    twins.overlay.edit([("write", "d/n", "x")])
    place = twins.overlay.upper / ("d" if name == "redirect" else "d/n")
    os.setxattr(place, f"{twins.overlay.prefix}{name}", b"/elsewhere")
    with pytest.raises(Outside, match="redirect_dir"):
        twins.taken()


def test_files_that_come_and_go_meanwhile_do_no_harm(twins: Twins) -> None:
    twins.edit([("write", f"n/{number}", "x") for number in range(20)])
    folder, over = twins.overlay.upper / "n", threading.Event()

    def busy() -> None:
        while not over.is_set():
            for number in range(50):
                path = folder / f"t{number}"
                path.mkdir()
                (path / "f").write_bytes(b"x" * number)
                (path / "f").rename(folder / "moved")
                path.rmdir()
                (folder / "moved").unlink()

    writing = threading.Thread(target=busy)
    writing.start()
    try:
        seen = [set(twins.listed(twins.taken()[0])) for _ in range(5)]
    finally:
        over.set()
        writing.join()
    kept = {*FILES, *(f"n/{number}" for number in range(20))}
    assert all(kept <= one for one in seen)


def test_a_file_that_becomes_a_link_meanwhile_is_not_followed(twins: Twins, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    twins.edit([("write", "n/file", "x")])
    folder, over = twins.overlay.upper / "n", threading.Event()

    def swap() -> None:
        while not over.is_set():
            for number in range(60):
                (folder / ".new").symlink_to(tmp_path / "secret")
                (folder / ".new").rename(folder / f"t{number}")
                (folder / ".new").write_text("open\n")
                (folder / ".new").rename(folder / f"t{number}")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        trees = [twins.taken()[0] for _ in range(8)]
    finally:
        over.set()
        swapping.join()
    secret = git("hash-object", str(tmp_path / "secret"), git_dir=twins.own).decode().strip()
    assert all("n/file" in twins.listed(tree) for tree in trees)
    assert all(secret not in git("ls-tree", "-r", one, git_dir=twins.own).decode() for one in trees)


def test_links_on_the_way_are_not_followed(twins: Twins, tmp_path: Path) -> None:
    """As a hostile process could leave them in the upper layer while it is looked at."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("hidden\n")
    twins.edit([("symlink", "d", str(tmp_path / "secret")), ("symlink", "a.txt", "/etc/passwd")])
    tree = twins.same()
    assert twins.content(tree, "d") == os.fsencode(tmp_path / "secret")


def test_deep_and_long_paths_end_somewhere(twins: Twins) -> None:
    twins.overlay.edit([("deepen", "x" * 100, "60"), ("write", "n", "x")])
    tree, left_out = twins.taken()
    assert set(twins.listed(tree)) == {*FILES, "n"}
    assert len(left_out) == 1


def test_nothing_is_left_beside_the_upper_layer(twins: Twins) -> None:
    twins.edit([("write", "n", "x")])
    before = sorted(twins.overlay.upper.parent.iterdir())
    killed = twins.overlay.upper.parent / "miniature-killed"
    killed.mkdir()
    os.utime(killed, (0, 0))
    twins.taken()
    assert sorted(twins.overlay.upper.parent.iterdir()) == before


def test_a_base_that_is_not_there(twins: Twins) -> None:
    with pytest.raises(Outside):
        write_tree(
            twins.own,
            layers=twins.layers,
            upper=twins.overlay.upper,
            base="0" * 40,
            tracked=twins.base,
        )
