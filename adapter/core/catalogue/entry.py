"""The list of error codes, and the type of their entries in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias


class Scope(StrEnum):
    """The party at fault, which must act (after the NHS BaRS prefixes SEND, PROXY, REC)."""

    SENDER = "sender"
    ADAPTER = "adapter"
    RECEIVER = "receiver"


ErrorCode: TypeAlias = Literal[
    # The bytes.
    "too-large",
    "too-deep",
    "unreadable",
    "duplicate-key",
    "forbidden-xml",
    "wrong-charset",
    # A request over HTTP.
    "unknown-address",
    "wrong-method",
    "too-slow",
    "wrong-content-type",
    "not-acceptable",
    "unsupported-parameter",
    "bad-header",
    # The content.
    "invalid-document",
    "invalid-structure",
    "unknown-resource-type",
    "invariant",
    "profile",
    "required",
    "unknown-code",
    "unknown-event",
    "unmapped-event",
    "no-queries",
    "no-return-address",
    "unresolved-reference",
    "several-patients",
    "test-message",
    "bad-identifier",
    "bad-time",
    "naive-time",
    "damaged-text",
    "bad-attachment",
    "no-planned-discharge",
    "assumed-municipality",
    "contradiction",
    "no-case",
    "other-patient",
    "more-problems",
    # Senders, receivers and routes.
    "unidentified-sender",
    "wrong-sender",
    "unknown-receiver",
    "no-route",
    "concerns-unknown",
    # Meaning: who may tell what, and what stands before a person.
    "not-entitled",
    "not-a-party",
    "ambiguous-case",
    "nobody-to-tell",
    "late-notice",
    "late-word",
    "transferred",
    "outpatient-assessment",
    "identity",
    "protection-lifted",
    "incomplete-notice",
    "rejected",
    "protected-elsewhere",
    "consent-withdrawn",
    "consent-ended",
    "consent-excludes",
    "secrecy-bar",
    "bar-without-receiver",
    "consent-without-case",
    # Plans that several units write.
    "stale-version",
    "plan-ended",
    "not-own-effort",
    "not-adjusted",
    "invitation-unknown",
    "recall-unknown",
    "plan-unknown",
    "second-contact",
    "not-for-role",
    "late",
    "recalled",
    # Ids and copies.
    "envelope-reused",
    "content-conflict",
    "copy",
    "reused-control-id",
    "superseded",
    "not-used",
    # The adapter itself.
    "no-mapping",
    "not-written",
    "adapter-fault",
    "too-many-connections",
    "too-much-at-once",
    "store-unavailable",
    "illegal-transition",
    "settings",
    "other-store",
    "unknown-id",
    "overtaken",
    "may-have-arrived",
    "not-edited",
    "other-message",
    "protected-identity",
    "held",
    "unmatched-receipt",
    # Sending to the receiver.
    "no-connection",
    "unreachable",
    "timed-out",
    "unroutable",
    "returned",
    "busy",
    "access-denied",
    "refused",
    "too-large-for-broker",
    "refused-for-now",
    "bad-answer",
    "no-receipt",
    "expired",
]
"""Every code that the adapter gives. mypy rejects any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One code: party at fault, FHIR issue type, texts, action for a person, HTTP status."""

    scope: Scope
    type: str
    sv: str
    en: str
    action: str
    http: int


def sender_fault(kind: str, sv: str, en: str, action: str, http: int = 422) -> Entry:
    """Return the entry of a fault of the sender."""
    return Entry(scope=Scope.SENDER, type=kind, sv=sv, en=en, action=action, http=http)


def adapter_fault(kind: str, sv: str, en: str, action: str, http: int = 500) -> Entry:
    """Return the entry of a fault of the adapter, or of a message held for a person."""
    return Entry(scope=Scope.ADAPTER, type=kind, sv=sv, en=en, action=action, http=http)


def receiver_fault(kind: str, sv: str, en: str, action: str, http: int = 502) -> Entry:
    """Return the entry of a fault of the receiver, or of the connection to it."""
    return Entry(scope=Scope.RECEIVER, type=kind, sv=sv, en=en, action=action, http=http)
