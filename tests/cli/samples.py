"""Views as the hub tells them, to be altered by each test."""

from typing import Any

from ropewalk.core.views import AttemptView, Board, CheckCell, QuestionView, TaskView


def question(**more: Any) -> QuestionView:
    options = [
        {"id": "once", "label": "allow once", "kind": "allow_once", "key": "a"},
        {"id": "no", "label": "no", "kind": "reject_once", "key": "n"},
    ]
    base = {"id": "q1", "kind": "permission", "title": "reach api.stripe.com", "detail": ""}
    return {**base, "options": options, "asked": 5.0, **more}  # type: ignore[typeddict-item]


def cell(**more: Any) -> CheckCell:
    base: dict[str, Any] = {"name": "pytest", "required": True, "standing": "passed", "passed": 214}
    base |= {"failed": 0, "skipped": 0, "failures": [], "flaky": [], "duration_s": 1.5}
    return {**base, "reason": "", "outdated": False, **more}  # type: ignore[typeddict-item]


def attempt(alias: str = "7.1", **more: Any) -> AttemptView:
    base: dict[str, Any] = {
        "schema": 1,
        "id": f"id{alias}",
        "alias": alias,
        "task": 7,
        "project": "p",
    }
    base |= {"agent": "claude", "model": "", "group": "working", "status": "working"}
    base |= {
        "detail": "reading cart/pricing.py",
        "next": f"ropewalk log -f {alias}",
        "process": "alive",
    }
    base |= {
        "turn": 1,
        "turn_state": "working",
        "outcome": "",
        "reason": "",
        "hint": "",
        "epoch": 1,
    }
    base |= {"sandbox": "none", "queued": 1.0, "started": 2.0, "ended": 0.0, "elapsed_s": 48.0}
    base |= {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0.06, "versions": [], "checks": []}
    base |= {"questions": [], "inbox": 0, "decision": "none", "kept_version": 0, "merge": ""}
    base |= {
        "conflicts": [],
        "workspace": "ready",
        "path": "",
        "engine": "",
        "port": 0,
        "branch": "",
        "edits": [],
        "keys": [],
        "fork": None,
    }
    return {**base, **more}  # type: ignore[typeddict-item]


def task(*attempts: AttemptView, **more: Any) -> TaskView:
    base: dict[str, Any] = {
        "schema": 1,
        "id": "t7",
        "number": 7,
        "project": "p",
        "project_name": "shop",
    }
    base |= {
        "title": "Fix the cart",
        "group": "working",
        "base": "3f2c1a9" * 5,
        "base_name": "main",
    }
    base |= {"target": "main", "created": 1.0, "by": "ann", "closed": False, "limit_s": 1200.0}
    base |= {"notices": [], "base_checks": [], "attempts": list(attempts) or [attempt()]}
    return {**base, **more}  # type: ignore[typeddict-item]


def board(*tasks: TaskView, **more: Any) -> Board:
    counts = {"working": len(tasks)}
    base: dict[str, Any] = {
        "schema": 1,
        "project": "p",
        "project_name": "shop",
        "tasks": list(tasks),
    }
    return {**base, "counts": counts, "hidden_done": 0, **more}  # type: ignore[typeddict-item]


def row(rank: int, alias: str, **more: Any) -> Any:
    base: dict[str, Any] = {"rank": rank, "alias": alias, "agent": "claude", "version": 1}
    base |= {"checks": "214 ✓", "with_base_tests": "", "agrees_with": [], "files": 2, "added": 18}
    base |= {"removed": 4, "cost_usd": 0.21, "why": "all checks, fixes the failing one"}
    return {**base, "findings": [], "regressions": [], "fixed": [], "fork": None, **more}


def comparison(*rows: Any, **more: Any) -> Any:
    base: dict[str, Any] = {"schema": 1, "task": 7, "title": "Fix the cart", "base_checks": []}
    base |= {"rows": list(rows), "confidence": "", "notes": [], "next": ["ropewalk merge 7.2"]}
    return {**base, **more}
