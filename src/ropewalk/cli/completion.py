"""`completion`: a script that completes verbs and options; made from the parser, so it cannot be stale."""

import argparse
from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.parser import build
from ropewalk.cli.verbs import VERBS


def run(args: Namespace) -> int:
    """Print the script of a shell."""
    print({"bash": bash, "zsh": zsh, "fish": fish}[args.shell](), end="")
    return exits.OK


def options() -> dict[str, list[str]]:
    """The long options and fixed words of each verb."""
    found: dict[str, list[str]] = {}
    for action in build()._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, parser in action.choices.items():
                each = parser._actions  # noqa: SLF001
                words = [one for it in each for one in it.option_strings if one.startswith("--")]
                fixed = [
                    str(one) for it in each if not it.option_strings for one in it.choices or ()
                ]
                found[name] = words + fixed
    return found


def bash() -> str:
    """For `eval` or bash-completion's directory."""
    cases = "\n".join(
        f"    {name}) words='{' '.join(each)}' ;;" for name, each in options().items()
    )
    return f"""_ropewalk() {{
  local words verb="${{COMP_WORDS[1]}}"
  if [ "$COMP_CWORD" -eq 1 ]; then verb=; fi
  case "$verb" in
    "") words='{" ".join(verb.name for verb in VERBS)}' ;;
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _ropewalk ropewalk rw
"""


def zsh() -> str:
    """For `eval`."""
    cases = "\n".join(
        f"    {name}) compadd -- {' '.join(each)} ;;" for name, each in options().items()
    )
    named = " ".join(f"'{verb.name}:{verb.summary}'" for verb in VERBS)
    return f"""_ropewalk() {{
  local -a verbs=({named})
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
  case "$words[2]" in
{cases}
  esac
  _files
}}
compdef _ropewalk ropewalk rw
"""


def fish() -> str:
    """For `source`."""
    lines: list[str] = []
    for verb in VERBS:
        lines.append(
            f"complete -c ropewalk -n __fish_use_subcommand -xa {verb.name} -d '{verb.summary}'"
        )
        for word in options()[verb.name]:
            what = f"-l {word[2:]}" if word.startswith("--") else f"-xa {word}"
            lines.append(
                f"complete -c ropewalk -n '__fish_seen_subcommand_from {verb.name}' {what}"
            )
    return "\n".join([*lines, "complete -c rw -w ropewalk"]) + "\n"
