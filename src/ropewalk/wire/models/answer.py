"""Reads an answer while it passes: plain JSON or a stream of events, in whatever pieces it comes."""

from dataclasses import replace

from ropewalk.core.usage import Usage
from ropewalk.wire.models.pick import picked
from ropewalk.wire.models.reading import Codec, Ended, Reading
from ropewalk.wire.models.skim import Found, Skim
from ropewalk.wire.models.sse import Events
from ropewalk.wire.models.trouble import by_status

_DONE = b"[DONE]"
SMALL = 64 * 1024
"""Bytes of an event that are held, to be parsed at once; a larger one is skimmed."""
_BLANK = b" \t\r\n\xef\xbb\xbf"


class Answer:
    """The reader of one answer. Holds a few kilobytes however long the answer is, and never raises."""

    def __init__(self, codec: Codec, status: int = 200) -> None:
        """`status` is the answer's HTTP status: from 400 on it is an error whatever the body says."""
        self.reading = Reading(trouble=by_status(status))
        self._status = self.reading.trouble
        self._codec = codec
        self._events: Events | None = None
        self._skim = Skim(codec.paths)
        self._held = bytearray()  # an event's data, while it is small
        self._size = 0
        self._begun = False

    @property
    def usage(self) -> Usage | None:
        """What is known of it so far."""
        return self.reading.usage

    def feed(self, data: bytes) -> None:
        """The next bytes of the body, after any transfer coding and uncompressed."""
        if not self._begun:
            data = data.lstrip(_BLANK)
            if not data:
                return
            self._begun = True
            self._events = None if data[:1] in (b"{", b"[") else Events()
        if self._events is None:
            self._skim.feed(data)
            if self._skim.done:
                self._whole()
            return
        for piece in self._events.feed(data):
            self._take(piece)

    def end(self, *, cut: bool = False) -> Reading:
        """The body is over; `cut`: before the end that HTTP promised. What is known for good."""
        if self._events is not None:
            for piece in self._events.end():
                self._take(piece)
        elif self._begun:
            self._skim.end()
            self._whole()
            cut = cut or not self._skim.done
        self.reading = replace(self.reading, ended=_ended(self.reading, cut))
        return self.reading

    def _take(self, piece: bytes | None) -> None:
        if piece is None:
            self._event()
            return
        self._size += len(piece)
        if self._size <= SMALL:
            self._held += piece
            return
        self._skim.feed(bytes(self._held))
        self._skim.feed(piece)
        self._held.clear()

    def _event(self) -> None:
        data = bytes(self._held).strip()
        if data == _DONE:
            self._finish()
        elif self._size <= SMALL:
            self._fold(picked(data, self._codec.paths))
        else:
            if self._skim.done:
                self._fold(self._skim.found)
            self._skim = Skim(self._codec.paths)
        self._held.clear()
        self._size = 0

    def _whole(self) -> None:
        """A plain answer, also one that broke off: what it said before still counts."""
        self._fold(self._skim.found)
        if self._skim.broken and self.reading.ended == "finished":
            self.reading = replace(self.reading, ended="open")

    def _fold(self, found: Found) -> None:
        if not found:
            return
        self.reading = self._codec.fold(self.reading, found)
        if self._status and self.reading.trouble in ("", "unknown"):
            self.reading = replace(self.reading, trouble=self._status)

    def _finish(self) -> None:
        if self.reading.ended == "open" and not self.reading.trouble:
            self.reading = replace(self.reading, ended="finished")


def _ended(reading: Reading, cut: bool) -> Ended:
    if reading.ended == "finished":
        return "finished"
    if reading.trouble:
        return "cut" if cut else "finished"
    if not (reading.model or reading.usage or reading.stop):
        return "unknown"
    return "finished" if reading.stop and not cut else "cut"
