"""One error tree: ours, the person's or the agent's, outside and retryable. Each carries a hint."""

from collections.abc import Mapping


class RopewalkError(Exception):
    """Something went wrong. `hint` says what to do, as a command where there is one."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        """`message` is one sentence for a person."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class Refused(RopewalkError):
    """What was asked cannot be done as asked; nothing was changed."""

    code = "refused"


class NotFound(Refused):
    """There is nothing of that name."""

    code = "not-found"


class Consent(Refused):
    """The person must agree first. `subject` names what, `text` is shown in full, `digest` is agreed to."""

    code = "consent"

    def __init__(
        self,
        message: str,
        *,
        subject: str,
        text: str,
        digest: str,
        agrees: Mapping[str, str] | None = None,
        hint: str = "",
    ) -> None:
        """`subject` is e.g. `file:ropewalk.toml` or `agent:claude`.

        `agrees` has the digest of every subject that one yes agrees to, where it is more than one.
        """
        super().__init__(message, hint=hint)
        self.subject = subject
        self.text = text
        self.digest = digest
        self.agrees = dict(agrees or {subject: digest})


class Conflict(Refused):
    """The world moved since the person looked."""

    code = "conflict"


class Outside(RopewalkError):
    """Something outside failed (disk, git, another process); trying again later may help."""

    code = "outside"


class Bug(RopewalkError):
    """A rule of our own was broken."""

    code = "bug"


def named(error: Exception) -> RopewalkError:
    """Any error as one of ours: what the system refuses is outside, everything else a bug."""
    if isinstance(error, RopewalkError):
        return error
    if isinstance(error, OSError):
        return Outside(
            f"The system refused: {error.strerror or error}.",
            hint="Look at disk and permissions: ropewalk doctor",
        )
    return Bug(
        f"The hub failed at this ({type(error).__name__}); nothing else was harmed.",
        hint="See what it says: ropewalk hub logs",
    )
