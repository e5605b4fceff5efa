"""`python -m docs.pictures.make`: run the demo in a terminal of its own and draw what stood on it as SVG.

Needs tmux. The terminal is tmux's, so the picture holds what a person sees, colours and all.
"""

import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

TARGET = Path(__file__).with_name("demo.svg")
COLUMNS, ROWS = 118, 100
LIMIT_S = 120.0
CELL, LINE, EDGE = 8.0, 17.0, 14.0
INK, PAPER = "#d8dee9", "#1f2430"
COLOURS = ("#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9")


@dataclass(frozen=True)
class Look:
    """How a piece of text is shown."""

    colour: str = INK
    bold: bool = False
    dim: bool = False


def main() -> int:
    """Draw the demo."""
    with tempfile.TemporaryDirectory() as folder:
        screen = captured([sys.executable, "-m", "ropewalk", "demo"], Path(folder))
    picture = svg(without_diff(screen), "The output of ropewalk demo, without the diff")
    TARGET.write_text(picture, encoding="utf-8")
    print(f"written: {TARGET}")
    return 0


def captured(command: list[str], folder: Path) -> list[str]:
    """The lines of a terminal after a command ended in it, with their escape sequences."""
    done = folder / "done"
    script = (
        f"clear; {shlex.join(command)}; echo $? > {shlex.quote(str(done))}; exec sleep {LIMIT_S:g}"
    )
    tmux = ["tmux", "-S", str(folder / "tmux.sock"), "-f", "/dev/null"]
    size = ["-x", str(COLUMNS), "-y", str(ROWS)]
    subprocess.run([*tmux, "new-session", "-d", *size, "sh", "-c", script], check=True)
    try:
        end = time.monotonic() + LIMIT_S
        while not done.exists() or not done.read_text():
            if time.monotonic() > end:
                raise SystemExit("the command did not end")
            time.sleep(0.1)
        show = [*tmux, "capture-pane", "-p", "-e", "-t", "0"]
        found = subprocess.run(show, check=True, capture_output=True, text=True).stdout
        if done.read_text().strip() != "0":
            raise SystemExit(f"{found}\nthe command ended with {done.read_text().strip()}")
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)
    return found.rstrip().split("\n")


def without_diff(lines: list[str]) -> list[str]:
    """The demo's lines but those of `ropewalk diff`, which are long."""
    begin = next(at for at, one in enumerate(lines) if "$ ropewalk diff" in one)
    end = next(at for at, one in enumerate(lines) if "$ ropewalk merge" in one)
    return lines[:begin] + lines[end:]


def svg(lines: list[str], title: str) -> str:
    """The lines as a picture of a terminal."""
    width, height = COLUMNS * CELL + 2 * EDGE, len(lines) * LINE + 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13">',
    ]
    look = Look()
    for row, line in enumerate(lines):
        column = 0
        for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
            if piece.startswith("\x1b"):
                look = changed(look, piece[2:-1])
            else:
                parts += drawn(piece, look, EDGE + column * CELL, EDGE + (row + 0.8) * LINE)
                column += len(piece)
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def drawn(text: str, look: Look, x: float, y: float) -> list[str]:
    """A piece of a line; nothing if it is blank. Its width is said, so that columns stay under each other."""
    left = len(text) - len(text.lstrip(" "))
    words = text.strip(" ")
    if not words:
        return []
    weight = ' font-weight="bold"' if look.bold else ""
    faint = ' opacity="0.6"' if look.dim else ""
    place = (
        f'x="{x + left * CELL:g}" y="{y:g}" textLength="{len(words) * CELL:g}" xml:space="preserve"'
    )
    return [f'<text {place} fill="{look.colour}"{weight}{faint}>{escape(words)}</text>']


def changed(look: Look, codes: str) -> Look:
    """The look after a select graphic rendition sequence (ECMA-48): what Ropewalk and git use of it."""
    for code in (int(one or 0) for one in codes.split(";")):
        if code == 0:
            look = Look()
        elif code in (1, 22):
            look = replace(look, bold=code == 1, dim=False)
        elif code == 2:
            look = replace(look, dim=True)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            look = replace(look, colour=COLOURS[code % 10])
        elif code == 39:
            look = replace(look, colour=INK)
    return look


if __name__ == "__main__":
    sys.exit(main())
