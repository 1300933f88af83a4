"""Bodies under the limit that become millions of objects where they are built before they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection, HTTPException

from hostile.attacks.signals import Stop
from hostile.size import Size
from hostile.target import Target, addresses

PATHS: Mapping[str, str] = {"json": "/fhir/$process-message", "xml": "/inbox"}
TYPES: Mapping[str, str] = {"json": "application/fhir+json", "xml": "application/xml"}
_SECONDS = 60.0  # for one answer


def run(target: Target, size: Size, _: Stop) -> Counter[str]:
    """Post all of them at once; count the answers by status."""
    kinds = [kind for kind in PATHS for _ in range(size.bodies)]
    sources = addresses(size.addresses)
    written = {kind: body(kind, size.body_bytes) for kind in PATHS}
    with ThreadPoolExecutor(len(kinds)) as threads:
        post = partial(_status, target, written)
        return Counter(threads.map(post, kinds, (sources * len(kinds))[: len(kinds)]))


def body(kind: str, size: int) -> bytes:
    """Return about so many bytes of empty arrays or elements."""
    if kind == "xml":
        return b"<a>" + b"<a/>" * ((size - 7) // 4) + b"</a>"
    return b"[" + b"[]," * ((size - 4) // 3) + b"[]]"


def _status(target: Target, written: Mapping[str, bytes], kind: str, source: str) -> str:
    connection = HTTPConnection("127.0.0.1", target.web, _SECONDS, source_address=(source, 0))
    headers = {
        "Authorization": f"Bearer {target.tokens[f'bodies-{kind}']}",
        "Content-Type": TYPES[kind],
    }
    try:
        connection.request("POST", PATHS[kind], written[kind], headers)
        return f"{kind} {connection.getresponse().status}"
    except (OSError, HTTPException):
        return f"{kind} cut off"
    finally:
        connection.close()
