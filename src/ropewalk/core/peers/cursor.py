"""Cursor: `.cursor/worktrees.json`.

Its documentation: `setup-worktree-unix`, else `setup-worktree`: a list of commands, or the path of a script
beside the file.
"""

from ropewalk.core.peers.reading import Files, Found, read_json

FILE = ".cursor/worktrees.json"
KEYS = ("setup-worktree-unix", "setup-worktree")


def files_of(files: Files) -> list[str]:
    """The file, if it is there."""
    return [FILE] if FILE in files.names else []


def read(files: Files, name: str) -> Found:
    """What the file says."""
    whole = read_json(files, name)
    key = next((one for one in KEYS if whole.content.get(one) is not None), KEYS[0])
    script = f".cursor/{whole.text(key).removeprefix('./')}" if whole.has(key, str) else ""
    if script in files.names:
        return Found(peer="cursor", file=name, commands=((files.shell, script),))
    commands = tuple(one for text in whole.texts(key) for one in files.script(text))
    return Found(peer="cursor", file=name, commands=commands)
