"""What one answer of a model used, in tokens, the same for every provider."""

from dataclasses import dataclass

Tokens = int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one answer. The kinds do not overlap: their sum is what was used.

    `input` is input that no cache had a part in; `read` came from the provider's cache; `written` was put into it
    for minutes, `kept` for an hour or more, which some providers charge more for. `output` counts the reasoning too;
    `reasoning` says how much of it that was, where the provider tells (else 0).
    """

    input: Tokens = 0
    output: Tokens = 0
    read: Tokens = 0
    written: Tokens = 0
    kept: Tokens = 0
    reasoning: Tokens = 0

    @property
    def prompt(self) -> Tokens:
        """All input, whatever a cache did with it."""
        return self.input + self.read + self.written + self.kept

    @property
    def total(self) -> Tokens:
        """Everything that counts against a budget of tokens."""
        return self.prompt + self.output

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            input=self.input + other.input,
            output=self.output + other.output,
            read=self.read + other.read,
            written=self.written + other.written,
            kept=self.kept + other.kept,
            reasoning=self.reasoning + other.reasoning,
        )
