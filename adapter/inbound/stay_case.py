"""Find or open the case of a message about a stay, and judge whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Event, Kind
from adapter.fhir import assessments, bundles, patients
from adapter.fhir.encounter_classes import UNKNOWN, stated_class
from adapter.inbound.turn import Turn
from adapter.outbound.delivery_reports import original_bundle
from adapter.outbound.pseudonyms import every_pseudonym, pseudonyms
from adapter.policy import authority, identity, plans
from adapter.policy.identity import Person
from adapter.policy.read_message import ReadMessage, case_names
from adapter.policy.stay import INPATIENT, Stay, load, patch
from adapter.store import cases, inbox, participants, stays
from adapter.store.cases import Case

_ALWAYS = datetime.min.replace(tzinfo=UTC)


class ContestedError(FatalError):
    """A message that is applied to nothing, and stands before the owner of the case."""

    def __init__(self, code: ErrorCode, case_id: str) -> None:
        super().__init__(code)
        self.case_id = case_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StayCase:
    """A locked case, its Stay before the message, and what the message says of its person."""

    case: Case
    before: Stay
    person: Person = Person.SAME


def demand_authority(turn: Turn, event: Event, bundle: Bundle) -> None:
    """FatalError `not-entitled` unless the sender may report this stay.

    The names alone decide, before anything is looked up: the answer is the same whether the case
    exists or not.
    """
    names = case_names(bundle)
    owners = [authority.owner_of(name) for name in names] or [hsa_id(turn.sender.organization)]
    if not authority.may_report(turn.sender, owners, turn.now.date()):
        raise FatalError("not-entitled")


def cases_of(turn: Turn, message: ReadMessage) -> list[StayCase]:
    """Return the cases that a message is about, locked; a new one where there is none.

    A message about a person only is about each open case of its sender; there may be none.
    """
    if message.event is Event.PERSON_UPDATED:
        return _of_person(turn, message.bundle)
    known = _known(turn, message.bundle) or _of_same_number(turn, message.bundle)
    if known is None and _is_no_stay(message.bundle):
        return []
    if known is None:
        person = identity.judge(Stay(), message.bundle)
        return [StayCase(case=_opened(turn, message.bundle), before=Stay(), person=person)]
    before = stay_of(turn, known)
    person = person_of(turn, message.bundle, known, before)
    if person is Person.OTHER:
        raise ContestedError("other-patient", known.id)
    if person is Person.SAME and _is_reused(known, before, message.bundle):
        return [StayCase(case=_reopened(turn, message.bundle, known), before=Stay())]
    _add_own_names(turn, message.bundle, known)
    return [StayCase(case=known, before=before, person=person)]


def _is_no_stay(bundle: Bundle) -> bool:
    """Whether a message is about an outpatient visit without an assessment: it opens no case."""
    class_ = stated_class(bundle)
    return class_ not in {"", UNKNOWN, *INPATIENT} and assessments.assessment(bundle) is None


def _of_person(turn: Turn, bundle: Bundle) -> list[StayCase]:
    """The sender's open cases of a person, by any number of the message, old ones too."""
    judged = [
        StayCase(case=case, before=stay, person=identity.judge(stay, bundle))
        for case, stay in _stays_of_person(turn, bundle)
    ]
    return [each for each in judged if each.person is not Person.OTHER]


def _stays_of_person(turn: Turn, bundle: Bundle) -> list[tuple[Case, Stay]]:
    """The sender's stays of a person, open or in their window.

    A word that the person lives reaches every stay that says otherwise, however old.
    """
    digests = every_pseudonym(turn.tx, bundle)
    since = turn.now - turn.network.settings.sharing.window
    if not patients.is_said_to_live(bundle):
        every = cases.open_of_patients(turn.tx, digests, since)
        return [(case, stay_of(turn, case)) for case in every if _is_own(turn, case)]
    every = cases.open_of_patients(turn.tx, digests, _ALWAYS)
    own = [(case, stay_of(turn, case)) for case in every if _is_own(turn, case)]
    return [(c, s) for c, s in own if s.value("deceased") or not c.closed_at or c.closed_at > since]


def _is_own(turn: Turn, case: Case) -> bool:
    owner, day = authority.owner_of(case.name), turn.now.date()
    return authority.speaks_for_owner(turn.sender, owner, day)


def _known(turn: Turn, bundle: Bundle) -> Case | None:
    """The case of the sender's own names; without names, its only open case of the person.

    Names that others gave a case never lead a report into it.
    """
    names = case_names(bundle)
    if names:
        return by_names(turn, [name for name in names if _may_name(turn, name)])
    every = cases.open_of_patients(turn.tx, pseudonyms(turn.tx, bundle))
    own = [case for case in every if _is_own(turn, case)]
    return own[0] if len(own) == 1 else None


def _of_same_number(turn: Turn, bundle: Bundle) -> Case | None:
    """The sender's only open case of the person under this visit number, in its other form.

    One name has the authority of the number (HL7 v2 PV1-19, CX.4), and the other has not: a feed
    began or ceased to send it during the stay.
    """
    own_names = [name for name in case_names(bundle) if _may_name(turn, name)]
    every = cases.open_of_patients(turn.tx, pseudonyms(turn.tx, bundle)) if own_names else []
    same = [case for case in every if any(_is_other_form(case.name, name) for name in own_names)]
    return same[0] if len(same) == 1 else None


