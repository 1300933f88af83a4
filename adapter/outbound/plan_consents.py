"""The consent to planning while a plan waits: withdrawn or ended, the plan does not leave."""

from __future__ import annotations

from datetime import datetime

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Step
from adapter.core.model import Delivery, Event
from adapter.fhir import bundles
from adapter.outbound import delivery_reports
from adapter.policy import plan_history, plans
from adapter.policy.stay import Stay
from adapter.settings.network import Network
from adapter.store import cases, history, outbox
from adapter.store.transaction import Transaction

_WHY: dict[ErrorCode, str] = {
    "consent-withdrawn": "the consent to planning is withdrawn",
    "consent-ended": "the consent to planning has ended",
}
"""Why a plan is not due any more."""


def is_without(d: Delivery, stay: Stay) -> bool:
    """Whether it is a plan in a case whose patient has withdrawn the consent to planning."""
    return d.event is Event.CARE_PLAN and stay.is_consent_withdrawn


def ends(tx: Transaction, d: Delivery) -> datetime | None:
    """Return when the consent beside a plan ends; None for no plan, or no end."""
    if d.event is not Event.CARE_PLAN:
        return None
    known = plans.load(cases.lock(tx, d.case_id or "").facts)
    return bundles.instant(plan_history.consent_until(known, d.content_id))


def lapse(tx: Transaction, network: Network, d: Delivery, now: datetime, code: ErrorCode) -> None:
    """End a plan whose consent is withdrawn or has ended. Its sender gets a report."""
    outbox.step(tx, d.id, Step.LAPSE, now)
    history.of_delivery(tx, now, "no-longer-due", d, _WHY[code])
    delivery_reports.report(tx, network, d, FatalError(code), now)
