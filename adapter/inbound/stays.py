"""Apply a message about a stay to its case, and queue what follows from it (SFS 2017:612)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from adapter.core.lifecycle import Ruling
from adapter.core.model import Code, Event
from adapter.core.protection import ProtectionPolicy
from adapter.inbound import stay_consents, stay_effects, stay_items
from adapter.inbound.owed_receipts import OwedReceipt, answer
from adapter.inbound.protected import Level, learn_level, open_cases
from adapter.inbound.remarks import remarks
from adapter.inbound.stay_case import StayCase, cases_of, demand_authority, stay_of
from adapter.inbound.stay_effects import Told
from adapter.inbound.turn import Turn
from adapter.outbound import judgement
from adapter.outbound.pseudonyms import pseudonyms
from adapter.policy import protection, secrecy
from adapter.policy.identity import Person
from adapter.policy.invitations import CALLS
from adapter.policy.read_message import ReadMessage
from adapter.policy.stay import Patched, Stay, patch, with_end, without_assumption
from adapter.store import cases, inbox, timers
from adapter.store import stays as documents
from adapter.store.cases import Case

_HELD = (Person.CONTESTED, Person.NOBODY)
"""What a message may say of the person that applies to nothing: a person must decide."""


def forward_stay(turn: Turn, message: ReadMessage) -> OwedReceipt:
    """Decide on a message about a stay. FatalError `not-entitled` when it is another's stay."""
    demand_authority(turn, message.event, message.bundle)
    matters = cases_of(turn, message)
    stays = [matter.before for matter in matters]
    level = learn_level(turn, message.bundle, stays)
    outcomes = [_apply(turn, message, matter, level) for matter in matters]
    label_cases(turn, message, stays, [matter.case.id for matter in matters], level)
    case_id = matters[0].case.id if matters else None
    turn.settle(
        Ruling.PROCESS,
        case_id=case_id,
        note=_note(outcomes, matters),
        shared=any(each.is_sent for each in outcomes),
    )
    issues = [*message.issues, *(issue for each in outcomes for issue in each.issues)]
    issues += remarks(turn, message)
    issues += [] if matters else stay_consents.without_case(turn, message)
    return answer(turn, turn.about, Code.OK, issues, case_id)


def _note(outcomes: Iterable[Told], matters: Sequence[StayCase]) -> str:
    """Why nothing is sent; "" when something is."""
    if not matters:
        return "no-open-case"
    return next((each.note for each in outcomes if each.note), "")


def _apply(turn: Turn, message: ReadMessage, matter: StayCase, level: Level) -> Told:
    if matter.person in _HELD:
        return Told(note="held", issues=(stay_items.identity(turn, matter.case),))
    patched = patch(
        matter.before, message.event, message.bundle, turn.message.id, turn.message.received_at
    )
    if level.after:  # nobody assumes where a protected person lives
        patched = without_assumption(matter.before, patched)
    ended = matter.case.discharged_at
    if ended is not None and not matter.before.is_described:
        documents.described_again(turn.tx, matter.case.id)
        patched = replace(patched, stay=with_end(patched.stay, ended, turn.message.id))
    marked = secrecy.with_matched(turn.network, patched.stay, turn.now.date())
    patched = replace(patched, stay=marked)
    if matter.person is Person.RENUMBERED:
        patched = _renumbered(turn, message, matter, patched)
    applied = stay_effects.apply(turn, message, matter, patched, level)
    return replace(applied, issues=(*applied.issues, *stay_consents.follow(turn, matter, patched)))


def label_cases(
    turn: Turn, message: ReadMessage, stays: Sequence[Stay], done: Collection[str], level: Level
) -> None:
    """Apply a new protection to every open case of the person, whoever owns it; not to `done`.

    The label goes out as the owner's word, and the sender of the message hears nothing of it.
    """
    if not level.is_new:
        return
    for case in open_cases(turn, message.bundle, stays):
        _hold_messages(turn, case, level.after)
        stay = stay_of(turn, case)
        if case.id not in done and stay.is_described:
            _label(turn, message, StayCase(case=case, before=stay), level)


def _label(turn: Turn, message: ReadMessage, matter: StayCase, level: Level) -> None:
    theirs = _turn_of_owner(turn, matter.before)
    stay_effects.apply(theirs, message, matter, Patched(stay=matter.before), level)
    if theirs.message.endpoint != turn.message.endpoint:
        stay_items.protected_elsewhere(theirs, matter.case)


def _turn_of_owner(turn: Turn, stay: Stay) -> Turn:
    """The turn of the newest message that described the stay: answers go to its sender."""
    fact = stay.facts.get("hospital")
    stored = inbox.get(turn.tx, fact.message) if fact else None
    origin = stored.message if stored else None
    if origin is None or not turn.network.knows(origin.endpoint):
        return turn
    return replace(turn, message=origin, notes={})


_HELD_MESSAGES = frozenset(
    {
        Event.CARE_PLAN,
        Event.CARE_CONTACT,
        *CALLS,
        Event.PLANNING_BASIS,
        Event.INFORMATION_TRANSFER,
        Event.PROGRESS,
        Event.MESSAGE,
        Event.REPLY,
    }
)
"""Messages in their sender's own words. Answers and recalls go on."""


def _hold_messages(turn: Turn, case: Case, level: str) -> None:
    """Hold what has not left and is no notice: the sender's own bytes cannot be masked."""
    rows = turn.network.settings.protection
    for unsent in timers.unsent_of_case(turn.tx, case.id):
        is_full = protection.policy(rows, level, unsent.endpoint) is ProtectionPolicy.FULL
        if unsent.event in _HELD_MESSAGES and not is_full:
            judgement.hold(turn.tx, unsent, turn.now)


def protect_only(turn: Turn, message: ReadMessage) -> None:
    """Take nothing of a refused message but that its person is protected."""
    level = learn_level(turn, message.bundle, [])
    label_cases(turn, message, [], [], level)


def _renumbered(turn: Turn, message: ReadMessage, matter: StayCase, patched: Patched) -> Patched:
    """Keep the old number beside the new one, and the case under the new person's digest."""
    digests = pseudonyms(turn.tx, message.bundle)
    cases.save(turn.tx, matter.case.id, patient=digests[0])
    old = {"old": replace(patched.stay.facts["identifiers"], value=_old_numbers(matter.before))}
    stay = Stay(facts={**patched.stay.facts, **old})
    return replace(patched, stay=stay, changed=patched.changed | {"old"})


def _old_numbers(before: Stay) -> list[dict[str, str]]:
    return [i | {"use": "old"} for i in before.value("identifiers") or ()]
