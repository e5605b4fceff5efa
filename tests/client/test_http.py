import pytest

from ropewalk.client.http import Body
from ropewalk.client.hub import fault_of
from ropewalk.core import errors


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_chunks_may_be_torn_anywhere(step: int) -> None:
    body = Body({"transfer-encoding": "chunked"})
    raw = b"4;x=1\r\nab\r\n\r\n" + b"3\r\ncde\r\n" + b"0\r\n\r\n"
    out = b"".join(body.feed(raw[at : at + step]) for at in range(0, len(raw), step))
    assert out == b"ab\r\ncde"
    assert body.ended


def test_a_length_ends_the_body() -> None:
    body = Body({"content-length": "3"})
    assert body.feed(b"ab") == b"ab"
    assert not body.ended
    assert body.feed(b"cd") == b"c"
    assert body.ended


@pytest.mark.parametrize("headers", [{"content-length": "3"}, {"transfer-encoding": "chunked"}])
def test_an_answer_that_breaks_off_is_an_error(headers: dict[str, str]) -> None:
    with pytest.raises(errors.Outside):
        Body(headers).feed(b"")


def test_faults_become_the_errors_they_are() -> None:
    fault = {"code": "conflict", "message": "main moved.", "hint": "again"}
    found = fault_of({"error": fault}, 409)
    assert isinstance(found, errors.Conflict)
    assert (found.message, found.hint) == ("main moved.", "again")
    assert isinstance(fault_of("no", 500), errors.Bug)
    more = {"subject": "file:ropewalk.toml", "text": "t", "digest": "d"}
    consent = fault_of({"error": {**fault, **more, "code": "consent"}}, 409)
    assert isinstance(consent, errors.Consent)
    assert consent.digest == "d"
