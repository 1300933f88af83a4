"""What an HTTP response, or an error instead of one, means for a delivery."""

from __future__ import annotations

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
LONGEST_WAIT = 24 * 60 * 60.0


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


def of_status(status: int, retry_after: str, response: Response, now: datetime) -> Outcome:
    """Return what a response means; an endpoint's own rules may override it (core.answer_rules)."""
    if 200 <= status < 300:
        return Response() if status in _NO_RECEIPT or not response.body else response
    wait = seconds(retry_after, now)
    if answer_rules.default(str(status)) is Then.RETRY:
        code = _FOR_NOW.get(status, "refused-for-now")
        return RefusedForNowError(code, status, response, wait)
    code = "access-denied" if status in (401, 403) else "refused"
    return RefusedError(code, status, response, wait)


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
    """Return the seconds that Retry-After asks for, in either form (RFC 9110, 10.2.3)."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def _reason(error: BaseException) -> str:
    """Return what is wrong with the certificate, if that is the cause; else the error's name."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
