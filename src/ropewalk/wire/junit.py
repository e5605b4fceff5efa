"""JUnit XML reports: bytes in, cases out.

There is no one standard. This reads what pytest, node, jest-junit, vitest, cargo-nextest and maven's
surefire write: `<testsuites>` or `<testsuite>` at the root, `<testcase classname name file time>` at any
depth, in it at most one of `<failure>`, `<error>`, `<skipped>` that counts. A report is written by the
code that is judged, hence hostile: no document type (so no entities), limits on size, depth and number.
"""

import re
from dataclasses import dataclass, field
from typing import Literal
from xml.parsers import expat

from ropewalk.core.records import Case

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64
MAX_CASES = 200_000
MAX_NAME = 1_000
MAX_MESSAGE = 2_000

Status = Literal["passed", "failed", "skipped", "xfailed"]
_ROOTS = ("testsuites", "testsuite")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}")
_NODES_CLASS = "test"


def parse(report: bytes, *, root: str = "") -> tuple[Case, ...]:
    """The cases of a report, in its order.

    `root` is the directory in which the check ran: absolute file names lose it, so that names are the
    same in every workspace. ValueError (and nothing else): not a report, too large, too deep, cut off.
    """
    if len(report) > MAX_BYTES:
        raise ValueError(f"the report is larger than {MAX_BYTES // (1024 * 1024)} MB")
    reader = _Reader(root=root.rstrip("/"))
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(report, True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(f"the report is not well-formed XML: {error}") from None
    return tuple(reader.cases)


def _no_doctype(*_: object) -> None:
    raise ValueError("the report declares a document type, which is refused")


@dataclass(slots=True)
class _Open:
    """A `<testcase>` whose end has not come yet."""

    name: str
    duration_s: float
    status: Status = "passed"
    message: str = ""
    wants_text: bool = False


@dataclass(slots=True)
class _Reader:
    root: str
    depth: int = 0
    suites: list[str] = field(default_factory=list[str])
    case: _Open | None = None
    last: dict[str, int] = field(default_factory=dict[str, int])
    cases: list[Case] = field(default_factory=list[Case])

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"the report is nested deeper than {MAX_DEPTH} elements")
        if self.depth == 1 and tag not in _ROOTS:
            raise ValueError(f"<{tag[:40]}> is not a JUnit report")
        if tag == "testsuite":
            self.suites.append(attributes.get("name", ""))
        elif tag == "testcase":
            self.case = _Open(self._name(attributes), _seconds(attributes.get("time", "")))
        elif self.case is not None:
            _judge(self.case, tag, attributes)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "testsuite":
            self.suites.pop()
        elif tag == "testcase" and self.case is not None:
            self._close(self.case)
            self.case = None
        elif self.case is not None:
            self.case.wants_text = False

    def text(self, data: str) -> None:
        case = self.case
        if case is not None and case.wants_text and len(case.message) < MAX_MESSAGE:
            case.message += data

    def _close(self, case: _Open) -> None:
        if len(self.cases) >= MAX_CASES:
            raise ValueError(f"the report has more than {MAX_CASES} cases")
        name = self._numbered(case.name)
        message = case.message.strip()[:MAX_MESSAGE]
        self.cases.append(
            Case(name=name, status=case.status, duration_s=case.duration_s, message=message)
        )

    def _numbered(self, name: str) -> str:
        """The name, or the first of `name #2`, `name #3`, … that is free."""
        number, numbered = self.last.get(name, 1), name
        while numbered in self.last:
            number += 1
            numbered = f"{name} #{number}"
        self.last[name] = number
        self.last.setdefault(numbered, 1)
        return numbered

    def _name(self, attributes: dict[str, str]) -> str:
        name = attributes.get("name", "")
        file = _relative(attributes.get("file", ""), self.root)
        within = attributes.get("classname", _NODES_CLASS)
        if within == _NODES_CLASS:
            within = " > ".join(one for one in self.suites if one)
        within = _relative(within, self.root) if within.startswith("/") else within
        # what could not be collected has no class, and its module as its name
        parts = [file, _below(within, file), name if within else _below(name, file)]
        return _ADDRESS.sub("0x…", "::".join(part for part in parts if part))[:MAX_NAME]


def _judge(case: _Open, tag: str, attributes: dict[str, str]) -> None:
    if tag in ("failure", "error"):
        status: Status = "failed"
    elif tag == "skipped" and case.status == "passed":
        status = "xfailed" if attributes.get("type") == "pytest.xfail" else "skipped"
    else:
        return
    if case.status != "failed":
        case.message = attributes.get("message", "")[:MAX_MESSAGE]
        case.wants_text = not case.message
    case.status = status


def _relative(path: str, root: str) -> str:
    """A path as seen from the root; outside of it only its last part is the same in every workspace."""
    if not path.startswith("/"):
        return path.removeprefix("./")
    if root and path.startswith(root + "/"):
        return path[len(root) + 1 :]
    return path.rsplit("/", 1)[-1]


def _below(within: str, file: str) -> str:
    """What a class name adds to its file: pytest's `tests.test_a.TestB` in tests/test_a.py is `TestB`."""
    if not file:
        return within
    module = file.rpartition(".")[0].replace("/", ".")
    if within in (file, module):
        return ""
    return within.removeprefix(module + ".").replace(".", "::") if module else within


def _seconds(text: str) -> float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e9 else 0.0
