"""An HTTP server on loopback that answers each POST with the result of a function."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGEST_BODY = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A request."""

    path: str
    body: bytes
    delivery: str = ""  # the adapter's x-delivery-id


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to a request."""

    status: int = 200
    body: bytes = b""
    content_type: str = ""


class PostServer:
    """Listens on 127.0.0.1. `respond` runs in one thread per connection.

    Where `respond` returns None, the connection is closed without an answer. With
    `keep_alive` (seconds), idle connections stay open that long (HTTP/1.1); without, each
    connection serves one request (HTTP/1.0).
    """

    def __init__(
        self, port: int, respond: Callable[[Post], Reply | None], keep_alive: float | None = None
    ) -> None:
        """Listen at once. OSError when the port is taken."""
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.respond = respond
        self._server.keep_alive = keep_alive
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=f"POST {port}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and wait until the server's thread has ended."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    """`respond` and `keep_alive` are set before the first request."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    respond: Callable[[Post], Reply | None]
    keep_alive: float | None


class _Handler(BaseHTTPRequestHandler):
    timeout = 20.0
    wbufsize = 64 * 1024  # head and body leave in one write
    server: _Server

    def setup(self) -> None:
        super().setup()
        if self.server.keep_alive is not None:
            self.protocol_version = "HTTP/1.1"
            self.connection.settimeout(self.server.keep_alive)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self._send(Reply(status=413))
            return
        delivery = self.headers.get("x-delivery-id", "")
        post = Post(path=self.path, body=self.rfile.read(length), delivery=delivery)
        reply = self.server.respond(post)
        if reply is None:
            self.close_connection = True
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        if reply.status != 204:  # has no body, and so no length (RFC 9110, section 8.6)
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
