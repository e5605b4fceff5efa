"""What is found before all other programs in a workspace with layers: `shell/bin`.

It is part of the installed package, so no workspace holds it and nothing is made for it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shell")
ODD = ":$`\\"
"""Characters that PATH or a shell takes for something else."""


def found_first(environment: Mapping[str, str], folder: str = FOLDER) -> dict[str, str]:
    """An environment in which ours are found first, also by a bash that has set its PATH anew."""
    made = dict(environment)
    if any(one in folder for one in ODD):
        return made
    made["PATH"] = f"{folder}/bin:{environment.get('PATH', os.defpath)}"
    made.setdefault("BASH_ENV", f"{folder}/again.sh")
    return made
