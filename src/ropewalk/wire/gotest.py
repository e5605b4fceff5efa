"""`go test -json`: lines in, cases out.

The format is that of `go doc test2json` (fields Action, Package, Test, Elapsed, Output; since Go 1.24
also ImportPath with build-output and build-fail). Lines that are no JSON come from the go command itself
and are skipped, except that older versions tell of a failed build only there.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ropewalk.core.records import Case

MAX_BYTES = 64 * 1024 * 1024
MAX_LINE = 1024 * 1024
MAX_CASES = 200_000
MAX_NAME = 1_000
MAX_MESSAGE = 2_000

Status = Literal["passed", "failed", "skipped"]
_ENDS: dict[str, Status] = {"pass": "passed", "fail": "failed", "skip": "skipped"}
_NOT_BUILT = re.compile(r"FAIL\s+(\S+)\s+\[(build|setup) failed\]")


@dataclass(slots=True)
class _Seen:
    status: Status | None = None
    duration_s: float = 0.0
    output: list[str] = field(default_factory=list[str])
    size: int = 0

    def add(self, text: str) -> None:
        if self.size < MAX_MESSAGE:
            self.output.append(text)
            self.size += len(text)


def parse(output: bytes) -> tuple[Case, ...]:
    """The cases of the standard output of `go test -json`, in the order in which they began.

    A case is `package::Test/subtest`. A package that fails without a failing test of its own (it does
    not build, its TestMain fails) is a failed case under the package's name; a test that began and never
    ended has failed. ValueError (and nothing else): too large, or no line of it is a test event.
    """
    if len(output) > MAX_BYTES:
        raise ValueError(f"the output is larger than {MAX_BYTES // (1024 * 1024)} MB")
    seen: dict[tuple[str, str], _Seen] = {}
    for event in _events(output):
        _take(seen, event)
    if not seen:
        raise ValueError("no line of the output is an event of go test -json")
    if len(seen) > MAX_CASES:
        raise ValueError(f"the output has more than {MAX_CASES} cases")
    return tuple(_cases(seen))


def _events(output: bytes) -> Iterator[dict[str, Any]]:
    for line in output.splitlines():
        if not line.startswith(b"{"):
            if built := _NOT_BUILT.match(line.decode("utf-8", "replace")):
                yield {"Action": "fail", "Package": built[1], "Output": built[0]}
            continue
        if len(line) > MAX_LINE:
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield cast("dict[str, Any]", event)


def _take(seen: dict[tuple[str, str], _Seen], event: dict[str, Any]) -> None:
    action = _text(event, "Action")
    package = _text(event, "Package") or _text(event, "ImportPath").partition(" ")[0]
    if not action or not package:
        return
    one = seen.setdefault((package, _text(event, "Test")), _Seen())
    one.add(_text(event, "Output"))
    if action in _ENDS:
        one.status = _ENDS[action]
        one.duration_s = _seconds(event.get("Elapsed"))
    elif action == "build-fail":
        one.status = "failed"


def _cases(seen: dict[tuple[str, str], _Seen]) -> Iterator[Case]:
    broken = {
        package for (package, test), one in seen.items() if test and one.status in ("failed", None)
    }
    for (package, test), one in seen.items():
        if test or (one.status == "failed" and package not in broken):
            name = f"{package}::{test}" if test else package
            status = one.status or "failed"
            message = "".join(one.output).strip() if status == "failed" else ""
            yield Case(
                name=name[:MAX_NAME],
                status=status,
                duration_s=one.duration_s,
                message=message[:MAX_MESSAGE],
            )


def _text(event: dict[str, Any], key: str) -> str:
    value = event.get(key)
    # JSON can hold halves of surrogate pairs, which are no text
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0
