"""What a client in a sandbox is told when the gateway does not do what it asked."""

import json

import h11

PLAIN, JSON = "text/plain; charset=utf-8", "application/json"
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}


class No(Exception):
    """An answer of the gateway's own. `reason` is a word for the journal, `text` is read by an agent."""

    def __init__(
        self, status: int, reason: str, text: str, *, model: bool = False, retry_s: int = 0
    ) -> None:
        """`model`: as a provider of models would say it; `retry_s`: when another try makes sense."""
        super().__init__(text)
        self.status = status
        self.reason = reason
        self.text = text
        self.model = model
        self.retry_s = retry_s

    def response(self) -> tuple[h11.Response, bytes]:
        """Head and body."""
        body = self._json() if self.model else self.text.encode() + b"\n"
        headers = [
            ("content-type", JSON if self.model else PLAIN),
            ("content-length", str(len(body))),
            ("x-ropewalk", self.reason),
            ("connection", "close"),
        ]
        if self.retry_s:
            headers.append(("retry-after", str(self.retry_s)))
        return h11.Response(status_code=self.status, headers=headers), body

    def _json(self) -> bytes:
        """In a form that the clients of Anthropic, OpenAI and Gemini all show: `error.message`."""
        error = {
            "type": KINDS.get(self.status, "api_error"),
            "code": self.status,
            "status": self.reason,
            "message": self.text,
        }
        return json.dumps({"type": "error", "error": error}).encode()
