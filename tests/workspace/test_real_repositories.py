"""What real repositories have and small samples do not, on an engine with layers and on one without."""

import asyncio
import os
from pathlib import Path

import pytest

from ropewalk.git.checkout import GitCheckout
from ropewalk.git.process import git
from ropewalk.ports import Order
from ropewalk.testing.repositories import commit_all, make_repository, plain_git, write_files
from ropewalk.workspace.ladder import survey
from tests.workspace.contract import FILES, Bench, ordinary

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d7a2146' * 8}\nsize 12345\n"


@pytest.fixture(name="engine", params=["clone", "overlay"])
def _engine(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    rung = next(one for one in survey(tmp_path / "probed") if one.name == request.param)
    if not rung.offered:
        pytest.skip(f"NOT RUN: the engine {rung.name} was not tested: {rung.why}")
    return rung.name


def listed(bench: Bench, tree: str) -> dict[str, str]:
    """Path → mode and id."""
    rows = git("ls-tree", "-r", "-z", tree, git_dir=bench.own).decode().split("\0")[:-1]
    return {row.split("\t")[1]: row.split("\t")[0] for row in rows}


def with_submodule(root: Path) -> str:
    make_repository(root.parent / "library", {"lib.c": "int x;\n"})
    ordinary(root)
    plain_git(root, "submodule", "--quiet", "add", str(root.parent / "library"), "dir/lib")
    plain_git(root, "submodule", "--quiet", "add", str(root.parent / "library"), "lib2")
    return commit_all(root)


def test_submodules_stay_where_they_were(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path, with_submodule)
    bench.prepare()
    assert bench.inside("git status --porcelain; ls dir/lib lib2") == "dir/lib:\n\nlib2:"
    assert bench.snapshot().commit == bench.base
    bench.inside("echo mine > dir/lib/new.c; echo more >> a.txt; rmdir lib2")
    made = bench.snapshot()
    assert made.paths == ("a.txt", "lib2")
    assert listed(bench, made.tree)["dir/lib"].startswith("160000")
    bench.replace(bench.base)
    assert bench.inside("cat a.txt") == "one"


def with_pointers(root: Path) -> str:
    ordinary(root)
    rules = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    write_files(root, {".gitattributes": rules, "big.bin": POINTER})
    plain_git(root, "config", "filter.lfs.clean", "cat")
    return commit_all(root)


def test_pointers_of_large_files_stay_pointers(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path, with_pointers)
    bench.prepare()
    assert bench.inside("git status --porcelain; cat big.bin") == POINTER.strip()
    assert bench.snapshot().commit == bench.base
    bench.inside("printf content > other.bin; git add --all; git commit -qm mine")
    made = bench.snapshot()
    assert made.paths == ("other.bin",)
    assert git("show", f"{made.commit}:other.bin", git_dir=bench.own) == b"content"


def test_a_sparse_checkout_of_the_person_hides_nothing(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path)
    plain_git(bench.root, "sparse-checkout", "set", "gone")
    assert not (bench.root / "dir").exists()
    write_files(bench.root, {"a.txt": "changed\n"})
    frozen = GitCheckout(bench.home).freeze(str(bench.root), "p")
    place = bench.prepare(commit=frozen)
    assert bench.inside("cat a.txt dir/deep/c.txt; git status --porcelain") == "changed\nthree"
    assert place.branch == "ropewalk/7.1"
    assert set(listed(bench, frozen)) == set(FILES)
    assert bench.snapshot(frozen).commit == frozen


def test_nested_repositories_come_and_go_as_files(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path)
    bench.prepare()
    commit = "git -c user.name=x -c user.email=x@example.com commit -qm in"
    bench.inside(
        f"git init -q app; cd app; echo x > in; git add in; {commit}; git init -q sub; : > sub/f"
    )
    made = bench.snapshot()
    assert made.paths == ("app/in", "app/sub/f")
    bench.replace(bench.base)
    assert bench.inside("test ! -e app/in; echo gone") == "gone"
    bench.replace(made.commit)
    assert bench.inside("cat app/in") == "x"


def with_farm(root: Path) -> str:
    """As pnpm lays out what is installed; here all of it is tracked."""
    ordinary(root)
    store = "vendor/.pnpm/one@1/node_modules/one"
    write_files(
        root, {f"{store}/index.js": "1\n", "vendor/.pnpm/two@1/node_modules/two/i.js": "2\n"}
    )
    (root / "vendor/one").symlink_to(".pnpm/one@1/node_modules/one")
    (root / "vendor/.pnpm/one@1/node_modules/two").symlink_to("../../two@1/node_modules/two")
    (root / "vendor/dead").symlink_to("nowhere")
    (root / "vendor/round").symlink_to(".")
    plain_git(root, "add", "--all", "--force")
    return commit_all(root)


def test_farms_of_links(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path, with_farm)
    bench.prepare()
    assert (
        bench.inside("cat vendor/one/index.js vendor/.pnpm/one@1/node_modules/two/i.js") == "1\n2"
    )
    bench.inside(
        "echo more >> vendor/one/index.js; ln -sfn .pnpm/two@1/node_modules/two vendor/one; rm vendor/dead; "
        "mkdir -p node_modules/.pnpm/x; echo x > node_modules/.pnpm/x/f; ln -s .pnpm/x node_modules/x; "
        "ln node_modules/.pnpm/x/f node_modules/.pnpm/x/g; ln vendor/.pnpm/two@1/node_modules/two/i.js i.js"
    )
    made = bench.snapshot()
    assert made.paths == (
        *("i.js", "vendor/.pnpm/one@1/node_modules/one/index.js", "vendor/dead", "vendor/one"),
    )
    assert listed(bench, made.tree)["vendor/one"].startswith("120000")
    bench.replace(bench.base)
    assert (
        bench.inside("cat vendor/one/index.js node_modules/x/g; git status --porcelain") == "1\nx"
    )
    assert bench.snapshot().commit == bench.base


VENV = (
    "python3 -m venv --without-pip .venv; printf '#!%s/.venv/bin/python\\nprint(1)\\n' \"$PWD\" > .venv/bin/tool; "
    "chmod +x .venv/bin/tool; echo '*' > .venv/.gitignore"
)


def test_virtual_environments_work_in_every_workspace(engine: str, tmp_path: Path) -> None:
    """Where it is set up once, it is at the path that it was set up for; else each has its own."""
    bench = Bench(engine, tmp_path)
    found = asyncio.run(bench.all.begin(project="p", commit=bench.base, setup="venv"))
    if found.shared:
        bench.inside(VENV, found.key)
        asyncio.run(bench.all.finish(key=found.key))
    for name in ("first", "w"):
        setup = "venv" if found.shared else ""
        asyncio.run(
            bench.all.prepare(Order(id=name, project="p", base=bench.base, branch="b", setup=setup))
        )
        if not found.shared:
            bench.inside(VENV, name)
        where = bench.inside(
            ".venv/bin/tool; .venv/bin/python -c 'import sys; print(sys.prefix)'", name
        )
        assert where == f"1\n{bench.inside('pwd -P', name)}/.venv"
        assert bench.snapshot(id=name).commit == bench.base


def test_names_that_differ_in_case_only(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path)
    bench.prepare()
    bench.inside("git mv a.txt A.txt; mv dir DIR; echo x > B.txt")
    made = bench.snapshot()
    assert {"A.txt", "B.txt", "b.txt", "DIR/d.txt"} <= set(listed(bench, made.tree))
    assert not {"a.txt", "dir/d.txt"} & set(listed(bench, made.tree))
    bench.replace(bench.base)
    assert (
        bench.inside("cat a.txt b.txt dir/d.txt; git add --all; git status --porcelain")
        == "one\ntwo\nfour"
    )


def test_a_directory_that_moves(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path)
    bench.prepare()
    bench.inside("mv dir moved; git add --all")
    assert "R100" in bench.inside("git diff --cached --name-status -M")
    names = set(listed(bench, bench.snapshot().tree))
    assert {"moved/d.txt", "moved/deep/c.txt"} <= names
    assert not {one for one in names if one.startswith("dir/")}
    bench.inside("mkdir made; echo x > made/x; git add made; git mv made made2; git mv moved again")
    assert {"again/d.txt", "made2/x"} <= set(listed(bench, bench.snapshot().tree))


def test_the_largest_name_of_a_file(engine: str, tmp_path: Path) -> None:
    bench = Bench(engine, tmp_path)
    bench.prepare()
    name = "ä" * 127
    bench.inside(
        f"echo x > {name}; mkdir -p '{name[:60]}/ {os.sep}x'; echo y > '{name[:60]}/ /x/ y'"
    )
    assert {name, f"{name[:60]}/ /x/ y"} <= set(listed(bench, bench.snapshot().tree))
