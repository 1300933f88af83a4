"""Our receipt to a sender: written once, kept, and repeated for every copy."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.lifecycle import Ruling
from adapter.core.model import Code, Receipt
from adapter.inbound.process.turn import Turn
from adapter.outbound import receipts
from adapter.outbound.receipts import Owed
from adapter.policy import read_message
from adapter.store import history, inbox
from adapter.store.duplicates import Seen

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What we answer. A receipt gets nothing: `receipt` is None, and the body empty."""

    receipt: Receipt | None = None
    body: bytes = b""
    content_type: str = ""

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Everything that we have to say of the message."""
        return self.receipt.issues if self.receipt else ()


def answer(
    turn: Turn, about: str, code: Code, issues: Iterable[Issue], case_id: str | None = None
) -> Reply:
    """Write our receipt; owe it through the outbox unless the door answers by itself."""
    receipt = Receipt(about=about, code=code, issues=tuple(issues))
    message = turn.message
    owed = _written(turn, receipt)
    turn.note(receipt_code=str(code), receipt_body=owed.body)
    if owed.body and not message.direct:
        receipts.owe(turn.tx, turn.network, message, owed, case_id, turn.now)
    return Reply(receipt=receipt, body=owed.body, content_type=owed.content_type)


def _written(turn: Turn, receipt: Receipt) -> Owed:
    """A system that cannot write receipts must not stop its messages: a person tells the vendor."""
    try:
        return receipts.written(turn.network, turn.sender, turn.message, receipt, [], turn.now)
    except Exception:
        log.exception("receipt-not-written", extra={"message_id": turn.message.id})
        line = {"message": turn.message.id, "endpoint": turn.message.endpoint}
        history.note(turn.tx, turn.now, "receipt-not-written", **line)
        return Owed(body=b"", content_type="", content_id="", envelope_id="")


def repeat(turn: Turn, seen: Seen) -> Reply:
    """A copy: noted, ignored, and given the same receipt that the first one got."""
    first = inbox.answered(turn.tx, seen.first)
    if first is None:
        raise FatalError("adapter-fault", "the duplicate table names a message that is gone")
    case_id = first["case_id"]
    note = f"copy of {seen.first}"
    turn.settle(Ruling.PROCESS, note=note, case_id=case_id)
    history.note(
        turn.tx,
        turn.now,
        "copy",
        case=case_id,
        message=turn.message.id,
        endpoint=turn.message.endpoint,
        detail=f"{seen.verdict} of {seen.first}",
    )
    code = Code(first["receipt_code"])
    issues = [*read_message.load_issues(first["issues"]), *_remark(code)]
    return answer(turn, first["content_id"] or first["id"], code, issues, case_id)


def _remark(code: Code) -> list[Issue]:
    detail = "the first answer again"
    issue = Issue(code="copy", detail=detail, severity=Severity.INFORMATION)
    return [issue] if code is Code.OK else []
