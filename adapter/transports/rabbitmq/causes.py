"""Why a connection to the broker cannot be opened, in words for the people who run it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence

import pika
from pika.exceptions import (
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from adapter.core.logs import loggable

_NOT_ALLOWED = 530  # AMQP 0-9-1, reply codes


def why_not(error: BaseException, parameters: Sequence[pika.URLParameters]) -> str:
    """Return addresses, virtual host, user and cause; never a password."""
    at = ", ".join(f"{each.host}:{each.port}" for each in parameters)
    first = parameters[0]
    host = f"virtual host {first.virtual_host}"
    user = str(getattr(first.credentials, "username", ""))
    causes = (_cause(each, host, user) for each in _chain(error))
    cause = next((each for each in causes if each), type(error).__name__)
    return loggable(f"{at}: {cause}")


def _cause(error: BaseException, host: str, user: str) -> str:
    if isinstance(error, ConnectionClosedByBroker):
        return _closed(error, host, user)
    if isinstance(error, ProbableAuthenticationError):
        return f"the broker refuses the user {user} or its password"
    if isinstance(error, ProbableAccessDeniedError):
        return _not_allowed(str(error), host, user)
    if isinstance(error, socket.gaierror):
        return "the name of the host is unknown"
    if isinstance(error, ssl.SSLError):
        return "TLS fails: the certificate is not accepted, or the port speaks no TLS"
    return "no broker answers" if isinstance(error, ConnectionRefusedError | TimeoutError) else ""


def _closed(error: ConnectionClosedByBroker, host: str, user: str) -> str:
    if error.reply_code != _NOT_ALLOWED:
        return f"the broker refuses the user {user} or its password"
    return _not_allowed(error.reply_text, host, user)


def _not_allowed(text: str, host: str, user: str) -> str:
    may_not = f"the user {user} may not use the {host}"
    if "not found" in text:
        return f"there is no {host}"
    return may_not if "refused" in text else f"{may_not}, or there is none"


def _chain(error: object) -> Iterator[BaseException]:
    """Yield an error of pika and those that it wraps."""
    while isinstance(error, BaseException):
        yield error
        inner = [each for each in error.args if isinstance(each, BaseException)]
        error = getattr(error, "exception", None) or next(iter(inner), None)
