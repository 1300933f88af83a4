"""Judge a delivery again at its claim, when its receiver's right has changed since it was made.

A notice whose right is over never leaves. One whose right has changed is made anew from what is
true now, as another delivery that replaces it: the old bytes may show more than the right allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Step
from adapter.core.model import Delivery, Event, Kind
from adapter.core.participant import Participant, number_of_right
from adapter.core.protection import ProtectionPolicy
from adapter.fhir import builders, bundles
from adapter.fhir.builders import Party
from adapter.fhir.parts import party_of
from adapter.outbound import deliveries, delivery_reports, plan_consents
from adapter.outbound.deliveries import Outgoing
from adapter.outbound.pseudonyms import hashes
from adapter.policy import authority, notices, secrecy, transfers
from adapter.policy.events import still_stands
from adapter.policy.notice import ENDINGS, Notice, ending, protected
from adapter.policy.notices import Heading
from adapter.policy.outside import of_stay
from adapter.policy.protection import policy
from adapter.policy.rights import last_told, viewer
from adapter.policy.stay import Stay, load
from adapter.policy.views import project
from adapter.settings.network import Network
from adapter.store import cases, history, inbox, outbox, participants, persons, stays
from adapter.store import notices as sent_notices
from adapter.store.cases import Case
from adapter.store.transaction import Transaction

_MADE_ANEW = "made anew: the right has changed"
"""Why a delivery is not due any more that another one replaces."""

SECRECY = "a bar of secrecy"
"""Why a delivery is not due any more that a bar stops."""

JUDGE_AGAIN = -1
"""The number of no right: a delivery with it is judged at its next claim."""


def lapse(tx: Transaction, network: Network, d: Delivery, now: datetime, why: str) -> None:
    """End a delivery that is not due any more.

    Its sender gets a report, unless its own later word about the stay was the cause.
    """
    _lapse(tx, d, now, why)
    if d.event.kind is not Kind.ENCOUNTER:
        delivery_reports.report(tx, network, d, FatalError("not-a-party"), now)


def _lapse(tx: Transaction, d: Delivery, now: datetime, why: str) -> None:
    outbox.step(tx, d.id, Step.LAPSE, now)
    history.of_delivery(tx, now, "no-longer-due", d, why)


def is_over(tx: Transaction, network: Network, d: Delivery, now: datetime) -> bool:
    """Whether the window after the discharge has passed: a replayed notice tells nobody any more.

    Only an old delivery can outlive its window, so that no other claim asks for the case.
    """
    window = network.settings.sharing.window
    if d.right_no is None or not d.case_id or d.created_at + window > now:
        return False
    discharged = cases.lock(tx, d.case_id).discharged_at
    return discharged is not None and discharged + window < now


def is_idle_ending(tx: Transaction, network: Network, d: Delivery) -> bool:
    """Whether a delivery ends what goes on again, or what its receiver surely never heard of.

    An ending is queued while an attempt is under way; when it is claimed, the outcome is known.
    """
    if d.event not in ENDINGS or not d.case_id:
        return False
    if any(row.until is None and row.need for row in _rows(tx, network, d)):
        return True
    sent = sent_notices.may_have_arrived(tx, d.case_id).get(d.endpoint, ())
    earlier = [n for n in sent if n.order_no < d.order_no and n.event not in ENDINGS]
    return bool(earlier) and not any(notice.may_have_arrived for notice in earlier)


def end_late(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    """Send the ending that a receiver lacks: a receipt shows that it has got a lapsed notice.

    It is sent once, and the sender gets a report.
    """
    rows = _rows(tx, network, d) if d.event.kind is Kind.ENCOUNTER and d.case_id else []
    if d.event in ENDINGS or not rows or any(row.until is None for row in rows):
        return
    sent = sent_notices.may_have_arrived(tx, d.case_id or "").get(d.endpoint, ())
    if any(n.event in ENDINGS and n.order_no > d.order_no for n in sent if n.is_due):
        return
    last = max(rows, key=lambda row: row.until or now)
    message = inbox.get(tx, d.message_id)
    sender = network.endpoints.get(message.endpoint) if message else None
    if last.ended == "window" or message is None or sender is None:
        return
    case = cases.lock(tx, d.case_id or "")
    notice = ending(d.endpoint, last.ended, last_told(rows))
    content = builders.new_id(d.content_id, d.endpoint, "ended late")
    heading = stay_heading(network, sender, case, content=content, recorded=now)
    outgoing = Outgoing(
        endpoint=network.endpoint(d.endpoint),
        event=notice.event,
        bundle=notices.write(notice, heading),
    )
    deliveries.put(tx, network, case, message.id, sender, [outgoing], now)
    cases.save(tx, case.id, orders=case.orders + 1)
    delivery_reports.report(tx, network, d, FatalError("may-have-arrived", "it has arrived"), now)


def was_made_anew_now(d: Delivery, now: datetime) -> bool:
    """Whether it is a notice in the place of another one that this very call has judged."""
    return d.event.kind is Kind.ENCOUNTER and bool(d.replaces) and d.created_at >= now


def put_off(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    """Let a later call judge it, so that a fault in judging never keeps a sender for good."""
    outbox.fill(tx, d.id, next_attempt_at=now + network.endpoint(d.endpoint).retry_first)


def judge(tx: Transaction, network: Network, d: Delivery, now: datetime) -> Delivery | None:
    """Return the delivery as it may leave now; None when another delivery replaces it."""
    rows = _rows(tx, network, d)
    stay = load(stays.get(tx, d.case_id or ""))
    if plan_consents.is_without(d, stay):
        plan_consents.lapse(tx, network, d, now, "consent-withdrawn")
        return None
    ends = plan_consents.ends(tx, d)
    if ends is not None and ends <= now:
        plan_consents.lapse(tx, network, d, now, "consent-ended")
        return None
    if d.event.kind is not Kind.ENCOUNTER:
        judged = _judged_message(tx, network, d, stay, rows, now)
        if ends is not None:
            outbox.fill(tx, d.id, right_no=JUDGE_AGAIN)
        return judged
    why = _why_over(d, stay, rows)
    if why:
        lapse(tx, network, d, now, why)
        return None
    is_barred = _is_barred(tx, network, d, stay, now)
    if is_barred and secrecy.is_behind(d.event):
        lapse(tx, network, d, now, SECRECY)
        return None
    stay = secrecy.behind_bar(stay) if is_barred else stay
    _lapse(tx, d, now, _MADE_ANEW)
    _replace(tx, network, d, stay, rows, now)
    return None


def _why_over(d: Delivery, stay: Stay, rows: Sequence[Participant]) -> str:
    """Why a notice cannot be made anew: nothing is known of the stay, or its right is over."""
    if not stay.is_described:
        return "the right has changed, and the stay is purged"
    if d.event not in ENDINGS and all(row.until is not None for row in of_stay(rows)):
        return "the receiver's right to the stay has ended"
    return ""


def _judged_message(
    tx: Transaction,
    network: Network,
    d: Delivery,
    stay: Stay,
    rows: Sequence[Participant],
    now: datetime,
) -> Delivery | None:
    """A bar of secrecy or a role stops the information at discharge (3:2), no other message."""
    if d.event is Event.INFORMATION_TRANSFER:
        every, endpoint = participants.of_case(tx, d.case_id or ""), network.endpoint(d.endpoint)
        why = transfers.kept_from(network, stay, every, endpoint, now.date())
        if why is not None:
            _lapse(tx, d, now, why)
            delivery_reports.report(tx, network, d, FatalError(why), now)
            return None
    return _unless_protected(tx, network, d, stay, rows, now)


def _is_barred(tx: Transaction, network: Network, d: Delivery, stay: Stay, now: datetime) -> bool:
    """Whether its receiver is behind a bar of secrecy."""
    rows = participants.of_case(tx, d.case_id or "") if stay.bars else []
    open_ = [row for row in rows if row.until is None]
    barred = secrecy.barred(network, stay, open_, now.date())
    return not barred.isdisjoint(network.mailbox(d.endpoint))


def _rows(tx: Transaction, network: Network, d: Delivery) -> list[Participant]:
    """The rows of the receiver's mailbox, its own first: others may not be inherited yet."""
    mailbox = network.mailbox(d.endpoint)
    rows = [row for row in participants.of_case(tx, d.case_id or "") if row.endpoint in mailbox]
    return sorted(rows, key=lambda row: row.endpoint != d.endpoint)


