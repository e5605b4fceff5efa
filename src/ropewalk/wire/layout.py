"""The bytes of one spool frame. Kept apart from `frames`, so that the runner stays small.

A frame is a head and a payload; its name is its logical offset in the spool. The head, little endian:
magic `RW`, version (u8), kind (one letter), length of the payload (u32), time (f64, seconds since the
epoch), position of the payload's first byte in its stream (u64), CRC-32 (u32) of everything else in the
frame, started with the offset, so that a frame at a wrong place is found as well.
"""

from struct import Struct
from zlib import crc32

VERSION = 1
MAGIC = b"RW"
HEAD = Struct("<2sBBIdQI")
LARGEST = 2 * 1024 * 1024

LETTERS = {
    "start": ord("S"),
    "stdout": ord("O"),
    "stderr": ord("E"),
    "stdin": ord("I"),
    "closed": ord("C"),
    "exit": ord("X"),
    "gap": ord("G"),
}
KINDS = {letter: kind for kind, letter in LETTERS.items()}


class Corrupt(ValueError):
    """These bytes are no frame of this spool at this offset."""


def pack(kind: str, payload: bytes, *, offset: int, time: float, position: int) -> bytes:
    """The bytes of a frame."""
    head = HEAD.pack(MAGIC, VERSION, LETTERS[kind], len(payload), time, position, 0)
    checked = crc32(payload, crc32(head[:-4], offset & 0xFFFFFFFF))
    return head[:-4] + checked.to_bytes(4, "little") + payload


def unpack(
    data: bytes | bytearray | memoryview, *, offset: int, at: int = 0
) -> tuple[str, float, int, bytes] | None:
    """Kind, time, position and payload of the frame at index `at`; None: it is not complete yet.

    `offset` is the frame's offset in the spool. Corrupt: it is not a frame, or not the one of there.
    """
    if len(data) - at < HEAD.size:
        if bytes(data[at : at + 2]) != MAGIC[: len(data) - at]:
            raise Corrupt(f"no frame begins at {offset}")
        return None
    magic, version, letter, length, time, position, checked = HEAD.unpack_from(data, at)
    if magic != MAGIC or letter not in KINDS or length > LARGEST:
        raise Corrupt(f"no frame begins at {offset}")
    if version != VERSION:
        raise Corrupt(f"the frame at {offset} has version {version}, this program reads {VERSION}")
    first = at + HEAD.size
    if len(data) < first + length:
        return None
    payload = bytes(data[first : first + length])
    if crc32(payload, crc32(data[at : first - 4], offset & 0xFFFFFFFF)) != checked:
        raise Corrupt(f"the frame at {offset} is damaged")
    return KINDS[letter], time, position, payload


def pack_input(id: str, data: bytes) -> bytes:
    """The payload of an accepted input: the length of the write's id (u8), the id, the bytes."""
    name = id.encode()
    return bytes([len(name)]) + name + data


def unpack_input(payload: bytes) -> tuple[str, bytes]:
    """The id of a write and its bytes."""
    size = payload[0]
    return payload[1 : 1 + size].decode(), payload[1 + size :]
