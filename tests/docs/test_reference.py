"""The reference pages are what the code says, and whole."""

import re
from pathlib import Path
from typing import Any

import pytest
from docs.generate import api, environment
from docs.generate.pages import FOLDER, PAGES

from ropewalk.api.bodies import ask, new_task
from ropewalk.cli.verbs import VERBS
from ropewalk.core.events import KINDS
from ropewalk.core.settings import KEYS

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ropewalk"


def reference(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_as_the_code_makes_it(name: str) -> None:
    assert reference(name) == PAGES[name](), "make it anew: make docs"


def test_there_is_no_page_that_nothing_makes() -> None:
    assert sorted(PAGES) == sorted(one.name for one in FOLDER.iterdir())


def test_every_setting_event_and_verb_is_documented() -> None:
    settings, events, verbs = map(reference, ("configuration.md", "events.md", "cli.md"))
    assert [key.name for key in KEYS if f"| `{key.name}` |" not in settings] == []
    assert [tag for tag in KINDS if f"### `{tag}`" not in events] == []
    assert [verb.name for verb in VERBS if f"## `ropewalk {verb.name}`" not in verbs] == []


def test_every_route_is_described_and_no_other() -> None:
    assert sorted(api.routes()) == sorted(api.ROUTES)


class Body(dict[str, Any]):
    """A request's body that knows what was looked for in it."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(fields)
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)


def test_every_field_of_a_request_is_named() -> None:
    task, verb = Body(directory="shop", brief="Fix it"), Body()
    new_task(task)
    ask(verb)
    assert names(api.TASK) == task.read - names(api.WHO)
    assert names(api.ACT) - {"ids", "all"} == verb.read - names(api.WHO)


def names(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def test_every_environment_variable_of_the_code_is_documented() -> None:
    known = set(environment.READ) | set(environment.GIVEN) | set(environment.TESTING)
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\bROPEWALK_[A-Z_]*[A-Z]", text))
        found |= set(re.findall(r'environ(?:\.get\(|\[)"(\w+)"', text))
    assert found - {part for one in known for part in one.split(", ")} == set()
    assert {one for one in known if one.startswith("ROPEWALK")} - found == {"ROPEWALK_SOAK_SECONDS"}
