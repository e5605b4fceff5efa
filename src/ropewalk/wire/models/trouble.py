"""Which kind of trouble an error of a provider is.

By the type or code that the body names, else by the HTTP status. Types: Anthropic's error.type, OpenAI's error.code
and error.type, Google's error.status (google.rpc.Code).
"""

from dataclasses import replace

from ropewalk.wire.jsonrpc import words
from ropewalk.wire.models.reading import Reading, Trouble
from ropewalk.wire.models.skim import Found

PATHS = ("error", "error.type", "error.code", "error.status", "error.message")
"""Where errors of all providers say what they are."""

_NAMED: dict[str, Trouble] = {
    "authentication_error": "credentials",
    "permission_error": "credentials",
    "invalid_api_key": "credentials",
    "invalid_authentication": "credentials",
    "unauthenticated": "credentials",
    "permission_denied": "credentials",
    "billing_error": "quota",
    "insufficient_quota": "quota",
    "usage_limit_reached": "quota",
    "billing_hard_limit_reached": "quota",
    "rate_limit_error": "rate",
    "rate_limit_exceeded": "rate",
    "resource_exhausted": "rate",
    "overloaded_error": "overloaded",
    "server_overloaded": "overloaded",
    "slow_down": "overloaded",
    "unavailable": "overloaded",
    "context_length_exceeded": "too-long",
    "request_too_large": "too-long",
    "string_above_max_length": "too-long",
    "invalid_request_error": "refused",
    "not_found_error": "refused",
    "model_not_found": "refused",
    "invalid_prompt": "refused",
    "invalid_argument": "refused",
    "failed_precondition": "refused",
    "not_found": "refused",
    "api_error": "server",
    "server_error": "server",
    "timeout_error": "server",
    "internal": "server",
    "deadline_exceeded": "server",
}
_STATUS: dict[int, Trouble] = {
    401: "credentials",
    402: "quota",
    403: "credentials",
    413: "too-long",
    429: "rate",
    503: "overloaded",
    529: "overloaded",
}


def named(*names: str) -> Trouble:
    """The kind that the first known name means, else `unknown`."""
    for name in names:
        if kind := _NAMED.get(name.lower()):
            return kind
    return "unknown"


def by_status(status: int) -> Trouble:
    """The kind that an HTTP status means; empty: it is no error."""
    if status < 400:
        return ""
    return _STATUS.get(status, "server" if status >= 500 else "refused")


def told(reading: Reading, found: Found, below: str = "") -> Reading:
    """The reading with the error that the values speak of, if they do. `below`: where the object with `error` is."""
    parts = {name: found.get(f"{below}error.{name}") for name in ("type", "code", "status")}
    names = [str(one) for one in parts.values() if isinstance(one, str | int) and one != ""]
    said = words(found.get(f"{below}error.message")) or words(found.get(f"{below}error"))
    if not names and not said:
        return reading
    trouble = named(*names)
    if trouble == "unknown":
        codes = [int(one) for one in names if one.isascii() and one.isdigit() and len(one) == 3]
        trouble = (by_status(codes[0]) if codes else "") or "unknown"
    return replace(reading, trouble=trouble, said=words(" ".join((*names, said)).strip()))
