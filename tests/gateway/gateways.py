"""Real gateway processes, one after the other, that can be killed."""

import json
import signal
import subprocess
import sys

from ropewalk.gateway.client import GatewayClient
from tests.gateway.scene import PUBLIC, connected


class Gateways:
    """Real processes, one after the other."""

    def __init__(self, tmp_path) -> None:
        self.home = tmp_path / "home"
        self.home.mkdir(parents=True)
        self.network = tmp_path / "network.json"
        self.processes: list[subprocess.Popen] = []

    async def start(self, servers: dict[str, int]) -> GatewayClient:
        """The next one; `servers` are names at port 443 and where they really are."""
        told = {
            "names": dict.fromkeys(servers, PUBLIC),
            "servers": [[PUBLIC, 443, at] for at in servers.values()],
        }
        self.network.write_text(json.dumps(told))
        self.launch()
        return await connected(self.home)

    def launch(self) -> None:
        command = [sys.executable, "-m", "tests.gateway.process", str(self.home), str(self.network)]
        self.processes.append(subprocess.Popen(command, start_new_session=True))

    def kill(self) -> None:
        for one in self.processes:
            one.send_signal(signal.SIGKILL)
            one.wait()
