"""Superset: `.superset/config.json`.

Its documentation: `setup`, `teardown` and `run`, each a list of commands. It goes on after a command that
fails; here the set-up has then failed. What a person keeps outside the commit (`config.local.json`) does
not count.
"""

from ropewalk.core.peers.reading import Files, Found, read_json

FILE = ".superset/config.json"


def files_of(files: Files) -> list[str]:
    """The file, if it is there."""
    return [FILE] if FILE in files.names else []


def read(files: Files, name: str) -> Found:
    """What the file says."""
    whole = read_json(files, name)
    run = "\n".join(whole.texts("run"))
    return Found(
        peer="superset",
        file=name,
        commands=tuple(one for text in whole.texts("setup") for one in files.script(text)),
        run=next(iter(files.script(run)), ()),
        teardown=tuple(one for text in whole.texts("teardown") for one in files.script(text)),
    )
