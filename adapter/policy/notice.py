"""A notice: one message about a Stay to one endpoint, and what protection makes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adapter.core.endpoint import Settings
from adapter.core.model import Event
from adapter.core.protection import ProtectionPolicy
from adapter.policy import protection
from adapter.policy.views import Projection, masked, parting

WITHDRAWN, NEED_ENDED, MOVED, TRANSFERRED = "withdrawn", "need-ended", "moved", "transferred"
"""Codes of our code system `ended`: why a process ended for a receiver."""


CANCELLED = "cancelled"
"""Why a right ended that needs no code: the admission was registered by mistake."""

LIFTED = "none"
"""The code of CodeSystem `protection` for a protection that has ended."""

ENDINGS = (Event.ADMISSION_CANCELLED, Event.PROCESS_ENDED)
"""Events that end a right: they are told to whoever was told, and judged by no right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one endpoint. `right_no` is None where no right is judged at claim."""

    endpoint: str
    event: Event
    projection: Projection
    recorded: str = ""  # ISO 8601: the event's own clock; "" for the time of the message
    reason: str = ""  # of the code system `ended`
    hold: str = ""  # a code of the catalogue
    is_label: bool = False  # it tells of a new protection, and of nothing else
    right_no: int | None = None


def shown(projection: Projection, level: str, endpoint: str, settings: Settings) -> Projection:
    """Return what an endpoint sees of a person with this level of protection."""
    policy = protection.policy(settings.protection, level, endpoint)
    return masked(projection) if level and policy is ProtectionPolicy.MASKED else projection


def protected(notice: Notice, level: str, settings: Settings) -> Notice:
    """Label a notice about a protected person; hold it unless the settings let it go."""
    if not level:
        return notice
    policy = protection.policy(settings.protection, level, notice.endpoint)
    seen = shown(notice.projection, level, notice.endpoint, settings)
    hold = "protected-identity" if policy is ProtectionPolicy.HOLD else ""
    return replace(notice, projection=seen | {"protection": level}, hold=hold)


def ending(name: str, why: str, known: Projection | None) -> Notice:
    """Return the notice that ends a right, from what its receiver last got; None: nothing sure."""
    event = Event.ADMISSION_CANCELLED if why == CANCELLED else Event.PROCESS_ENDED
    reason = "" if why == CANCELLED else why
    return Notice(endpoint=name, event=event, projection=parting(known or {}), reason=reason)
