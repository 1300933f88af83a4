"""Remarks about a processed message that its sender gets with the receipt."""

from __future__ import annotations

from adapter.core.errors import Issue, Severity
from adapter.core.model import RETURNING, Event
from adapter.fhir import bundles
from adapter.inbound.turn import Turn
from adapter.policy.read_message import ReadMessage
from adapter.settings.municipalities import municipalities
from adapter.store import inbox


def remarks(turn: Turn, message: ReadMessage) -> list[Issue]:
    """Return warnings: a used control id, no case's name, a code that no municipality has."""
    issues = []
    kommun = bundles.municipality(message.bundle)
    if kommun and kommun not in municipalities():
        detail = "no municipality has this code"
        where = "Patient.address"
        issues.append(
            Issue(code="unknown-code", detail=detail, expression=where, severity=Severity.WARNING)
        )
    source = bundles.source_id(message.bundle)[:200]
    if source and turn.network.system(turn.sender).content == "hl7":
        if inbox.reused(turn.tx, turn.message, source):
            issues.append(Issue(code="reused-control-id", severity=Severity.WARNING))
        turn.note(claimed_id=source)
    nameless = message.event not in (*RETURNING, Event.PERSON_UPDATED)
    if nameless and not bundles.case_ids(message.bundle):
        issues.append(Issue(code="no-case", severity=Severity.WARNING))
    return issues
