"""What a Consent changes in a case besides its Stay: plans, and what the hospital must know."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue, Severity
from adapter.core.lifecycle import Ruling, State
from adapter.core.model import Code, Event
from adapter.inbound.owed_receipts import OwedReceipt, answer
from adapter.inbound.remarks import remarks
from adapter.inbound.stay_case import StayCase
from adapter.inbound.turn import Turn
from adapter.outbound import judgement, plan_consents
from adapter.policy import consents, outside, secrecy
from adapter.policy.read_message import ReadMessage
from adapter.policy.stay import Patched, Stay
from adapter.store import outbox, participants, timers
from adapter.store.cases import Case


def follow(turn: Turn, matter: StayCase, patched: Patched) -> list[Issue]:
    """End the plans of a withdrawn consent; warn of bars that name no receiver."""
    if patched.stay.is_consent_withdrawn and not matter.before.is_consent_withdrawn:
        _end_plans(turn, matter.case, patched.stay)
        _end_invitations(turn, matter.case)
    return _without_receiver(turn, matter, patched)


def _end_plans(turn: Turn, case: Case, stay: Stay) -> None:
    """End what surely has not begun. What has begun, and a later replay, is judged at its claim."""
    for plan in timers.of_event(turn.tx, case.id, Event.CARE_PLAN):
        outbox.fill(turn.tx, plan.id, right_no=judgement.JUDGE_AGAIN)
        if plan.state is State.WAITING and plan_consents.is_without(plan, stay):
            plan_consents.lapse(turn.tx, turn.network, plan, turn.now, "consent-withdrawn")


def _end_invitations(turn: Turn, case: Case) -> None:
    """A unit that takes part by a consented invitation alone takes part no more."""
    rows = participants.of_case(turn.tx, case.id)
    ended = outside.uninvited(rows, {r.endpoint for r in rows}, "consent withdrawn", turn.now)
    if ended:
        outbox.lock_open(turn.tx, case.id, sorted(row.endpoint for row in ended))
    for row in ended:
        participants.save(turn.tx, row)


def _without_receiver(turn: Turn, matter: StayCase, patched: Patched) -> list[Issue]:
    """A bar counts from now on, whoever it names; one that names no receiver may be a mistake."""
    new = patched.stay.bars - matter.before.bars
    if not new:
        return []
    rows = [row for row in participants.of_case(turn.tx, matter.case.id) if row.until is None]
    day = turn.now.date()
    known = {id_ for row in rows for id_ in secrecy.organizations(turn.network, row, day)}
    return [_warning(turn, matter.case, "bar-without-receiver", hsa) for hsa in sorted(new - known)]


def left_out(turn: Turn, case: Case, events: Iterable[secrecy.LeftOut]) -> list[Issue]:
    """Tell the hospital which receivers did not get what, because of a bar of secrecy."""
    return [_warning(turn, case, "secrecy-bar", f"{e.endpoint}: {e.event}") for e in events]


def keep_plan(turn: Turn, message: ReadMessage, case: Case, why: ErrorCode) -> OwedReceipt:
    """Forward a plan to nobody: its patient's consent to planning is withdrawn, or has ended."""
    issue = _warning(turn, case, why, "")
    note = f"not-forwarded: {why.replace('-', ' ')}"
    turn.settle(Ruling.PROCESS, case_id=case.id, note=note)
    issues = [*message.issues, issue, *remarks(turn, message)]
    return answer(turn, turn.about, Code.OK, issues, case.id)


def without_case(turn: Turn, message: ReadMessage) -> list[Issue]:
    """What a message says of consent and bars is lost when it is about no open case."""
    if not consents.stated(message.bundle):
        return []
    turn.log("consent-without-case")
    return [Issue(code="consent-without-case", severity=Severity.WARNING)]


def _warning(turn: Turn, case: Case, code: ErrorCode, detail: str) -> Issue:
    turn.log(code, detail, case=case.id)
    return Issue(code=code, detail=detail, severity=Severity.WARNING)
