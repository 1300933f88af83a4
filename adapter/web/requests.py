"""The checks of a request: its headers, its content type, and its body's size and time."""

from __future__ import annotations

import asyncio
import re

from fastapi import Request
from starlette.requests import ClientDisconnect

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.settings.network import Network

SECONDS = 60.0  # within which the whole body must arrive
_ID = re.compile(r"[\w.:/@+~-]{1,120}", re.ASCII)
_TYPES = {
    "json": frozenset({"application/fhir+json", "application/json"}),
    "xml": frozenset({"application/xml", "text/xml"}),
    "hl7": frozenset({"application/hl7-v2", "x-application/hl7-v2+er7"}),
}
_CHARSETS = frozenset({"", "utf-8", "utf8"})


async def body(request: Request, limit: int, seconds: float = SECONDS) -> bytes:
    """Return the whole body; FatalError `too-large` at once, `too-slow` after `seconds`."""
    declared = request.headers.get("content-length", "0")
    _within(int(declared) if declared.isdecimal() else 0, limit)
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                content += part
                _within(len(content), limit)
    except TimeoutError:
        raise FatalError("too-slow", f"{len(content)} bytes in {seconds:g} s") from None
    except ClientDisconnect:
        raise FatalError("unreadable", "the connection was closed") from None
    return bytes(content)


def _within(size: int, limit: int) -> None:
    if size > limit:
        raise FatalError("too-large", f"the limit is {limit} bytes")


def named(request: Request, header: str) -> str:
    """Return the id in a header, "" for none; FatalError `bad-header`."""
    value = request.headers.get(header, "").strip()
    if value and not _ID.fullmatch(value):
        raise FatalError(
            "bad-header", f"{header}: 1 to 120 characters of A-Z a-z 0-9 . _ : / @ + ~ -"
        )
    return value


def content_type(request: Request, network: Network, sender: Endpoint) -> str:
    """Return the Content-Type as it came; FatalError when the sender's system has another."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise FatalError("wrong-content-type", "Content-Encoding is not supported: do not compress")
    value = request.headers.get("content-type", "")
    name, _, rest = value.partition(";")
    accepted = types(network, sender)
    if name.strip().lower() not in accepted:
        raise FatalError(
            "wrong-content-type", f"{sender.system} takes {', '.join(sorted(accepted))}"
        )
    if _charset(rest) not in _CHARSETS and network.system(sender).content == "json":
        raise FatalError("wrong-content-type", "JSON must be UTF-8")
    return value[:120]


def types(network: Network, sender: Endpoint) -> frozenset[str]:
    """Return the content types that a sender may use: its system's own, and the general ones."""
    system = network.system(sender)
    return _TYPES[system.content] | {system.media_type.partition(";")[0]}


def _charset(parameters: str) -> str:
    for part in parameters.split(";"):
        key, _, value = part.strip().partition("=")
        if key.lower() == "charset":
            return value.strip('" ').lower()
    return ""
