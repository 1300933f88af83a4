"""Log lines as JSON: event names and ids, and nothing else, so that no line can name a person.

This module decides what is written, not the code that logs. It drops a field that is not in
FIELDS and never fills in arguments. Of an exception it writes the type, the code, and the places
in the code that it passed.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, TextIO

from adapter.core.errors import AdapterError
from adapter.core.privacy import has_person

OURS = "adapter"
LEVELS = ("debug", "info", "warning", "error")
FIELDS = frozenset(
    {
        "address",  # host:port where we listen, or of our broker or store
        "attempt",
        "case",
        "code",
        "count",
        "delivery",
        "endpoint",
        "error",  # the type of an exception
        "event",
        "exit",
        "finding",  # of adapter.operate.health
        "loop",
        "message_id",  # "message" is the logging module's own
        "process_name",  # as `adapter health` lists it
        "request",
        "seconds",
        "signal",
        "size",
        "standing",
        "state",
        "status",
        "system",
        "threads",
        "transport",
        "where",  # places in the code
        "why",
    }
)
"""The fields that a line may have."""
LINES: dict[str, str] = {
    # Normal operation.
    "started": "",
    "stopping": "takes no new messages, finishes those in progress",
    "stopped": "",
    "stop-cut-short": "left what is under way; it is sent again when its lease ends",
    "received": "",
    "processed": "",
    "answered": "",
    "sent": "",
    # The broker, the store, the network.
    "waits": "tries again every second; unacknowledged messages are redelivered",
    "goes-on": "",
    "broker-blocked": "sends nothing over the broker until it unblocks; messages wait in the store",
    "broker-unblocked": "sends again",
    "broker-was-empty": "declared the missing queues; resends messages that only the broker had",
    "broker-taken-over": "uses the virtual host; another store may not take or send there now",
    "queues-missing": "declares them; no message needs a resend",
    "close-failed": "",
    # One partner.
    "not-sent": "tries again after a delay, or leaves the delivery to a person",
    "circuit-opened": "sends one probe at a time; other deliveries wait and use no attempt",
    "held-off": "waits as long as the receiver asks, but at most retry_ceiling",
    "circuit-closed": "sends the deliveries that waited",
    "resumed": "sends the deliveries that waited",
    "not-recorded": "sends the same bytes again when the lease ends",
    "resend": "sent the delivery again, because its receipt is missing",
    "answer-late": "wrote a reminder for the endpoint's owner in the history",
    "moved": "sends the delivery to the endpoint that replaced the old one",
    "no-longer-due": "does not send: the receiver's right has ended or changed",
    "fragment": "stored the incomplete bytes, sent no answer",
    "mllp-peer-refused": "closed the connection",
    "mllp-too-many-connections": "closed the connection",
    "mllp-silent-hung-up": "closed the connection silent for longest, to accept a new one",
    "mllp-connection-lost": "waits for the peer to connect again",
    "mllp-fragment": "stores the incomplete bytes, sends no answer",
    "mllp-not-accepted": "closed the connection without an answer, so that the peer resends",
    "mllp-fragment-not-kept": "",
    "mllp-fragments-too-many": "keeps no more of them: hangs up, or drops those of this minute",
    "connections-short": "closes an idle connection, takes no new one for a moment, and goes on",
    # Work in progress of a process that died or was frozen.
    "begun-before": "processes the message again, in a small group or alone",
    "lease-ended": "sends the same bytes again, with the same ids",
    "too-late": "wrote nothing; the newer attempt decides",
    "stood-still": "goes on; other processes may have taken over its work",
    # For a person.
    "dead": "left the delivery to the endpoint's owner, and told the sender",
    "dead-message": "left the message to a person; see `adapter dead`",
    "adapter-fault": "rolled back, and tries again; a message three times",
    "mapping-fault": "made this delivery dead; the others are sent",
    "receipt-not-written": "processed the message; sent no receipt to its sender",
    "request failed": "answered with status 500, stored nothing further",
    # Findings about this process, other processes, or the store.
    "wrong": "shows the finding at /health/ready, in `adapter health` and /metrics",
    "right": "",
    # The end of the process.
    "loop-died": "ends this process: half an adapter is worse than none",
    "web-died": "ends this process: half an adapter is worse than none",
    "process ended by a fault": "",
    "thread ended by a fault": "",
}
"""Every log line, with what the adapter does about the event; "" where it does nothing."""

_VALUE = re.compile(r"[\w.:/,;+ \[\]()<>-]{0,400}", re.ASCII)
_NOT_LOGGED = re.compile(r"[^\w.:/,;+ \[\]()<>-]", re.ASCII)
_LONGEST = 160  # characters of a text from outside
_NAME = re.compile(r"[\w. :-]{1,80}", re.ASCII)
_IDENTITY = re.compile(r"(?<![\w-])(?:\d{2})?\d{6}[-+ ]?\d{4}(?![\w-])")
_DEEPEST = 6


class JsonFormatter(logging.Formatter):
    """One JSON object per record; the module docstring says what it may contain."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a newline."""
        ours = record.name.split(".")[0] == OURS
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": _what(record.msg) if ours else "library",
        }
        line |= _fields(record) if ours else {}
        line |= _reaction(line["what"])
        error = record.exc_info[1] if record.exc_info else None
        return json.dumps(line | (fault(error) if error else {}))


def _what(text: object) -> str:
    """Return the name of the event: the bare format text, without its arguments."""
    return text if isinstance(text, str) and _NAME.fullmatch(text) else "unnamed"


def _reaction(what: str) -> dict[str, str]:
    """Return the field `did`: what the adapter does about the event."""
    reaction = LINES.get(what, "")
    return {"did": reaction} if reaction else {}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    extras = vars(record)
    return {name: _value(extras[name]) for name in sorted(FIELDS & extras.keys())}


def loggable(text: str) -> str:
    """Return text with `-` for characters that a line may not hold, at most 160 long."""
    return _NOT_LOGGED.sub("-", text.replace('"', "").replace("'", "").strip())[:_LONGEST]


def _value(value: object) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    harmless = _VALUE.fullmatch(text) and not (_IDENTITY.search(text) or has_person(text))
    return text if harmless else "…"


def fault(error: BaseException) -> dict[str, str]:
    """Return the log fields of an exception: type, code and places; never its message."""
    chain = list(_causes(error))
    log_fields = {
        "error": " < ".join(type(e).__name__ for e in chain),
        "where": ", ".join(_places(chain[-1].__traceback__)),
    }
    code = next((e.code for e in chain if isinstance(e, AdapterError)), "")
    return log_fields | ({"code": code} if code else {})


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(_DEEPEST):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _places(trace: TracebackType | None) -> list[str]:
    frames = [(frame.f_code, line) for frame, line in walk_tb(trace)]
    return [f"{Path(c.co_filename).name}:{line} {c.co_name}" for c, line in frames[-_DEEPEST:]]


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Write the lines of every logger to a stream (default: standard error).

    `level` is one of LEVELS and holds for the adapter; libraries log from warning on. Warnings
    of Python's `warnings` module become lines too.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # a line that cannot be written must not print its record


def catch_uncaught() -> None:
    """Log an uncaught exception of the process or of a thread, without its message."""
    log = logging.getLogger(OURS)

    def of_process(_kind: Any, error: BaseException, _trace: Any) -> None:
        log.critical("process ended by a fault", extra=fault(error))

    def of_thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else ""
        log_fields = fault(args.exc_value) if args.exc_value else {}
        log.critical("thread ended by a fault", extra=log_fields | {"loop": name})

    sys.excepthook = of_process
    threading.excepthook = of_thread
