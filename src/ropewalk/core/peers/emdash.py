"""Emdash: `.emdash.json`.

Its documentation and source: `scripts.prepare`, `setup`, `run` and `teardown`, each a script;
`preservePatterns`, lines as in a .gitignore; `shellSetup`, which has no counterpart here.
"""

from ropewalk.core.peers.reading import Files, Found, read_json

FILE = ".emdash.json"


def files_of(files: Files) -> list[str]:
    """The file, if it is there."""
    return [FILE] if FILE in files.names else []


def read(files: Files, name: str) -> Found:
    """What the file says."""
    whole = read_json(files, name)
    scripts = whole.table("scripts")
    notes: list[str] = []
    if whole.text("shellSetup"):
        notes.append(f"{name}: shellSetup is not taken over: nothing runs before each shell.")
    bring = tuple(one for one in whole.texts("preservePatterns") if one.strip() and one != FILE)
    if whole.content.get("preservePatterns") is None and ".worktreeinclude" not in files.names:
        notes.append(
            "Emdash copies .env and the like by itself, Ropewalk only what you name: "
            '[setup] bring = [".env"], or a line in .worktreeinclude.'
        )
    return Found(
        peer="emdash",
        file=name,
        commands=(*files.script(scripts.text("prepare")), *files.script(scripts.text("setup"))),
        bring=bring,
        run=next(iter(files.script(scripts.text("run"))), ()),
        teardown=files.script(scripts.text("teardown")),
        notes=tuple(notes),
    )
