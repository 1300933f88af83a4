"""The checks of a request: its headers, its content type, and its body's size and time."""

from __future__ import annotations

import asyncio
import re
import time

from fastapi import Request
from starlette.requests import ClientDisconnect

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, TransientError
from adapter.core.memory import Hold
from adapter.settings.network import Network
from adapter.web.error_responses import RETRY_SOON

SECONDS = 60.0  # within which the whole body must arrive
PATIENCE = 20.0  # seconds that a whole body waits for its turn
POLL = 0.02
_ID = re.compile(r"[\w.:/@+~-]{1,120}", re.ASCII)
_TYPES = {
    "json": frozenset({"application/fhir+json", "application/json"}),
    "xml": frozenset({"application/xml", "text/xml"}),
    "hl7": frozenset({"application/hl7-v2", "x-application/hl7-v2+er7"}),
}
_CHARSETS = frozenset({"utf-8", "utf8"})
FHIR_VERSIONS = frozenset({"4.0", "4.0.1"})


async def body(request: Request, limit: int, hold: Hold, seconds: float = SECONDS) -> bytes:
    """Return the whole body, when there is room to read it.

    FatalError `too-large` at once, `too-slow` after `seconds`; TransientError `too-much-at-once`.
    """
    declared = request.headers.get("content-length", "0")
    size = int(declared) if declared.isdecimal() else 0
    _within(size, limit)
    if not hold.grow(size):  # nothing is read of what there is no room for
        raise _busy("bodies under way")
    content = await _received(request, limit, hold, seconds)
    await _turn(hold, len(content))
    return content


async def _received(request: Request, limit: int, hold: Hold, seconds: float) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                content += part
                _within(len(content), limit)
                if not hold.grow(len(content)):
                    raise _busy("bodies under way")
    except TimeoutError:
        raise FatalError("too-slow", f"{len(content)} bytes in {seconds:g} s") from None
    except ClientDisconnect:
        raise FatalError("unreadable", "the connection was closed") from None
    return bytes(content)


async def _turn(hold: Hold, size: int) -> None:
    """Wait until there is room to read and forward a body."""
    until = time.monotonic() + PATIENCE
    while not hold.begin_work(size):
        if time.monotonic() > until:
            raise _busy("other messages take all the memory")
        await asyncio.sleep(POLL)


def _busy(detail: str) -> TransientError:
    return TransientError("too-much-at-once", detail, retry_after=RETRY_SOON)


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
    if network.system(sender).content == "json":
        _check_json(rest)
    return value[:120]


def _check_json(parameters: str) -> None:
    if not _CHARSETS.issuperset(stated(parameters, "charset")):
        raise FatalError("wrong-content-type", "JSON must be UTF-8")
    if not FHIR_VERSIONS.issuperset(stated(parameters, "fhirversion")):
        raise FatalError("wrong-content-type", "fhirVersion must be 4.0")


def types(network: Network, sender: Endpoint) -> frozenset[str]:
    """Return the content types that a sender may use: its system's own, and the general ones."""
    system = network.system(sender)
    return _TYPES[system.content] | {system.media_type.partition(";")[0]}


def stated(parameters: str, name: str) -> list[str]:
    """Return each value of a parameter of a media type, in lower case; "" for an empty one."""
    pairs = (part.partition("=") for part in parameters.split(";"))
    return [value.strip('" ').lower() for key, _, value in pairs if key.strip().lower() == name]
