"""Forward a new message: find its case, its receivers, and queue a delivery for each of them.

A message about a stay goes its own way (`stays`): who gets it follows from the Stay. A plan or a
message goes to the receivers that it names, or to those of the routes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.lifecycle import Ruling
from adapter.core.model import Code, Delivery, Event, Kind
from adapter.core.participant import Participant, number_of_right
from adapter.fhir import answers, bundles
from adapter.inbound import (
    case_invitations,
    case_news,
    case_plans,
    recalling,
    stay_consents,
    stay_items,
)
from adapter.inbound.case_of import Matter, matter_of
from adapter.inbound.original_id import with_original_id
from adapter.inbound.owed_receipts import OwedReceipt, answer, information
from adapter.inbound.protected import learn_level
from adapter.inbound.remarks import remarks
from adapter.inbound.sending import Sending, Target, not_a_party, returning
from adapter.inbound.stays import forward_stay, label_cases
from adapter.inbound.turn import Turn
from adapter.outbound import deliveries, judgement, receipts
from adapter.outbound.deliveries import Outgoing
from adapter.policy import authority, plans, protection
from adapter.policy.invitations import CALLS
from adapter.policy.plan_versions import Written
from adapter.policy.plans import Plans
from adapter.policy.read_message import ReadMessage
from adapter.policy.routing import Addressing, allows_protected, receivers
from adapter.settings.network import hsa_ids
from adapter.store import cases, inbox, participants


def forward(turn: Turn, message: ReadMessage) -> OwedReceipt:
    """Decide what is sent to which endpoints, and queue it.

    FatalError when the sender may not send it, or when it has no receiver.
    """
    if message.event.kind is Kind.ENCOUNTER:
        return forward_stay(turn, message)
    matter = matter_of(turn, message)
    known = plans.load(matter.case.facts)
    plan = case_plans.written(turn, matter, known)
    newest = case_invitations.newer(matter, known) or case_news.newer(matter, known)
    newest = newest or case_plans.superseding(turn, matter, known, plan)
    if newest is not None:
        return _superseded(turn, message, matter, newest)
    level = learn_level(turn, matter.bundle, [matter.stay])
    label_cases(turn, message, [matter.stay], (), level)
    over = case_plans.consent_over(matter)
    if over is not None:
        return stay_consents.keep_plan(turn, message, matter.case, over)
    sending = _sending(turn, matter, known, plan)
    matter = _with_rows(turn, matter, sending)
    outgoing = [_made(turn, matter, target, level.after) for target in sending.targets]
    case = cases.lock(turn.tx, matter.case.id)  # a label may have taken order numbers
    problems = deliveries.put(
        turn.tx, turn.network, case, turn.message.id, turn.sender, outgoing, turn.now
    )
    _save(turn, matter, sending.kept, outgoing)
    turn.settle(Ruling.PROCESS, case_id=case.id, note=sending.note, shared=bool(outgoing))
    issues = [*message.issues, *problems, *sending.issues, *remarks(turn, message)]
    return answer(turn, turn.about, Code.OK, issues, case.id)


def _superseded(turn: Turn, message: ReadMessage, matter: Matter, newest: str) -> OwedReceipt:
    """A newer message about the same plan is applied already: this one is not sent.

    `newest` is when that one was recorded.
    """
    newer = inbox.recorded(turn.tx, matter.case.id, newest, [str(matter.event)])
    newer = newer or "a later message"
    turn.settle(
        Ruling.PROCESS, case_id=matter.case.id, note=f"not-forwarded: superseded by {newer}"
    )
    turn.log("superseded", f"by {newer}", case=matter.case.id)
    issues = [*message.issues, information("superseded"), *remarks(turn, message)]
    return answer(turn, turn.about, Code.OK, issues, matter.case.id)


# With which endpoints


def _sending(turn: Turn, matter: Matter, known: Plans, plan: Written | None) -> Sending:
    """What follows from a message: its own rules for some events, else to whom it is addressed."""
    if matter.event in CALLS:
        return case_invitations.called(turn, matter, known)
    if matter.event is Event.SIP_INVITATION_ANSWER:
        return case_invitations.answered(turn, matter, known)
    if matter.event is Event.PROGRESS:
        return case_news.progress(turn, matter, known)
    if matter.event is Event.RECALL:
        return recalling.recall(turn, matter, known)
    kept = case_plans.with_plan(turn, matter, known, plan)
    if matter.concerned is not None:
        return Sending(targets=_returned(turn, matter, matter.concerned), kept=kept)
    return _of_news(turn, matter, _addressed(turn, matter, kept))


def _of_news(turn: Turn, matter: Matter, sending: Sending) -> Sending:
    """What a contact, a plan's consent or discharge information changes in who gets it."""
    if matter.event is Event.CARE_PLAN:
        return case_plans.within_consent(turn, matter, sending)
    if matter.event is Event.CARE_CONTACT:
        return case_news.contact(matter, sending)
    if matter.event is Event.INFORMATION_TRANSFER:
        return case_news.transfer(turn, matter, sending)
    return sending


