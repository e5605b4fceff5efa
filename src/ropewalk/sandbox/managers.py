"""Where version managers, toolchains and installers of programs keep what they installed, below a home.

From each one's own documentation; only the default places, since the variables that move them (PYENV_ROOT, …)
do not travel with a task: a moved one is recognised by its shape (`installs.py`).
"""

import os
from dataclasses import dataclass

from ropewalk.sandbox.house import House, below


@dataclass(frozen=True, slots=True)
class Manager:
    """`root` below the home; `shown` of it (empty: all). `beside`: other roots that it cannot do without."""

    root: str
    shown: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


MANAGERS: tuple[Manager, ...] = (
    Manager(".pyenv"),
    Manager(".local/share/uv/tools", beside=(".local/share/uv/python",)),
    Manager(".local/share/uv/python"),
    Manager(".local/share/pipx"),
    Manager(".local/pipx"),
    Manager(".local/share/pypoetry"),
    Manager(".rye", ("shims", "py", "tools", "self", "config.toml")),
    Manager(".nvm"),
    Manager(".fnm"),
    Manager(".local/share/fnm"),
    Manager(".local/state/fnm_multishells", beside=(".local/share/fnm", ".fnm")),
    Manager(".volta"),
    Manager(".nodenv"),
    Manager(".local/share/pnpm"),
    Manager(".yarn/bin"),
    Manager(".config/yarn/global"),
    Manager(".bun", ("bin", "install/global")),
    Manager(".deno", ("bin",)),
    Manager(".cargo", ("bin", "env"), beside=(".rustup",)),
    Manager(".rustup"),
    Manager("go", ("bin",)),
    Manager("sdk"),
    Manager(".goenv"),
    Manager(".rbenv"),
    Manager(".rvm"),
    Manager(".gem", ("ruby", "bin")),
    Manager(".local/share/gem"),
    Manager(".phpenv"),
    Manager(".config/composer", ("vendor",)),
    Manager(".composer", ("vendor",)),
    Manager(".sdkman", ("bin", "candidates", "etc", "libexec", "src", "var")),
    Manager(".jenv"),
    Manager(".asdf"),
    Manager(".local/share/mise"),
    Manager(".local/share/rtx"),
    Manager(".proto"),
    Manager(".pixi"),
    Manager(".ghcup"),
    Manager(".cabal", ("bin",)),
    Manager(".opam"),
    Manager(".juliaup"),
    Manager(".julia", ("bin", "juliaup")),
    Manager(".dotnet"),
    Manager(".pub-cache", ("bin", "hosted", "global_packages")),
    Manager(".claude", ("local",)),
    Manager(".opencode", ("bin",)),
)


def of_manager(path: str, house: House) -> tuple[str, ...] | None:
    """What is to be shown where a path belongs to a version manager; None: it belongs to none."""
    for one in MANAGERS:
        if below(path, house.at(one.root)):
            shown = _existing(house, one)
            if any(below(path, folder) for folder in shown):
                return (*shown, *_beside(house, one))
    return None


def _existing(house: House, one: Manager) -> tuple[str, ...]:
    root = house.at(one.root)
    names = [f"{root}/{name}" for name in one.shown] or [root]
    return tuple(name for name in names if os.path.lexists(name))


def _beside(house: House, one: Manager) -> tuple[str, ...]:
    roots = (house.at(name) for name in one.beside)
    return tuple(root for root in roots if os.path.isdir(root))
