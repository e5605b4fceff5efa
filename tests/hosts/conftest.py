"""Async tests, and a scene: a home with a real host daemon, whose runs end with the test."""

import asyncio
import inspect
import os

import pytest

from tests.hosts.scene import Scene

POSIX_ONLY = os.environ.get("ROPEWALK_POSIX_ONLY") == "1"
"""`make test-posix`: everything runs without what only Linux has."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    scene = pyfuncitem.funcargs.get("scene") or pyfuncitem.funcargs.get("either")
    arguments = {name: pyfuncitem.funcargs[name] for name in names}

    async def run() -> None:
        try:
            await pyfuncitem.obj(**arguments)
        finally:
            if isinstance(scene, Scene):
                await scene.end()

    asyncio.run(run())
    return True


@pytest.fixture
def scene(tmp_path) -> Scene:
    return Scene(tmp_path / "home", posix=POSIX_ONLY)


@pytest.fixture(params=["posix"] if POSIX_ONLY else ["linux", "posix"])
def either(request, tmp_path) -> Scene:
    """As `scene`, once with all that Linux has and once without."""
    return Scene(tmp_path / "home", posix=request.param == "posix")
