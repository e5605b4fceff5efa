"""The person's settings of tools: shown where no secret is in them, so that tools behave as they do outside."""

import os
import re

from ropewalk.sandbox.house import House
from ropewalk.sandbox.installs import first_bytes

FILES = (
    ".gitconfig", ".config/git/config", ".config/git/ignore", ".config/git/attributes", ".gitignore", ".npmrc",
    ".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml", ".cargo/config.toml", ".cargo/config",
    ".config/go/env", ".m2/settings.xml", ".gradle/gradle.properties", ".tool-versions", ".config/mise/config.toml",
    ".editorconfig", ".inputrc", ".gemrc", ".condarc",
)  # fmt: skip
MOST_BYTES = 256 * 1024
_SECRET = re.compile(
    rb"token|passw|secret|_auth|authorization|extraheader|api[-_]?key|credential|://[^/\s'\"]*@|\[env",
    re.IGNORECASE,
)


def manners(house: House) -> tuple[str, ...]:
    """The files of settings that hold nothing which looks like a secret."""
    return tuple(path for path in map(house.at, FILES) if _harmless(path))


def _harmless(path: str) -> bool:
    if not os.path.isfile(path) or os.path.getsize(path) > MOST_BYTES:
        return False
    return not _SECRET.search(first_bytes(path, MOST_BYTES))
