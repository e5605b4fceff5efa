"""Async tests, and a scene that ends with the test."""

import asyncio
import inspect

import pytest

from tests.gateway.scene import LIMIT_S, Scene


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    scene = pyfuncitem.funcargs.get("scene")

    async def run() -> None:
        async with asyncio.timeout(LIMIT_S):
            try:
                if isinstance(scene, Scene):
                    await scene.begin()
                await pyfuncitem.obj(**arguments)
            finally:
                if isinstance(scene, Scene):
                    await scene.end()

    asyncio.run(run())
    return True


@pytest.fixture
def scene(tmp_path) -> Scene:
    return Scene(tmp_path / "home")
