"""Remarks about a processed message that its sender gets with the receipt."""

from __future__ import annotations

import hashlib

from adapter.core.errors import Issue, Severity
from adapter.core.model import RETURNING, Bundle, Event
from adapter.fhir import bundles, lineage
from adapter.fhir.issue_places import placed
from adapter.inbound.turn import Turn
from adapter.policy.read_message import ReadMessage
from adapter.settings.municipalities import municipalities
from adapter.store import inbox

_ROOM = 200  # characters of the column that keeps a sender's own id


def remarks(turn: Turn, message: ReadMessage) -> list[Issue]:
    """Return warnings: a used control id, no case's name, a code that no municipality has."""
    issues = _unknown_municipality(turn, message.bundle)
    source = _claimed_id(lineage.source_id(message.bundle))
    if source and turn.network.system(turn.sender).content == "hl7":
        if inbox.reused(turn.tx, turn.message, source):
            issues.append(Issue(code="reused-control-id", severity=Severity.WARNING))
        turn.note(claimed_id=source)
    nameless = message.event not in (*RETURNING, Event.PERSON_UPDATED)
    warned = any(issue.code == "no-case" for issue in message.issues)
    if nameless and not warned and not bundles.case_ids(message.bundle):
        issues.append(Issue(code="no-case", severity=Severity.WARNING))
    return issues


def _unknown_municipality(turn: Turn, bundle: Bundle) -> list[Issue]:
    kommun = bundles.municipality(bundle)
    if not kommun or kommun in municipalities():
        return []
    issue = Issue(
        code="unknown-code",
        detail="no municipality has this code",
        expression="Patient.address.extension",
        severity=Severity.WARNING,
    )
    return (
        placed([issue], bundle) if turn.network.system(turn.sender).content == "json" else [issue]
    )


def _claimed_id(id_: str) -> str:
    """Return an id as the store has room for: of a long one the beginning, and its SHA-256."""
    if len(id_) <= _ROOM:
        return id_
    digest = hashlib.sha256(id_.encode()).hexdigest()
    return f"{id_[: _ROOM - len(digest) - 1]}…{digest}"
