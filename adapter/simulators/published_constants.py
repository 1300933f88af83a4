"""The published constants that a party shares with the adapter (docs/message.md).

No other file of this package imports anything else of the adapter.
"""

from __future__ import annotations

from adapter.fhir.canonical import BASE, CASE_ID, ERROR, EVENT, HSA, MESSAGE_ID, MUNICIPALITY, VISIT

__all__ = [
    "BASE",
    "CASE_ID",
    "ERROR",
    "EVENT",
    "HSA",
    "INCOMING",
    "MESSAGE_ID",
    "MUNICIPALITY",
    "PERSONNUMMER",
    "RECEIPT",
    "UNANSWERED_EVENTS",
    "VISIT",
]

PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"
INCOMING = "care.in"  # the exchange that parties publish to
RECEIPT = "receipt"
UNANSWERED_EVENTS = frozenset({RECEIPT, "answer", "delivery-report"})  # no person answers these
