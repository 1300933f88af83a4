"""The messages of a measurement, as a vendor's system writes them, cheaply: ids put into a form.

Care plans (SIP) and general messages (generellt meddelande) in turn, five to a case; about a
person whom Skatteverket has invented. A receipt (systemkvittens) is made the same way.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean
from uuid import NAMESPACE_URL, uuid4, uuid5

from adapter.bench.board import Board
from adapter.fhir import bundles
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Draft, Organisation, OutgoingMessage, Plan, ReceivedMessage
from adapter.simulators.sample_stays import sample_stays

_CONTENT = "00000000-0000-4000-8000-c0c0c0c0c0c0"
_ABOUT = "00000000-0000-4000-8000-ab0ab0ab0ab0"
_CASE = "SE0000000000-CASE/case-of-the-form"
_AT_ONCE = 1000  # cases that are open at the same time, each sender's
_EACH = 5  # messages of one case
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One message as it travels."""

    number: int
    event: str
    envelope_id: str
    case: str
    body: bytes


class Copybook:
    """What one of `senders` writes: message `number` is for `addressed(number, …)`."""

    def __init__(self, me: Organisation, to: Sequence[Organisation], senders: int) -> None:
        self._me, self._senders = me, senders
        self._receivers = len(to)
        self._forms = [[_Form(_form(me, each, event)) for event in _EVENTS] for each in to]

    @property
    def weight(self) -> int:
        """Bytes of a message, on average."""
        return round(mean(len(form.letter.body) for events in self._forms for form in events))

    @property
    def example(self) -> bytes:
        """The form of one message."""
        return self._forms[0][0].letter.body

    def copy(self, board: Board, number: int) -> Copy:
        """A message of this measurement."""
        turn = number // self._senders
        events = self._forms[addressed(number, self._senders, self._receivers)]
        form = events[turn // self._receivers % len(events)]
        case = f"{self._me.hsa}/{board.run[:8]}-{_case(turn)}"
        envelope = str(uuid4())
        ids = {_CONTENT: board.content_id(number), _CASE: case} | form.own(case)
        body = _filled(form.letter, ids, envelope)
        return Copy(
            number=number, event=form.letter.event, envelope_id=envelope, case=case, body=body
        )


class _Form:
    """A message to be copied. Each copy has a content, and each case a patient, of its own.

    Otherwise whoever remembers what was checked before would check nothing but headers.
    """

    def __init__(self, letter: OutgoingMessage) -> None:
        self.letter = letter
        bundle = json.loads(letter.body)
        self._patient = (bundles.patient(bundle) or {})["id"]
        self._focus = (bundles.focus(bundle) or {})["id"]

    def own(self, case: str) -> dict[str, str]:
        """The ids that are other ones in this copy."""
        return {self._patient: str(uuid5(NAMESPACE_URL, case)), self._focus: str(uuid4())}


def addressed(number: int, senders: int, receivers: int) -> int:
    """Which of the receivers a message is for: each sender takes them in turn."""
    return number // senders % receivers


def _case(turn: int) -> int:
    """Its case: the next message of the same one follows after `_AT_ONCE` others."""
    return turn // (_AT_ONCE * _EACH) * _AT_ONCE + turn % _AT_ONCE


def _form(me: Organisation, to: Organisation, event: str) -> OutgoingMessage:
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


class Receipts:
    """The receipts that one receiver gives."""

    def __init__(self, me: Organisation) -> None:
        self._pen = FhirFormat(me)
        self._forms: dict[str, OutgoingMessage] = {}

    def to(self, letter: ReceivedMessage) -> Copy:
        """`ok` for a message that came."""
        if letter.sender not in self._forms:
            self._forms[letter.sender] = self._form(letter.sender)
        form = self._forms[letter.sender]
        envelope = str(uuid4())
        ids = {_ABOUT: letter.content_id, _CASE: letter.case, form.content_id: str(uuid4())}
        body = _filled(form, ids, envelope)
        return Copy(number=0, event=form.event, envelope_id=envelope, case=letter.case, body=body)

    def _form(self, sender: str) -> OutgoingMessage:
        about = ReceivedMessage(
            event="message", content_id=_ABOUT, envelope_id="", sender=sender, case=_CASE
        )
        return self._pen.receipt(about, "ok", datetime.now(UTC))


def _filled(form: OutgoingMessage, ids: dict[str, str], envelope: str) -> bytes:
    body = form.body.replace(form.envelope_id.encode(), envelope.encode())
    for place, value in ids.items():
        body = body.replace(place.encode(), value.encode())
    return body
