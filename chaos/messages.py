"""The messages that the parties write and read: FHIR, and omsorg/1 for one party."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
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
from chaos import omsorg_2
from chaos.parties import ADAPTER, OMSORG, endpoint_of

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ATTACHMENT = b64encode("Bilaga om hjälpmedel".encode()).decode()
"""The bytes of every attachment of the rig, in base64."""
HAS_ATTACHMENT = "med bilaga"
"""Stands in the text of every message that has one."""
_OMSORG_2_REPORT = {"leveransrapport": "delivery-report"}
FHIR = "application/fhir+json"
_PLACE = re.compile(rb"\[\[([A-Za-z0-9-]+)/(\d+)\]\]")
_POISON = "POISON"
_BLANKS = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b")
_PATIENT = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"
_OMSORG_FORMAT = OmsorgFormat(Organisation(hsa=OMSORG.organization, name="Piteå"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The bytes that a party sends, and what goes into the transport's headers."""

    content: str
    envelope: str
    case: str
    event: str
    body: bytes
    content_type: str = FHIR

    def again(self) -> Post:
        """Return the same content in a new envelope, as a party repeats without a receipt."""
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
    """What a party reads from a message, receipt or report."""

    event: str
    content: str
    envelope: str
    case: str = ""
    number: int = 0
    about: str = ""  # the content id that a receipt or report is about
    code: str = ""  # of a receipt
    missed: str = ""  # of a report: the endpoint that was not reached
    had: tuple[str, ...] = ()  # of a recall's receipt: who may have what is recalled
    spared: tuple[str, ...] = ()  # of a recall's receipt: who has it not
    is_whole: bool = True  # whether every attachment has the bytes that were sent


def note(sender: Party, to: tuple[Party, ...], case: str, number: int, poison: str = "") -> Post:
    """Return a general message (generellt meddelande) whose text has its place in its case."""
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
    """Whether the rig's adapter must fail to read this."""
    return _POISON.encode() in body


def poison() -> str:
    """Return the text that makes a message unreadable for the rig's adapter."""
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
        cases=[f"{sender.organization}/[[case]]"],
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
    """Return a party's receipt (systemkvittens)."""
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
    """Return a Kvittens in response to `body`, but about the content id `about`."""
    message = _OMSORG_FORMAT.read(body)
    written = _OMSORG_FORMAT.receipt(message, code, T0)
    text = written.body.replace(message.content_id.encode(), about.encode())
    return Post(
        content=written.content_id,
        envelope=written.envelope_id,
        case="",
        event="receipt",
        body=text,
        content_type=_OMSORG_FORMAT.content_type,
    )


def read(body: bytes) -> Arrived:
    """Read a FHIR message."""
    bundle = json.loads(body)
    head = bundle["entry"][0]["resource"]
    about, code = _response(head)
    event = head["eventCoding"]["code"]
    case, number = place(body)
    task = _task(bundle) if event == "delivery-report" else {}
    remarks = _remarks(bundle) if event == "receipt" else []
    return Arrived(
        event=event,
        content=head["id"],
        envelope=bundle["id"],
        case=case,
        number=number,
        about=about or _identifier(task.get("focus")),
        code=code,
        missed=endpoint_of(_identifier(task.get("owner"))),
        had=tuple(who for who, what in remarks if what == "may have it"),
        spared=tuple(who for who, what in remarks if what == "has it not"),
        is_whole=_is_whole(body, _attachments(bundle)),
    )


def _attachments(bundle: dict[str, Any]) -> list[str]:
    resources = [entry["resource"] for entry in bundle["entry"]]
    documents = [r for r in resources if r["resourceType"] == "DocumentReference"]
    return [c["attachment"].get("data", "") for r in documents for c in r["content"]]


def _is_whole(body: bytes, attachments: Sequence[str]) -> bool:
    """Whether a message has the attachment that its text promises, byte for byte."""
    promised = [ATTACHMENT] if HAS_ATTACHMENT.encode() in body else []
    return list(attachments) == promised


def _remarks(bundle: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what our receipt for a recall says of each receiver of what is recalled."""
    outcomes = [e["resource"] for e in bundle["entry"]]
    issues = [i for r in outcomes if r["resourceType"] == "OperationOutcome" for i in r["issue"]]
    texts = [str(issue.get("diagnostics", "")) for issue in issues if _is_recalled(issue)]
    return [(who, what) for who, _, what in (text.partition(": ") for text in texts)]


def _is_recalled(issue: dict[str, Any]) -> bool:
    codings = issue.get("details", {}).get("coding", [])
    return any(coding.get("code") == "recalled" for coding in codings)


def read_omsorg(body: bytes) -> Arrived:
    """Read a message of omsorg/1."""
    message = _OMSORG_FORMAT.read(body)
    case, number = place(body)
    return Arrived(
        event=message.event,
        content=message.content_id,
        envelope=message.envelope_id,
        case=case,
        number=number,
    )


def read_omsorg_2(body: bytes) -> Arrived:
    """Read a message of omsorg/2."""
    document = omsorg_2.read(body)
    case, number = place(body)
    return Arrived(
        event=_OMSORG_2_REPORT.get(document.type, document.type),
        content=document.content,
        envelope=document.envelope,
        case=case,
        number=number,
        is_whole=_is_whole(body, document.attachments),
    )


def omsorg_2_receipt(about: str, code: str) -> Post:
    """Return a Systemkvittens about the content id `about`."""
    id_, body = omsorg_2.receipt(about, code, T0.isoformat())
    return Post(
        content=id_,
        envelope=id_,
        case="",
        event="receipt",
        body=body,
        content_type=_OMSORG_FORMAT.content_type,
    )


def place(body: bytes) -> tuple[str, int]:
    """Return a message's case and its number there; "" and 0 where it names none."""
    named = _PLACE.search(body)
    return (named[1].decode(), int(named[2])) if named else ("", 0)


def _response(head: dict[str, Any]) -> tuple[str, str]:
    response = head.get("response", {})
    return response.get("identifier", ""), response.get("code", "")


def _task(bundle: dict[str, Any]) -> dict[str, Any]:
    resources: Iterable[dict[str, Any]] = (entry["resource"] for entry in bundle["entry"])
    return next((r for r in resources if r["resourceType"] == "Task"), {})


def _identifier(reference: dict[str, Any] | None) -> str:
    return str((reference or {}).get("identifier", {}).get("value", ""))