def _addressed(turn: Turn, matter: Matter, kept: Plans) -> Sending:
    """To the receivers of a message, with a warning for each that takes no part."""
    addressed = receivers(turn.network, _addressing(turn, matter))
    endpoints = list({e.name: e for e in (_mailbox(turn, matter, a) for a in addressed)}.values())
    parties = [e for e in endpoints if _may_receive(turn, matter, e)]
    return Sending(
        targets=tuple(
            Target(endpoint=e, event=matter.event, bundle=matter.bundle) for e in parties
        ),
        issues=tuple(not_a_party(turn, matter, e.name) for e in endpoints if e not in parties),
        kept=kept,
    )


def _addressing(turn: Turn, matter: Matter) -> Addressing:
    return Addressing(
        event=matter.event,
        sender=turn.sender,
        receivers=bundles.receiver_ids(matter.bundle),
        municipality=bundles.municipality(matter.bundle),
        day=turn.now.date(),
    )


def _with_rows(turn: Turn, matter: Matter, sending: Sending) -> Matter:
    """Write the participants that a message adds or ends, before anything is sent to them."""
    for row in sending.rows:
        participants.save(turn.tx, row)
    if not sending.rows:
        return matter
    return replace(matter, rows=tuple(participants.of_case(turn.tx, matter.case.id)))


def _made(turn: Turn, matter: Matter, target: Target, level: str) -> Outgoing:
    """The delivery of a message to an endpoint, judged at its claim unless it is exempt."""
    mailbox = turn.network.mailbox(target.endpoint.name)
    is_party = any(row.endpoint in mailbox for row in matter.rows)
    is_judged = is_party and matter.stay.is_described and not target.is_exempt
    ends = case_plans.consent_end(matter)
    hold = target.hold or (_hold(turn, matter, level, target.endpoint) if level else "")
    return Outgoing(
        endpoint=target.endpoint,
        event=target.event,
        bundle=target.bundle,
        original=matter.original if target.bundle is matter.bundle else b"",
        hold="" if target.is_return and not target.hold else hold,
        right_no=_right_no(matter, mailbox, is_limited=ends is not None) if is_judged else None,
        expires_at=_limit(turn, target, ends) if ends and not is_judged else None,
    )


def _right_no(matter: Matter, mailbox: Collection[str], *, is_limited: bool) -> int:
    """The number of a receiver's right; a plan whose consent ends is judged at each claim."""
    return judgement.JUDGE_AGAIN if is_limited else number_of_right(matter.rows, mailbox)


def _limit(turn: Turn, target: Target, ends: datetime) -> datetime:
    """When a plan that is not judged at its claim is no longer sent."""
    return min(ends, turn.now + turn.network.expire_after(target.endpoint, target.event))


def _mailbox(turn: Turn, matter: Matter, endpoint: Endpoint) -> Endpoint:
    """The mailbox of a receiver's organisation that takes part in the case, if any does."""
    names = turn.network.same_organization(endpoint)
    taking_part = [name for name in names if name in matter.parties]
    is_party = not matter.parties.isdisjoint(turn.network.mailbox(endpoint.name))
    if not matter.stay.is_described or is_party or not taking_part:
        return endpoint
    return turn.network.successor(turn.network.endpoint(taking_part[0]))


