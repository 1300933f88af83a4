"""Who may originate what: the authority table, and the questions that are asked of it. Pure.

Sources: SFS 2017:612 (the sections in the table) and 4 kap. 1 § for plans. The authority is judged
before anything of the message is applied. A route in the settings gives no authority.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.core.endpoint import Endpoint
from adapter.core.identifiers import hsa_id
from adapter.core.model import Event
from adapter.policy.routing import may_speak
from adapter.settings.network import Network


class Capacity(StrEnum):
    """What a sender acts as in a case."""

    OWNER = "owner"  # it speaks for the organisation that the case is named after
    PARTY = "party"  # it has an open row as a participant
    RECEIVER = "receiver"  # the message that it answers was sent to it
    SENDER = "sender"  # it sent the message that it recalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may originate an event in a case, and the section of SFS 2017:612 (or `practice`)."""

    may: frozenset[Capacity]
    section: str


_OWNER = frozenset({Capacity.OWNER})
_PARTIES = frozenset({Capacity.OWNER, Capacity.PARTY})
_RECEIVERS = frozenset({Capacity.RECEIVER})

AUTHORITY: Mapping[Event, Rule] = {
    Event.ADMISSION_NOTICE: Rule(may=_OWNER, section="2:1-3"),
    Event.ADMISSION_UPDATED: Rule(may=_OWNER, section="2:4"),
    Event.ADMISSION_CANCELLED: Rule(may=_OWNER, section="2:4"),
    Event.PROCESS_ENDED: Rule(may=_OWNER, section="2:4"),
    Event.LEAVE_STARTED: Rule(may=_OWNER, section="2:4"),
    Event.LEAVE_ENDED: Rule(may=_OWNER, section="2:4"),
    Event.DISCHARGE_READY: Rule(may=_OWNER, section="3:1"),
    Event.DISCHARGE_READY_WITHDRAWN: Rule(may=_OWNER, section="3:1"),
    Event.DISCHARGED: Rule(may=_OWNER, section="3:2"),
    Event.DISCHARGE_CANCELLED: Rule(may=_OWNER, section="3:2"),
    Event.DECEASED: Rule(may=_OWNER, section="2:4"),
    Event.DECEASED_WITHDRAWN: Rule(may=_OWNER, section="2:4"),
    Event.PERSON_UPDATED: Rule(may=_OWNER, section="2:4"),
    Event.CARE_PLAN: Rule(may=_PARTIES, section="4:2"),
    Event.CARE_CONTACT: Rule(may=_PARTIES, section="2:5"),
    Event.SIP_INVITATION: Rule(may=_PARTIES, section="4:3"),
    Event.SIP_INVITATION_CHANGED: Rule(may=_PARTIES, section="4:3"),
    Event.SIP_INVITATION_CANCELLED: Rule(may=_PARTIES, section="4:3"),
    Event.SIP_INVITATION_ANSWER: Rule(may=_RECEIVERS, section="practice"),
    Event.PLANNING_BASIS: Rule(may=_PARTIES, section="practice"),
    Event.INFORMATION_TRANSFER: Rule(may=_OWNER, section="3:2"),
    Event.PROGRESS: Rule(may=_PARTIES, section="practice"),
    Event.RECALL: Rule(may=frozenset({Capacity.SENDER}), section="practice"),
    Event.MESSAGE: Rule(may=_PARTIES, section="practice"),
    Event.REPLY: Rule(may=_RECEIVERS, section="practice"),
    Event.ANSWER: Rule(may=_RECEIVERS, section="practice"),
    Event.DELIVERY_REPORT: Rule(may=_RECEIVERS, section="practice"),
    Event.RECEIPT: Rule(may=_RECEIVERS, section="practice"),
}


def owner_of(name: str) -> str:
    """Return the HSA-id of the organisation that a case is named after."""
    return hsa_id(name.partition("/")[0])


def speaks_for_owner(sender: Endpoint, owner: str, day: date) -> bool:
    """Whether an endpoint may report the stays of an owner."""
    own = sender.owns_stays and may_speak(sender, owner, day)
    return own or owner in {hsa_id(o) for o in sender.tells_for}


def may_report(sender: Endpoint, owners: Iterable[str], day: date) -> bool:
    """Whether an endpoint may report a stay in cases with these owners.

    A case may have aliases of other owners (a planning service's name): one of its own is enough.
    """
    return any(speaks_for_owner(sender, owner, day) for owner in owners)


def capacities(
    sender: Endpoint, owner: str, parties: Collection[str], mailboxes: Collection[str], day: date
) -> frozenset[Capacity]:
    """Return what a sender is in a case. `mailboxes` are all endpoints of its organisation."""
    is_owner = may_speak(sender, owner, day) or owner in {hsa_id(o) for o in sender.tells_for}
    own = {Capacity.OWNER} if is_owner else set()
    return frozenset(own | ({Capacity.PARTY} if set(mailboxes) & set(parties) else set()))


def may_originate(event: Event, held: frozenset[Capacity]) -> bool:
    """Whether one who is this in a case may originate an event there."""
    return bool(AUTHORITY[event].may & held)


def hospital_of(network: Network, sender: Endpoint, owner: str, day: date) -> Endpoint | None:
    """Return the endpoint whose organisation tells of an owner's stays; the sender first."""
    return next(_hospitals(network, sender, owner, day), None)


def contact_of(network: Network, sender: Endpoint, owner: str, day: date) -> str:
    """Return the hospital's address for questions, from any endpoint of it; "" without one."""
    hospitals = _hospitals(network, sender, owner, day)
    return next((hospital.contact for hospital in hospitals if hospital.contact), "")


def _hospitals(network: Network, sender: Endpoint, owner: str, day: date) -> Iterator[Endpoint]:
    every = [sender, *network.settings.endpoints]
    return (e for e in every if e.owns_stays and may_speak(e, owner, day))
