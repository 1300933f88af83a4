"""FHIR messages with attachments, and what the checks say about them."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

from adapter.core.endpoint import AttachmentLimits, Limits
from adapter.core.errors import Issue
from adapter.core.model import Bundle, Event
from adapter.fhir import profiles
from tests.kit.fhir_fixtures import usual

PLACE = "Bundle.entry[5].resource.content[0].attachment"


def base64(content: bytes) -> str:
    return b64encode(content).decode()


def attachment(content: bytes, type_: str = "text/plain", **more: Any) -> dict[str, Any]:
    return {"contentType": type_, "data": base64(content), "title": "bilaga"} | more


def digest(content: bytes) -> str:
    return base64(hashlib.sha1(content, usedforsecurity=False).digest())


def message(*resources: dict[str, Any], **focus: Any) -> Bundle:
    """A message with further resources; `focus` are elements of its Communication."""
    bundle: Bundle = usual(Event.MESSAGE)
    bundle["entry"][1]["resource"].update(focus)
    for number, resource in enumerate(resources):
        url = f"urn:uuid:5f0e8a52-0000-4000-8000-{number:012}"
        bundle["entry"].append({"fullUrl": url, "resource": resource})
    return bundle


def document(*attachments: dict[str, Any]) -> dict[str, Any]:
    """A DocumentReference with attachments."""
    content = [{"attachment": each} for each in attachments]
    return {"resourceType": "DocumentReference", "status": "current", "content": content}


def problems(bundle: Bundle, **limits: Any) -> list[Issue]:
    """What the checks say about a message, under these limits of attachments."""
    checked = Limits(attachments=AttachmentLimits(**limits))
    return profiles.check_message(Event.MESSAGE, bundle, checked)


def fault(content: bytes, type_: str, **more: Any) -> str:
    """Why a file is refused, in a DocumentReference of a message; "" where it is taken."""
    issues = problems(message(document(attachment(content, type_, **more))))
    assert {issue.code for issue in issues} <= {"bad-attachment"}, issues
    return "; ".join(issue.detail for issue in issues)
