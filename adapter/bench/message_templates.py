"""The messages of a measurement: a vendor's message is written once, and copies get new ids.

They are care plans (SIP) and general messages (generellt meddelande) in turn, five to a case. The
patient has a test number of Skatteverket. Receipts (systemkvittens) are made the same way.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from statistics import mean
from uuid import NAMESPACE_URL, uuid4, uuid5

from adapter.bench.message_times import MessageTimes
from adapter.fhir import bundles
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Draft, Organisation, OutgoingMessage, Plan, ReceivedMessage
from adapter.simulators.sample_stays import sample_stays

_CONTENT = "00000000-0000-4000-8000-c0c0c0c0c0c0"
_ABOUT = "00000000-0000-4000-8000-ab0ab0ab0ab0"
_CASE = "SE0000000000-CASE/case-of-the-template"
_OPEN_CASES = 1000  # at the same time, for each sender
_CASE_MESSAGES = 5
_EVENTS = ("message", "care-plan")
_TEXT = (
    "Hemtjänsten behöver veta när hon kommer hem, och vem som möter upp med nycklar. "
    "Trygghetslarmet är beställt. Rullstol och duschpall finns från i går i bostaden. "
    "Läkemedel skickas med för tre dygn; nästa dosering hämtas av kommunens sjuksköterska. "
)
_ACTIVITIES = (
    "Hemtjänst morgon och kväll från och med hemkomsten",
    "Kommunal hemsjukvård: såromläggning tre gånger i veckan",
    "Rehabilitering i hemmet, arbetsterapeut gör hembesök inom fem dagar",
    "Fast vårdkontakt på hälsocentralen ringer dagen efter hemkomsten",
)


class MessageTemplates:
    """The messages of one of `senders` senders; number n goes to `receiver_place(n, ...)`."""

    def __init__(self, me: Organisation, to: Sequence[Organisation], senders: int) -> None:
        self._me, self._senders = me, senders
        self._receivers = len(to)
        self._templates = [
            [_Template(_written(me, each, event)) for event in _EVENTS] for each in to
        ]

    @property
    def mean_size(self) -> int:
        """Bytes of a message, on average."""
        return round(mean(len(t.message.body) for events in self._templates for t in events))

    @property
    def example(self) -> bytes:
        """The body of one message."""
        return self._templates[0][0].message.body

    def message(self, times: MessageTimes, number: int) -> OutgoingMessage:
        """Return message `number` of this measurement."""
        turn = number // self._senders
        events = self._templates[receiver_place(number, self._senders, self._receivers)]
        template = events[turn // self._receivers % len(events)]
        case = f"{self._me.hsa}/{times.prefix[:8]}-{_case_number(turn)}"
        content_id = times.content_id(number)
        ids = {_CONTENT: content_id, _CASE: case} | template.new_ids(case)
        return _with_ids(template.message, ids, content_id, case)


class _Template:
    """A message to be copied. Each copy gets its own content, and each case its own patient.

    Otherwise a program that remembers what it has checked would check only headers.
    """

    def __init__(self, message: OutgoingMessage) -> None:
        self.message = message
        bundle = json.loads(message.body)
        self._patient = (bundles.patient(bundle) or {})["id"]
        self._focus = (bundles.focus(bundle) or {})["id"]

    def new_ids(self, case: str) -> dict[str, str]:
        """Return the ids of patient and focus in a copy, by the id that each replaces."""
        return {self._patient: str(uuid5(NAMESPACE_URL, case)), self._focus: str(uuid4())}


def receiver_place(number: int, senders: int, receivers: int) -> int:
    """Return the place of a message's receiver: each sender takes the receivers in turn."""
    return number // senders % receivers


def _case_number(turn: int) -> int:
    """Return the case of a message; between two messages of a case there are `_OPEN_CASES` - 1."""
    return turn // (_OPEN_CASES * _CASE_MESSAGES) * _OPEN_CASES + turn % _OPEN_CASES


def _written(me: Organisation, to: Organisation, event: str) -> OutgoingMessage:
    plan = Plan(
        id=str(uuid4()),
        version=1,
        status="active",
        title="Samordnad individuell plan",
        activities=_ACTIVITIES,
    )
    now = datetime.now(UTC)
    draft = Draft(
        event=event,
        content_id=_CONTENT,
        case=_CASE,
        person=sample_stays(1, now, "2580", "Luleå").discharge.person,
        to=(to,),
        at=now,
        text=_TEXT * 4,
        plan=plan if event == "care-plan" else None,
    )
    return FhirFormat(me).write(draft)


class ReceiptTemplates:
    """The receipts of one receiver."""

    def __init__(self, me: Organisation) -> None:
        self._format = FhirFormat(me)
        self._templates: dict[str, OutgoingMessage] = {}  # by the sender's HSA-id

    def receipt(self, message: ReceivedMessage) -> OutgoingMessage:
        """Return the receipt `ok` for a message."""
        if message.sender not in self._templates:
            self._templates[message.sender] = self._written(message.sender)
        template = self._templates[message.sender]
        content_id = str(uuid4())
        ids = {_ABOUT: message.content_id, _CASE: message.case, template.content_id: content_id}
        return _with_ids(template, ids, content_id, message.case)

    def _written(self, sender: str) -> OutgoingMessage:
        about = ReceivedMessage(
            event="message", content_id=_ABOUT, envelope_id="", sender=sender, case=_CASE
        )
        return self._format.receipt(about, "ok", datetime.now(UTC))


def _with_ids(
    template: OutgoingMessage, ids: dict[str, str], content_id: str, case: str
) -> OutgoingMessage:
    """Return a copy with a new envelope id, in which the keys of `ids` became their values."""
    envelope_id = str(uuid4())
    body = template.body.replace(template.envelope_id.encode(), envelope_id.encode())
    for old, new in ids.items():
        body = body.replace(old.encode(), new.encode())
    return replace(template, body=body, envelope_id=envelope_id, content_id=content_id, case=case)
