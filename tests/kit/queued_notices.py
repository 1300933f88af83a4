"""Notices of a stay that are queued by hand, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from adapter.core.model import Delivery, Event
from adapter.outbound import deliveries, send
from adapter.outbound.claim import claim
from adapter.store import cases, outbox, participants
from adapter.store.participants import Participant
from adapter.store.transaction import Transaction
from adapter.transports import Outcome
from tests.kit.far_side import Says
from tests.kit.region import Region


def opened(region: Region, name: str = "SE1/1") -> str:
    """Open a case, and return its id."""
    with region.store.begin() as tx:
        return cases.open_case(tx, [name], "", region.now).id


def queued(
    region: Region, case_id: str, endpoint: str = "lulea", *, order_no: int = 1, **more: Any
) -> Delivery:
    """Queue an admission notice to an endpoint, under the right with the number 1."""
    to = region.network.endpoint(endpoint)
    waiting = deliveries.new(
        region.network, to, Event.ADMISSION_NOTICE, "m-none", case_id, region.now
    )
    values: dict[str, Any] = {
        "order_key": f"{endpoint}/{case_id}",
        "order_no": order_no,
        "right_no": 1,
        "content_id": str(uuid4()),
        "content_type": "application/fhir+json",
        "body": b'{"resourceType": "Bundle"}',
        "forwarded": True,
    }
    notice = replace(waiting, **values | more)
    with region.store.begin() as tx:
        outbox.put(tx, [notice])
    return notice


def entitled(region: Region, case_id: str, endpoint: str = "lulea", **more: Any) -> None:
    """Give an endpoint a right in a case, or change it; the number of a new one is 1."""
    values: dict[str, Any] = {"basis": "assessment", "since": region.now, "right_no": 1}
    with region.store.begin() as tx:
        row = Participant(case_id=case_id, endpoint=endpoint, **values | more)
        participants.save(tx, row)


def ended(region: Region, case_id: str, endpoint: str = "lulea", need: str = "") -> None:
    """End a right in a transaction of its own: its number is raised."""
    with region.store.begin() as tx:
        end(tx, region, case_id, endpoint, need)


def end(
    tx: Transaction, region: Region, case_id: str, endpoint: str = "lulea", need: str = ""
) -> None:
    """End a right: its number is raised."""
    row = Participant(
        case_id=case_id,
        endpoint=endpoint,
        need=need,
        basis="assessment",
        since=region.now,
        until=region.now,
        ended="withdrawn",
        right_no=2,
    )
    participants.save(tx, row)


def claimed(region: Region, endpoint: str = "lulea", now: datetime | None = None) -> list[Delivery]:
    """Return what a worker claims for an endpoint."""
    return claim(region.store, region.network, {endpoint: 50}, now or region.now)


def sent(region: Region, outcome: Outcome) -> None:
    """Send what is due to Luleå, with this outcome."""
    far_side: Any = Says(outcome=outcome)
    region.written(send.hand_over(far_side, claimed(region), lambda: region.now))
