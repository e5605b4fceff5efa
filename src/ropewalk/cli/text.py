"""Text for a terminal: harmless, and as wide as it looks."""

import re

ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences (ECMA-48, 5.4)
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # strings (5.6)
    r"|\x1b[ -/]*[0-~]?"  # other escapes
)
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """One harmless line: no escapes, no control characters, no change of direction, no line ends."""
    return " ".join(plain_lines(text)) if text else ""


def plain_lines(text: str) -> list[str]:
    """The same, line by line; tabs become four spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = HIDDEN.sub("", ESCAPES.sub("", text)).replace("\t", "    ")
    return SURROGATES.sub("\ufffd", text).split("\n")


def harmless(text: str) -> bool:
    """Whether lines can be shown as they are: `plain_lines` would only be slower."""
    return not (HIDDEN.search(text) or SURROGATES.search(text) or "\t" in text)


def exact_lines(text: str) -> list[str]:
    """Text that a person judges, line by line: nothing is left out, what cannot be seen is spelled out.

    Escapes and control characters would hide what follows them, a change of direction what is where.
    """
    return ["".join(map(_seen, line)) for line in text.replace("\t", "    ").split("\n")]


def _seen(one: str) -> str:
    if one.isprintable():
        return one
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"


def width(text: str) -> int:
    """The columns that a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def cut(text: str, columns: int) -> str:
    """At most so many columns; what does not fit ends in an ellipsis."""
    if width(text) <= columns:
        return text
    out, used = "", 0
    for one in text:
        used += width(one)
        if used > columns - 1:
            break
        out += one
    return out.rstrip() + "…" if columns > 0 else ""


def pad(text: str, columns: int) -> str:
    """Cut or filled up to exactly so many columns."""
    text = cut(text, columns)
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """Broken at spaces into lines of at most so many columns; a word that is too long is broken."""
    columns = max(columns, 8)
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and width(line) + 1 + width(word) <= columns:
            line += " " + word
            continue
        if line:
            lines.append(line)
        while width(word) > columns:
            head = _head(word, columns)
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line else lines


def _head(word: str, columns: int) -> str:
    out = ""
    for one in word:
        if width(out) + width(one) > columns:
            break
        out += one
    return out


def clock(seconds: float) -> str:
    """0:48, 12:03, 1:02:03."""
    whole = int(seconds)
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def money(dollars: float | None) -> str:
    """$0.06; nothing where it is not known."""
    return "" if dollars is None else f"${dollars:.2f}"


def count(number: int, noun: str) -> str:
    """1 attempt, 3 attempts."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(text: str) -> float:
    """Seconds in `90`, `45s`, `20m`, `2h` or `1h30m`. ValueError for anything else."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text.strip())
    if not found or not any(found.groups()):
        raise ValueError(text)
    hours, minutes, seconds = (float(one or 0) for one in found.groups())
    return hours * 3600 + minutes * 60 + seconds
