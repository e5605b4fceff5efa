"""The host daemon's process."""

import os
from pathlib import Path

from ropewalk.hosts.daemon import serve
from ropewalk.hosts.keepers import Keepers
from ropewalk.hosts.place import HostFolder
from ropewalk.wiring.process import begin
from ropewalk.workspace.ladder import workspaces


def run_host(home: Path) -> int:
    """Be the host daemon of a home directory."""
    begin()
    keepers = Keepers(HostFolder(home).runs)
    wanted = os.environ.get("ROPEWALK_ENGINE", "")
    made = workspaces(home, wanted=wanted, entering=keepers.entering)
    serve(home, made, plan=made.plan, home_of=made.home_of, keepers=keepers, begin=made.mend)
    return 0
