"""The published constants that a party shares with the adapter (docs/message.md), no more.

This is the only file here that imports anything of the adapter.
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
    "TO_NOBODY",
    "VISIT",
]

PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"
INCOMING = "care.in"  # the exchange that partners publish to
RECEIPT = "receipt"
TO_NOBODY = frozenset({RECEIPT, "answer", "delivery-report"})  # no person answers these
