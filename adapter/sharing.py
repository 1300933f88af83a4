"""What of a case may be shared, and what a message makes us tell. Pure.

A hospital's feed holds every patient; only those whom the physician judges to need efforts may
be shared (SFS 2017:612 2 kap. 1 §). Until then a case is stored, receipted and told to nobody.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from adapter import builders, bundles
from adapter.identifiers import HSA
from adapter.model import Bundle, Event, Need

_FAMILIES = {
    Event.ADMISSION_NOTICE: "admission",
    Event.ADMISSION_UPDATED: "admission",
    Event.ADMISSION_CANCELLED: "admission",
    Event.PROCESS_ENDED: "assessment",
    Event.LEAVE_STARTED: "leave",
    Event.LEAVE_ENDED: "leave",
    Event.DISCHARGE_READY: "ready",
    Event.DISCHARGE_READY_WITHDRAWN: "ready",
    Event.DISCHARGED: "discharge",
    Event.DISCHARGE_CANCELLED: "discharge",
    Event.DECEASED: "discharge",
}
_ADMISSION = (Event.ADMISSION_NOTICE, Event.ADMISSION_UPDATED)
_CLOSING = (Event.DISCHARGED, Event.DECEASED, Event.ADMISSION_CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a case knows. Times are ISO 8601 text, "" for none."""

    admitted: bool = False
    started: str = ""  # when the stay began
    assessed: str = ""  # when the assessment in force was recorded
    needs: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    told: tuple[str, ...] = ()  # endpoints
    planned: str = ""  # beräknad utskrivning
    ready: str = ""  # utskrivningsklar
    ward: str = ""
    identity: str = ""
    municipality: str = ""
    known: str = ""  # id of the newest message that describes the stay
    closed: bool = False
    applied: dict[str, str] = field(default_factory=dict)  # family: newest recorded time

    @property
    def shared(self) -> bool:
        """Whether others may hear of the case."""
        return self.admitted and bool(self.assessed)

    def dump(self) -> str:
        """As the store keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def facts(text: str) -> Facts:
    """From the store; nothing known for ""."""
    found: dict[str, Any] = json.loads(text or "{}")
    for name in ("needs", "units", "told"):
        found[name] = tuple(found.get(name, ()))
    return Facts(**found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to tell: the event, and its bundle."""

    event: Event
    bundle: Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a case knows after a message, what is told, and why nothing is (a note)."""

    facts: Facts
    notices: tuple[Notice, ...] = ()
    note: str = ""


def decide(
    before: Facts, event: Event, bundle: Bundle, message_id: str, known: Bundle | None
) -> Decision:
    """What a message about the stay makes us tell.

    `known` is the newest earlier message that describes the stay, for an assessment that says
    less than the notice must.
    """
    if superseded(before, event, bundle):
        return Decision(facts=before, note="superseded")
    after = _learn(before, event, bundle, message_id)
    return replace(_telling(before, after, event, bundle, known), facts=after)


def describes(bundle: Bundle) -> bool:
    """Whether a message tells of the stay itself: an assessment alone names no care provider."""
    return bool((bundles.focus(bundle) or {}).get("serviceProvider"))


def family(event: Event, bundle: Bundle) -> str:
    """Messages of one family replace each other; "" for those that never do."""
    if event is Event.CARE_PLAN:
        found = (bundles.focus(bundle) or {}).get("identifier") or [{}]
        return f"care-plan {found[0].get('value', '')}"
    return _FAMILIES.get(event, "")


def superseded(before: Facts, event: Event, bundle: Bundle) -> bool:
    """Whether something newer of the same family is applied already.

    A late message that brings a newer assessment is not: the judgement would be lost.
    """
    newest = bundles.instant(before.applied.get(family(event, bundle), ""))
    recorded = bundles.recorded(bundle)
    late = newest is not None and recorded is not None and recorded < newest
    return late and not _brings_assessment(before, bundle, recorded)


def _brings_assessment(before: Facts, bundle: Bundle, recorded: datetime | None) -> bool:
    if bundles.assessment(bundle) is None or recorded is None:
        return False
    newest = bundles.instant(before.applied.get("assessment", ""))
    return newest is None or recorded > newest


def applied(before: Facts, event: Event, bundle: Bundle) -> dict[str, str]:
    """The newest recorded time of each family, this message counted."""
    recorded = bundles.recorded(bundle)
    if recorded is None:
        return before.applied
    names = {family(event, bundle)} - {""}
    judged = bundles.assessment(bundle) is not None or event is Event.ADMISSION_CANCELLED
    names |= {"assessment"} if judged else set()
    return before.applied | {name: recorded.isoformat() for name in names}


def _learn(before: Facts, event: Event, bundle: Bundle, message_id: str) -> Facts:
    after = replace(before, applied=applied(before, event, bundle))
    after = _learn_stay(after, bundle, message_id)
    after = _learn_assessment(after, event, bundle)
    if event in (Event.DISCHARGE_READY, Event.DISCHARGE_READY_WITHDRAWN):
        ready = bundles.extension_value(bundles.focus(bundle), "discharge-ready")
        after = replace(after, ready=str(ready or ""))
    if event in _CLOSING:
        return replace(after, closed=True)
    return replace(after, closed=False) if event is Event.DISCHARGE_CANCELLED else after


def _learn_stay(after: Facts, bundle: Bundle, message_id: str) -> Facts:
    if not describes(bundle):
        return after
    stay = bundles.focus(bundle) or {}
    planned = bundles.extension_value(stay, "planned-discharge")
    return replace(
        after,
        admitted=True,
        started=str(stay.get("period", {}).get("start") or after.started),
        known=message_id,
        planned=str(planned or after.planned),
        ward=bundles.ward(bundle) or after.ward,
        identity=_identity(bundle),
        municipality=bundles.municipality(bundle) or after.municipality,
    )


def _identity(bundle: Bundle) -> str:
    """A digest that changes when the patient's identity, name or address does."""
    person = bundles.patient(bundle) or {}
    parts = [person.get(k) for k in ("identifier", "name", "address")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _learn_assessment(after: Facts, event: Event, bundle: Bundle) -> Facts:
    found = bundles.assessment(bundle)
    withdrawn = event is Event.PROCESS_ENDED or (found is not None and found.withdrawn)
    if withdrawn or event is Event.ADMISSION_CANCELLED:
        return replace(after, assessed="", needs=(), units=())
    if found is None:
        return after
    when = found.assessed or bundles.recorded(bundle)
    return replace(
        after,
        assessed=when.isoformat() if when else "unknown",
        needs=tuple(sorted(str(n) for n in found.needs)),
        units=found.units,
    )


def _telling(
    before: Facts, after: Facts, event: Event, bundle: Bundle, known: Bundle | None
) -> Decision:
    if before.shared and not after.shared:
        ended = event if event is Event.ADMISSION_CANCELLED else Event.PROCESS_ENDED
        return Decision(facts=after, notices=(_as(ended, bundle, after),))
    if not after.shared:
        return Decision(facts=after, note="not-shared")
    if not before.shared:
        return Decision(facts=after, notices=_opening(after, event, bundle, known))
    if event in _ADMISSION and not _changed(before, after):
        return Decision(facts=after, note="unchanged")
    told = Event.ADMISSION_UPDATED if event in _ADMISSION else event
    return Decision(facts=after, notices=(_as(told, bundle, after),))


def _changed(before: Facts, after: Facts) -> bool:
    """Only a new planned discharge, ward or identity is worth a message (2 kap. 4 §)."""
    watched = ("planned", "ward", "identity", "needs", "units")
    return any(getattr(before, name) != getattr(after, name) for name in watched)


def _opening(
    after: Facts, event: Event, bundle: Bundle, known: Bundle | None
) -> tuple[Notice, ...]:
    """The case begins to be shared: the admission notice, and what else stands by now."""
    base = bundle if describes(bundle) or known is None else _dated(known, bundle)
    events = [Event.ADMISSION_NOTICE]
    if after.ready and event is not Event.DISCHARGE_READY:
        events.append(Event.DISCHARGE_READY)
    first = tuple(_as(e, base, after) for e in events)
    return first if event in _ADMISSION else (*first, _as(event, bundle, after))


def _dated(known: Bundle, bundle: Bundle) -> Bundle:
    """What was known of the stay, as told by the message that now brings the assessment."""
    kept = bundles.header(known).get("extension", ())
    others = [e for e in kept if e.get("url") != bundles.extension_url("recorded")]
    recorded = bundles.extensions(bundles.header(bundle), "recorded")
    return builders.with_header(
        known, id=bundles.content_id(bundle), extension=[*others, *recorded]
    )


def _as(event: Event, bundle: Bundle, after: Facts) -> Notice:
    """The message as it is where it already tells the event; else a message of its own."""
    told = _with_facts(event, bundle, after)
    if told is bundle:
        return Notice(event=event, bundle=bundle)
    content = bundles.content_id(bundle)
    if event != bundles.event(bundle):
        content = builders.new_id(content, str(event))
    coding = {"system": bundles.EVENT, "code": str(event)}
    return Notice(event=event, bundle=builders.with_header(told, id=content, eventCoding=coding))


def _with_facts(event: Event, bundle: Bundle, after: Facts) -> Bundle:
    stay = bundles.focus(bundle) or {}
    changed = stay
    if event is Event.ADMISSION_NOTICE and bundles.assessment(bundle) is None:
        changed = changed | {"extension": [*changed.get("extension", ()), _assessment(after)]}
    if event is Event.ADMISSION_NOTICE and after.started and not stay.get("period"):
        changed = changed | {"period": {"start": after.started}}
    ready = bundles.extension_value(stay, "discharge-ready")
    if event is Event.DISCHARGE_READY and after.ready and not ready:
        changed = builders.with_extension(changed, "discharge-ready", "DateTime", after.ready)
    same = event == bundles.event(bundle)
    return bundle if changed is stay and same else builders.with_resource(bundle, changed)


def _assessment(after: Facts) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"url": "need", "valueCode": n} for n in after.needs]
    if after.assessed != "unknown":
        parts.append({"url": "assessed", "valueDateTime": after.assessed})
    parts += [
        {"url": "unit", "valueIdentifier": {"system": HSA, "value": unit}} for unit in after.units
    ]
    return {"url": bundles.extension_url("assessment"), "extension": parts}


def needs(after: Facts) -> frozenset[Need]:
    """The needs in force."""
    return frozenset(Need(n) for n in after.needs)
