"""FHIR and omsorg messages for the running program's region, each with ids of its own."""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from uuid import uuid4

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles, rewriting
from adapter.fhir.builders import Party
from tests.kit import drafts as flow
from tests.kit.omsorg import native
from tests.kit.program.region import ASTAD, SUNDBY

_visits = count(1)
_STAY = b"SE0000000001-SUNDBY/V-2026-001"


def note(
    sender: Party = SUNDBY, to: tuple[Party, ...] = (ASTAD,), text: str = "Tolvan Tolvansson"
) -> Bundle:
    """A general message (generellt meddelande) about Tolvan Tolvansson."""
    return flow.note(text, sender=sender, to=to, visit=f"note-{next(_visits)}")


_ANOTHER: dict[str, Any] = {  # a label holds in every case of a person
    "identifier": [{"system": flow.PERSONNUMMER, "value": "189002029800"}],
    "birthDate": "1890-02-02",
}


def notice(*, protected: bool) -> Bundle:
    """An admission notice (inskrivningsmeddelande) about a person of its own."""
    focus: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": str(uuid4()),
        "status": "in-progress",
        "class": flow.CLASS,
        "subject": builders.reference(flow.patient()["id"]),
        "serviceProvider": builders.reference(builders.new_id("organization", SUNDBY.organization)),
        "extension": [flow.assessment("social-services")],
    }
    bundle = builders.message(
        Event.ADMISSION_NOTICE,
        content=str(uuid4()),
        sender=SUNDBY,
        focus=focus,
        others=[flow.patient(protected=protected) | _ANOTHER],
        cases=[f"{SUNDBY.organization}/stay-{next(_visits)}"],
        recorded=flow.T0,
    )
    return flow.enveloped(bundle)


def receipt(about: str, sender: Party) -> Bundle:
    """A system's receipt (systemkvittens)."""
    return flow.receipt(about, sender)


def dumped(bundle: Any) -> bytes:
    """The JSON bytes that are sent."""
    return json.dumps(bundle, ensure_ascii=False).encode()


def changed(bundle: Bundle, **header: Any) -> Bundle:
    """A message with these changes to its header."""
    return rewriting.with_header(bundle, **header)


def speaking_as(bundle: Bundle, organization: str) -> Bundle:
    """A message that says that another organisation sent it."""
    own = bundles.sender_id(bundle)
    changed_bundle: Bundle = json.loads(json.dumps(bundle).replace(own, organization))
    return changed_bundle


def document(old: bytes = b"", new: bytes = b"") -> bytes:
    """A municipality's Meddelande in its own case with a new id, and `new` in place of `old`."""
    id_ = b"1ade49cc-050c-57a8-8ed7-463b4a1758e0"
    own = native("message/question").replace(_STAY, f"{ASTAD.organization}/A-1".encode())
    return own.replace(id_, str(uuid4()).encode()).replace(old, new, 1)
