"""Templates of commands, filled in. Pure."""

import re
from dataclasses import replace

from ropewalk.core.errors import Refused
from ropewalk.core.records import Agent

LONGEST = 131_071
"""Bytes of one argument that Linux takes (MAX_ARG_STRLEN without the byte that ends it)."""

_PLACEHOLDER = re.compile(r"\{(prompt|model|file)\}")


def command(
    agent: Agent, *, prompt: str = "", file: str = "", again: bool = False
) -> tuple[str, ...]:
    """The command that starts an agent; `again`: for a later turn, if it has one of its own.

    `file` is the path of the file that holds the prompt, for agents that want one. Refused: the
    prompt cannot travel this way.
    """
    template = agent.resume if again and agent.resume else agent.argv
    by_argument = agent.kind == "command" and agent.prompt_by == "argument"
    values = {"model": agent.model or "", "file": file if agent.prompt_by == "file" else ""}
    if by_argument:
        _can_travel(agent, template, prompt)
        values["prompt"] = prompt
    return _filled(template, values)


def with_model(agent: Agent, model: str | None) -> Agent:
    """The agent with its model, also in its environment. Refused: there is no place for a model in it."""
    if model and not any("{model}" in one for one in (*agent.argv, *agent.environment.values())):
        raise Refused(
            f"Ropewalk does not know how to tell {agent.name} which model to use.",
            hint=f"Leave out @{model}, or write {{model}} into [agents.{agent.name}] in ropewalk.toml.",
        )
    environment = {
        name: value.replace("{model}", model or "")
        for name, value in agent.environment.items()
        if model or "{model}" not in value
    }
    return replace(agent, model=model, environment=environment)


def _filled(template: tuple[str, ...], values: dict[str, str]) -> tuple[str, ...]:
    argv: list[str] = []
    for one in template:
        if all(values.get(name) for name in _PLACEHOLDER.findall(one)):
            argv.append(_PLACEHOLDER.sub(lambda match: values[match[1]], one))
        elif len(argv) > 1 and argv[-1].startswith("-") and not one.startswith("-"):
            argv.pop()
    return tuple(argv)


def _can_travel(agent: Agent, template: tuple[str, ...], prompt: str) -> None:
    around = [len(one.encode()) - len("{prompt}") for one in template if "{prompt}" in one]
    size = max(around, default=0) + len(prompt.encode("utf-8", "replace"))
    if size > LONGEST:
        raise Refused(
            f"The prompt has {size // 1024} KiB, and {agent.name} takes at most 127 KiB as an argument.",
            hint=f'Put the text in a file of the project and name it, or set prompt = "stdin" or "file" '
            f"in [agents.{agent.name}].",
        )
    if "\0" in prompt:
        raise Refused("The prompt holds a NUL character.", hint="Remove it.")
    if prompt.startswith("-") and "{prompt}" in template and "--" not in _before_prompt(template):
        raise Refused(
            f"The prompt begins with a dash, which {agent.name} would take for an option.",
            hint="Begin it with a word.",
        )


def _before_prompt(template: tuple[str, ...]) -> tuple[str, ...]:
    return template[: template.index("{prompt}")]
