"""The variables that scripts of other tools count on.

Sources: Conductor's and Superset's documentation, Emdash's source code, and scripts in public repositories
that are written for Cursor and for the Codex app.
"""

import re

from ropewalk.core.setuptable import Peer

OWN = (
    "CONDUCTOR_PORT",
    "CONDUCTOR_WORKSPACE_NAME",
    "SUPERSET_WORKSPACE_NAME",
    "EMDASH_PORT",
    "EMDASH_TASK_ID",
    "EMDASH_TASK_NAME",
)
"""Those that tell one workspace from another at the same path."""


def peer_variables(
    peer: Peer, *, port: int | None, path: str, root: str, name: str, branch: str = "main"
) -> dict[str, str]:
    """The variables that a tool sets in a workspace at `path` of the repository at `root`.

    `port` is the first of the workspace's block. None: a base is set up for many workspaces, and the
    variables that tell one from another (`OWN`) are not there. `branch` is the default branch.
    """
    number = "" if port is None else str(port)
    known: dict[Peer, dict[str, str]] = {
        "conductor": {
            "CONDUCTOR_WORKSPACE_NAME": name,
            "CONDUCTOR_WORKSPACE_PATH": path,
            "CONDUCTOR_ROOT_PATH": root,
            "CONDUCTOR_DEFAULT_BRANCH": branch,
            "CONDUCTOR_PORT": number,
            "CONDUCTOR_IS_LOCAL": "1",
        },
        "superset": {
            "SUPERSET_WORKSPACE_NAME": name,
            "SUPERSET_WORKSPACE_PATH": path,
            "SUPERSET_ROOT_PATH": root,
        },
        "cursor": {"ROOT_WORKTREE_PATH": root},
        "emdash": {
            "EMDASH_TASK_ID": name,
            "EMDASH_TASK_NAME": re.sub(r"[^a-z0-9-]+", "-", name.lower()),
            "EMDASH_TASK_PATH": path,
            "EMDASH_ROOT_PATH": root,
            "EMDASH_DEFAULT_BRANCH": branch,
            "EMDASH_PORT": number,
        },
        "codex": {"CODEX_SOURCE_TREE_PATH": root, "CODEX_WORKTREE_PATH": path},
    }
    made = known.get(peer, {})
    return {key: one for key, one in made.items() if port is not None or key not in OWN}
