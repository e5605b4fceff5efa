"""Bytes of a stream to text, piece by piece, without losing or doubling a byte."""

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A UTF-8 decoder as a value. What is not UTF-8 becomes U+FFFD.

    `position` counts the bytes of the stream seen so far; bytes below it are skipped when they come
    again. `rest` holds the bytes of an unfinished character, one Latin-1 character a byte, so that it
    has a JSON form. `missed` counts bytes that were announced as not kept.
    """

    position: int = 0
    rest: str = ""
    missed: int = 0

    def feed(self, data: bytes, *, at: int) -> tuple["Text", str, int]:
        """The next decoder, the text of `data`, and how many bytes before it nobody spoke of."""
        hole = max(0, at - self.position)
        fresh = data[max(0, self.position - at) :]
        if not fresh:
            return self, "", 0
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(self.rest.encode("latin-1"), final=False)
        if hole:
            text += decoder.decode(b"", final=True)
            decoder.reset()
        text += decoder.decode(fresh)
        after = Text(position=at + len(data), rest=decoder.getstate()[0].decode("latin-1"))
        return after, text, max(0, hole - self.missed)

    def skip(self, size: int) -> "Text":
        """The decoder that knows of `size` bytes that will not come."""
        return Text(position=self.position, rest=self.rest, missed=self.missed + size)

    def finish(self) -> tuple["Text", str]:
        """What is left at the end of the stream."""
        text = self.rest.encode("latin-1").decode("utf-8", "replace")
        return Text(position=self.position), text
