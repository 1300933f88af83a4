"""Receipts that the adapter owes, and their HL7 v2 acknowledgements."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapter.core.model import Bundle, Event
from adapter.fhir import codec
from adapter.fhir.builders import Party, message, new_id, reference
from adapter.mappings import Context
from adapter.mappings.hl7v2 import system
from tests.kit.hl7v2 import RECORDED, SENDER

RECEIPT_ID = "0b8f64a6-3e7b-5ff7-9d3d-0d4b6c7ad6b2"


def receipt(code: str, *issues: dict[str, Any]) -> Bundle:
    """A receipt that the adapter owes."""
    outcome = {
        "resourceType": "OperationOutcome",
        "id": new_id("outcome"),
        "issue": list(issues),
    }
    response: dict[str, Any] = {"identifier": "c0ffee", "code": code}
    response |= {"details": reference(outcome["id"])} if issues else {}
    return message(
        Event.RECEIPT,
        content=RECEIPT_ID,
        sender=Party(organization="SE0000000009-ADAPTER"),
        others=[outcome] if issues else [],
        recorded=RECORDED,
        extra={"response": response},
    )


def answered(source: bytes, bundle: Bundle, charset: str = "") -> list[str]:
    """The lines of the ACK to a message."""
    known = Context(
        sender=SENDER,
        receiver=replace(SENDER, charset=charset),
        recorded=RECORDED,
        source=source,
    )
    document = system.write(Event.RECEIPT, bundle, known)
    return codec.dump("hl7", document, charset).decode("utf-8").strip("\r").split("\r")
