"""Which reference page is made by what."""

from collections.abc import Callable
from pathlib import Path

from docs.generate import api, environment, events, exits, settings, tables

from ropewalk.cli import reference

FOLDER = Path(__file__).resolve().parents[1] / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "api.md": api.page,
    "cli.md": reference.page,
    "configuration.md": settings.page,
    "environment.md": environment.page,
    "events.md": events.page,
    "exit-codes.md": exits.page,
    "store.md": tables.page,
}
