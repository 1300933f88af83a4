"""What of a case may be shared, and what a message makes us tell. Pure.

A hospital's feed holds every patient; only those whom the physician judges to need efforts may
be shared (SFS 2017:612 2 kap. 1 §). Until then a case is stored, receipted and told to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from adapter.core.identifiers import HSA
from adapter.core.model import ONLY_RECEIVED, Bundle, Event
from adapter.fhir import builders, bundles, canonical, rewriting
from adapter.policy.sharing.facts import Facts, facts, needs
from adapter.policy.sharing.learning import learn
from adapter.policy.sharing.order import (
    STAY,
    applied,
    is_older,
    stands_alone,
    superseded,
    superseding,
)

__all__ = [
    "Decision",
    "Facts",
    "Notice",
    "applied",
    "decide",
    "facts",
    "needs",
    "stands_alone",
    "superseded",
    "superseding",
]
_ADMISSION = (Event.ADMISSION_NOTICE, Event.ADMISSION_UPDATED)


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

    `known` is the newest earlier message that describes the stay, for one that does not stand
    alone.
    """
    if event in ONLY_RECEIVED:
        return Decision(facts=before, note="not-shared")
    if superseded(before, event, bundle):
        return Decision(facts=before, note="superseded")
    after = learn(before, event, bundle, message_id)
    return replace(_telling(before, after, event, bundle, known), facts=after)


def _telling(
    before: Facts, after: Facts, event: Event, bundle: Bundle, known: Bundle | None
) -> Decision:
    if before.shared and not after.shared:
        ended = event if event is Event.ADMISSION_CANCELLED else Event.PROCESS_ENDED
        return Decision(facts=after, notices=(_as(ended, bundle, bundle, after),))
    if not after.shared:
        return Decision(facts=after, note="not-shared")
    if not before.shared:
        newest = bundle if stands_alone(before, bundle) else _renewed(known, bundle, after)
        return Decision(facts=after, notices=_opening(after, event, bundle, newest))
    if event not in _ADMISSION:
        return Decision(facts=after, notices=(_as(event, bundle, bundle, after),))
    if not _changed(before, after):
        return Decision(facts=after, note="unchanged")
    newest = _renewed(known, bundle, after) if is_older(before, STAY, bundle) else bundle
    return Decision(facts=after, notices=(_as(Event.ADMISSION_UPDATED, newest, bundle, after),))


def _changed(before: Facts, after: Facts) -> bool:
    """Only a new planned discharge, ward or identity is worth a message (2 kap. 4 §)."""
    watched = ("planned", "ward", "identity", "needs", "units")
    return any(getattr(before, name) != getattr(after, name) for name in watched)


def _opening(after: Facts, event: Event, bundle: Bundle, newest: Bundle) -> tuple[Notice, ...]:
    """The case begins to be shared: the admission notice, and what else stands by now."""
    events = [Event.ADMISSION_NOTICE]
    if after.ready and event is not Event.DISCHARGE_READY:
        events.append(Event.DISCHARGE_READY)
    first = tuple(_as(e, newest, bundle, after) for e in events)
    return first if event in _ADMISSION else (*first, _as(event, bundle, bundle, after))


def _renewed(known: Bundle | None, bundle: Bundle, after: Facts) -> Bundle:
    """What is known of the stay, as told by the message that brings the assessment in force."""
    if known is None:
        return bundle
    kept = bundles.header(known).get("extension", ())
    others = [e for e in kept if e.get("url") != canonical.extension_url("recorded")]
    recorded = bundles.extensions(bundles.header(bundle), "recorded")
    stay = bundles.focus(known) or {}
    judged = _assessment(after)
    facts_ = [e for e in stay.get("extension", ()) if e.get("url") != judged["url"]]
    renewed = rewriting.with_resource(known, stay | {"extension": [*facts_, judged]})
    return rewriting.with_header(renewed, extension=[*others, *recorded])


def _as(event: Event, source: Bundle, bundle: Bundle, after: Facts) -> Notice:
    """A message that tells an event. What made us tell keeps its id for its own event alone."""
    filled = _with_facts(event, source, after)
    if filled is bundle:
        return Notice(event=event, bundle=bundle)
    content = bundles.content_id(bundle)
    if event != bundles.event(bundle):
        content = builders.new_id(content, str(event))
    coding = {"system": canonical.EVENT, "code": str(event)}
    return Notice(event=event, bundle=rewriting.with_header(filled, id=content, eventCoding=coding))


def _with_facts(event: Event, bundle: Bundle, after: Facts) -> Bundle:
    stay = bundles.focus(bundle) or {}
    changed = stay
    if event is Event.ADMISSION_NOTICE and bundles.assessment(bundle) is None:
        changed = changed | {"extension": [*changed.get("extension", ()), _assessment(after)]}
    if event is Event.ADMISSION_NOTICE and after.started and not stay.get("period"):
        changed = changed | {"period": {"start": after.started}}
    ready = bundles.extension_value(stay, "discharge-ready")
    if event is Event.DISCHARGE_READY and after.ready and not ready:
        changed = rewriting.with_extension(changed, "discharge-ready", "DateTime", after.ready)
    same = event == bundles.event(bundle)
    return bundle if changed is stay and same else rewriting.with_resource(bundle, changed)


def _assessment(after: Facts) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"url": "need", "valueCode": n} for n in after.needs]
    if after.assessed != "unknown":
        parts.append({"url": "assessed", "valueDateTime": after.assessed})
    parts += [
        {"url": "unit", "valueIdentifier": {"system": HSA, "value": unit}} for unit in after.units
    ]
    return {"url": canonical.extension_url("assessment"), "extension": parts}
