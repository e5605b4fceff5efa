"""`demo`: the main job on a small sample repository, with scripted agents, by the same commands as always."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from ropewalk.cli import exits
from ropewalk.cli.main import main
from ropewalk.cli.sample import BRIEF, FILES
from ropewalk.core.errors import Refused

LIMIT = "4s"
"""The time limit of each attempt: one of them hangs until then."""

AUTHOR = ("-c", "user.name=Demo", "-c", "user.email=demo@ropewalk.invalid")


def run(args: Namespace) -> int:
    """Race four scripted attempts, compare, merge, and show that the tests pass. Needs no network, no key."""
    if args.json:
        raise Refused("The demo is for people.", hint="Without --json: ropewalk demo")
    with tempfile.TemporaryDirectory(prefix="ropewalk-demo-") as folder:
        shop = Path(folder, "shop")
        with _inside(_sample(shop)), _own_instance(Path(folder, "state")):
            return _play(shop)


def _play(shop: Path) -> int:
    print("A small shop with a real bug, and four agents on one prompt.")
    print(
        "The agents are real processes; what they say and write is scripted: no model, no key, no network.\n"
    )
    _tests(shop, "One of its tests fails:")
    prompt = BRIEF.splitlines()[0]
    _say(f'ropewalk run -n 4 --agent scripted --limit {LIMIT} --trust "{prompt}"')
    words = ["run", "-n", "4", "--agent", "scripted", "--limit", LIMIT, "--trust", BRIEF]
    _must(words, accept=(exits.OK, exits.NOT_ALL))
    _say("ropewalk diff 1.1")
    _must(["diff", "1.1"])
    _say("ropewalk merge 1.1")
    _must(["merge", "1.1"])
    print()
    _tests(shop, "The tests of the shop now:")
    print("Next, with an agent of your own, in a repository of your own:")
    print('  ropewalk doctor     ropewalk run -n 3 "What is to be done"')
    return exits.OK


def _say(command: str) -> None:
    print(f"\n$ {command}", flush=True)


def _must(words: list[str], accept: tuple[int, ...] = (exits.OK,)) -> None:
    code = main(words)
    if code not in accept:
        raise SystemExit(code)


def _tests(shop: Path, words: str) -> None:
    """Run the shop's tests and show their last line."""
    done = subprocess.run(
        [sys.executable, "run_tests.py"], cwd=shop, capture_output=True, text=True, check=False
    )
    lines = done.stderr.splitlines()
    ran = next((one for one in lines if one.startswith("Ran ")), "")
    print(f"{words} {ran.split(' in ')[0]}: {lines[-1]}", flush=True)


def _sample(shop: Path) -> Path:
    for name, text in FILES.items():
        path = shop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Demo"),
        ("config", "user.email", "demo@ropewalk.invalid"),
        ("config", "commit.gpgSign", "false"),
        ("add", "--all"),
        ("commit", "--quiet", "-m", "A small shop"),
    ):
        subprocess.run(["git", "-C", str(shop), *words], check=True)
    return shop


@contextmanager
def _own_instance(home: Path) -> Iterator[None]:
    """A state directory of its own; what was started in it is stopped afterwards."""
    before = os.environ.get("ROPEWALK_HOME")
    os.environ["ROPEWALK_HOME"] = str(home)
    try:
        yield
    finally:
        with redirect_stdout(io.StringIO()):
            main(["stop", "--all"])
            main(["hub", "stop"])
        if before is None:
            del os.environ["ROPEWALK_HOME"]
        else:
            os.environ["ROPEWALK_HOME"] = before


@contextmanager
def _inside(shop: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(shop)
    try:
        yield
    finally:
        os.chdir(before)
        shutil.rmtree(shop / "__pycache__", ignore_errors=True)
