"""What stands before a person after a message about a stay, and what its sender hears of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue, Severity
from adapter.core.model import Delivery, Need
from adapter.fhir.encounter_classes import UNKNOWN
from adapter.inbound.stay_case import ContestedError
from adapter.inbound.turn import Turn
from adapter.outbound import delivery_reports
from adapter.policy.deadlines import LateNotice, first_due, notice_due
from adapter.policy.entitled import Missing
from adapter.policy.proposals import with_place
from adapter.policy.read_message import ReadMessage
from adapter.policy.stay import Patched, Stay
from adapter.policy.views import DEMANDED
from adapter.store import cases, items, participants
from adapter.store.cases import Case
from adapter.store.items import Item


def nobody_to_tell(
    turn: Turn,
    message: ReadMessage,
    case: Case,
    stay: Stay,
    missing: Iterable[Missing],
    level: str,
) -> list[Issue]:
    """Keep one open item for each need without a receiver; close those that are met or ended.

    Where a protected person may live is told to nobody.
    """
    if not level:
        codes = turn.network.settings.sharing.postal_codes
        missing = [with_place(each, stay, codes) for each in missing]
    missing = list(missing)
    known = items.of_case(turn.tx, case.id)
    needs = {str(need) for need in Need}  # other subjects are endpoints
    open_ = {i.subject: i for i in known if i.what == "nobody-to-tell" and i.subject in needs}
    for need in sorted(open_.keys() - {str(each.need) for each in missing}):
        why = "met" if need in stay.needs else "ended"
        items.close(turn.tx, case.id, "nobody-to-tell", need, why, turn.now)
    closed = items.dismissed(turn.tx, case.id, "nobody-to-tell") if missing else {}
    for each in missing:
        item = open_.get(str(each.need), closed.get(str(each.need)))
        if item is None or _is_new(item, each, notice_due(stay, each.need, each.ground)):
            _nobody(turn, message, case, stay, each)
    return [
        Issue(code="nobody-to-tell", detail=f"{m.need}: {m.text}", severity=Severity.WARNING)
        for m in missing
    ]


def _is_new(item: Item, missing: Missing, due: datetime | None) -> bool:
    """Whether the need lacks another receiver than when the item was opened.

    An item that a person has closed stays closed until its 24 hours run anew.
    """
    runs_anew = bool(due and item.due_at and due > item.due_at)
    return runs_anew or (item.closed_at is None and item.detail != missing.text)


def _nobody(turn: Turn, message: ReadMessage, case: Case, stay: Stay, missing: Missing) -> None:
    """Put a need without a receiver before a person, in place of an older item about it."""
    need, due = str(missing.need), notice_due(stay, missing.need, missing.ground)
    items.close(turn.tx, case.id, "nobody-to-tell", need, "ended", turn.now)
    _stand(turn, case, "nobody-to-tell", need, missing.text, due)
    delivery_reports.nobody(
        turn.tx,
        turn.network,
        turn.sender,
        message_id=turn.message.id,
        original=message.bundle,
        case=case,
        missing=missing,
        now=turn.now,
    )


def late(turn: Turn, case: Case, notices: Iterable[LateNotice]) -> list[Issue]:
    """A first notice that leaves after its 24 hours: it goes, and the hospital is warned."""
    issues = []
    for notice in notices:
        due = notice.due.astimezone(UTC).isoformat(timespec="minutes")
        turn.log("late-notice", f"{notice.endpoint} {notice.need}: due {due}", case=case.id)
        detail = f"{notice.need}: due {due}"
        issues.append(Issue(code="late-notice", detail=detail, severity=Severity.WARNING))
    return issues


def others(
    turn: Turn, case: Case, before: Stay, patched: Patched, *, is_late_word: bool
) -> list[Issue]:
    """Open an item for each other thing that a person must look at; return the warnings."""
    issues = []
    if patched.late_legal or is_late_word:
        detail = ", ".join(sorted(patched.late_legal)) or "the time to tell is over"
        issues.append(_remark(turn, case, "late-word", "", detail))
    if patched.stay.is_transfer and not before.is_transfer and before.needs:
        _stand(turn, case, "transferred", "", "has the next hospital told its receivers?", None)
    if before.is_transfer and not patched.stay.is_transfer:
        items.close(turn.tx, case.id, "transferred", "", "discharge cancelled", turn.now)
    if patched.stay.needs and _is_outpatient(patched.stay):
        issues.append(_remark(turn, case, "outpatient-assessment", "", _class_of(patched)))
    elif _is_outpatient(before):
        items.close(turn.tx, case.id, "outpatient-assessment", "", "admitted", turn.now)
    return issues


def _class_of(patched: Patched) -> str:
    """Say where it is not even known whether the class is one of inpatient care."""
    is_unknown = patched.stay.value("class") == UNKNOWN
    return "the class of the encounter is unknown" if is_unknown else ""


def _is_outpatient(stay: Stay) -> bool:
    return bool(stay.value("hospital")) and not stay.is_inpatient and not stay.value("cancelled")


def rejected(turn: Turn, case: Case, stay: Stay, delivery: Delivery, sender: str) -> None:
    """A receiver's rejection (avvisad) ends nothing until the hospital acts.

    It stands before the owner of the notice's sender, with what is left of the 24 hours.
    """
    rows = participants.of_case(turn.tx, case.id)
    due = first_due(stay, [row for row in rows if row.endpoint == delivery.endpoint])
    _stand_before(turn, case, sender, "rejected", delivery.endpoint, str(delivery.event), due)


def incomplete(stay: Stay, level: str) -> list[Issue]:
    """A warning where a notice lacks what the law demands (SFS 2017:612 2 kap. 2 §).

    The address of a protected person is withheld; it is not missing.
    """
    withheld = ("address",) if level else ()
    absent = [each for each in DEMANDED if each not in withheld and not stay.value(each)]
    if not absent:
        return []
    detail = ", ".join(absent)
    return [Issue(code="incomplete-notice", detail=detail, severity=Severity.WARNING)]


def contested(turn: Turn, error: ContestedError) -> None:
    """A refused message that may be about another person, or about two cases."""
    _stand(turn, cases.lock(turn.tx, error.case_id), error.code, "", "", None)


def identity(turn: Turn, case: Case) -> Issue:
    """A message whose person cannot be decided on by a machine."""
    return _remark(turn, case, "identity", "", "")


def protected_elsewhere(turn: Turn, case: Case) -> None:
    """Another owner's label holds the notices of this case: a person must check it."""
    _stand(turn, case, "protected-elsewhere", "", "", None)


