"""The simulated system of one party, whatever format and transport it uses.

It applies the content of a message once, and gives every copy the same receipt. A person may
answer after a while. The system resends its own messages until they are receipted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from adapter.simulators.delayed_actions import DelayedActions
from adapter.simulators.faults import Faults
from adapter.simulators.messages import (
    Draft,
    MessageFormat,
    Organisation,
    OutgoingMessage,
    Person,
    Plan,
    Planning,
    ReceivedMessage,
    Stay,
    ToldStay,
)
from adapter.simulators.published_constants import RECEIPT, UNANSWERED_EVENTS
from adapter.simulators.traffic_log import EntryKind, TrafficLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a party works. Times are seconds."""

    answers_after: float | None = None  # when a person answers; None: nobody answers
    resends_after: float = 4.0  # when a message of its own without a receipt is sent again
    resends: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStay:
    """A stay as the newest message about it told. After an ending, `ended` says why."""

    event: str
    stay: ToldStay
    ended: str = ""  # the coded reason, or the event; "" while the party takes part


_ANSWERS = {"care-plan": "accepted", "recall": "completed"}
_ENDINGS = ("process-ended", "admission-cancelled")


class PartySystem:
    """One party. Any thread may call `receive`; `next_outgoing` belongs to the connector."""

    def __init__(
        self,
        message_format: MessageFormat,
        traffic: TrafficLog,
        faults: Faults | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.message_format = message_format
        self.traffic = traffic
        self.faults = faults or Faults()
        self.behaviour = behaviour or Behaviour()
        self._delayed = DelayedActions()
        self._outbox: deque[OutgoingMessage] = deque()
        self._lock = threading.Lock()
        self._final_receipts: dict[str, OutgoingMessage] = {}  # by content id of the message
        self._sent_ids: list[str] = []  # content ids of the party's own messages
        self._receipted_ids: set[str] = set()
        self._stays: dict[str, KnownStay] = {}  # by case

    def receive(self, body: bytes, delivery: str = "") -> OutgoingMessage | None:
        """Receive one copy, and return its receipt.

        None for a receipt, and where the receipt is lost. ValueError, with nothing changed, when
        the body cannot be read.
        """
        message = self.message_format.read(body)
        receipt = self._handle(message, delivery)
        time.sleep(self.faults.answer_delay)
        return receipt

    def _handle(self, message: ReceivedMessage, delivery: str) -> OutgoingMessage | None:
        with self._lock:
            if message.event == RECEIPT:
                self._note(EntryKind.NOTED, message, delivery)
                self._receipted_ids.add(message.about)
                return None
            return self._unless_lost(self._receipt(message, delivery))

    def _receipt(self, message: ReceivedMessage, delivery: str) -> OutgoingMessage:
        if message.content_id in self._final_receipts:
            self._note(EntryKind.COPY, message, delivery)
            return self._final_receipts[message.content_id]
        if self.faults.occurs("refuse_for_now"):
            self._note(EntryKind.REFUSED, message, delivery)
            return self.message_format.receipt(message, "transient-error", _now())
        refused = self.faults.occurs("refuse")
        kind = EntryKind.REFUSED if refused else EntryKind.APPLIED
        self._note(kind, message, delivery)
        if not refused:
            self._keep_stay(message)
            self._mark_recalled(message)
            self._schedule_answer(message)
        code = "fatal-error" if refused else "ok"
        receipt = self.message_format.receipt(message, code, _now())
        return self._final_receipts.setdefault(message.content_id, receipt)

    def _keep_stay(self, message: ReceivedMessage) -> None:
        """Replace what is known of the stay: a message about a stay tells all of it."""
        if message.stay is not None:
            ended = (message.reason or message.event) if message.event in _ENDINGS else ""
            known = KnownStay(event=message.event, stay=message.stay, ended=ended)
            self._stays[message.case] = known

    def _mark_recalled(self, message: ReceivedMessage) -> None:
        """Mark the messages that a recall is about. They are not erased."""
        for content_id in message.recalled:
            self.traffic.note(EntryKind.MARKED, message.event, content_id, case=message.case)

    def stay(self, case: str) -> KnownStay | None:
        """Return what the party knows of a stay; None when nothing was told."""
        with self._lock:
            return self._stays.get(case)

    def _unless_lost(self, receipt: OutgoingMessage) -> OutgoingMessage | None:
        lost = self.faults.occurs("lose_receipts")
        self._note(EntryKind.LOST if lost else EntryKind.SENT, receipt)
        return None if lost else receipt

    def _schedule_answer(self, message: ReceivedMessage) -> None:
        """Let a person read the message and answer it, where the party has such a person."""
        wait = self.behaviour.answers_after
        if wait is None or message.event in UNANSWERED_EVENTS or message.person is None:
            return
        if not self.faults.occurs("leave_unanswered"):
            self._delayed.after(wait, partial(self._answer, message, message.person))

    def _answer(self, message: ReceivedMessage, person: Person) -> None:
        code = _ANSWERS.get(message.event, "received")
        to = Organisation(hsa=message.sender, name="")
        self.send("answer", message.case, person, (to,), about=message.content_id, code=code)

    def send(  # noqa: PLR0913 - the parts of a message, each by name
        self,
        event: str,
        case: str,
        person: Person,
        to: tuple[Organisation, ...],
        *,
        about: str = "",
        code: str = "",
        text: str = "",
        plan: Plan | None = None,
        stay: Stay | None = None,
        planning: Planning | None = None,
    ) -> str:
        """Send a message until it is receipted, and return its content id."""
        draft = Draft(
            event=event,
            content_id=str(uuid4()),
            case=case,
            person=person,
            to=to,
            at=_now(),
            about=about,
            code=code,
            text=text,
            plan=plan,
            stay=stay,
            planning=planning,
        )
        outgoing = self.message_format.write(draft)
        with self._lock:
            self._sent_ids.append(draft.content_id)
        twice = self.faults.occurs("send_twice")
        for kind in (EntryKind.SENT, EntryKind.REPEATED) if twice else (EntryKind.SENT,):
            self._enqueue(outgoing, kind)
        self._delayed.after(self.behaviour.resends_after, partial(self._resend, outgoing, 1))
        return draft.content_id

    def _resend(self, outgoing: OutgoingMessage, times: int) -> None:
        """Send the same bytes again, unless a receipt has come or this was done often enough."""
        if outgoing.content_id in self._receipted_ids or times > self.behaviour.resends:
            return
        self._enqueue(outgoing, EntryKind.REPEATED)
        again = partial(self._resend, outgoing, times + 1)
        self._delayed.after(self.behaviour.resends_after, again)

    def unreceipted(self) -> list[str]:
        """Return the content ids of the party's own messages that have no receipt yet."""
        with self._lock:
            return [id_ for id_ in self._sent_ids if id_ not in self._receipted_ids]

    def _enqueue(self, outgoing: OutgoingMessage, kind: EntryKind) -> None:
        self._note(kind, outgoing)
        self._outbox.append(outgoing)

    def enqueue_later(self, receipt: OutgoingMessage, seconds: float) -> None:
        """Send a receipt of `receive` after so many seconds. The traffic log has it already."""
        self._delayed.after(seconds, partial(self._outbox.append, receipt))

    def next_outgoing(self) -> OutgoingMessage | None:
        """Run the actions that are due; return the next message to send, or None."""
        self._delayed.run_due()
        return self._outbox.popleft() if self._outbox else None

    def put_back(self, outgoing: OutgoingMessage) -> None:
        """Return a message that could not be sent; `next_outgoing` gives it first."""
        self._outbox.appendleft(outgoing)

    def _note(
        self, kind: EntryKind, message: ReceivedMessage | OutgoingMessage, delivery: str = ""
    ) -> None:
        self.traffic.note(
            kind,
            message.event,
            message.content_id,
            envelope_id=message.envelope_id,
            case=message.case,
            about=message.about,
            code=message.code,
            delivery=delivery,
        )


def _now() -> datetime:
    return datetime.now(UTC)
