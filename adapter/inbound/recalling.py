"""A recall (återkallelse): what has not left ends, and who may have the message gets the recall.

Two acts: a message went to the wrong receiver, or said the wrong thing. What a receiver has is
marked there, not deleted (patientdatalagen 3 kap. 14 §).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adapter.core.errors import Issue, Severity
from adapter.core.lifecycle import Ruling
from adapter.core.model import Bundle, Code, Delivery, Event, Kind, StoredMessage
from adapter.fhir import rewriting
from adapter.inbound import case_invitations, case_plans, recalled
from adapter.inbound.case_of import Matter
from adapter.inbound.owed_receipts import OwedReceipt, answer, information
from adapter.inbound.sending import Sending, Target, returning
from adapter.inbound.turn import Turn
from adapter.outbound import recalled_deliveries
from adapter.outbound.pseudonyms import signature
from adapter.policy.invitations import Invitation
from adapter.policy.plans import Plans
from adapter.policy.read_message import ReadMessage
from adapter.store import arrival, duplicates, items, recalls
from adapter.store.items import Item

_KEPT = 50
"""How many recalls a case remembers, to know one that comes again."""


def recall(turn: Turn, matter: Matter, known: Plans) -> Sending:
    """End what has not left, and send the recall to exactly those that may have the message."""
    messages = recalled.originals(turn, matter.bundle)
    said = recalled.digest(matter.bundle, messages, signature(turn.tx))
    if said in known.recalls:
        issue = information("recalled", "it was recalled before, in the same words")
        return Sending(issues=(issue,), kept=known, note="not-forwarded: recalled before")
    made = recalls.deliveries(turn.tx, messages)
    had = arrival.may_have_arrived(turn.tx, [d.id for d in made])
    for delivery in made:
        recalled_deliveries.end(turn.tx, delivery, turn.now)
    names = dict.fromkeys(d.endpoint for d in made if d.id in had)
    targets = (_target(turn, matter, messages, [d for d in made if d.endpoint == n]) for n in names)
    spared = dict.fromkeys(d.endpoint for d in made if d.endpoint not in names)
    called_back = case_invitations.called_back(known, messages.values())
    remarks = [_reached(turn, name) for name in names]
    remarks += [information("recalled", f"{name}: has it not") for name in spared]
    return Sending(
        targets=tuple(target for target in targets if target is not None),
        issues=tuple(remarks),
        kept=_kept(turn, matter, messages, known, called_back, said),
        rows=case_invitations.ended_by(turn, matter, known, called_back),
        note="" if names else "not-forwarded: nobody has what is recalled",
    )


def _kept(
    turn: Turn,
    matter: Matter,
    messages: Mapping[str, StoredMessage],
    known: Plans,
    called_back: Mapping[str, Invitation],
    said: str,
) -> Plans:
    """What the case keeps: what it knew before the messages, and that they are recalled."""
    kept = case_plans.taken_back(turn, matter.bundle, messages.values(), known)
    invitations = {**known.invitations, **called_back}
    return replace(kept, invitations=invitations, recalls=(*known.recalls, said)[-_KEPT:])


def _reached(turn: Turn, name: str) -> Issue:
    """What the sender is told of a receiver; a warning where it must be phoned."""
    if turn.network.knows(name):
        return information("recalled", f"{name}: may have it")
    detail = f"{name}: may have it, and is not connected any more"
    return Issue(code="recalled", detail=detail, severity=Severity.WARNING)


def _target(
    turn: Turn, matter: Matter, messages: Mapping[str, StoredMessage], had: list[Delivery]
) -> Target | None:
    """The recall for an endpoint, under the ids by which it knows the messages."""
    if not turn.network.knows(had[0].endpoint):
        return None
    endpoint = turn.network.endpoint(had[0].endpoint)
    bundle: Bundle = recalled.typed(matter.bundle, messages.values())
    for delivery in had:
        own = messages[delivery.message_id].content_id
        if delivery.content_id != own:
            bundle = rewriting.with_concerned(bundle, own, delivery.content_id)
    return returning(matter.event, endpoint, bundle)


def remember(turn: Turn, bundle: Bundle) -> None:
    """Remember what a refused recall names and nobody has sent: if it comes later, it is void.

    It may come from any mailbox of the organisation, as a recall may.
    """
    for content_id in recalled.not_come(turn, bundle):
        for name in turn.network.same_organization(turn.sender):
            duplicates.make_void(turn.tx, name, content_id, turn.message.id)


def may_be_void(event: Event) -> bool:
    """Whether a recall that comes first counts: as one that comes later would."""
    return event is not Event.RECALL and event.kind is not Kind.ENCOUNTER


def void(turn: Turn, message: ReadMessage, by: str) -> OwedReceipt:
    """A message whose recall came first: receipted, not forwarded, and before the owner."""
    turn.settle(Ruling.PROCESS, note=f"not-forwarded: recalled by {by}")
    turn.log("recalled", f"by {by}, before it came")
    items.open_item(
        turn.tx,
        Item(
            what="recalled",
            message_id=turn.message.id,
            endpoint=turn.message.endpoint,
            detail=f"by {by}",
            since=turn.now,
        ),
    )
    issue = Issue(code="recalled", detail="recalled before it came", severity=Severity.WARNING)
    return answer(turn, turn.about, Code.OK, [*message.issues, issue])
