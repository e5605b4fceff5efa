"""Blocks of ports: in a row, free, one workspace's, and far from those of others who cannot be seen."""

import os
import socket
from pathlib import Path

import pytest

from ropewalk.core.errors import Outside
from ropewalk.workspace.blocks import FIRST, LAST, Blocks
from ropewalk.workspace.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "home")
    found.live.mkdir(parents=True)
    return found


def taken(blocks: Blocks, places: Places, name: str, count: int) -> range:
    (places.live / name).mkdir()
    first = blocks.take(name, count)
    return range(first, first + count)


def test_blocks_do_not_overlap_whatever_their_sizes(places: Places, tmp_path: Path) -> None:
    blocks = Blocks(places, tmp_path / "ports")
    found = [taken(blocks, places, f"w{n}", count) for n, count in enumerate((10, 1, 40, 8, 3, 17))]
    assert len({port for one in found for port in one}) == sum(map(len, found))
    assert all(one.start >= FIRST and one.stop <= LAST for one in found)


def test_two_users_begin_far_apart(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither knows of the other's blocks while nothing runs in them."""
    monkeypatch.chdir(tmp_path)
    users = [Blocks(places, Path(name)) for name in ("ann", "ben")]
    found = [
        {port for n in range(20) for port in taken(one, places, f"{who}-{n}", 10)}
        for who, one in enumerate(users)
    ]
    assert not found[0] & found[1]


def test_the_search_goes_round(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it begins, every block can be had, once; whatever else runs on this machine."""
    monkeypatch.setattr("ropewalk.workspace.blocks._is_free", lambda port: True)
    blocks = Blocks(places, tmp_path / "ports")
    size = 2048
    count = (LAST - FIRST) // size
    found = {taken(blocks, places, f"w{n}", size - 1).start for n in range(count)}
    assert found == set(range(FIRST, FIRST + count * size, size))
    with pytest.raises(Outside, match="No 2047 free ports"):
        taken(blocks, places, "more", size - 1)


def test_a_port_in_use_is_passed_over(places: Places, tmp_path: Path) -> None:
    blocks = Blocks(places, tmp_path / "ports")
    first = taken(blocks, places, "one", 8).start
    blocks.release("one", first)
    with socket.create_server(("127.0.0.1", first + 3)):
        assert taken(blocks, places, "two", 8).start != first


def test_what_is_gone_gives_its_block_back(places: Places, tmp_path: Path) -> None:
    blocks = Blocks(places, tmp_path / "ports")
    first = taken(blocks, places, "one", 8).start
    assert blocks.holds("one", first)
    path = tmp_path / "ports" / str(first)
    path.write_text(path.read_text().replace(str(os.getpid()), str(2**22 + 1)))
    blocks.sweep()
    assert blocks.holds("one", first), "its workspace is there"
    (places.live / "one").rmdir()
    blocks.sweep()
    assert not blocks.holds("one", first)
