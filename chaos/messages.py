"""Messages that the parties of the rig write and read: FHIR, and omsorg/1 for one party."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from adapter.core.model import Event
from adapter.fhir import builders, codec, rewriting
from adapter.fhir.builders import Party
from adapter.simulators.messages import Organisation
from adapter.simulators.omsorg_format import OmsorgFormat
from chaos.cast import ADAPTER, HOSPITAL, OMSORG, endpoint_of

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FHIR = "application/fhir+json"
_PLACE = re.compile(rb"\[\[([A-Za-z0-9-]+)/(\d+)\]\]")
_POISON = "POISON"
_BLANKS = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b")
_PATIENT = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"
_PEN = OmsorgFormat(Organisation(hsa=OMSORG.organization, name="Piteå"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Bytes that a party sends, and what it says of them outside."""

    content: str
    envelope: str
    case: str
    event: str
    body: bytes
    content_type: str = FHIR

    def again(self) -> Post:
        """The same content in a new envelope, as a party sends what stayed unanswered."""
        envelope = str(uuid4())
        body = self.body.replace(self.envelope.encode(), envelope.encode())
        return Post(
            content=self.content,
            envelope=envelope,
            case=self.case,
            event=self.event,
            body=body,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a party reads of what came."""

    event: str
    content: str
    envelope: str
    case: str = ""
    number: int = 0
    about: str = ""  # the content id that a receipt or a report speaks of
    code: str = ""  # of a receipt
    missed: str = ""  # of a report: the endpoint that was not reached


def note(sender: Party, to: tuple[Party, ...], case: str, number: int, poison: str = "") -> Post:
    """A general message (generellt meddelande) that says its place in its case."""
    content, envelope = str(uuid4()), str(uuid4())
    text = _template(sender, to)
    for blank, value in zip(
        (*_BLANKS, "[[case]]", "[[place]]"),
        (
            content,
            envelope,
            case,
            f"[[{case}/{number}]]{poison}",
        ),
        strict=True,
    ):
        text = text.replace(blank, value)
    return Post(content=content, envelope=envelope, case=case, event="message", body=text.encode())


def poisoned(body: bytes) -> bool:
    """Whether nobody is to be able to read this."""
    return _POISON.encode() in body


def poison() -> str:
    """What makes a message unreadable to the adapter that the rig starts."""
    return _POISON


@cache
def _template(sender: Party, to: tuple[Party, ...]) -> str:
    content, envelope = _BLANKS
    focus: dict[str, Any] = {
        "resourceType": "Communication",
        "id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0003",
        "status": "completed",
        "subject": builders.reference(_PATIENT),
        "sender": builders.reference(builders.new_id("organization", sender.organization)),
        "sent": T0.isoformat(),
        "payload": [{"contentString": "[[place]]"}],
    }
    bundle = builders.message(
        Event.MESSAGE,
        content=content,
        sender=sender,
        receivers=to,
        focus=focus,
        others=[_patient()],
        cases=[f"{HOSPITAL.organization}/[[case]]"],
        recorded=T0,
    )
    return codec.dump("json", rewriting.with_envelope(bundle, envelope, T0)).decode()


def _patient() -> dict[str, Any]:
    number = {"system": "http://electronichealth.se/identifier/personnummer"}
    return {
        "resourceType": "Patient",
        "id": _PATIENT,
        "identifier": [number | {"value": "195009072553"}],  # one of Skatteverket's test numbers
        "name": [{"family": "Tolvansson", "given": ["Tolvan"]}],
        "gender": "male",
        "birthDate": "1950-09-07",
    }


def receipt(sender: Party, about: str, code: str) -> Post:
    """A party's receipt (systemkvittens)."""
    bundle = builders.receipt(
        about=about,
        code=code,
        outcome=_outcome() if code != "ok" else None,
        sender=sender,
        receiver=ADAPTER,
        cases=(),
        at=T0,
    )
    envelope = str(uuid4())
    body = codec.dump("json", rewriting.with_envelope(bundle, envelope, T0))
    content = str(bundle["entry"][0]["resource"]["id"])
    return Post(content=content, envelope=envelope, case="", event="receipt", body=body)


def _outcome() -> dict[str, Any]:
    issue = {"severity": "error", "code": "processing", "details": {"text": "simulated"}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def omsorg_receipt(body: bytes, about: str, code: str) -> Post:
    """A Kvittens for what came, or (`about`) for something else."""
    letter = _PEN.read(body)
    found = _PEN.receipt(letter, code, T0)
    text = found.body.replace(letter.content_id.encode(), about.encode())
    return Post(
        content=found.content_id,
        envelope=found.envelope_id,
        case="",
        event="receipt",
        body=text,
        content_type=_PEN.content_type,
    )


def read(body: bytes) -> Arrived:
    """A FHIR message."""
    bundle = json.loads(body)
    head = bundle["entry"][0]["resource"]
    about, code = _response(head)
    event = head["eventCoding"]["code"]
    case, number = _place(body)
    task = _task(bundle) if event == "delivery-report" else {}
    return Arrived(
        event=event,
        content=head["id"],
        envelope=bundle["id"],
        case=case,
        number=number,
        about=about or _identifier(task.get("focus")),
        code=code,
        missed=endpoint_of(_identifier(task.get("owner"))),
    )


def read_omsorg(body: bytes) -> Arrived:
    """A message of omsorg/1."""
    letter = _PEN.read(body)
    case, number = _place(body)
    return Arrived(
        event=letter.event,
        content=letter.content_id,
        envelope=letter.envelope_id,
        case=case,
        number=number,
    )


def _place(body: bytes) -> tuple[str, int]:
    found = _PLACE.search(body)
    return (found[1].decode(), int(found[2])) if found else ("", 0)


def _response(head: dict[str, Any]) -> tuple[str, str]:
    response = head.get("response", {})
    return response.get("identifier", ""), response.get("code", "")


def _task(bundle: dict[str, Any]) -> dict[str, Any]:
    found: Iterable[dict[str, Any]] = (entry["resource"] for entry in bundle["entry"])
    return next((r for r in found if r["resourceType"] == "Task"), {})


def _identifier(reference: dict[str, Any] | None) -> str:
    return str((reference or {}).get("identifier", {}).get("value", ""))
