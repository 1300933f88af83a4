"""Log lines as JSON: event names and ids, and nothing else, so that no line can name a person.

What is written is decided here and not where it is logged: a field that is not on the list is
dropped, arguments are never filled in, and of an exception only its type, its code and the
places in the code that it came through are told.
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

OURS = "adapter"
LEVELS = ("debug", "info", "warning", "error")
FIELDS = frozenset(
    {
        "address",  # host:port of a door or a server of ours
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
LINES: dict[str, str] = {
    # What is usual.
    "started": "",
    "stopping": "takes nothing new, finishes what is in hand",
    "stopped": "",
    "received": "",
    "processed": "",
    "answered": "",
    "sent": "",
    # The broker, the store, the network.
    "waits": "tries again every second; what it has not acknowledged comes back",
    "goes-on": "",
    "broker-blocked": "sends nothing over the broker until it says so; messages wait in the store",
    "broker-unblocked": "sends again",
    "broker-was-empty": "declared what was missing, and sends what only the broker had again",
    "queues-missing": "declares them; nothing has to be sent again for it",
    "close-failed": "",
    # One partner.
    "not-sent": "tries again after a rest, or leaves it to a person",
    "circuit-opened": "sends one probe at a time; the rest waits and uses up no attempt",
    "held-off": "sends it nothing before then, or for its longest rest (retry_ceiling) at most",
    "circuit-closed": "sends everything that waited",
    "not-recorded": "sends the same bytes again when the lease ends",
    "resend": "sent it again, as its receipt is missing",
    "answer-late": "reminded its owner in the history",
    "moved": "sends it to the successor",
    "fragment": "kept what came, answered nothing",
    "mllp-peer-refused": "hung up",
    "mllp-too-many-connections": "hung up",
    "mllp-silent-hung-up": "made room for who has something to say",
    "mllp-connection-lost": "waits for the peer to connect again",
    "mllp-fragment": "keeps what came, answers nothing",
    "mllp-not-accepted": "hung up without an answer, so that it is sent again",
    "mllp-fragment-not-kept": "",
    # What a process that died or stood still had in hand.
    "begun-before": "tries it again, in a small group or alone",
    "lease-ended": "sends the same bytes again, with the same ids",
    "too-late": "wrote nothing: a newer attempt decides",
    "stood-still": "goes on; what it had in hand may have passed to others",
    # For a person.
    "dead": "left it to its endpoint's owner, and told the sender",
    "dead-message": "left it to a person: adapter dead",
    "adapter-fault": "undid it, and tries it again; a message three times",
    "mapping-fault": "that delivery is dead; the others go",
    "receipt-not-written": "processed the message; its sender got no receipt",
    "request failed": "answered with status 500, stored nothing more",
    # What the process finds wrong with itself, the others, or the store.
    "wrong": "tells it at /health/ready, in adapter health and /metrics",
    "right": "",
    # Its end.
    "loop-died": "ends this process: half an adapter is worse than none",
    "web-died": "ends this process: half an adapter is worse than none",
    "process ended by a fault": "",
    "thread ended by a fault": "",
}
"""Every line that is written, and what the adapter does about it; "" where nothing is to do."""

_VALUE = re.compile(r"[\w.:/,;+ \[\]()<>-]{0,400}", re.ASCII)
_NAME = re.compile(r"[\w. :-]{1,80}", re.ASCII)
_IDENTITY = re.compile(r"(?<![\w-])(?:\d{2})?\d{6}[-+ ]?\d{4}(?![\w-])")
_DEEPEST = 6


class Lines(logging.Formatter):
    """One JSON object a record; see the module for what may stand in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a newline."""
        ours = record.name.split(".")[0] == OURS
        found: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": _what(record.msg) if ours else "library",
        }
        found |= _fields(record) if ours else {}
        found |= _did(found["what"])
        error = record.exc_info[1] if record.exc_info else None
        return json.dumps(found | (fault(error) if error else {}))


def _what(text: object) -> str:
    """The name of what happened: the bare format text, its arguments never filled in."""
    return text if isinstance(text, str) and _NAME.fullmatch(text) else "unnamed"


def _did(what: str) -> dict[str, str]:
    """What the adapter does about what happened, beside it, so that one line tells both."""
    done = LINES.get(what, "")
    return {"did": done} if done else {}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    extras = vars(record)
    return {name: _value(extras[name]) for name in sorted(FIELDS & extras.keys())}


def _value(value: object) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    harmless = _VALUE.fullmatch(text) and not _IDENTITY.search(text)
    return text if harmless else "…"


def fault(error: BaseException) -> dict[str, str]:
    """What may be told of an exception: its type, its code, and where; never its words."""
    chain = list(_causes(error))
    found = {
        "error": " < ".join(type(e).__name__ for e in chain),
        "where": ", ".join(_places(chain[-1].__traceback__)),
    }
    code = next((e.code for e in chain if isinstance(e, AdapterError)), "")
    return found | ({"code": code} if code else {})


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
    """Send every logger's lines to a stream (standard error); libraries only from warning on.

    `level` is one of LEVELS. Also what nobody caught, in any thread, becomes a line.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # a line that cannot be written must not print its record


def catch_uncaught() -> None:
    """Let exceptions that end the process, or a thread of it, become lines without their words."""
    log = logging.getLogger(OURS)

    def of_process(_kind: Any, error: BaseException, _trace: Any) -> None:
        log.critical("process ended by a fault", extra=fault(error))

    def of_thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else ""
        told = fault(args.exc_value) if args.exc_value else {}
        log.critical("thread ended by a fault", extra=told | {"loop": name})

    sys.excepthook = of_process
    threading.excepthook = of_thread
