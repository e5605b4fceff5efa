"""The tests of a Python file, read from its syntax tree: marks and how much each asserts."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_TEXT = 2_000_000
Function = ast.FunctionDef | ast.AsyncFunctionDef

_MARKS = {
    "skip": "skip",
    "skipif": "skip",
    "skipIf": "skip",
    "skipUnless": "skip",
    "skipTest": "skip",
    "importorskip": "skip",
    "xfail": "xfail",
    "expectedFailure": "xfail",
}
_ASSERTING = ("raises", "warns", "deprecated_call", "fail")


@dataclass(frozen=True, slots=True)
class PyTest:
    """One test function: how often it is skipped or expected to fail, and how many assertions it has.

    Marks of its class and module count for it. Assertions are `assert` statements, `self.assert…` and
    `pytest.raises` and its like. `body` is the normal form of its code, without its name.
    """

    marks: Counter[str]
    assertions: int
    body: str


def read(text: str) -> dict[str, PyTest] | None:
    """The tests of a file by `name` or `Class::name`; None: it is no Python that this version reads."""
    if len(text) > MAX_TEXT:
        return None
    try:
        module = ast.parse(text)
        return dict(_tests(module.body, "", _module_marks(module)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _tests(
    body: Sequence[ast.stmt], within: str, marks: Counter[str]
) -> Iterator[tuple[str, PyTest]]:
    for one in body:
        if isinstance(one, ast.ClassDef):
            inner = marks + _decorators(one.decorator_list) + _module_marks(one)
            yield from _tests(one.body, f"{within}{one.name}::", inner)
        elif isinstance(one, Function) and one.name.startswith("test"):
            yield f"{within}{one.name}", _test(one, marks)
        elif not isinstance(one, Function):
            yield from _tests(list(_inner(one)), within, marks)


def _inner(compound: ast.stmt) -> Iterator[ast.stmt]:
    """The statements in an `if`, `try`, `with` or loop."""
    for one in ast.iter_child_nodes(compound):
        if isinstance(one, ast.stmt):
            yield one
        elif isinstance(one, ast.ExceptHandler):
            yield from one.body


def _test(function: Function, marks: Counter[str]) -> PyTest:
    calls = [_called(one) for one in ast.walk(function) if isinstance(one, ast.Call)]
    asserts = sum(isinstance(one, ast.Assert) for one in ast.walk(function))
    inner = Counter(_MARKS[name] for name in _body_calls(function) if name in _MARKS)
    return PyTest(
        marks=marks + _decorators(function.decorator_list) + inner,
        assertions=asserts + sum(name.startswith("assert") or name in _ASSERTING for name in calls),
        body="\n".join(ast.dump(one) for one in function.body),
    )


def _body_calls(function: Function) -> Iterator[str]:
    for statement in function.body:
        for one in ast.walk(statement):
            if isinstance(one, ast.Call):
                yield _called(one)
            elif isinstance(one, ast.Raise) and isinstance(one.exc, ast.Attribute | ast.Name):
                yield "skip" if _last_name(one.exc) == "SkipTest" else ""


def _module_marks(scope: ast.Module | ast.ClassDef) -> Counter[str]:
    """`pytestmark = …`, and in a module calls of pytest.skip and importorskip at its top."""
    marks: Counter[str] = Counter()
    for one in scope.body:
        if isinstance(one, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in one.targets
        ):
            values = one.value.elts if isinstance(one.value, ast.List | ast.Tuple) else [one.value]
            marks += _decorators(values)
        elif isinstance(one, ast.Expr) and isinstance(one.value, ast.Call):
            marks += _decorators([one.value])
    return marks


def _decorators(nodes: Sequence[ast.expr]) -> Counter[str]:
    names = [_last_name(one.func if isinstance(one, ast.Call) else one) for one in nodes]
    return Counter(_MARKS[name] for name in names if name in _MARKS)


def _called(call: ast.Call) -> str:
    return _last_name(call.func)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
