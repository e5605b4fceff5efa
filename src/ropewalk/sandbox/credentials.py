"""Files and directories that hold credentials: never shown, also where what lies around them is."""

import os
from collections.abc import Iterable, Sequence

from ropewalk.sandbox.house import House, below

CREDENTIALS = (
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker/config.json", ".netrc", "_netrc", ".git-credentials",
    ".config/git/credentials", ".config/gh", ".config/hub", ".config/glab-cli", ".config/gcloud", ".config/op",
    ".config/containers/auth.json", ".config/rclone", ".config/doctl", ".config/heroku", ".config/github-copilot",
    ".cargo/credentials", ".cargo/credentials.toml", ".npmrc", ".yarnrc.yml", ".pypirc", ".gem/credentials",
    ".bundle/config", ".m2/settings.xml", ".m2/settings-security.xml", ".gradle/gradle.properties",
    ".composer/auth.json", ".config/composer/auth.json", ".nuget/NuGet", ".config/NuGet", ".pub-cache/credentials.json",
    ".rye/credentials", ".huggingface", ".cache/huggingface/token", ".terraform.d", ".terraformrc", ".vault-token",
    ".password-store", ".local/share/keyrings", ".local/share/kwalletd", ".mozilla", ".config/google-chrome",
    ".config/chromium", ".thunderbird", ".pgpass", ".my.cnf", ".claude/.credentials.json", ".claude.json",
    ".codex/auth.json", ".gemini/oauth_creds.json", ".gemini/google_accounts.json", ".qwen/oauth_creds.json",
    ".copilot/config.json", ".local/share/opencode/auth.json", ".config/opencode/auth.json", ".bash_history",
    ".zsh_history", ".python_history", ".node_repl_history", ".psql_history", ".lesshst", ".wget-hsts",
)  # fmt: skip
"""Below a home, each with all that lies in it."""

NAMES = frozenset((
    "credentials", "credentials.json", "credentials.toml", ".credentials.json", "auth.json", "oauth_creds.json",
    "token", "token.json", "tokens.json", ".npmrc", "npmrc", ".pypirc", ".netrc", ".git-credentials", ".pgpass",
    ".env", ".env.local", "id_rsa", "id_ecdsa", "id_ed25519", "hosts.yml", "secrets.toml", "service-account.json",
))  # fmt: skip
"""What is hidden wherever it lies in, or one directory below, what is shown."""

DEPTH = 2
MOST = 4000


def without_credentials(
    seen: Sequence[str], house: House, wanted: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """What of `seen` may be shown, and what below it has to be hidden.

    `wanted` are paths that the person asked for by name: what lies in them is theirs to show.
    """
    kept = {path for name in CREDENTIALS for path in _both(house.at(name)) if os.path.lexists(path)}
    kept = {path for path in kept if not any(below(path, one) for one in wanted)}
    shown = [one for one in seen if not _inside(one, kept) or one in wanted]
    hidden = set(house.private)
    for one in shown:
        real = os.path.realpath(one)
        hidden |= {one + path[len(real) :] for path in kept if below(path, real) and path != real}
        if one not in wanted:
            hidden |= set(_named(one))
    return shown, sorted(path for path in hidden if any(below(path, one) for one in shown))


def _both(path: str) -> tuple[str, str]:
    return path, os.path.realpath(path)


def _inside(path: str, kept: Iterable[str]) -> bool:
    return any(below(one, secret) for secret in kept for one in _both(path))


def _named(folder: str) -> list[str]:
    """What in a directory, or in those in it, is called as credentials are."""
    found: list[str] = []
    folders, looked = [folder], 0
    for _ in range(DEPTH):
        inner: list[str] = []
        for one in folders:
            for entry in _entries(one):
                looked += 1
                if looked > MOST:
                    return found
                if entry.name in NAMES:
                    found.append(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    inner.append(entry.path)
        folders = inner
    return found


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
