"""What the catalogue says of one code, and which codes there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias


class Scope(StrEnum):
    """Whose fault it is, and so who must act (after the NHS BaRS prefixes SEND, PROXY, REC)."""

    SENDER = "sender"
    ADAPTER = "adapter"
    RECEIVER = "receiver"


ErrorCode: TypeAlias = Literal[
    # What is wrong with the bytes.
    "too-large",
    "too-deep",
    "unreadable",
    "duplicate-key",
    "forbidden-xml",
    "wrong-charset",
    # What is wrong with a call over HTTP.
    "unknown-address",
    "wrong-method",
    "too-slow",
    "wrong-content-type",
    "bad-header",
    # What is wrong with the content.
    "invalid-document",
    "invalid-structure",
    "unknown-resource-type",
    "profile",
    "required",
    "unknown-code",
    "unknown-event",
    "unmapped-event",
    "unresolved-reference",
    "several-patients",
    "bad-identifier",
    "bad-time",
    "naive-time",
    "damaged-text",
    "no-planned-discharge",
    "no-case",
    "other-patient",
    "more-problems",
    # Who may send what to whom.
    "unidentified-sender",
    "wrong-sender",
    "unknown-receiver",
    "no-route",
    "concerns-unknown",
    # Ids and copies.
    "envelope-reused",
    "content-conflict",
    "copy",
    "reused-control-id",
    "superseded",
    "not-used",
    # Our own faults.
    "no-mapping",
    "not-written",
    "adapter-fault",
    "too-many-connections",
    "store-unavailable",
    "illegal-transition",
    "settings",
    "unknown-id",
    "overtaken",
    "may-have-arrived",
    "not-edited",
    "other-message",
    "protected-identity",
    "held",
    "unmatched-receipt",
    # What happened on the way to the receiver.
    "unreachable",
    "timed-out",
    "unroutable",
    "returned",
    "busy",
    "access-denied",
    "refused",
    "refused-for-now",
    "bad-answer",
    "no-receipt",
    "expired",
]
"""Every code that the adapter gives. A misspelt one is an error of types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One code: whose fault, the FHIR issue type, what it says, what to do, the HTTP status."""

    scope: Scope
    type: str
    sv: str
    en: str
    action: str
    http: int


def sender_fault(kind: str, sv: str, en: str, action: str, http: int = 422) -> Entry:
    """A fault of the sender."""
    return Entry(scope=Scope.SENDER, type=kind, sv=sv, en=en, action=action, http=http)


def adapter_fault(kind: str, sv: str, en: str, action: str, http: int = 500) -> Entry:
    """A fault of ours."""
    return Entry(scope=Scope.ADAPTER, type=kind, sv=sv, en=en, action=action, http=http)


def receiver_fault(kind: str, sv: str, en: str, action: str, http: int = 502) -> Entry:
    """A fault of the receiver, or of the way to it."""
    return Entry(scope=Scope.RECEIVER, type=kind, sv=sv, en=en, action=action, http=http)
