"""A hostile workspace against the host's git: each attack runs with plain git, and none with ours."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.scene import Scene

Attack = Callable[[Scene, Path], tuple[str, ...]]
"""Prepares a checkout; answers with the plain git command that is hit."""


def configured(key: str, *command: str, value: str = "", attributes: str = "") -> Attack:
    def attack(scene: Scene, tree: Path) -> tuple[str, ...]:
        scene.git("config", key, value or str(scene.payload), at=tree)
        if attributes:
            (tree / ".git/info/attributes").unlink()
            scene.write(tree / ".gitattributes", attributes)
        scene.write(tree / "a.txt", "changed\n")
        return command

    return attack


def hook(name: str, *command: str) -> Attack:
    def attack(scene: Scene, tree: Path) -> tuple[str, ...]:
        scene.write(tree / ".git/hooks" / name, scene.payload.read_text(), 0o755)
        scene.write(tree / "a.txt", "changed\n")
        return command

    return attack


def hooks_path(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.write(tree / "hooks/post-index-change", scene.payload.read_text(), 0o755)
    scene.git("config", "core.hooksPath", "hooks", at=tree)
    return ("add", "-A")


def included(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.write(tree / "more", f"[core]\n\tfsmonitor = {scene.payload}\n")
    scene.git("config", "include.path", "../more", at=tree)
    return ("status",)


def worktree_config(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.git("config", "extensions.worktreeConfig", "true", at=tree)
    scene.write(tree / ".git/config.worktree", f"[core]\n\tfsmonitor = {scene.payload}\n")
    return ("status",)


def pointer(scene: Scene, tree: Path) -> tuple[str, ...]:
    """`.git` is a file that names a git directory of the attacker's."""
    evil = scene.top / "evil.git"
    (tree / ".git").rename(evil)
    scene.git("--git-dir", str(evil), "config", "core.fsmonitor", str(scene.payload), at=scene.top)
    scene.write(tree / ".git", f"gitdir: {evil}\n")
    return ("status",)


def common(scene: Scene, tree: Path) -> tuple[str, ...]:
    """`commondir` leads to a configuration of the attacker's."""
    evil = scene.top / "evil.git"
    scene.git("clone", "-q", "--bare", str(scene.root), str(evil), at=scene.top)
    scene.git("config", "core.fsmonitor", str(scene.payload), at=evil)
    scene.git("config", "core.bare", "false", at=evil)
    scene.write(tree / ".git/commondir", f"{evil}\n")
    return ("status",)


def nested(scene: Scene, tree: Path) -> tuple[str, ...]:
    """A repository within: git looks at it with its own configuration once it is in the index."""
    inner = tree / "inner"
    scene.git("init", "-q", str(inner), at=tree)
    scene.write(inner / "x.txt", "x\n")
    scene.git("-c", "user.name=x", "-c", "user.email=x@x", "add", "-A", at=inner)
    scene.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x", at=inner)
    scene.git("add", "inner", at=tree)
    scene.git("config", "core.fsmonitor", str(scene.payload), at=inner)
    return ("status",)


def nested_bare(scene: Scene, tree: Path) -> tuple[str, ...]:
    inner = tree / "sub"
    scene.git("init", "-q", "--bare", str(inner), at=tree)
    for key, value in (
        ("core.bare", "false"), ("core.worktree", ".."), ("core.fsmonitor", str(scene.payload)),
    ):  # fmt: skip
        scene.git("config", key, value, at=inner)
    return ("-C", "sub", "status")


def submodule(scene: Scene, tree: Path) -> tuple[str, ...]:
    nested(scene, tree)
    scene.write(
        tree / ".gitmodules",
        f'[submodule "inner"]\n\tpath = inner\n\turl = ext::{scene.payload}\n',
    )
    return ("status",)


def origin_by_program(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.git("config", "remote.origin.url", f"ext::{scene.last}", at=tree)
    scene.git("config", "protocol.ext.allow", "always", at=tree)
    return ("fetch", "origin")


def over_ssh(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.git("config", "remote.origin.url", "ssh://nowhere.invalid/x", at=tree)
    scene.git("config", "core.sshCommand", str(scene.last), at=tree)
    return ("fetch", "origin")


def credentials(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.git("config", "credential.helper", f"!{scene.payload}", at=tree)
    asked = "!printf 'protocol=https\\nhost=x\\n\\n' | git credential reject"
    return ("-c", f"alias.asks={asked}", "asks")


def aliased(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.git("config", "alias.st", f"!{scene.payload}", at=tree)
    return ("st",)


COMMIT = ("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "x")
MERGE_FILE = "* merge=evil\n"


def merge_driver(scene: Scene, tree: Path) -> tuple[str, ...]:
    scene.git("config", "merge.evil.driver", f"{scene.payload} %A", at=tree)
    scene.write(tree / ".gitattributes", MERGE_FILE)
    scene.git("add", "-A", at=tree)
    scene.git(*COMMIT, at=tree)
    scene.git("checkout", "-q", "-b", "side", "HEAD~", at=tree)
    scene.write(tree / "a.txt", "side\n")
    scene.write(tree / ".gitattributes", MERGE_FILE)
    scene.git("add", "-A", at=tree)
    scene.git(*COMMIT, at=tree)
    scene.git("checkout", "-q", "ropewalk/1.1", at=tree)
    scene.write(tree / "a.txt", "main\n")
    scene.git(*COMMIT, at=tree)
    return ("-c", "user.name=x", "-c", "user.email=x@x", "merge", "side")


FILTER = "* filter=evil\n"
ATTACKS: dict[str, Attack] = {
    "fsmonitor": configured("core.fsmonitor", "status"),
    "filter.clean on status": configured("filter.evil.clean", "status", attributes=FILTER),
    "filter.clean on diff": configured("filter.evil.clean", "diff", attributes=FILTER),
    "filter.process": configured("filter.evil.process", "add", "-A", attributes=FILTER),
    "filter.smudge": configured(
        "filter.evil.smudge", "checkout", "-f", "HEAD", "--", "a.txt", attributes=FILTER
    ),
    "textconv": configured("diff.evil.textconv", "diff", attributes="* diff=evil\n"),
    "diff.command": configured("diff.evil.command", "diff", attributes="* diff=evil\n"),
    "diff.external": configured("diff.external", "diff"),
    "gpg.program": configured("gpg.program", *COMMIT, "-S"),
    "editor": configured(
        "core.editor", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-a"
    ),
    "hooksPath": hooks_path,
    "pre-commit": hook("pre-commit", *COMMIT),
    "post-index-change": hook("post-index-change", "add", "-A"),
    "reference-transaction": hook("reference-transaction", "update-ref", "refs/heads/x", "HEAD"),
    "include.path": included,
    "config.worktree": worktree_config,
    ".git file": pointer,
    "commondir": common,
    "nested repository": nested,
    "nested bare repository": nested_bare,
    "submodule": submodule,
    "ext:: remote": origin_by_program,
    "sshCommand": over_ssh,
    "credential.helper": credentials,
    "alias": aliased,
    "merge driver": merge_driver,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_ours_runs_nothing_of_a_workspace(scene: Scene, name: str) -> None:
    command = ATTACKS[name](scene, scene.tree)
    scene.ran()
    scene.git(*command, at=scene.tree, fails=True)
    assert scene.ran(), f"{name} is no attack: plain git did not run it"
    shot = scene.everything()
    assert not scene.ran()
    assert shot.tree
