"""Shared by the tests of omsorg: the municipality's endpoint, its fixtures, reading and writing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from adapter.core.endpoint import Endpoint
from adapter.core.model import ONLY_RECEIVED, Bundle
from adapter.fhir import bundles, codec
from adapter.fhir.profiles import folder
from adapter.mappings import Context
from adapter.mappings.omsorg import code_tables, system
from tests.kit import places

ROOT = places.FIXTURES
FIXTURES = ROOT / "omsorg"
NAMESPACE = "https://careplan-adapter.example/omsorg/1"
SCHEMA = folder() / "omsorg" / "omsorg.xsd"
_SETTING: dict[str, Any] = json.loads((FIXTURES / "context.json").read_text())
SENDER = Endpoint(**_SETTING["sender"])
RECORDED = datetime.fromisoformat(_SETTING["recorded"])

TABLES: dict[str, dict[Any, str]] = {
    "Meddelandetyp": code_tables.EVENT,
    "Kvittenskod": code_tables.RESPONSE,
    "Allvar": code_tables.SEVERITY,
    "Feltyp": code_tables.ISSUE_TYPE,
    "Kon": code_tables.GENDER,
    "Skydd": code_tables.PROTECTION,
    "IdBruk": code_tables.IDENTIFIER_USE,
    "NamnBruk": code_tables.NAME_USE,
    "AdressBruk": code_tables.ADDRESS_USE,
    "AdressSlag": code_tables.ADDRESS_TYPE,
    "Vardstatus": code_tables.ENCOUNTER_STATUS,
    "Vardform": code_tables.ENCOUNTER_CLASS,
    "Behov": code_tables.NEED,
    "Orsakskod": code_tables.ENDED,
    "Planstatus": code_tables.PLAN_STATUS,
    "Plankategori": code_tables.PLAN_CATEGORY,
    "Insatsstatus": code_tables.ACTIVITY_STATUS,
    "Textstatus": code_tables.TEXT_STATUS,
    "Prioritet": code_tables.PRIORITY,
    "Svarsstatus": code_tables.ANSWER_STATUS,
    "Jakande": {"true": "true", "false": "false"},
}
"""The code lists of the schema, and the code table of each."""


def context(receiver: Endpoint | None = None, **changes: Any) -> Context:
    """Return the context to read and write documents in; `changes` are to the endpoint."""
    return Context(sender=replace(SENDER, **changes), recorded=RECORDED, receiver=receiver)


def read(body: bytes, known: Context | None = None) -> Bundle:
    """Return the message that the municipality's bytes become."""
    document = codec.parse("xml", body)
    return system.read(system.event(document), document, known or context())


def write(bundle: Bundle, known: Context | None = None) -> bytes:
    """Return the bytes that a message becomes."""
    event = bundles.event(bundle)
    return codec.dump("xml", system.write(event, bundle, known or context()))


def native(name: str) -> bytes:
    """Return the bytes of a fixture, named `<event>/<case>`."""
    return (FIXTURES / f"{name}.native.xml").read_bytes()


def message(name: str) -> Bundle:
    """Return the message of a fixture, named `<event>/<case>`."""
    bundle: Bundle = json.loads((FIXTURES / f"{name}.fhir.json").read_text())
    return bundle


def faults(body: bytes) -> list[str]:
    """Return the faults that lxml alone finds against the schema."""
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    return [] if schema.validate(etree.fromstring(body)) else [str(e) for e in schema.error_log]


def valid_messages() -> list[Path]:
    """Return every message in any system's fixtures that omsorg writes: valid, and of an event."""
    paths = sorted(ROOT.glob("*/*/*.fhir.json"))
    return [path for path in paths if path.parent.name not in ONLY_RECEIVED and not _refused(path)]


def _refused(path: Path) -> bool:
    return path.with_name(path.name.replace(".fhir.json", ".error.json")).exists()