def _may_receive(turn: Turn, matter: Matter, endpoint: Endpoint) -> bool:
    """Whether an endpoint takes part in the case. Without a stay, the sender names the parties."""
    if not matter.stay.is_described:
        return True
    mailboxes = turn.network.same_organization(endpoint)
    is_owner = authority.owner_of(matter.case.name) in hsa_ids(endpoint, turn.now.date())
    return is_owner or bool(matter.parties & set(mailboxes))


def _hold(turn: Turn, matter: Matter, level: str, endpoint: Endpoint) -> str:
    """Why a message about a protected person is held: a sender's own bytes cannot be masked."""
    policy = protection.policy(turn.network.settings.protection, level, endpoint.name)
    allowed = allows_protected(turn.network, _addressing(turn, matter), endpoint)
    return "" if policy == "full" or allowed else "protected-identity"


def _returned(turn: Turn, matter: Matter, concerned: Delivery) -> tuple[Target, ...]:
    """An answer goes to the sender of the message that it answers, without a route."""
    first = inbox.get(turn.tx, concerned.message_id)
    if first is None or concerned.event is Event.DELIVERY_REPORT:
        return ()  # the adapter itself wrote the report
    sender = turn.network.endpoint(first.endpoint)
    home = turn.network.address(sender)
    if home is not None:
        bundle = with_original_id(turn.tx, matter.bundle, concerned, first)
        return (returning(matter.event, home, bundle),)
    turn.log("no-return-address", sender.name, case=matter.case.id)
    if not _needs_a_person(matter):
        return ()
    return (returning(matter.event, sender, matter.bundle, "no-route"),)


def _needs_a_person(matter: Matter) -> bool:
    """Whether a message without a return address is held; an answer only if `rejected`."""
    status = (bundles.focus(matter.bundle) or {}).get("status")
    return matter.event is not Event.ANSWER or status == "rejected"


# What the case stores


def _save(turn: Turn, matter: Matter, known: Plans, outgoing: list[Outgoing]) -> None:
    case = cases.lock(turn.tx, matter.case.id)
    values: dict[str, Any] = {"orders": case.orders + len(outgoing)}
    values |= {"facts": facts} if (facts := plans.dump(known)) else {}
    cases.save(turn.tx, case.id, **values)
    is_return = matter.concerned is not None or matter.event is Event.RECALL
    if not is_return and not matter.stay.is_described:
        _name_parties(turn, matter, outgoing)
    if matter.event is Event.ANSWER and matter.concerned is not None:
        status = (bundles.focus(matter.bundle) or {}).get("status", "")
        receipts.answer(turn.tx, matter.concerned, status, turn.now, turn.message.id)
        if status == "rejected":
            _reject(turn, matter, matter.concerned)
        _note_kind(turn, matter)


def _note_kind(turn: Turn, matter: Matter) -> None:
    """Note in the history that a unit does not know the person, or has passed a message on.

    Neither ends anything: `ej känd` is no rejection, and the need stands (2:1).
    """
    kind, chain = answers.kind(matter.bundle), answers.forwarded_to(matter.bundle)
    if kind:
        turn.log(kind, " > ".join([turn.sender.name, *chain]), case=matter.case.id)


def _reject(turn: Turn, matter: Matter, concerned: Delivery) -> None:
    """A rejected notice stands before the hospital's owner; other answers are the sender's."""
    first = inbox.get(turn.tx, concerned.message_id)
    if first is not None and concerned.event.kind is Kind.ENCOUNTER:
        stay_items.rejected(turn, matter.case, matter.stay, concerned, first.endpoint)


def _name_parties(turn: Turn, matter: Matter, outgoing: list[Outgoing]) -> None:
    """Without a stay, the parties of a case are its sender and those whom it names."""
    names = dict.fromkeys([turn.sender.name, *(each.endpoint.name for each in outgoing)])
    for name in names:
        if name not in matter.parties:
            row = Participant(case_id=matter.case.id, endpoint=name, basis="named", since=turn.now)
            participants.save(turn.tx, row)
