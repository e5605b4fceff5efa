"""A stand-in for the hub, to be started: VERSION HOME. Says hello, and ends when asked to."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from threading import Thread


class Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.say({"version": sys.argv[1], "pid": os.getpid()})

    def do_POST(self) -> None:
        self.say({"stopped": True})
        Thread(target=self.server.shutdown).start()

    def say(self, found: object) -> None:
        content = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


home = Path(sys.argv[2])
with (home / "starts").open("a") as file:
    file.write(f"{os.getpid()}\n")
path = home / "hub" / "hub.sock"
path.unlink(missing_ok=True)
with UnixStreamServer(str(path), Handler) as server:
    server.serve_forever(0.02)
path.unlink()
