import pytest

from ropewalk.core.versions import release


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("0.1.0", (0, 1, 0)),
        ("0.10.0rc1", (0, 10, 0)),
        ("0.10.0.dev3+g12", (0, 10, 0)),
        ("1.2.3.post1", (1, 2, 3)),
        ("2", (2,)),
        ("unknown", ()),
    ],
)
def test_the_release_of_a_version(version: str, numbers: tuple[int, ...]) -> None:
    assert release(version) == numbers


def test_ten_comes_after_nine() -> None:
    assert release("0.9.9") < release("0.10.0")
