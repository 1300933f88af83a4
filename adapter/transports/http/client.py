"""Posting messages, and reading the responses."""

from __future__ import annotations

import logging
import os
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError
from adapter.core.model import Envelope
from adapter.transports import BadAnswerError, Outcome, Response, SendOnly, send_in_order
from adapter.transports.http.deadline import CHUNK, Deadline, DeadlineTransport
from adapter.transports.http.status import http_errors, of_status

# At debug level they log the headers of every exchange, and at info level its URL.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


class HttpClient(SendOnly):
    """Posts to `endpoint.address`; keeps its connection; follows no redirect.

    An outcome is one of these:
    - Response: 2xx, with the body if there is one (202 and 204 have none);
    - RefusedForNowError: 408, 425, 429 and 5xx; `retry_after` in seconds from now;
    - RefusedError: `access-denied` for 401 and 403, else `refused`;
    - TransientError `no-connection` (no byte of the message left), `unreachable` (the connection
      broke), or `timed-out` when the exchange was not complete within `endpoint.timeout`;
    - WebPageError `unreachable`: a 2xx with a web page, which answers in the receiver's place;
    - BadAnswerError: a 2xx with a body that is over `limit` bytes, or is compressed although the
      request did not allow it.

    After a TransientError the rest of the batch is not attempted, so that order is kept.

    Secrets come from the environment: ADAPTER_<NAME>_TOKEN (bearer), or ADAPTER_<NAME>_USER
    and ADAPTER_<NAME>_PASSWORD (basic), with the endpoint's name in capitals and _ for -. The
    constructor raises FatalError `settings` when one is missing, and when the address or a
    certificate cannot be read.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        environment: Mapping[str, str] = os.environ,
        limit: int = 1024 * 1024,
    ) -> None:
        self._address = _address(endpoint)
        self._timeout = endpoint.timeout.total_seconds()
        self._limit = limit
        self._deadline = Deadline()
        self._credentials = _credentials(endpoint, environment)
        self._context = _certificates(endpoint)
        self._client: httpx.Client | None = None

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Post each, and read each response to its end."""
        return send_in_order(envelopes, self._post)

    def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _open(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                headers=self._credentials,
                transport=DeadlineTransport(self._context, self._deadline),
                timeout=self._timeout,
                follow_redirects=False,
                trust_env=False,
            )
        return self._client

    def _post(self, envelope: Envelope) -> Outcome:
        self._deadline.start(self._timeout)
        content, headers = envelope.body, _headers(envelope)
        try:
            with (
                http_errors(),
                self._open().stream(
                    "POST", self._address, content=content, headers=headers
                ) as received,
            ):
                return self._outcome(received)
        except AdapterError as error:
            return error

    def _outcome(self, received: httpx.Response) -> Outcome:
        is_plain = received.headers.get("content-encoding", "identity") == "identity"
        body = self._read(received) if is_plain else b""
        content_type = received.headers.get("content-type", "")
        response = Response(body=body[: self._limit], content_type=content_type)
        if received.is_success and (not is_plain or len(body) > self._limit):
            return BadAnswerError(f"compressed, or over {self._limit} bytes", response)
        retry_after = received.headers.get("retry-after", "").strip()
        return of_status(received.status_code, retry_after, response, datetime.now(UTC))

    def _read(self, received: httpx.Response) -> bytes:
        """Return the body; of a body over the limit, its beginning, which is over it too."""
        body = bytearray()
        for chunk in received.iter_raw(CHUNK):
            body += chunk
            if len(body) > self._limit:
                break
        return bytes(body)


def _headers(envelope: Envelope) -> dict[str, str]:
    request = f"{envelope.delivery}-{envelope.attempt}" if envelope.delivery else envelope.id
    headers = {
        "Content-Type": envelope.content_type,
        "Accept-Encoding": "identity",
        "Idempotency-Key": envelope.id,
        "X-Request-Id": request,
        "X-Correlation-Id": envelope.case,
        "X-Delivery-Id": envelope.delivery,
    }
    return {name: quote(value, safe=_PRINTABLE) for name, value in headers.items() if value}


def _address(endpoint: Endpoint) -> httpx.URL:
    try:
        address = httpx.URL(endpoint.address)
    except httpx.InvalidURL as error:
        raise FatalError("settings", f"{endpoint.name}: address is not a URL") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise FatalError("settings", f"{endpoint.name}: address must be http or https")
    return address


def _credentials(endpoint: Endpoint, environment: Mapping[str, str]) -> dict[str, str]:
    def secret(kind: str) -> str:
        name = f"ADAPTER_{endpoint.name.upper().replace('-', '_')}_{kind}"
        if not environment.get(name):
            raise FatalError("settings", f"{name} is not set")
        return environment[name]

    if endpoint.credentials == "bearer":
        return {"Authorization": f"Bearer {secret('TOKEN')}"}
    if endpoint.credentials == "basic":
        pair = f"{secret('USER')}:{secret('PASSWORD')}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}
    return {}


def _certificates(endpoint: Endpoint) -> ssl.SSLContext:
    with _naming(endpoint, endpoint.ca_file):
        context = ssl.create_default_context(cafile=endpoint.ca_file or None)
    if endpoint.certificate_file:
        key = endpoint.key_file or None
        with _naming(endpoint, endpoint.certificate_file, key or ""):
            # With an empty password, an encrypted key fails instead of prompting the terminal.
            context.load_cert_chain(endpoint.certificate_file, key, password="")
    return context


@contextmanager
def _naming(endpoint: Endpoint, *files: str) -> Iterator[None]:
    """Raise FatalError `settings` with the files and the cause: OpenSSL's own names no file."""
    try:
        yield
    except OSError as error:  # ssl.SSLError is one
        named = " and ".join(file for file in files if file) or "the system's certificates"
        cause = f"{named} cannot be read: {error.strerror or error}"
        raise FatalError("settings", f"{endpoint.name}: {cause}") from error
