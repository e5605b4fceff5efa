"""Frames: bytes in any pieces become the same frames, and damage never becomes a frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.records import Exit
from ropewalk.wire.frames import (
    Corrupt,
    Decoder,
    Frame,
    decode_exit,
    decode_gap,
    decode_input,
    encode,
    encode_exit,
    encode_gap,
    encode_input,
)

KINDS = ["start", "stdout", "stderr", "stdin", "closed", "exit", "gap"]
parts = st.tuples(
    st.sampled_from(KINDS),
    st.floats(0, 4e9),
    st.integers(0, 2**63),
    st.binary(max_size=200),
)


def spool(found, start: int) -> list[Frame]:
    frames = []
    for kind, time, position, payload in found:
        frames.append(Frame(frames[-1].end if frames else start, kind, time, position, payload))
    return frames


@given(st.lists(parts, max_size=8), st.integers(0, 2**48), st.integers(1, 50))
def test_bytes_in_any_pieces(found, start, piece):
    frames = spool(found, start)
    data = b"".join(map(encode, frames))
    decoder = Decoder(start)
    seen = []
    for at in range(0, len(data), piece):
        seen += decoder.feed(data[at : at + piece])
    assert seen == frames
    assert decoder.offset == start + len(data)
    assert decoder.pending == 0


@given(parts, st.data())
def test_a_changed_byte_is_found(found, data):
    (frame,) = spool([found], 77)
    good = encode(frame)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    decoder = Decoder(77)
    try:
        assert decoder.feed(bytes(bad)) == []  # a longer length: it waits for more
    except Corrupt:
        return
    assert 4 <= at < 8


@given(parts, st.data())
def test_a_torn_end_is_waited_for(found, data):
    (frame,) = spool([found], 0)
    good = encode(frame)
    decoder = Decoder(0)
    size = data.draw(st.integers(0, len(good) - 1))
    assert decoder.feed(good[:size]) == []
    assert decoder.pending == size
    assert decoder.feed(good[size:]) == [frame]


def test_a_frame_at_another_place_is_damage():
    with pytest.raises(Corrupt, match="damaged"):
        Decoder(1).feed(encode(Frame(0, "stdout", 1.0, 0, b"x")))


def test_a_newer_version_is_named():
    data = bytearray(encode(Frame(0, "stdout", 1.0, 0, b"x")))
    data[2] = 9
    with pytest.raises(Corrupt, match="version 9"):
        Decoder(0).feed(bytes(data))


def test_zeros_are_no_frame():
    with pytest.raises(Corrupt):
        Decoder(0).feed(b"\0")


@given(st.text(max_size=60), st.binary())
def test_input(id, data):
    assert decode_input(encode_input(id, data)) == (id, data)


def test_exit_and_gap():
    over = Exit(code=None, signal=9, cause="deadline", error="so")
    assert decode_exit(encode_exit(over, read=17)) == (over, 17)
    assert decode_gap(encode_gap(3, 4)) == {"stdout": 3, "stderr": 4}
