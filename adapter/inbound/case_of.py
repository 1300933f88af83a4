"""Find the case that a message other than about a stay belongs to, and who takes part in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id
from adapter.core.model import RETURNING, Bundle, Delivery, Event
from adapter.core.participant import Participant
from adapter.fhir import bundles, codec
from adapter.inbound import recalled
from adapter.inbound.stay_case import (
    ContestedError,
    begun,
    by_names,
    person_of,
    stay_of,
)
from adapter.inbound.turn import Turn
from adapter.outbound import receipts
from adapter.outbound.pseudonyms import pseudonyms
from adapter.policy import authority, plans, read_message
from adapter.policy.authority import Capacity
from adapter.policy.identity import Person
from adapter.policy.read_message import ReadMessage
from adapter.policy.routing import may_speak
from adapter.policy.stay import Stay
from adapter.store import cases, inbox, participants
from adapter.store.cases import Case
from adapter.store.concerned import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The message, its case and Stay (empty without one), and the delivery that it answers."""

    event: Event
    bundle: Bundle
    case: Case
    stay: Stay
    rows: tuple[Participant, ...]
    concerned: Delivery | None
    parties: frozenset[str]  # the endpoints that take part in the case
    original: bytes  # the bytes as they came; empty where the message leaves under other ids


def parties_of(turn: Turn, case: Case, stay: Stay, rows: Iterable[Participant]) -> set[str]:
    """Return who takes part. Being named makes nobody a party of a case with a stay.

    The right of a stay lasts through a window after discharge or death; longer while the case has
    a plan.
    """
    is_of_stay = bool(stay.value("hospital"))
    window, has_plan = turn.network.settings.sharing.window, plans.load(case.facts).any_in_force
    if stay.ended is not None and stay.ended + window < turn.now and not has_plan:
        return set()
    open_ = (row for row in rows if row.until is None)
    return {row.endpoint for row in open_ if not is_of_stay or row.basis != "named"}


def matter_of(turn: Turn, message: ReadMessage) -> Matter:
    """Find or open the case.

    FatalError `not-entitled` when the sender takes no part in it; `concerns-unknown` when an
    answer matches no delivery.
    """
    bundle = message.bundle
    concerned = _concerned(turn, bundle) if message.event in RETURNING else None
    if message.event is Event.DELIVERY_REPORT:
        _demand_own_report(turn, message)
    case = _case(turn, message, concerned)
    stay, rows = stay_of(turn, case), tuple(participants.of_case(turn.tx, case.id))
    return Matter(
        event=message.event,
        bundle=bundle,
        case=case,
        stay=stay,
        rows=rows,
        concerned=concerned,
        parties=frozenset(parties_of(turn, case, stay, rows)),
        original=b"" if message.is_rewritten else codec.without_mark(turn.message.body or b""),
    )


def _concerned(turn: Turn, bundle: Bundle) -> Delivery:
    if len({folded(id_) for id_ in bundles.every_concerned(bundle)}) > 1:
        raise FatalError("concerns-unknown", "it concerns several messages")
    try:
        sent = receipts.sent_to(turn.tx, turn.network, turn.sender, bundles.concerned(bundle))
    except FatalError:
        raise FatalError("concerns-unknown") from None
    return sent[-1] if len(sent) == 1 else _of_one_sender(turn, bundle, sent)


def _demand_own_report(turn: Turn, message: ReadMessage) -> None:
    """FatalError `not-entitled` for a report that somebody else was not reached."""
    owner = (bundles.focus(message.bundle) or {}).get("owner")
    missed = bundles.referenced_organization(message.bundle, owner)
    if missed and not may_speak(turn.sender, missed, turn.now.date()):
        raise FatalError("not-entitled")


def _of_one_sender(turn: Turn, bundle: Bundle, sent: list[Delivery]) -> Delivery:
    """Two senders may have used the same id: choose by the case, or raise `concerns-unknown`."""
    ids = set(cases.ids_of(turn.tx, read_message.case_names(bundle)).values())
    in_case = [d for d in sent if d.case_id in ids] or sent
    messages = [inbox.get(turn.tx, d.message_id) for d in in_case]
    if len({message.endpoint for message in messages if message is not None}) > 1:
        raise FatalError("concerns-unknown", "several senders gave a message this id")
    return in_case[-1]


