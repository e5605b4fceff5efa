"""The outbox: in order, in parts, nothing before it is durable, nothing twice."""

from ropewalk.hub.outbox import WRITE_LIMIT, Outbox
from ropewalk.wire.dialect import Send


def durable(*sends: Send) -> Outbox:
    box = Outbox()
    box.add(sends)
    box.release(box.put_down())
    return box


def test_what_is_not_durable_is_not_written() -> None:
    box = durable(Send(id="a", data=b"1"))
    box.add([Send(id="b", data=b"22")])
    first = box.put_down()
    box.add([Send(id="c", data=b"3"), Send(id="d", data=b"4")])
    second = box.put_down()
    assert (first, second) == (1, 2)
    assert box.head == Send(id="a", data=b"1")
    box.acknowledge("a", 1)
    assert box.head is None
    box.release(first)
    assert box.head == Send(id="b", data=b"22")
    box.acknowledge("b", 3)
    assert box.head is None
    box.release(second)
    assert box.head == Send(id="c", data=b"3")


def test_an_acknowledgement_counts_once_and_only_for_the_first() -> None:
    box = durable(Send(id="a", data=b"1"), Send(id="b", data=b"2"))
    box.acknowledge("b", 0)
    box.acknowledge("a", 1)
    box.acknowledge("a", 1)
    assert (box.head, box.spooled) == (Send(id="b", data=b"2"), 1)


def test_large_writes_go_in_parts_and_the_end_of_the_input_is_a_part_of_its_own() -> None:
    data = bytes(range(256)) * (WRITE_LIMIT // 256) + b"rest"
    box = durable(Send(id="prompt:1", data=data, close=True))
    parts = list(box.waiting)
    assert [len(one.data) for one in parts] == [WRITE_LIMIT, 4, 0]
    assert b"".join(one.data for one in parts) == data
    assert [one.close for one in parts] == [False, False, True]
    assert len({one.id for one in parts}) == 3


def test_it_comes_back_as_it_was_dumped_and_all_of_it_is_durable() -> None:
    box = durable(Send(id="a", data=b"\x00\xff"), Send(id="b", data=b"", close=True))
    box.acknowledge("x", 7)
    box.add([Send(id="c", data=b"3")])
    again = Outbox.load(box.dump())
    assert (list(again.waiting), again.spooled) == (list(box.waiting), 7)
    assert again.head == Send(id="a", data=b"\x00\xff")
    assert Outbox.load("[]").head is None


def test_nothing_is_written_once_it_was_cleared() -> None:
    box = durable(Send(id="a", data=b"1"))
    box.add([Send(id="b", data=b"2")])
    held = box.put_down()
    box.clear()
    box.release(held)
    assert (box.head, box.held) == (None, 0)
    box.add([Send(id="c", data=b"3")])
    assert box.head is None
