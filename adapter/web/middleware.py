"""Around every request: its id, security headers, and the handler of unexpected errors."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from contextlib import ExitStack
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter import fhir
from adapter.core.errors import Issue
from adapter.core.logs import fault
from adapter.core.privacy import is_request_id
from adapter.web.error_responses import FHIR_JSON

log = logging.getLogger(__name__)
KEEP_PLACE = "keep_place"  # in the state of a request: call it when its sender is known
_ECHOED = (b"x-request-id", b"x-correlation-id")
_ID = re.compile(rb"[\w.:/@+~-]{1,120}")
_ABSOLUTE = re.compile(r"https?://[^/]*", re.IGNORECASE)
_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_Headers = list[tuple[bytes, bytes]]


class RequestMiddleware:
    """ASGI middleware; the outermost, so that every response passes it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["path"] = _path(scope["path"])
        echo = _echo(scope["headers"])
        state = scope.setdefault("state", {})
        state["request_id"] = echo[0][1].decode()
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *echo, *_ALWAYS]
            await send(message)

        try:
            with ExitStack() as state["holds"]:  # what the request holds until its end
                await self.app(scope, receive, answer)
        except Exception as error:
            log_fields = fault(error) | {"request": echo[0][1].decode()}
            log.error("request failed", extra=log_fields)  # noqa: TRY400 - its text may name a person
            if not started:
                await _answer_fault(answer, echo[0][1].decode())


def _path(target: str) -> str:
    """Return the path of a request's target; the absolute form has an address before it.

    A server must take both, whatever host is named (RFC 9112, 3.2.2).
    """
    absolute = _ABSOLUTE.match(target)
    return target if absolute is None else target[absolute.end() :] or "/"


def _echo(headers: Iterable[tuple[bytes, bytes]]) -> _Headers:
    """Return the caller's ids; a request without a valid id gets one of ours."""
    given = {name: value for name, value in headers if name in _ECHOED and _ID.fullmatch(value)}
    request = given.pop(b"x-request-id", b"")
    if not is_request_id(request.decode()):  # it is logged
        request = str(uuid4()).encode()
    return [(b"x-request-id", request), *given.items()]


async def _answer_fault(send: Send, request: str) -> None:
    issue = Issue(code="adapter-fault", detail=f"request {request}")
    body = json.dumps(fhir.outcome([issue]), ensure_ascii=False).encode()
    headers = [(b"content-type", FHIR_JSON.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
