"""The arguments of each verb: a function of its name, or of what several have."""

from argparse import ArgumentParser, ArgumentTypeError

from ropewalk.cli.text import duration


def _seconds(text: str) -> float:
    try:
        return duration(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no duration; write it like 90s, 20m or 2h") from None


def run(add: ArgumentParser) -> None:
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


def ids(add: ArgumentParser, *, all: bool = False, what: str = "attempts or tasks: 7.2, 7") -> None:
    add.add_argument("ids", nargs="*" if all else "+", metavar="ID", help=what)
    if all:
        add.add_argument("--all", action="store_true", help="every attempt of this project")


def reasoned(add: ArgumentParser) -> None:
    add.add_argument("words", nargs="+", metavar="ID [REASON]", help="attempts or tasks, then why")


def ls(add: ArgumentParser) -> None:
    add.add_argument("--watch", action="store_true", help="stay, and show what changes")
    add.add_argument("--all", action="store_true", help="every project, and what is done")


def log(add: ArgumentParser) -> None:
    ids(add)
    add.add_argument("-f", "--follow", action="store_true", help="stay, and show what comes")


def say(add: ArgumentParser) -> None:
    add.add_argument("words", nargs="+", metavar="ID… TEXT", help="ids first, the rest is the text")
    add.add_argument("--all", action="store_true", help="every attempt of this project")


def answer(add: ArgumentParser) -> None:
    add.add_argument(
        "words", nargs="+", metavar="ID… OPTION", help="ids, then an answer or its key"
    )
    add.add_argument(
        "--question", default="", metavar="ID", help="which question, if several are open"
    )


def wait(add: ArgumentParser) -> None:
    ids(add)
    ends = ("ended", "checked", "decided")
    add.add_argument(
        "--for", dest="until", choices=ends, default="checked", help="(default checked)"
    )
    add.add_argument("--timeout", type=_seconds, metavar="TIME", help="give up after: 90s, 20m")


def diff(add: ArgumentParser) -> None:
    add.add_argument("a", metavar="A", help="an attempt or version: 7.2, 7.2@1")
    add.add_argument(
        "b", nargs="?", default="", metavar="B", help="another one (default: its base)"
    )


def check(add: ArgumentParser) -> None:
    ids(add)
    add.add_argument(
        "--check", action="append", default=[], metavar="NAME", help="only these checks"
    )


def keep(add: ArgumentParser) -> None:
    reasoned(add)
    add.add_argument("--keep-others", action="store_true", help="leave its siblings as they are")


def merge(add: ArgumentParser) -> None:
    reasoned(add)
    add.add_argument("-e", "--edit", action="store_true", help="edit the commit message first")
    add.add_argument("--target", metavar="BRANCH", help="into this branch")
    add.add_argument(
        "--mode", choices=("squash", "merge", "rebase"), help="(default: the project's)"
    )
    add.add_argument("--unchecked", action="store_true", help="merge even if the checks fail")


def one(add: ArgumentParser) -> None:
    ids(add, what="attempts: 7.2")


def shell(add: ArgumentParser) -> None:
    add.add_argument("ids", nargs=1, metavar="A", help="an attempt: 7.2")
    add.add_argument(
        "command", nargs="*", metavar="COMMAND", help="what to run there instead, after --"
    )


def serve(add: ArgumentParser) -> None:
    add.add_argument("attempt", metavar="A", help="an attempt: 7.2")
    deed = add.add_mutually_exclusive_group()
    deed.add_argument("--stop", action="store_true", help="end it")
    deed.add_argument("--restart", action="store_true", help="end it, and start it again")
    deed.add_argument("--logs", action="store_true", help="show its output")
    add.add_argument("-f", "--follow", action="store_true", help="stay, and show what comes")


def edit(add: ArgumentParser) -> None:
    one(add)
    add.add_argument(
        "--desk", action="store_true", help="on the project's desk, whatever the editor is"
    )
    deed = add.add_mutually_exclusive_group()
    deed.add_argument(
        "--done", action="store_true", help="bring what you edited on the desk into the attempt"
    )
    deed.add_argument("--discard", action="store_true", help="let go of what you edited there")


def trial(add: ArgumentParser) -> None:
    add.add_argument(
        "attempt", nargs="?", default="", metavar="A", help="an attempt or version: 7.2, 7.2@1"
    )
    add.add_argument("--back", action="store_true", help="take back what is tried here")


def rewind(add: ArgumentParser) -> None:
    add.add_argument("attempt", metavar="ID", help="an attempt: 7.2")
    add.add_argument(
        "--to", required=True, metavar="TURN", help="a turn (0: the beginning), or a version: 7.2@2"
    )


def fork(add: ArgumentParser) -> None:
    add.add_argument("attempt", metavar="ID", help="an attempt or version: 7.2, 7.2@2")
    add.add_argument(
        "--at", metavar="TURN", help="the files of that turn or version (default: as they are)"
    )
    add.add_argument("--agent", metavar="SPEC", help="agent[@model] (default: the same)")
    add.add_argument("prompt", nargs="*", metavar="PROMPT", help="what to do (default: the task's)")


def adopt(add: ArgumentParser) -> None:
    add.add_argument("named", metavar="PATH|BRANCH", help="a worktree or branch of this repository")
    add.add_argument("prompt", nargs="*", metavar="PROMPT", help="what is to be done with it")
    add.add_argument("--agent", metavar="SPEC", help="agent[@model] that may go on with it")
    add.add_argument(
        "--base", metavar="REV", help="compare with this (default: where it left your branch)"
    )
    add.add_argument("--check", action="append", default=[], metavar="NAME|COMMAND")
    add.add_argument("--no-check", action="store_true", help="no checks")


def hub(add: ArgumentParser) -> None:
    add.add_argument("deed", nargs="?", choices=("status", "stop", "logs"), default="status")


def secret(add: ArgumentParser) -> None:
    add.add_argument("deed", choices=("set", "ls", "rm"))
    add.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="the variable that an agent looks for"
    )
    add.add_argument(
        "--command", default="", metavar="CMD", help="with set: a command that prints the value"
    )


def init(add: ArgumentParser) -> None:
    add.add_argument(
        "--print", dest="only_print", action="store_true", help="show it, write nothing"
    )
    add.add_argument("--force", action="store_true", help="replace the file that is there")


def completion(add: ArgumentParser) -> None:
    add.add_argument("shell", choices=("bash", "zsh", "fish"))


def helped(add: ArgumentParser) -> None:
    add.add_argument("verb_wanted", nargs="?", metavar="VERB", help="a verb")


def none(_: ArgumentParser) -> None:
    return None


def all_ids(add: ArgumentParser) -> None:
    ids(add, all=True)