def _case(turn: Turn, message: ReadMessage, concerned: Delivery | None) -> Case:
    if concerned is not None and concerned.case_id:
        return cases.lock(turn.tx, concerned.case_id)
    if message.event is Event.RECALL:
        return _of_recalled(turn, message.bundle)
    names = read_message.case_names(message.bundle)
    _demand_names(turn, message.event, names)
    known = by_names(turn, names) if names else _only_own(turn, message.bundle)
    if known is None:
        return _opened(turn, message, names)
    _demand_authority(turn, message.event, known)
    if person_of(turn, message.bundle, known, stay_of(turn, known)) is Person.OTHER:
        raise ContestedError("other-patient", known.id)
    _add_alias(turn, names, known)
    return known


def _of_recalled(turn: Turn, bundle: Bundle) -> Case:
    """The case of the recalled messages: their sender may recall them whoever it is there now.

    `prefetch` has locked their deliveries: before the case, as the sending side does.
    """
    messages = recalled.originals(turn, bundle)
    return cases.lock(turn.tx, next(m.case_id for m in messages.values() if m.case_id))


def _demand_names(turn: Turn, event: Event, names: Sequence[str]) -> None:
    """FatalError `not-entitled` for a name of another organisation without a case for the sender.

    The answer is the same whether such a case exists or not.
    """
    for name, id_ in cases.ids_of(turn.tx, names).items():
        if id_:
            _demand_authority(turn, event, cases.lock(turn.tx, id_))
        elif not _may_name(turn, name):
            raise FatalError("not-entitled")


def _demand_authority(turn: Turn, event: Event, case: Case) -> None:
    """FatalError `not-entitled` unless the sender may send this event in the case."""
    rows = participants.of_case(turn.tx, case.id)
    parties = parties_of(turn, case, stay_of(turn, case), rows)
    mailboxes = turn.network.same_organization(turn.sender)
    owner, day = authority.owner_of(case.name), turn.now.date()
    held = authority.capacities(turn.sender, owner, parties, mailboxes, day)
    if event is Event.SIP_INVITATION_ANSWER and _was_invited(case, mailboxes):
        held |= {Capacity.RECEIVER}
    if not authority.may_originate(event, held):
        raise FatalError("not-entitled")


def _was_invited(case: Case, mailboxes: Sequence[str]) -> bool:
    """Whether an invitation in the case was sent to any of these endpoints, also before today."""
    had = (invitation.had for invitation in plans.load(case.facts).invitations.values())
    return any(set(names) & set(mailboxes) for names in had)


def _only_own(turn: Turn, bundle: Bundle) -> Case | None:
    """The sender's own open case of the person, if it has exactly one.

    A person's number alone never leads into another's case.
    """
    every = cases.open_of_patients(turn.tx, pseudonyms(turn.tx, bundle))
    own = [case for case in every if _may_name(turn, case.name)]
    return own[0] if len(own) == 1 else None


def _opened(turn: Turn, message: ReadMessage, names: Sequence[str]) -> Case:
    own = [name for name in names if _may_name(turn, name)]
    if (names and not own) or message.event not in turn.sender.begins:
        raise FatalError("not-entitled")
    patient = next(iter(pseudonyms(turn.tx, message.bundle)), "")
    if own:
        return begun(turn, cases.open_case(turn.tx, own, patient, turn.now))
    owner = hsa_id(turn.sender.organization)
    return begun(turn, cases.open_unnamed(turn.tx, owner, patient, turn.now))


def _may_name(turn: Turn, name: str) -> bool:
    return may_speak(turn.sender, authority.owner_of(name), turn.now.date())


def _add_alias(turn: Turn, names: Sequence[str], case: Case) -> None:
    """A party may give a case one name of its own."""
    known = cases.ids_of(turn.tx, names)
    new = [name for name, id_ in known.items() if not id_ and _may_name(turn, name)]
    has_own = any(id_ and _may_name(turn, name) for name, id_ in known.items())
    cases.add_names(turn.tx, case.id, [] if has_own else new[:1])
