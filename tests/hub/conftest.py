"""Async tests of the hub. One host daemon serves all tests of a worker; each test has its own store and repository."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hub.harness import Rig, end_daemon


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("hub") / "home"
    place.mkdir(mode=0o700)
    yield place
    end_daemon(place)


@pytest.fixture
def rig(home: Path, tmp_path: Path) -> Callable[..., Rig]:
    """Makes a hub; `async with rig(config) as hub:` runs it."""
    return lambda config="", **files: Rig(home, tmp_path, config, **files)


@pytest.fixture
def boxed(home: Path, tmp_path: Path) -> Callable[..., Rig]:
    """As `rig`, of a person who wants every run in a sandbox."""
    person = '[sandbox]\nrung = "full"\n'
    return lambda config="", **files: Rig(home, tmp_path, config, person, **files)
