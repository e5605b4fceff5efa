"""A person's home with toolchains in it, each as its own installer lays it out; its programs are small scripts."""

from pathlib import Path

from ropewalk.core.found import Found
from ropewalk.sandbox.finding import Look, find


class Home:
    """A home below a test's directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)

    def file(self, name: str, text: str = "x\n") -> Path:
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def program(self, name: str, text: str = "#!/bin/sh\n") -> Path:
        place = self.file(name, text)
        place.chmod(0o755)
        return place

    def link(self, name: str, to: str | Path) -> Path:
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(to)
        return place

    def look(self, *folders: str, **more: object) -> Found:
        """What is found with these directories of the home on the PATH."""
        path = ":".join([*(str(self.path / one) for one in folders), "/usr/bin", "/bin"])
        return find(Look(**{"path": path, "home": str(self.path), **more}))

    def named(self, paths: tuple[str, ...]) -> set[str]:
        """Paths as they are below the home."""
        return {one.removeprefix(f"{self.path}/") for one in paths}
