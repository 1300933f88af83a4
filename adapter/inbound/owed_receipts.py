"""The receipts that we owe senders, in their formats. A copy gets the first receipt again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from adapter import fhir
from adapter.core.acknowledgement import Reply, Wish
from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.lifecycle import Ruling
from adapter.core.model import Code, Event, Receipt
from adapter.fhir import builders, bundles, codec, rewriting
from adapter.fhir.parts import party_of
from adapter.inbound.turn import Turn
from adapter.mappings import Context, System
from adapter.outbound import deliveries
from adapter.policy import answering, read_message
from adapter.settings.transport_checks import can_send
from adapter.store import inbox, outbox
from adapter.store.duplicates import Seen, Verdict

log = logging.getLogger(__name__)
_WORSE = (Code.OK, Code.FATAL, Code.TRANSIENT)  # a batch is sent again for one that must be


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedReceipt:
    """Our receipt to a sender. For a receipt there is none: `receipt` is None, the body empty."""

    receipt: Receipt | None = None
    body: bytes = b""
    content_type: str = ""
    content_id: str = ""
    envelope_id: str = ""
    is_unwritten: bool = False  # the mapping failed: the sender must not wait for the body

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Every issue that the receipt reports."""
        return self.receipt.issues if self.receipt else ()


def answer(
    turn: Turn, about: str, code: Code, issues: Iterable[Issue], case_id: str | None = None
) -> OwedReceipt:
    """Write our receipt. It is queued unless the sender gets it in the same exchange.

    Each issue is told once: two cases of one person may give the same. The message keeps all
    that its sender was told, so that a copy is told the same.
    """
    receipt = Receipt(about=about, code=code, issues=tuple(dict.fromkeys(issues)))
    turn.note(issues=read_message.dump_issues(receipt.issues))
    if turn.message.direct:
        owed = _answered(turn, receipt, case_id)
    else:
        owed = _rendered(turn, receipt)
        _queue(turn, owed, turn.network.address(turn.sender), case_id)
    turn.note(receipt_code=str(code), receipt_body=owed.body)
    return owed


def is_silent(turn: Turn, code: Code, faults: Iterable[ErrorCode]) -> bool:
    """Whether the sender has asked to hear nothing of this outcome."""
    if not turn.message.direct:
        return False
    wish = _wish(turn)
    home = _home(turn) if wish else None
    return answering.replies(wish, code, list(faults), home).is_silent


def _answered(turn: Turn, receipt: Receipt, case_id: str | None) -> OwedReceipt:
    """Answer in the same exchange, and queue the acknowledgement that the sender gets later."""
    wish, code = _wish(turn), receipt.code
    home = _home(turn) if wish else None
    receipt = replace(receipt, issues=(*receipt.issues, *_remarks(turn, wish, code, home)))
    planned = answering.replies(wish, code, [issue.code for issue in receipt.issues], home)
    if planned.is_delivered:
        _queue(turn, _rendered(turn, receipt, Reply.DELIVERED), home, case_id)
    if planned.at_once is None:
        return OwedReceipt(receipt=receipt)
    is_told_later = planned.commit is not code
    answered = replace(receipt, code=Code.OK, issues=()) if is_told_later else receipt
    return _rendered(turn, answered, planned.at_once)


def _wish(turn: Turn) -> Wish | None:
    context = Context(sender=turn.sender, recorded=turn.now, source=turn.message.body)
    return turn.network.system(turn.sender).wish(context)


def _remarks(turn: Turn, wish: Wish | None, code: Code, home: Endpoint | None) -> list[Issue]:
    """What is wrong with the sender's wish: an unknown code, or no address for what it asks."""
    if wish is None:
        return []
    unknown = [
        Issue(code="unknown-code", expression=place, severity=Severity.WARNING)
        for place in wish.unknown
    ]
    if answering.lacks_address(wish, code, home):
        turn.log("no-return-address")
        return [*unknown, Issue(code="no-return-address", severity=Severity.WARNING)]
    return unknown


def _home(turn: Turn) -> Endpoint | None:
    """Where a later acknowledgement goes: the sender's own address, else its return address."""
    sender = turn.network.successor(turn.sender)
    homes = [sender] if can_send(sender) else []
    homes += [home] if (home := turn.network.address(turn.sender)) else []
    return next((home for home in homes if home.system == turn.sender.system), None)


