"""Payloads: the words themselves, kept apart from the facts that refer to them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Payload:
    """Text that a fact refers to: a prompt, output, a piece of a transcript.

    Facts are small and kept; payloads are large, have a retention time and can be deleted alone. A fact
    that was read back from the store carries `digest` and `size` and, where the reader asked for it and
    it still exists, `text`. `digest` is sha256 over a random salt and the text, so that a deleted
    payload cannot be guessed from the digest that stays; it is empty until `core.sealing` made
    it. `salt` (hexadecimal) is known only between sealing and storing. `size` is in bytes of UTF-8, where
    a lone surrogate (of undecodable output) counts as three.
    """

    text: str | None
    digest: str = ""
    size: int = 0
    salt: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, text: str) -> "Payload":
        """A payload that is not sealed yet."""
        return cls(text=text, size=len(text.encode("utf-8", "surrogatepass")))
