"""A small real HTTP server on a real unix socket that says what a test told it to say."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

from ropewalk import __version__

Reply = Callable[[dict[str, Any]], Any]


class Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, home: Path) -> None:
        (home / "hub").mkdir(parents=True, exist_ok=True)
        self.home = home
        self.routes: dict[str, Reply] = {"GET /v1/hello": lambda _: hello(home)}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.changed = threading.Condition()
        self.stream: list[dict[str, Any]] = []
        self.closing = False
        super().__init__(str(home / "hub" / "hub.sock"), Handler)

    def say(self, route: str, answer: Any) -> None:
        self.routes[route] = answer if callable(answer) else lambda _: answer

    def emit(self, tag: str, **body: Any) -> None:
        with self.changed:
            event = {"seq": len(self.stream) + 1, "tag": tag, "alias": "7.1", "body": body}
            self.stream.append(event)
            self.changed.notify_all()


def hello(home: Path) -> dict[str, Any]:
    facts = {"schema": 1, "version": __version__, "api": 1, "pid": 1, "hub": "h", "home": str(home)}
    return {**facts, "started": 1.0, "reasons": ["a command"], "ends_at": 0.0, "live_attempts": 0}


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/v1/events"):
            return self._events()
        return self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict[str, Any]) -> None:
        route = f"{self.command} {self.path.partition('?')[0]}"
        self.server.asked.append((f"{self.command} {self.path}", body))
        missing = {"error": {"code": "not-found", "message": f"No {route}.", "hint": "look"}}
        found = self.server.routes.get(route, lambda _: missing)(body)
        status = 409 if isinstance(found, dict) and "error" in found else 200
        content = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _idle(self, sent: int) -> bool:
        follows = "follow=0" not in self.path and not self.server.closing
        return follows and len(self.server.stream) == sent

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = 0
        while not self.server.closing:
            with self.server.changed:
                while self._idle(sent):
                    self.server.changed.wait(5)
                fresh = self.server.stream[sent:]
            sent += len(fresh)
            for one in fresh:
                line = json.dumps(one).encode() + b"\n"
                self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
            if "follow=0" in self.path:
                break
        self.wfile.write(b"0\r\n\r\n")


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    with Server(home) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            with server.changed:
                server.closing = True
                server.changed.notify_all()
            server.shutdown()
            thread.join()
