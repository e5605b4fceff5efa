"""A commit's files as a test writes them, and what is found in them."""

from collections.abc import Collection, Mapping

from ropewalk.core.config import Config, File, merge, parse
from ropewalk.core.setup import Setup
from ropewalk.setup.find import find_setup

EVERYTHING = frozenset(
    [
        "bash",
        "uv",
        "poetry",
        "python3",
        "npm",
        "pnpm",
        "yarn",
        "cargo",
        "go",
        "bundle",
        "mise",
        "asdf",
    ]
)


def found(
    files: Mapping[str, str],
    config: str = "",
    *,
    tools: Collection[str] = EVERYTHING,
    platform: str = "linux",
    proposing: bool = False,
) -> Setup:
    content = {name: text.encode("utf-8", "surrogateescape") for name, text in files.items()}
    held = merge(File(name="yours"), parse(config, name="ropewalk.toml")) if config else Config()
    return find_setup(
        content.get,
        sorted(files),
        held,
        tools.__contains__,
        platform=platform,
        proposing=proposing,
    )


def sh(*scripts: str, program: str = "bash") -> tuple[tuple[str, ...], ...]:
    return tuple((program, "-ec", one) for one in scripts)
