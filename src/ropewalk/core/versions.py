"""Versions of this program, to compare."""


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version's release: `0.10.0rc1` and `0.10.0.dev3+local` are both (0, 10, 0)."""
    numbers: list[int] = []
    for part in version.partition("+")[0].split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if digits:
            numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)
