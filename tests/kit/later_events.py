"""The events that came after omsorg/1: it has no place for them, and its deliveries say so."""

from __future__ import annotations

from adapter.core.model import Event

LATER = frozenset(
    {
        Event.CARE_CONTACT,
        Event.SIP_INVITATION,
        Event.SIP_INVITATION_CHANGED,
        Event.SIP_INVITATION_CANCELLED,
        Event.SIP_INVITATION_ANSWER,
        Event.PLANNING_BASIS,
        Event.INFORMATION_TRANSFER,
        Event.PROGRESS,
        Event.RECALL,
    }
)
