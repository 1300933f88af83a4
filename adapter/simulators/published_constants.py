"""Published names of the bus and of events (docs/message.md, docs/rabbitmq.md)."""

from __future__ import annotations

INCOMING = "care.in"  # the exchange that parties publish to
RECEIPT = "receipt"
UNANSWERED_EVENTS = frozenset({RECEIPT, "answer", "delivery-report"})  # no person answers these
