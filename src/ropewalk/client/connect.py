"""The way to the hub: the one that runs, if it is of our version, else one is started."""

from collections.abc import Sequence

from ropewalk import __version__
from ropewalk.client.hub import Hub, NoHub
from ropewalk.core.versions import release
from ropewalk.core.views import HubStatus


def connect(home: str, command: Sequence[str] | None = None) -> Hub:
    """A hub of this program's version. `command` starts one where needed (the home is appended)."""
    hub = Hub(home)
    seen = hub.seen()
    if seen is None or older(seen):
        from ropewalk.client.start import start

        start(hub, command)
    return hub


def older(seen: HubStatus) -> bool:
    """True if the hub is to be replaced; a newer one is not ours to replace."""
    hub, ours = release(seen["version"]), release(__version__)
    if hub > ours:
        raise NoHub(
            f"The hub is newer ({seen['version']}) than this ropewalk ({__version__}).",
            hint="Update it: pip install --upgrade ropewalk",
        )
    return hub < ours
