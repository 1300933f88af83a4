"""What a case knows after a message: of each thing only what is newer than it knew."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from adapter.policy.sharing.facts import Facts
from adapter.policy.sharing.order import ASSESSMENT, STAY, applied, describes, family, is_older

_CLOSING = (Event.DISCHARGED, Event.DECEASED, Event.ADMISSION_CANCELLED)


def learn(before: Facts, event: Event, bundle: Bundle, message_id: str) -> Facts:
    """Facts after a message that is not superseded; `message_id` is how the store calls it."""
    after = before
    if not is_older(before, STAY, bundle):
        after = _learn_stay(after, bundle, message_id)
    if event is Event.ADMISSION_CANCELLED or not is_older(before, ASSESSMENT, bundle):
        after = _learn_assessment(after, event, bundle)
    after = replace(after, applied=applied(before, event, bundle))
    if is_older(before, family(event, bundle), bundle):
        return after
    if event in (Event.DISCHARGE_READY, Event.DISCHARGE_READY_WITHDRAWN):
        ready = bundles.extension_value(bundles.focus(bundle), "discharge-ready")
        after = replace(after, ready=str(ready or ""))
    if event in _CLOSING:
        return replace(after, closed=True)
    return replace(after, closed=False) if event is Event.DISCHARGE_CANCELLED else after


def _learn_stay(after: Facts, bundle: Bundle, message_id: str) -> Facts:
    stay = bundles.focus(bundle) or {}
    planned = bundles.extension_value(stay, "planned-discharge")
    after = replace(
        after, planned=str(planned or after.planned), ward=bundles.ward(bundle) or after.ward
    )
    if not describes(bundle):
        return after
    return replace(
        after,
        admitted=True,
        started=str(stay.get("period", {}).get("start") or after.started),
        known=message_id,
        identity=_identity(bundle),
        municipality=bundles.municipality(bundle) or after.municipality,
    )


def _identity(bundle: Bundle) -> str:
    """A digest that changes when the patient's identity, name or address does."""
    person = bundles.patient(bundle) or {}
    parts = [person.get(k) for k in ("identifier", "name", "address")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _learn_assessment(after: Facts, event: Event, bundle: Bundle) -> Facts:
    assessment = bundles.assessment(bundle)
    withdrawn = event is Event.PROCESS_ENDED or (assessment is not None and assessment.withdrawn)
    if withdrawn or event is Event.ADMISSION_CANCELLED:
        return replace(after, assessed="", needs=(), units=())
    if assessment is None:
        return after
    when = assessment.assessed or bundles.recorded(bundle)
    return replace(
        after,
        assessed=when.isoformat() if when else "unknown",
        needs=tuple(sorted(str(n) for n in assessment.needs)),
        units=assessment.units,
    )
