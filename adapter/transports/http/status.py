"""What an HTTP response, or an error instead of one, means for a delivery."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from adapter.core import answer_rules
from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Then
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.transports import Outcome, Response

_FOR_NOW: dict[int, ErrorCode] = {
    408: "timed-out",
    429: "busy",
    502: "unreachable",
    503: "busy",
    504: "timed-out",
}
_NO_RECEIPT = {202, 204, 205}
_BEFORE_THE_REQUEST = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""No byte of the request was written: TLS errors are ConnectErrors, too."""
_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]{0,200}>\s*)?(<!--.{0,500}?-->\s*)?(<!doctype\s+html|<(html|head|body))\b",
    re.IGNORECASE | re.DOTALL,
)
"""The beginning of a web page: a login, a portal or a proxy stands before the receiver."""


class RefusedError(FatalError):
    """The far side refused for good. `response` may hold a receipt."""

    def __init__(
        self, code: ErrorCode, status: int, response: Response, retry_after: float | None
    ) -> None:
        super().__init__(code, f"HTTP {status}", said=(str(status),), retry_after=retry_after)
        self.response = response


class RefusedForNowError(TransientError):
    """The far side may take it later. `response` may hold a receipt."""

    def __init__(
        self, code: ErrorCode, status: int, response: Response, retry_after: float | None
    ) -> None:
        super().__init__(code, f"HTTP {status}", said=(str(status),), retry_after=retry_after)
        self.response = response


class WebPageError(TransientError):
    """A web page answers in the receiver's place: an outage, until the receiver answers again."""

    def __init__(self, status: int, response: Response) -> None:
        super().__init__("unreachable", f"HTTP {status} with a web page")
        self.response = response


def of_status(status: int, retry_after: str, response: Response, now: datetime) -> Outcome:
    """Return what a response means; an endpoint's own rules may override it (core.answer_rules)."""
    if 200 <= status < 300:
        return _taken(status, response)
    wait = seconds(retry_after, now)
    if answer_rules.default(str(status)) is Then.RETRY:
        code = _FOR_NOW.get(status, "refused-for-now")
        return RefusedForNowError(code, status, response, wait)
    code = "access-denied" if status in (401, 403) else "refused"
    return RefusedError(code, status, response, wait)


def _taken(status: int, response: Response) -> Outcome:
    if _PAGE.match(response.body):
        return WebPageError(status, response)
    return Response() if status in _NO_RECEIPT or not response.body else response


@contextmanager
def http_errors() -> Iterator[None]:
    """Raise an AdapterError for any error of httpx: no complete response arrived."""
    try:
        yield
    except httpx.HTTPError as error:
        raise _translated(error) from error


def _translated(error: httpx.HTTPError) -> AdapterError:
    if isinstance(error, _BEFORE_THE_REQUEST):
        return TransientError("no-connection", _reason(error))
    if isinstance(error, httpx.TimeoutException):
        return TransientError("timed-out", type(error).__name__)
    if isinstance(error, httpx.LocalProtocolError):
        return FatalError("adapter-fault", type(error).__name__)
    return TransientError("unreachable", type(error).__name__)


def seconds(retry_after: str, now: datetime) -> float | None:
    """Return the seconds that Retry-After asks for, in either form (RFC 9110, 10.2.3).

    There is no limit here: `RetryPolicy` has one, for each endpoint its own.
    """
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)


def _reason(error: BaseException) -> str:
    """Return what is wrong with the certificate, if that is the cause; else the error's name."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
