"""`completion`: a script that completes verbs and options; made from the parser, so it cannot be stale."""

import argparse
from argparse import Namespace
from dataclasses import dataclass, replace

from ropewalk.cli import exits
from ropewalk.cli.help import tell
from ropewalk.cli.parser import build
from ropewalk.cli.verbs import VERBS


def run(args: Namespace) -> int:
    """Print the script of a shell."""
    tell({"bash": bash, "zsh": zsh, "fish": fish}[args.shell](), as_json=args.json)
    return exits.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What can follow a verb: options, fixed words, and the values of options (none: anything goes)."""

    options: list[str]
    fixed: list[str]
    values: dict[str, list[str]]


def grammar() -> dict[str, Words]:
    """The words of each verb, and under the empty name those before any verb."""
    found: dict[str, Words] = {}
    parser = build()
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            found = {name: _words(one) for name, one in action.choices.items()}
    verbs = list(found)
    found["help"] = replace(found["help"], fixed=verbs)
    return {**found, "": replace(_words(parser), fixed=verbs)}


def _words(parser: argparse.ArgumentParser) -> Words:
    actions = parser._actions  # noqa: SLF001
    values = [one for one in actions if one.option_strings and one.nargs != 0]
    return Words(
        options=[name for one in actions for name in one.option_strings if name.startswith("--")],
        fixed=[
            str(word) for one in actions if not one.option_strings for word in one.choices or ()
        ],
        values={
            name: [str(word) for word in one.choices or ()]
            for one in values
            for name in one.option_strings
        },
    )


def bash() -> str:
    """For `eval` or bash-completion's directory."""
    words = grammar()
    verbs = "\n".join(
        f"    '{name}') fixed='{' '.join(one.fixed)}' options='{' '.join(one.options)}' ;;"
        for name, one in words.items()
    )
    known: list[str] = []
    free: list[str] = []
    for name, one in words.items():
        for option, each in one.values.items():
            if each:
                known.append(f"    '{name} {option}') fixed='{' '.join(each)}' ;;")
            else:
                free.append(f"'{name} {option}'")
    values = "\n".join(known)
    return f"""_ropewalk() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  local verb= fixed= options= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "${{COMP_WORDS[at]}}" in
      --home) at=$((at + 1)) ;;
      -*) ;;
      *) verb="${{COMP_WORDS[at]}}"; break ;;
    esac
  done
  case "$verb" in
{verbs}
  esac
  case "$word" in -*) fixed="$options" ;; esac
  case "$verb $before" in
{values}
    {"|".join(free)}) fixed= ;;
  esac
  COMPREPLY=($(compgen -W "$fixed" -- "$word"))
}}
complete -o default -F _ropewalk ropewalk rw
"""


def zsh() -> str:
    """For `eval`."""
    cases = "\n".join(
        f"    {name}) compadd -- {' '.join([*one.fixed, *one.options])} ;;"
        for name, one in grammar().items()
        if name
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
    words = grammar()
    for verb in VERBS:
        lines.append(
            f"complete -c ropewalk -n __fish_use_subcommand -xa {verb.name} -d '{verb.summary}'"
        )
        for word in (*words[verb.name].options, *words[verb.name].fixed):
            what = f"-l {word[2:]}" if word.startswith("--") else f"-xa {word}"
            lines.append(
                f"complete -c ropewalk -n '__fish_seen_subcommand_from {verb.name}' {what}"
            )
    return "\n".join([*lines, "complete -c rw -w ropewalk"]) + "\n"
