"""The verbs: their words, arguments and examples, and the module that does each. Data, imported always."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import NamedTuple

from ropewalk.cli.text import duration


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


def _seconds(text: str) -> float:
    try:
        return duration(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no duration; write it like 90s, 20m or 2h") from None


def _run(add: ArgumentParser) -> None:
    add.add_argument(
        "-n", dest="count", type=int, metavar="N", help="how many attempts (default 1)"
    )
    add.add_argument(
        "--agent",
        action="append",
        default=[],
        metavar="SPEC",
        help="agent[@model][:count], repeatable",
    )
    add.add_argument(
        "--check",
        action="append",
        default=[],
        metavar="CHECK",
        help="a check's name or command line",
    )
    add.add_argument("--no-check", action="store_true", help="judge by no check at all")
    add.add_argument(
        "--base", metavar="REV", help="start from this revision, or `fresh`: fetch first"
    )
    add.add_argument("--on", metavar="BRANCH", help="continue this branch")
    add.add_argument("--with-changes", action="store_true", help="take uncommitted work along")
    add.add_argument(
        "--limit", type=_seconds, metavar="TIME", help="time limit of each turn: 90s, 20m"
    )
    add.add_argument("--detach", action="store_true", help="do not watch; come back at once")
    add.add_argument(
        "-f", dest="file", metavar="FILE", help="read the prompt from a file (-: input)"
    )
    add.add_argument(
        "prompt", nargs="*", metavar="PROMPT", help="what to do; - reads it from input"
    )


def _ids(
    add: ArgumentParser, *, all: bool = False, what: str = "attempts or tasks: 7.2, 7"
) -> None:
    add.add_argument("ids", nargs="*" if all else "+", metavar="ID", help=what)
    if all:
        add.add_argument("--all", action="store_true", help="every attempt of this project")


def _reasoned(add: ArgumentParser) -> None:
    add.add_argument("words", nargs="+", metavar="ID [REASON]", help="attempts or tasks, then why")


def _ls(add: ArgumentParser) -> None:
    add.add_argument("--watch", action="store_true", help="stay, and show what changes")
    add.add_argument("--all", action="store_true", help="every project, and what is done")


def _log(add: ArgumentParser) -> None:
    _ids(add)
    add.add_argument("-f", "--follow", action="store_true", help="stay, and show what comes")


def _say(add: ArgumentParser) -> None:
    add.add_argument("words", nargs="+", metavar="ID… TEXT", help="ids first, the rest is the text")
    add.add_argument("--all", action="store_true", help="every attempt of this project")


def _answer(add: ArgumentParser) -> None:
    add.add_argument(
        "words", nargs="+", metavar="ID… OPTION", help="ids, then an answer or its key"
    )
    add.add_argument(
        "--question", default="", metavar="ID", help="which question, if several are open"
    )


def _wait(add: ArgumentParser) -> None:
    _ids(add)
    ends = ("ended", "checked", "decided")
    add.add_argument(
        "--for", dest="until", choices=ends, default="checked", help="(default checked)"
    )
    add.add_argument("--timeout", type=_seconds, metavar="TIME", help="give up after: 90s, 20m")


def _diff(add: ArgumentParser) -> None:
    add.add_argument("a", metavar="A", help="an attempt or version: 7.2, 7.2@1")
    add.add_argument(
        "b", nargs="?", default="", metavar="B", help="another one (default: its base)"
    )


def _check(add: ArgumentParser) -> None:
    _ids(add)
    add.add_argument(
        "--check", action="append", default=[], metavar="NAME", help="only these checks"
    )


def _keep(add: ArgumentParser) -> None:
    _reasoned(add)
    add.add_argument("--keep-others", action="store_true", help="leave its siblings as they are")


def _merge(add: ArgumentParser) -> None:
    _reasoned(add)
    add.add_argument("-e", "--edit", action="store_true", help="edit the commit message first")
    add.add_argument("--target", metavar="BRANCH", help="into this branch")
    add.add_argument(
        "--mode", choices=("squash", "merge", "rebase"), help="(default: the project's)"
    )
    add.add_argument("--unchecked", action="store_true", help="merge even if the checks fail")


def _one(add: ArgumentParser) -> None:
    _ids(add, what="attempts: 7.2")


def _shell(add: ArgumentParser) -> None:
    add.add_argument("ids", nargs=1, metavar="A", help="an attempt: 7.2")
    add.add_argument(
        "command", nargs="*", metavar="COMMAND", help="what to run there instead, after --"
    )


def _serve(add: ArgumentParser) -> None:
    add.add_argument("attempt", metavar="A", help="an attempt: 7.2")
    deed = add.add_mutually_exclusive_group()
    deed.add_argument("--stop", action="store_true", help="end it")
    deed.add_argument("--restart", action="store_true", help="end it, and start it again")
    deed.add_argument("--logs", action="store_true", help="show its output")
    add.add_argument("-f", "--follow", action="store_true", help="stay, and show what comes")


def _edit(add: ArgumentParser) -> None:
    _one(add)
    add.add_argument(
        "--desk", action="store_true", help="on the project's desk, whatever the editor is"
    )
    deed = add.add_mutually_exclusive_group()
    deed.add_argument(
        "--done", action="store_true", help="bring what you edited on the desk into the attempt"
    )
    deed.add_argument("--discard", action="store_true", help="let go of what you edited there")


def _try(add: ArgumentParser) -> None:
    add.add_argument(
        "attempt", nargs="?", default="", metavar="A", help="an attempt or version: 7.2, 7.2@1"
    )
    add.add_argument("--back", action="store_true", help="take back what is tried here")


def _rewind(add: ArgumentParser) -> None:
    add.add_argument("attempt", metavar="ID", help="an attempt: 7.2")
    add.add_argument(
        "--to", required=True, metavar="TURN", help="a turn (0: the beginning), or a version: 7.2@2"
    )


def _fork(add: ArgumentParser) -> None:
    add.add_argument("attempt", metavar="ID", help="an attempt or version: 7.2, 7.2@2")
    add.add_argument(
        "--at", metavar="TURN", help="the files of that turn or version (default: as they are)"
    )
    add.add_argument("--agent", metavar="SPEC", help="agent[@model] (default: the same)")
    add.add_argument("prompt", nargs="*", metavar="PROMPT", help="what to do (default: the task's)")


def _adopt(add: ArgumentParser) -> None:
    add.add_argument("named", metavar="PATH|BRANCH", help="a worktree or branch of this repository")
    add.add_argument("prompt", nargs="*", metavar="PROMPT", help="what is to be done with it")
    add.add_argument("--agent", metavar="SPEC", help="agent[@model] that may go on with it")
    add.add_argument(
        "--base", metavar="REV", help="compare with this (default: where it left your branch)"
    )
    add.add_argument("--check", action="append", default=[], metavar="NAME|COMMAND")
    add.add_argument("--no-check", action="store_true", help="no checks")


def _hub(add: ArgumentParser) -> None:
    add.add_argument("deed", nargs="?", choices=("status", "stop", "logs"), default="status")


def _init(add: ArgumentParser) -> None:
    add.add_argument(
        "--print", dest="only_print", action="store_true", help="show it, write nothing"
    )
    add.add_argument("--force", action="store_true", help="replace the file that is there")


def _completion(add: ArgumentParser) -> None:
    add.add_argument("shell", choices=("bash", "zsh", "fish"))


def _help(add: ArgumentParser) -> None:
    add.add_argument("verb_wanted", nargs="?", metavar="VERB", help="a verb")


def _none(_: ArgumentParser) -> None:
    return None


def _all_ids(add: ArgumentParser) -> None:
    _ids(add, all=True)


VERBS = (
    Verb(
        "run",
        "race agents on one prompt",
        "run",
        _run,
        (
            'run -n 3 "Fix the cart total and add a test"',
            "run --agent claude@opus:2,codex -f brief.md --limit 20m",
            "run --detach -- -x is ignored: fix it",
        ),
        "Agents may cost money; what they spend cannot be taken back.",
    ),
    Verb("ls", "what needs you, works, is ready, is done", "ls", _ls, ("ls", "ls --watch")),
    Verb("show", "a task or an attempt in full", "show", _ids, ("show 7", "show 7.2")),
    Verb("log", "what an agent said and did", "log", _log, ("log 7.2", "log -f 7.2")),
    Verb(
        "say",
        "tell agents something; it is their next turn",
        "act",
        _say,
        ("say 7.2 also round the total", "say 7 use Decimal"),
        "A message cannot be taken back, nor what the agent spends on it.",
    ),
    Verb(
        "answer",
        "answer a question of an agent",
        "act",
        _answer,
        ("answer 7.3 a", "answer 7 no"),
        "An answer cannot be taken back.",
    ),
    Verb("stop", "stop agents; their work stays", "act", _all_ids, ("stop 7.2", "stop --all")),
    Verb(
        "resume",
        "let a stopped or interrupted attempt go on",
        "act",
        _all_ids,
        ("resume 7.2",),
        "What an agent spends cannot be taken back.",
    ),
    Verb(
        "wait",
        "wait until attempts are through",
        "wait",
        _wait,
        ("wait 7", "wait --for ended --timeout 20m 7.1 7.2"),
    ),
    Verb(
        "diff",
        "what an attempt changed, or how two differ",
        "diff",
        _diff,
        ("diff 7.2", "diff 7.1 7.2", "diff 7.2@1 7.2@2"),
    ),
    Verb("check", "run the checks again", "act", _check, ("check 7.2", "check --check pytest 7")),
    Verb(
        "compare", "the attempts of a task, ranked, with reasons", "compare", _ids, ("compare 7",)
    ),
    Verb(
        "keep",
        "choose a result; its siblings go to the trash",
        "act",
        _keep,
        ("keep 7.2", "keep 7.2 the smaller change"),
    ),
    Verb(
        "merge",
        "bring a result into its branch, checked on it",
        "merge",
        _merge,
        ("merge 7.2", "merge -e --target release 7.2"),
    ),
    Verb(
        "drop",
        "throw a result away; the trash keeps it",
        "act",
        _reasoned,
        ("drop 7.3", "drop 7.3 breaks the API"),
    ),
    Verb(
        "undo",
        "take back your last keep, merge, drop or rewind",
        "undo",
        _none,
        ("undo",),
        "Messages, answers and what agents spend cannot be taken back.",
    ),
    Verb(
        "rebase",
        "put a change onto its branch as it is now",
        "act",
        _one,
        ("rebase 7.2",),
        "Undo does not take a rebase back. Its agent gets the conflicts, and what it spends is spent.",
    ),
    Verb(
        "turns", "the turns of an attempt, and its files after each", "turns", _one, ("turns 7.2",)
    ),
    Verb(
        "rewind",
        "set the files of an attempt back to an earlier turn",
        "act",
        _rewind,
        ("rewind 7.2 --to 1", "rewind 7.2 --to 7.2@2"),
    ),
    Verb(
        "fork",
        "a new attempt that goes on from the files of one",
        "fork",
        _fork,
        ("fork 7.2", 'fork 7.2 --at 1 "Try it without a cache"'),
        mixed=True,
    ),
    Verb(
        "adopt",
        "an attempt made of a worktree or branch, by copy",
        "adopt",
        _adopt,
        ("adopt ../shop-cart", 'adopt feature/cart "Finish the tests"'),
        "No agent is started unless there is a prompt. Uncommitted work comes along, ignored files do not.",
        mixed=True,
    ),
    Verb(
        "shell",
        "a shell, or a command, in the workspace of an attempt",
        "place",
        _shell,
        ("shell 7.2", "shell 7.2 -- git status"),
    ),
    Verb(
        "edit",
        "your editor on the files of an attempt",
        "place",
        _edit,
        ("edit 7.2", "edit 7.2 --done"),
    ),
    Verb(
        "serve",
        "an attempt's work as it runs, at an address of its own",
        "serve",
        _serve,
        ("serve 7.2", "serve 7.2 --logs -f", "serve 7.2 --stop"),
    ),
    Verb(
        "try",
        "an attempt in your own checkout, until you take it back",
        "trial",
        _try,
        ("try 7.2", "try --back"),
    ),
    Verb(
        "init",
        "write a ropewalk.toml from what the repository holds",
        "init",
        _init,
        ("init", "init --print"),
    ),
    Verb(
        "gc",
        "what takes the disk, and what could go for good",
        "gc",
        _none,
        ("gc", "gc --yes"),
        "With --yes, ignored files of what is in the trash are gone for good; versions stay.",
    ),
    Verb("doctor", "what this machine can do, and what is wrong", "doctor", _none, ("doctor",)),
    Verb("demo", "the whole way in 20 seconds, without a key", "demo", _none, ("demo",)),
    Verb("hub", "the server behind it: status, stop, logs", "hub", _hub, ("hub", "hub stop")),
    Verb(
        "completion",
        "a script that completes verbs and options",
        "completion",
        _completion,
        ('eval "$(ropewalk completion bash)"',),
    ),
    Verb("help", "this, or the help of a verb", "help", _help, ("help merge",)),
)
"""In the order of a working day."""


def lasting(name: str) -> str:
    """What of a verb cannot be taken back; empty: nothing."""
    return next((one.lasting for one in VERBS if one.name == name), "")