def _rendered(turn: Turn, receipt: Receipt, reply: Reply = Reply.ONLY) -> OwedReceipt:
    """Render a receipt. A fault in the system's mapping is logged and does not stop the message."""
    try:
        return _render(turn, receipt, reply)
    except Exception:
        log.exception("receipt-not-written", extra={"message_id": turn.message.id})
        turn.log("receipt-not-written")
        return OwedReceipt(receipt=receipt, is_unwritten=True)


def _render(turn: Turn, receipt: Receipt, reply: Reply) -> OwedReceipt:
    """Render a receipt in the format of the sender's system."""
    network, sender, source = turn.network, turn.sender, turn.message.body
    issues = [issue for issue in receipt.issues if isinstance(issue, Issue)]
    bundle = builders.receipt(
        about=receipt.about,
        code=str(receipt.code),
        outcome=fhir.outcome(issues) if issues else None,
        sender=network.adapter(),
        receiver=party_of(sender),
        cases=[],
        at=turn.now,
        places=turn.places if network.system(sender).content == "json" else {},
    )
    envelope = str(uuid4())
    system = network.system(sender)
    context = Context(sender=sender, receiver=sender, recorded=turn.now, source=source, reply=reply)
    document = system.write(
        Event.RECEIPT, rewriting.with_envelope(bundle, envelope, turn.now), context
    )
    charset = codec.charset_of(system.content, source) or sender.charset
    return OwedReceipt(
        receipt=receipt,
        body=codec.dump(system.content, document, charset),
        content_type=system.media_type,
        content_id=bundles.content_id(bundle),
        envelope_id=envelope,
    )


def _queue(turn: Turn, owed: OwedReceipt, home: Endpoint | None, case_id: str | None) -> None:
    """Queue the receipt as a delivery to the sender's return address."""
    network = turn.network
    if not owed.body:
        return
    if home is None or home.system != turn.sender.system:
        turn.log("no-return-address", case=case_id)
        return
    waiting = deliveries.new(network, home, Event.RECEIPT, turn.message.id, case_id, turn.now)
    filled = replace(
        waiting,
        content_id=owed.content_id,
        envelope_id=owed.envelope_id,
        body=owed.body,
        content_type=owed.content_type,
    )
    outbox.put(turn.tx, [filled])


def repeat(turn: Turn, seen: Seen) -> OwedReceipt:
    """Note a copy of an earlier message, and answer it with the first receipt."""
    first = inbox.answered(turn.tx, seen.first)
    if first is None:
        raise FatalError("adapter-fault", "the duplicate table names a message that is gone")
    turn.settle(Ruling.PROCESS, note=f"copy of {seen.first}", case_id=first.case_id)
    turn.log("copy", f"{seen.verdict} of {seen.first}", case=first.case_id)
    code = Code(first.receipt_code)
    issues = read_message.load_issues(first.issues)
    is_fhir = turn.network.system(turn.sender).content == "json"
    if seen.verdict is Verdict.COPY and is_fhir and first.receipt_body:
        return _once_more(turn, first, Receipt(about=turn.about, code=code, issues=issues))
    if code is Code.OK:
        issues = (*issues, information("copy", "the same answer as the first time"))
    return answer(turn, first.content_id or first.id, code, issues, first.case_id)


def _once_more(turn: Turn, first: inbox.Answered, receipt: Receipt) -> OwedReceipt:
    """The first response itself, byte for byte (R4, messaging.html#reliable)."""
    body = first.receipt_body or b""
    bundle = codec.parse("json", body)
    owed = OwedReceipt(
        receipt=receipt,
        body=body,
        content_type=turn.network.system(turn.sender).media_type,
        content_id=bundles.content_id(bundle),
        envelope_id=bundles.envelope_id(bundle),
    )
    turn.note(receipt_code=str(receipt.code), receipt_body=body)
    if not turn.message.direct:
        _queue(turn, owed, turn.network.address(turn.sender), first.case_id)
    return owed


def together(owed: Sequence[OwedReceipt], body: bytes, system: System) -> OwedReceipt:
    """Return the one answer to several messages; its code is that of the worst of them."""
    receipts = [each.receipt for each in owed if each.receipt]
    worst = max(receipts, key=lambda receipt: _WORSE.index(receipt.code), default=None)
    is_unwritten = any(each.is_unwritten for each in owed)
    return OwedReceipt(
        receipt=worst, body=body, content_type=system.media_type, is_unwritten=is_unwritten
    )


def information(code: ErrorCode, detail: str = "") -> Issue:
    """Return an issue that needs no action."""
    return Issue(code=code, detail=detail, severity=Severity.INFORMATION)
