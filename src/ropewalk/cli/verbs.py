"""The verbs: their words and examples, and the module that does each. Data, imported always."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import NamedTuple

from ropewalk.cli import arguments


class Verb(NamedTuple):
    """One verb. `module` has `run(args) -> int` and is imported only for this verb.

    `lasting` says what of it cannot be taken back; it is shown in its help and before it is done.
    """

    name: str
    summary: str
    module: str
    arguments: Callable[[ArgumentParser], object]
    examples: tuple[str, ...] = ()
    lasting: str = ""
    mixed: bool = False
    """Options may stand between the words."""


VERBS = (
    Verb(
        "run",
        "race agents on one prompt",
        "run",
        arguments.run,
        (
            'run -n 3 "Fix the cart total and add a test"',
            "run --agent claude@opus:2,codex -f brief.md --limit 20m",
            "run --detach -- -x is ignored: fix it",
        ),
        "Agents may cost money; what they spend cannot be taken back.",
    ),
    Verb(
        "ls", "what needs you, works, is ready, is done", "ls", arguments.ls, ("ls", "ls --watch")
    ),
    Verb("show", "a task or an attempt in full", "show", arguments.ids, ("show 7", "show 7.2")),
    Verb("log", "what an agent said and did", "log", arguments.log, ("log 7.2", "log -f 7.2")),
    Verb(
        "say",
        "tell agents something; it is their next turn",
        "act",
        arguments.say,
        ("say 7.2 also round the total", "say 7 use Decimal"),
        "A message cannot be taken back, nor what the agent spends on it.",
    ),
    Verb(
        "answer",
        "answer a question of an agent",
        "act",
        arguments.answer,
        ("answer 7.3 a", "answer 7 no"),
        "An answer cannot be taken back.",
    ),
    Verb(
        "stop",
        "stop agents; their work stays",
        "act",
        arguments.all_ids,
        ("stop 7.2", "stop --all"),
    ),
    Verb(
        "resume",
        "let a stopped or interrupted attempt go on",
        "act",
        arguments.all_ids,
        ("resume 7.2",),
        "What an agent spends cannot be taken back.",
    ),
    Verb(
        "wait",
        "wait until attempts are through",
        "wait",
        arguments.wait,
        ("wait 7", "wait --for ended --timeout 20m 7.1 7.2"),
    ),
    Verb(
        "diff",
        "what an attempt changed, or how two differ",
        "diff",
        arguments.diff,
        ("diff 7.2", "diff 7.1 7.2", "diff 7.2@1 7.2@2"),
    ),
    Verb(
        "check",
        "run the checks again",
        "act",
        arguments.check,
        ("check 7.2", "check --check pytest 7"),
    ),
    Verb(
        "compare",
        "the attempts of a task, ranked, with reasons",
        "compare",
        arguments.ids,
        ("compare 7",),
    ),
    Verb(
        "keep",
        "choose a result; its siblings go to the trash",
        "act",
        arguments.keep,
        ("keep 7.2", "keep 7.2 the smaller change"),
    ),
    Verb(
        "merge",
        "bring a result into its branch, checked on it",
        "merge",
        arguments.merge,
        ("merge 7.2", "merge -e --target release 7.2"),
    ),
    Verb(
        "drop",
        "throw a result away; the trash keeps it",
        "act",
        arguments.reasoned,
        ("drop 7.3", "drop 7.3 breaks the API"),
    ),
    Verb(
        "undo",
        "take back your last keep, merge, drop or rewind",
        "undo",
        arguments.none,
        ("undo",),
        "Messages, answers and what agents spend cannot be taken back.",
    ),
    Verb(
        "rebase",
        "put a change onto its branch as it is now",
        "act",
        arguments.one,
        ("rebase 7.2",),
        "Undo does not take a rebase back. Its agent gets the conflicts, and what it spends is spent.",
    ),
    Verb(
        "turns",
        "the turns of an attempt, and its files after each",
        "turns",
        arguments.one,
        ("turns 7.2",),
    ),
    Verb(
        "rewind",
        "set the files of an attempt back to an earlier turn",
        "act",
        arguments.rewind,
        ("rewind 7.2 --to 1", "rewind 7.2 --to 7.2@2"),
    ),
    Verb(
        "fork",
        "a new attempt that goes on from the files of one",
        "fork",
        arguments.fork,
        ("fork 7.2", 'fork 7.2 --at 1 "Try it without a cache"'),
        mixed=True,
    ),
    Verb(
        "adopt",
        "an attempt made of a worktree or branch, by copy",
        "adopt",
        arguments.adopt,
        ("adopt ../shop-cart", 'adopt feature/cart "Finish the tests"'),
        "No agent is started unless there is a prompt. Uncommitted work comes along, ignored files do not.",
        mixed=True,
    ),
    Verb(
        "shell",
        "a shell, or a command, in the workspace of an attempt",
        "place",
        arguments.shell,
        ("shell 7.2", "shell 7.2 -- git status"),
    ),
    Verb(
        "edit",
        "your editor on the files of an attempt",
        "place",
        arguments.edit,
        ("edit 7.2", "edit 7.2 --done"),
    ),
    Verb(
        "serve",
        "an attempt's work as it runs, at an address of its own",
        "serve",
        arguments.serve,
        ("serve 7.2", "serve 7.2 --logs -f", "serve 7.2 --stop"),
    ),
    Verb(
        "try",
        "an attempt in your own checkout, until you take it back",
        "trial",
        arguments.trial,
        ("try 7.2", "try --back"),
    ),
    Verb(
        "init",
        "write a ropewalk.toml from what the repository holds",
        "init",
        arguments.init,
        ("init", "init --print"),
    ),
    Verb(
        "secret",
        "keys for agents: set, list, remove; no value is ever shown",
        "secret",
        arguments.secret,
        (
            "secret set ANTHROPIC_API_KEY",
            "secret set OPENAI_API_KEY --command 'pass show openai'",
            "secret ls",
            "secret rm OPENAI_API_KEY",
        ),
    ),
    Verb(
        "gc",
        "what takes the disk, and what could go for good",
        "gc",
        arguments.none,
        ("gc", "gc --yes"),
        "With --yes, ignored files of what is in the trash are gone for good; versions stay.",
    ),
    Verb(
        "doctor",
        "what this machine can do, and what is wrong",
        "doctor",
        arguments.none,
        ("doctor",),
    ),
    Verb("demo", "the whole way in 20 seconds, without a key", "demo", arguments.none, ("demo",)),
    Verb(
        "hub", "the server behind it: status, stop, logs", "hub", arguments.hub, ("hub", "hub stop")
    ),
    Verb(
        "completion",
        "a script that completes verbs and options",
        "completion",
        arguments.completion,
        ('eval "$(ropewalk completion bash)"',),
    ),
    Verb("help", "this, or the help of a verb", "help", arguments.helped, ("help merge",)),
)
"""In the order of a working day."""


def lasting(name: str) -> str:
    """What of a verb cannot be taken back; empty: nothing."""
    return next((one.lasting for one in VERBS if one.name == name), "")
