"""Shared by the tests of what a journal gets in HL7 v2: its endpoint, and the fixtures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import hl7

from adapter.core.endpoint import Endpoint
from adapter.core.model import Bundle
from adapter.fhir import bundles, codec
from adapter.mappings import Context
from adapter.mappings.hl7v2 import system
from tests.kit import places


def label(path: Path) -> str:
    """The name of a fixture: event and case."""
    return f"{path.parent.name}/{path.name.removesuffix('.fhir.json')}"


FOLDER = places.FIXTURES / "hl7v2-out"
FIXTURES = sorted(FOLDER.glob("*/*.fhir.json"))
OF_MESSAGES = [
    path
    for event in sorted({path.parent.name for path in FIXTURES})
    for path in sorted((places.FIXTURES / "fhir" / event).glob("*.fhir.json"))
    if not path.with_name(path.name.replace(".fhir.json", ".error.json")).exists()
    and label(path) != "recall/wrong-content"  # of several documents: refused
]
"""The fixtures of the message format that a journal gets."""
_SETTING: dict[str, Any] = json.loads((FOLDER / "context.json").read_text())
JOURNAL = Endpoint(**_SETTING["receiver"])
RECORDED = datetime.fromisoformat(_SETTING["recorded"])


def loaded(name: str) -> Bundle:
    """The message of a fixture."""
    bundle: Bundle = json.loads((FOLDER / f"{name}.fhir.json").read_text())
    return bundle


def resource(bundle: Bundle, type_: str) -> dict[str, Any]:
    """The first resource of a type, to change."""
    chosen = bundles.of_type(bundle, type_)
    assert chosen is not None
    return chosen


def written(bundle: Bundle, **changes: Any) -> tuple[bytes, Context]:
    """The bytes that the journal gets, and the context with the losses."""
    receiver = replace(JOURNAL, **changes)
    known = Context(sender=receiver, receiver=receiver, recorded=RECORDED)
    document = system.write(bundles.event(bundle), bundle, known)
    return codec.dump("hl7", document, receiver.charset), known


def parsed(body: bytes, charset: str = "utf-8") -> hl7.Message:
    """The bytes, as python-hl7 reads them."""
    return hl7.parse(body.decode(charset))


def text_at(message: hl7.Message, path: str) -> str:
    """The text at `SCH.F7.R1.C2`, without escapes; a line break as python-hl7 has it, `\\r`."""
    return str(message[path])


def losses(known: Context) -> list[str]:
    """The places of the losses."""
    return [loss.path for loss in known.losses]
