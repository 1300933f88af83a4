"""Which of two messages is the newer word, and on what. Messages arrive in any order."""

from __future__ import annotations

from datetime import datetime

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from adapter.policy.sharing.facts import Facts

ASSESSMENT, STAY = "assessment", "stay"  # what any message may bring, besides its own family
_FAMILIES = {
    Event.ADMISSION_NOTICE: "admission",
    Event.ADMISSION_UPDATED: "admission",
    Event.ADMISSION_CANCELLED: "admission",
    Event.PROCESS_ENDED: ASSESSMENT,
    Event.LEAVE_STARTED: "leave",
    Event.LEAVE_ENDED: "leave",
    Event.DISCHARGE_READY: "ready",
    Event.DISCHARGE_READY_WITHDRAWN: "ready",
    Event.DISCHARGED: "discharge",
    Event.DISCHARGE_CANCELLED: "discharge",
    Event.DECEASED: "discharge",
}


def describes(bundle: Bundle) -> bool:
    """Whether a message tells of the stay itself: an assessment alone names no care provider."""
    return bool((bundles.focus(bundle) or {}).get("serviceProvider"))


def stands_alone(before: Facts, bundle: Bundle) -> bool:
    """Whether a message can be told as it is: nothing newer is known of the stay."""
    return describes(bundle) and not is_older(before, STAY, bundle)


def family(event: Event, bundle: Bundle) -> str:
    """Messages of one family replace each other; "" for those that never do."""
    if event is Event.CARE_PLAN:
        identifiers = (bundles.focus(bundle) or {}).get("identifier") or [{}]
        return f"care-plan {identifiers[0].get('value', '')}"
    return _FAMILIES.get(event, "")


def superseded(before: Facts, event: Event, bundle: Bundle) -> bool:
    """Whether something newer of the same family is applied already.

    A late message that brings a newer assessment is not: the judgement would be lost.
    """
    late = is_older(before, family(event, bundle), bundle)
    return late and not _brings_assessment(before, bundle)


def superseding(before: Facts, event: Event, bundle: Bundle) -> tuple[str, list[str]]:
    """When what is applied of a message's family was recorded, and which events may have told it.

    An assessment comes with any message about the stay.
    """
    name = family(event, bundle)
    events = [e for e, other in _FAMILIES.items() if name in (other, ASSESSMENT)]
    return before.applied.get(name, ""), [str(e) for e in events or [event]]


def is_older(before: Facts, name: str, bundle: Bundle) -> bool:
    """Whether what is applied under a name was recorded after this message."""
    newest, recorded = _newest(before, name), bundles.recorded(bundle)
    return newest is not None and recorded is not None and recorded < newest


def _newest(before: Facts, name: str) -> datetime | None:
    return bundles.instant(before.applied.get(name, ""))


def _brings_assessment(before: Facts, bundle: Bundle) -> bool:
    newest, recorded = _newest(before, ASSESSMENT), bundles.recorded(bundle)
    if bundles.assessment(bundle) is None or recorded is None:
        return False
    return newest is None or recorded > newest


def applied(before: Facts, event: Event, bundle: Bundle) -> dict[str, str]:
    """The newest recorded time of each family, this message counted."""
    recorded = bundles.recorded(bundle)
    if recorded is None:
        return before.applied
    names = {family(event, bundle)} - {""}
    judged = bundles.assessment(bundle) is not None or event is Event.ADMISSION_CANCELLED
    names |= {ASSESSMENT} if judged else set()
    names |= {STAY} if describes(bundle) else set()
    newer = (name for name in names if not is_older(before, name, bundle))
    return before.applied | {name: recorded.isoformat() for name in newer}
