"""Colour, only where it means something, and only where it is wanted."""

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
GROUPS = {"needs you": "yellow", "working": "cyan", "ready": "green", "done": "dim"}


class Style:
    """Paints, or leaves text as it is."""

    def __init__(self, *, colour: bool) -> None:
        """`colour` False: every text comes back as it was."""
        self.colour = colour

    def __call__(self, how: str, text: str) -> str:
        """`how` is one of CODES, or empty."""
        if not (self.colour and how and text):
            return text
        return f"\x1b[{CODES[how]}m{text}\x1b[0m"

    def group(self, group: str, text: str) -> str:
        """In the colour of a group of the board."""
        return self(GROUPS.get(group, ""), text)


PLAIN = Style(colour=False)
