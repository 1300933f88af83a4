"""Errors over HTTP: each is answered as an OperationOutcome, never as a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from adapter import fhir
from adapter.core.catalogue import ErrorCode
from adapter.core.errors import AdapterError, Issue, Severity, TransientError

FHIR_JSON = "application/fhir+json"
RETRY_AFTER = 30  # seconds, where the error names no time
RETRY_SOON = 5  # seconds, where others of the sender's own requests must end first
_CODES: dict[int, ErrorCode] = {404: "unknown-address", 405: "wrong-method", 413: "too-large"}


def outcome(
    issues: Iterable[Issue], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an OperationOutcome with these issues."""
    body = json.dumps(fhir.outcome(issues), ensure_ascii=False).encode()
    return Response(body, status, dict(headers or {}), FHIR_JSON)


def status_of(issues: Iterable[Issue]) -> int:
    """Return the HTTP status of the first error; 422 where it has none."""
    errors = (i.entry.http for i in issues if i.severity is Severity.ERROR)
    first = next(errors, 422)
    return first if first >= 400 else 422


def of_error(error: AdapterError) -> Response:
    """Return the response to an error of the catalogue."""
    if isinstance(error, TransientError):
        wait = round(error.retry_after or RETRY_AFTER)
        status = 429 if error.entry.http == 429 else 503
        return outcome(error.issues, status, {"Retry-After": str(wait)})
    status = status_of(error.issues)
    return outcome(error.issues, status, {"WWW-Authenticate": "Bearer"} if status == 401 else None)


def install(application: FastAPI) -> None:
    """Register the handlers of all errors."""
    application.add_exception_handler(AdapterError, _adapter_error)
    application.add_exception_handler(HTTPException, _http_error)


async def _adapter_error(_request: Request, error: Any) -> Response:
    return of_error(error)


async def _http_error(_request: Request, error: Any) -> Response:
    """Answer what the framework refuses: an unknown address, a wrong method."""
    issue = Issue(code=_CODES.get(error.status_code, "bad-header"))
    return outcome([issue], error.status_code, error.headers)
