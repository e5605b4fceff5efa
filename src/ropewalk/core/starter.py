"""The first `ropewalk.toml` of a project: what was found, written down, with a comment that says why."""

import re
import shlex
import textwrap
from collections.abc import Iterable, Sequence

from ropewalk.core.records import Check
from ropewalk.core.setup import Setup
from ropewalk.core.setuptable import LIMIT_S, PORTS, Command

WIDTH = 100
PLAIN = re.compile(r"[\w@%+=:,./{} -]+", re.ASCII)
"""A command of such words means the same with a shell and without one."""

EXAMPLE = (
    "Nothing says how to start what is made here. If there is something to look at, say so:",
    "[run]",
    'command = "npm run dev -- --port {port}"',
)


def starter(setup: Setup, checks: Sequence[Check]) -> str:
    """The file's text. Read as a configuration it leads to the same set-up and the same checks."""
    parts = [
        _comment("What Ropewalk does in this repository. It counts once it is committed."),
        _setup(setup),
        _run(setup),
        _teardown(setup),
        _environment(setup),
        _checks(checks),
    ]
    return "\n".join(one for one in parts if one)


def _setup(setup: Setup) -> str:
    lines = [
        _comment(
            "How a workspace is made ready before an agent starts in it. "
            f"Found: {setup.source or 'nothing'}."
        ),
        *(_comment(one) for one in setup.notes),
        "[setup]\n",
        f"run = {_commands(setup.commands)}\n",
    ]
    if setup.peer:
        lines.append(
            _comment("These commands were written for another tool: they see its variables too.")
        )
        lines.append(f"like = {_quoted(setup.peer)}\n")
    if setup.limit_s != LIMIT_S:
        lines.append(f"limit = {setup.limit_s:g}\n")
    return "".join([*lines, *_bring(setup)])


def _bring(setup: Setup) -> Iterable[str]:
    if setup.bring and setup.brought_by:
        yield _comment(
            f"Ignored files of your checkout that a workspace needs stand in {setup.brought_by}: "
            f"{', '.join(setup.bring)}."
        )
    elif setup.bring:
        yield _comment("Ignored files of your checkout that are copied into each workspace.")
        yield f"bring = {_list(setup.bring)}\n"


def _run(setup: Setup) -> str:
    if not setup.run and setup.ports == PORTS:
        return "".join(map(_comment, EXAMPLE))
    lines = [_comment(f"What is started to be looked at. Found: {setup.found_in}."), "[run]\n"]
    if setup.run:
        lines.append(f"command = {_command(setup.run)}\n")
    if setup.ports != PORTS:
        lines.append(_comment("How many ports each workspace has for itself: {port}, {port+1}, …"))
        lines.append(f"ports = {setup.ports}\n")
    return "".join(lines)


def _teardown(setup: Setup) -> str:
    if not setup.teardown:
        return ""
    why = _comment(f"What is run before a workspace goes away. Found: {setup.found_in}.")
    return f"{why}[teardown]\nrun = {_commands(setup.teardown)}\n"


def _environment(setup: Setup) -> str:
    if not setup.environment:
        return ""
    values = "".join(f"{name} = {_quoted(one)}\n" for name, one in setup.environment.items())
    why = _comment(f"Variables for what runs in a workspace. Found: {setup.found_in}.")
    return f"{why}[environment]\n{values}"


def _checks(checks: Sequence[Check]) -> str:
    if not checks:
        return _comment(
            "No check was found: without one, results cannot be told apart by evidence. For example:"
        ) + "".join(map(_comment, ("[checks.tests]", 'run = "make test"')))
    return "\n".join(map(_check, checks))


def _check(check: Check) -> str:
    lines = [
        _comment(f"A command that judges every change. Found: {check.found_in}."),
        f"[checks.{name_of(check)}]\n",
        f"run = {_command(check.argv)}\n",
    ]
    if check.report != "none":
        lines.append(f"report = {_quoted(check.report)}\n")
    if check.tests:
        lines.append(
            _comment("Test files: a change that edits them is judged with the base's as well.")
        )
        lines.append(f"tests = {_list(check.tests)}\n")
    if check.config:
        lines.append(f"config = {_list(check.config)}\n")
    return "".join(lines)


def name_of(check: Check) -> str:
    """A check's name as a name that a file can have."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", check.name).strip("-._") or "check"


# --- values as TOML ------------------------------------------------------------------------------


def _comment(text: str) -> str:
    """Lines of comment. What was found in a repository must not end one: only what can be seen stays."""
    seen = "".join(one if one.isprintable() else "?" for one in text)
    return "".join(f"# {line}\n" for line in textwrap.wrap(seen, WIDTH, break_on_hyphens=False))


def _commands(commands: Sequence[Command]) -> str:
    if not commands:
        return "[]"
    return "[\n" + "".join(f"  {_command(one)},\n" for one in commands) + "]"


def _command(argv: Command) -> str:
    """A string where that is split into the same words, else a list."""
    line = " ".join(argv)
    plain = len(argv) > 1 and bool(PLAIN.fullmatch(line)) and tuple(shlex.split(line)) == argv
    return _quoted(line) if plain else _list(argv)


def _list(values: Sequence[str]) -> str:
    line = ", ".join(map(_quoted, values))
    if len(line) <= WIDTH or "'''" in line:
        return f"[{line}]"
    return "[\n" + "".join(f"  {_quoted(one)},\n" for one in values) + "]"


def _quoted(text: str) -> str:
    """A string: over several lines if it has some and nothing is in the way, else with escapes."""
    visible = all(one.isprintable() or one == "\n" for one in text)
    if "\n" in text and visible and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(one: str) -> str:
    known = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    if one in known or one.isprintable():
        return known.get(one, one)
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"