def _unless_protected(
    tx: Transaction,
    network: Network,
    d: Delivery,
    stay: Stay,
    rows: Sequence[Participant],
    now: datetime,
) -> Delivery | None:
    """A message says the same to whoever takes part; it is held when its patient is protected."""
    level = persons.level(tx, hashes(tx, stay.every_number))
    settings = network.settings.protection
    if level and policy(settings, level, d.endpoint) is not ProtectionPolicy.FULL:
        hold(tx, d, now)
        return None
    return _renumbered(tx, network, d, rows)


def hold(tx: Transaction, d: Delivery, now: datetime) -> None:
    """Hold a waiting delivery for a person: its patient has become protected."""
    code = "protected-identity"
    outbox.step(tx, d.id, Step.GIVE_UP, now, code=code)
    history.of_delivery(tx, now, "held", d, code)


def _renumbered(
    tx: Transaction, network: Network, d: Delivery, rows: Sequence[Participant]
) -> Delivery:
    """A message that is no notice says the same to whoever takes part."""
    number = number_of_right(rows, network.mailbox(d.endpoint))
    outbox.fill(tx, d.id, right_no=number)
    return replace(d, right_no=number)


def _replace(
    tx: Transaction,
    network: Network,
    d: Delivery,
    stay: Stay,
    rows: Sequence[Participant],
    now: datetime,
) -> None:
    """Put a delivery in the place of another one in the case's order, made from the Stay."""
    case, message = cases.lock(tx, d.case_id or ""), inbox.get(tx, d.message_id)
    sender = network.endpoints.get(message.endpoint) if message else None
    if message is None or sender is None:
        return
    notice = _notice(tx, network, d, stay, rows, case)
    content = builders.new_id(d.content_id, d.endpoint, str(notice.event), str(notice.right_no))
    recorded = bundles.instant(message.recorded) or message.received_at
    heading = stay_heading(network, sender, case, content=content, recorded=recorded)
    outgoing = Outgoing(
        endpoint=network.endpoint(d.endpoint),
        event=notice.event,
        bundle=notices.write(notice, heading),
        hold=notice.hold,
        right_no=notice.right_no,
    )
    deliveries.put_instead(tx, network, sender, d, outgoing, now)


def _notice(
    tx: Transaction,
    network: Network,
    d: Delivery,
    stay: Stay,
    rows: Sequence[Participant],
    case: Case,
) -> Notice:
    projection = project(stay, viewer(rows), network.settings.sharing)
    notice = Notice(
        endpoint=d.endpoint,
        event=d.event if still_stands(d.event, stay) else Event.ADMISSION_UPDATED,
        projection=projection,
        right_no=number_of_right(rows, network.mailbox(d.endpoint)),
    )
    return protected(notice, persons.level(tx, hashes(tx, stay.every_number)), network.settings)


def stay_heading(
    network: Network, sender: Endpoint, case: Case, *, content: str, recorded: datetime
) -> Heading:
    """Return the header of a notice: it comes from the hospital that owns the case."""
    owner, day = authority.owner_of(case.name), recorded.date()
    hospital = authority.hospital_of(network, sender, owner, day)
    return Heading(
        content=content,
        case=[case.outward or case.name],
        hospital=party_of(hospital) if hospital else Party(organization=owner),
        contact=authority.contact_of(network, sender, owner, day),
        recorded=recorded,
    )