def removed(turn: Turn, case: Case, endpoint: str) -> None:
    """A receiver of the case is no longer in the settings: nothing can be sent to it."""
    _stand(turn, case, "nobody-to-tell", endpoint, "no longer in the settings", None)


def lifting(turn: Turn, case: Case) -> Issue:
    """A message that lifts a protection: a named person must confirm it."""
    return _remark(turn, case, "protection-lifted", "", "")


def asked(turn: Turn, case: Case, questions: Iterable[Issue]) -> None:
    """What a mapping could not decide: its sender is warned, and a person asks."""
    for issue in questions:
        _stand(turn, case, issue.code, issue.expression, issue.detail, None)


def _remark(turn: Turn, case: Case, what: ErrorCode, subject: str, detail: str) -> Issue:
    _stand(turn, case, what, subject, detail, None)
    return Issue(code=what, detail=detail, severity=Severity.WARNING)


def _stand(
    turn: Turn, case: Case, what: ErrorCode, subject: str, detail: str, due: datetime | None
) -> None:
    """Put an item before the owner of the message's sender."""
    _stand_before(turn, case, turn.message.endpoint, what, subject, detail, due)


def _stand_before(
    turn: Turn,
    case: Case,
    endpoint: str,
    what: ErrorCode,
    subject: str,
    detail: str,
    due: datetime | None,
) -> None:
    """Put an item before the owner of an endpoint; nothing where the same one is open."""
    items.open_item(
        turn.tx,
        Item(
            what=what,
            case_id=case.id,
            message_id=turn.message.id,
            subject=subject,
            endpoint=endpoint,
            detail=detail,
            since=turn.now,
            due_at=due,
        ),
    )
    turn.log(what, subject or detail, case=case.id)