def _is_other_form(known: str, name: str) -> bool:
    """Whether names differ only in the authority of the visit number, which one does not have.

    An earlier version wrote `<owner>/<number>` also for a number with a slash: such a case goes on
    under `<owner>//<number>`.
    """
    owner, authority, number = _parts(known)
    other_owner, other_authority, other_number = _parts(name)
    is_same = (owner, number) == (other_owner, other_number)
    return (is_same and bool(authority) != bool(other_authority)) or known == name.replace(
        "//", "/", 1
    )


def _parts(name: str) -> tuple[str, str, str]:
    """Return owner, authority ("" for none) and number of a case's name."""
    owner, _, rest = name.partition("/")
    authority, slash, number = rest.partition("/")
    return (owner, authority, number) if slash else (owner, "", rest)


def by_names(turn: Turn, names: Sequence[str]) -> Case | None:
    """Return the case of these names; ContestedError when they lead to two cases."""
    ids = list(dict.fromkeys(id_ for id_ in cases.ids_of(turn.tx, names).values() if id_))
    if len(ids) > 1:
        raise ContestedError("ambiguous-case", ids[0])
    return cases.lock(turn.tx, ids[0]) if ids else None


def stay_of(turn: Turn, case: Case) -> Stay:
    """Return the Stay of a case as the store has it; empty where nobody has told of it.

    A case that an earlier version opened has none: it is made once, from the case's messages.
    """
    text = stays.get(turn.tx, case.id)
    if text or not plans.is_of_an_earlier_version(case.facts):
        return load(text)
    stay = _from_messages(turn, case)
    stays.save(turn.tx, case.id, stay.dump(), turn.now)
    return stay


def _from_messages(turn: Turn, case: Case) -> Stay:
    stay = Stay()
    for stored in inbox.of_case(turn.tx, case.id, [str(event) for event in Event]):
        bundle = original_bundle(turn.network, stored)
        if bundle is not None and Event(stored.event).kind is Kind.ENCOUNTER:
            at = stored.received_at
            stay = patch(stay, Event(stored.event), bundle, stored.id, at).stay
    return stay


def person_of(turn: Turn, bundle: Bundle, case: Case, stay: Stay) -> Person:
    """Compare the person of a message with its case's: by the Stay, else by the keyed hash."""
    if stay.is_described:
        return identity.judge(stay, bundle)
    patients = every_pseudonym(turn.tx, bundle)
    is_other = bool(case.patient and patients) and case.patient not in patients
    return Person.OTHER if is_other else identity.judge(Stay(), bundle)


def _opened(turn: Turn, bundle: Bundle) -> Case:
    """Open a case. The names that other organisations gave it are not taken over."""
    names = [name for name in case_names(bundle) if _may_name(turn, name)]
    patient = next(iter(pseudonyms(turn.tx, bundle)), "")
    owner = hsa_id(turn.sender.organization)
    if not names:
        return begun(turn, cases.open_unnamed(turn.tx, owner, patient, turn.now))
    case = cases.open_case(turn.tx, names, patient, turn.now)
    if authority.owner_of(case.name) != owner and owner not in turn.sender.tells_for:
        _give_neutral_name(turn, case, owner)
    return begun(turn, cases.lock(turn.tx, case.id))


def _give_neutral_name(turn: Turn, case: Case, owner: str) -> None:
    """A name of a ward's HSA-id may tell a diagnosis: the case leaves under the hospital's."""
    outward = f"{owner}/{case.id}"
    cases.add_names(turn.tx, case.id, [outward])
    cases.save(turn.tx, case.id, outward=outward)


def begun(turn: Turn, case: Case) -> Case:
    """Return a case that was just opened: it has neither a stay nor participants to read."""
    stays.begin(turn.tx, case.id)
    participants.begin(turn.tx, case.id)
    return case


def _may_name(turn: Turn, name: str) -> bool:
    return authority.speaks_for_owner(turn.sender, authority.owner_of(name), turn.now.date())


def _add_own_names(turn: Turn, bundle: Bundle, case: Case) -> None:
    known = cases.ids_of(turn.tx, case_names(bundle))
    new = [name for name, id_ in known.items() if not id_ and _may_name(turn, name)]
    cases.add_names(turn.tx, case.id, new)


# A visit number that is used again


def _is_reused(known: Case, before: Stay, bundle: Bundle) -> bool:
    """Whether the message states another admission, after the known discharge: another stay.

    The discharge outlives a Stay that is purged.
    """
    start = bundles.instant((bundles.focus(bundle) or {}).get("period", {}).get("start"))
    ended = before.ended if before.discharge else None
    ended = ended or (None if before.is_described else known.discharged_at)
    admitted = bundles.instant(before.value("admitted")) or known.admitted_at
    return bool(ended and start and start > ended and (admitted is None or start > admitted))


def _reopened(turn: Turn, bundle: Bundle, old: Case) -> Case:
    """Open a case under a used name. It leaves us under a name of its own."""
    start = bundles.instant((bundles.focus(bundle) or {})["period"]["start"]) or turn.now
    outward = f"{old.name}.{_day(start)}"
    names = [name for name in case_names(bundle) if _may_name(turn, name)]
    patient = next(iter(pseudonyms(turn.tx, bundle)), "")
    new = begun(turn, cases.open_case(turn.tx, [outward], patient, turn.now))
    cases.move_names(turn.tx, names, new.id)
    return new


def _day(at: datetime) -> str:
    return at.strftime("%Y%m%d")
