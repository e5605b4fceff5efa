"""The argument parser, built from the verbs."""

import argparse
from typing import Any, NoReturn

from ropewalk import __version__
from ropewalk.cli.exits import MEANING
from ropewalk.cli.verbs import VERBS, Verb


class UsageError(Exception):
    """The command line is not understood."""

    def __init__(self, message: str, hint: str) -> None:
        """Both as in core/errors."""
        super().__init__(message)
        self.message, self.hint, self.code = message, hint, "usage"


class Parser(argparse.ArgumentParser):
    """Errors are raised, not printed, and name the next step."""

    mixed = False

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """As in argparse; with `mixed`, options may stand between the words."""
        if not self.mixed:
            return super().parse_known_args(args, namespace)
        self.mixed = False  # the other way comes back to this one
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self.mixed = True

    def error(self, message: str) -> NoReturn:
        """Instead of argparse's two lines."""
        words = message.split("'")
        if message.startswith("argument VERB") and len(words) > 1:
            raise UsageError(f"There is no verb “{words[1]}”.", _meant(words[1]))
        sentence = message[:1].upper() + message[1:].rstrip(".") + "."
        verb = self.prog.partition(" ")[2]
        raise UsageError(sentence, f"See how it goes: ropewalk help {verb}".rstrip())


def _meant(word: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, [verb.name for verb in VERBS], n=2)
    found = f"Did you mean {' or '.join(close)}? " if close else ""
    return found + "See them all: ropewalk help"


def _shared() -> Parser:
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = shared.add_argument_group("everywhere")
    group.add_argument(
        "--json", action="store_true", help="one JSON document (streams: JSON lines)"
    )
    group.add_argument("--home", metavar="DIR", help="the instance (default $ROPEWALK_HOME)")
    group.add_argument("--no-color", action="store_true", help="no colour (also: NO_COLOR=1)")
    group.add_argument("--yes", action="store_true", help="agree to what would be asked")
    group.add_argument(
        "--trust",
        action="store_true",
        help="trust the project's files that say what runs, as they are",
    )
    return shared


def epilog(verb: Verb) -> str:
    """The examples of a verb."""
    lines = [one if one.startswith("eval") else f"ropewalk {one}" for one in verb.examples]
    return "examples:\n" + "\n".join(f"  {line}" for line in lines)


def add_verb(verbs: "argparse._SubParsersAction[Parser]", verb: Verb, shared: Parser) -> None:
    """The parser of one verb."""
    summary = verb.summary[:1].upper() + verb.summary[1:] + "."
    parser = verbs.add_parser(
        verb.name,
        help=verb.summary,
        description="\n".join(filter(None, (summary, verb.lasting))),
        epilog=epilog(verb),
        parents=[shared],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.arguments(parser)
    parser.mixed = verb.mixed


def build(only: str | None = None) -> Parser:
    """The parser; with `only`, just that verb knows its arguments (a cold start needs no other)."""
    codes = "\n".join(f"  {code:<4} {meaning}" for code, meaning in MEANING.items())
    shared = _shared()
    parser = Parser(
        prog="ropewalk",
        description="Race coding agents on one prompt, judge them by the same evidence, keep one.",
        epilog=f"exit codes:\n{codes}",
        parents=[shared],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ropewalk {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", parser_class=Parser)
    for verb in VERBS:
        if only is None or verb.name == only:
            add_verb(verbs, verb, shared)
    return parser


def parse(words: list[str]) -> argparse.Namespace:
    """The arguments; UsageError if they are not understood."""
    names = {verb.name for verb in VERBS}
    first = next((word for word in words if not word.startswith("-")), None)
    parser = build(first if first in names else None)
    start = argparse.Namespace(json=False, home=None, no_color=False, yes=False, trust=False)
    args, rest = parser.parse_known_args(words, start)
    if rest:
        raise UsageError(_odd(rest[0], first), _way(first))
    return args


def _odd(word: str, verb: str | None) -> str:
    of = f" of {verb}" if verb else ""
    return (
        f"There is no option {word}{of}." if word.startswith("-") else f"“{word}” is one too many."
    )


def _way(verb: str | None) -> str:
    if verb == "run":
        return "What begins with a dash and is no option comes after --: ropewalk run -- …"
    return f"See how it goes: ropewalk help {verb or ''}".rstrip()
