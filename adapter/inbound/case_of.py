"""Find the case that a message belongs to, and the delivery that it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapter.core.errors import FatalError
from adapter.core.model import RETURNING, Bundle, Delivery, Event
from adapter.fhir import bundles
from adapter.inbound.turn import Turn
from adapter.outbound import receipts
from adapter.policy import read_message, sharing
from adapter.policy.read_message import ReadMessage
from adapter.policy.sharing import Facts
from adapter.store import cases, endpoints, inbox
from adapter.store.cases import Case
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The message, the case that it belongs to, and the delivery that it answers, if any."""

    event: Event
    bundle: Bundle
    case: Case
    before: Facts
    concerned: Delivery | None
    is_other_patient: bool  # the case was opened for another patient


def matter_of(turn: Turn, message: ReadMessage) -> Matter:
    """Find or open the case. FatalError `concerns-unknown` when an answer matches no delivery."""
    bundle = message.bundle
    concerned = _concerned(turn, bundle) if message.event in RETURNING else None
    case = _case(turn.tx, bundle, concerned, turn.now)
    return Matter(
        event=message.event,
        bundle=bundle,
        case=case,
        before=sharing.facts(case.facts),
        concerned=concerned,
        is_other_patient=cases.is_other_patient(case, _pseudonyms(turn.tx, bundle)),
    )


def _concerned(turn: Turn, bundle: Bundle) -> Delivery:
    try:
        sent = receipts.sent_to(turn.tx, turn.network, turn.sender, bundles.concerned(bundle))
    except FatalError:
        raise FatalError("concerns-unknown") from None
    return sent[-1] if len(sent) == 1 else _of_one_sender(turn, bundle, sent)


def _of_one_sender(turn: Turn, bundle: Bundle, sent: list[Delivery]) -> Delivery:
    """Two senders may have used the same id: choose by the case, or raise `concerns-unknown`."""
    names = read_message.case_names(bundle)
    match = cases.find(turn.tx, names, _patient(turn.tx, bundle))
    in_case = [d for d in sent if match is not None and d.case_id == match.case.id] or sent
    messages = [inbox.get(turn.tx, d.message_id) for d in in_case]
    if len({message.endpoint for message in messages if message is not None}) > 1:
        raise FatalError("concerns-unknown", "several senders gave a message this id")
    return in_case[-1]


def _case(tx: Transaction, bundle: Bundle, concerned: Delivery | None, now: datetime) -> Case:
    if concerned is not None and concerned.case_id:
        return cases.lock(tx, concerned.case_id)
    return cases.find_or_open(tx, read_message.case_names(bundle), _patient(tx, bundle), now)


def _patient(tx: Transaction, bundle: Bundle) -> str:
    return next(iter(_pseudonyms(tx, bundle)), "")


def _pseudonyms(tx: Transaction, bundle: Bundle) -> list[str]:
    """The pseudonyms of the patient, one for each identity in the message."""
    identities = bundles.patient_ids(bundle)
    key = endpoints.key(tx, endpoints.PATIENT) if identities else b""
    return [cases.pseudonym(key, identity) for identity in identities]
