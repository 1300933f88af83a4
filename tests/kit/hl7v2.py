"""Shared by the tests of the journal's feed: its endpoint, its fixtures and small messages."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.model import Bundle
from adapter.fhir import codec
from adapter.mappings import Context
from adapter.mappings.hl7v2 import system
from tests.kit import places

FIXTURES = places.FIXTURES / "hl7v2"
_SETTING: dict[str, Any] = json.loads((FIXTURES / "context.json").read_text())
SENDER = Endpoint(**_SETTING["sender"])
RECORDED = datetime.fromisoformat(_SETTING["recorded"])

MSH = "MSH|^~\\&|COSMIC|SJUKHUS|ADAPTER|HUB|20260310102000+0100||ADT^{}|A1|P|2.5||||||UNICODE UTF-8"
EVN = "EVN||20260310101500+0100||||20260310100000+0100"
PID = "PID|1||195009072553^^^^NNSWE||Ek^Astrid||19500907|F|||Storgatan 1^^LULEÅ^^97231^SE^H^^2580"
PV1 = "PV1|1|I|MED3||||||||||||||||7100231" + "|" * 25 + "20260310081500+0100"


def adt(trigger: str, *segments: str) -> bytes:
    """Return an ADT message; a given segment replaces the default one of its name."""
    lines = {line[:3]: line for line in (MSH, EVN, PID, PV1, *segments)}
    return ("\r".join(lines.values()) + "\r").replace("^{}|", f"^{trigger}|").encode()


def context(body: bytes, **changes: Any) -> Context:
    """Return the context to read the journal's bytes in; `changes` are to its endpoint."""
    return Context(
        sender=replace(SENDER, **changes),
        recorded=RECORDED,
        fingerprint=hashlib.sha256(body).hexdigest(),
    )


def read(body: bytes, **changes: Any) -> tuple[Bundle, Context]:
    """Return the message that the journal's bytes become, and the context with its warnings."""
    known = context(body, **changes)
    document = codec.parse("hl7", body, charset=known.sender.charset)
    return system.read(system.event(document), document, known), known


def codes(known: Context) -> list[tuple[str, str]]:
    """Return the warnings: code and place."""
    return [(issue.code, issue.expression) for issue in known.issues]


def lost(known: Context) -> list[str]:
    """Return the places of the losses, but of the default EVN-6, which few events carry."""
    return [loss.path for loss in known.losses if loss.path != "EVN-6"]
