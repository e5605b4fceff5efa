"""`gc`: what takes the disk, and what could go for good; with --yes exactly that goes."""

import time
from argparse import Namespace
from collections.abc import Sequence

from ropewalk.cli import exits
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.table import table
from ropewalk.cli.text import count, plain, wrap
from ropewalk.core.views import DiskClearing, DiskItem, DiskView

LIMIT_S = 3600.0
HEAD = ("what", "of", "size", "age", "engine", "state", "files", "")
KINDS = ("workspace", "trash", "base", "versions", "objects", "store", "spools")
DAY_S = 86_400.0


def run(args: Namespace) -> int:
    """Show first; remove only what was shown. Fails if some of it stays."""
    session = Session(args)
    found: DiskView = session.hub.get("/v1/gc", timeout_s=LIMIT_S)
    if not session.yes:
        if session.json:
            session.document(found)
        else:
            session.print(*disk_lines(found, session.width, session.style, now=time.time()))
        return exits.OK
    if not session.json:
        lines = disk_lines(found, session.width, session.style, now=time.time(), goes=True)
        session.print(*lines)
    going = [
        {"kind": one["kind"], "id": one["id"], "stamp": one["stamp"]}
        for one in found["items"]
        if one["frees"]
    ]
    done: DiskClearing = session.hub.post("/v1/gc", {"items": going}, timeout_s=LIMIT_S)
    if session.json:
        session.document(done)
    else:
        session.print(*cleared_lines(done, session.width))
    stays = done["stays"] or [one for one in done["items"] if not one["frees"]]
    return exits.FAILED if stays else exits.OK


def disk_lines(
    found: DiskView, columns: int, style: Style, *, now: float, goes: bool = False
) -> list[str]:
    """The table, the largest first of each kind, and what could go."""
    items = sorted(found["items"], key=lambda one: (KINDS.index(one["kind"]), -one["bytes"]))
    lines = table(HEAD, [_row(one, now) for one in items], columns) if items else []
    free = [one for one in items if one["frees"]]
    if not free:
        return [*lines, "", "Nothing can go now: everything is in use, or of attempts that live."]
    lines += [
        "",
        style("bold", f"{count(len(free), 'thing')} can go: {size(found['frees_bytes'])}."),
    ]
    lines += wrap(_lost(free), columns)
    return lines if goes else [*lines, "Let it go for good: ropewalk gc --yes"]


def _row(one: DiskItem, now: float) -> Sequence[str]:
    why = "can go" if one["frees"] else f"stays: {plain(one['why'])}"
    return (
        one["kind"],
        plain(one["name"] if one["kind"] != "base" else one["name"][:17]),
        size(one["bytes"]),
        age(now - one["since"]),
        one["engine"],
        one["state"] + (", not merged" if one["unmerged"] and one["state"] != "dropped" else ""),
        _files(one),
        why,
    )


def _files(one: DiskItem) -> str:
    """What a ref holds of its files, and what none does."""
    if one["dirty"] is None:
        return ""
    words = "changed since its version" if one["dirty"] else "all held"
    return f"{words}, {one['ignored']} ignored" if one["ignored"] else words


def _lost(free: Sequence[DiskItem]) -> str:
    ignored = sum(one["ignored"] for one in free)
    largest = max(free, key=lambda one: one["ignored_bytes"])
    if not ignored:
        return "No file is lost: a version or a base commit holds each."
    total = size(sum(one["ignored_bytes"] for one in free))
    return (
        f"With it {count(ignored, 'file')} of {total} that no version has, since rules ignore them; the"
        f" largest of {plain(largest['name'])}: {plain(largest['largest'])}. Versions hold all others."
    )


def cleared_lines(done: DiskClearing, columns: int) -> list[str]:
    """What went, and what did not."""
    lines = [f"Freed {size(done['freed_bytes'])}."]
    for one in done["items"]:
        if one["held_by"]:
            lines.append(f"The files of {plain(one['name'])} are held by {plain(one['held_by'])}")
        if not one["frees"]:
            lines += wrap(f"{plain(one['name'])} stays: {plain(one['why'])}", columns)
    for words in done["stays"]:
        lines += wrap(plain(words), columns)
    return lines


def size(number: int) -> str:
    """4 KB, 12 MB, 1.5 GB."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if number >= unit:
            return (
                f"{number / unit:.1f} {name}" if number < 10 * unit else f"{number // unit} {name}"
            )
    return f"{number} B"


def age(seconds: float) -> str:
    """Just now, 5 min, 3 h, 12 days."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < DAY_S:
        return f"{int(seconds // 3600)} h"
    return count(int(seconds // DAY_S), "day")
