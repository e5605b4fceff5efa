"""Tests of workspaces also run as a user without privileges, who has to be let in to the temporary directories."""

import os
import stat
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _let_users_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    """As root: others may pass through the directories above those of the tests, which pytest keeps for its user."""
    if os.geteuid() != 0:
        return
    base = tmp_path_factory.getbasetemp().resolve()
    common = Path(tempfile.gettempdir()).resolve()
    for one in (base, *(above for above in base.parents if common in above.parents)):
        about = one.stat()
        if about.st_uid == 0 and not about.st_mode & stat.S_IXOTH:
            one.chmod(stat.S_IMODE(about.st_mode) | stat.S_IXOTH)
