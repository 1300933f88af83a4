"""Shared by the tests of omsorg/2: its fixtures, reading, writing, and messages to compare."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lxml import etree

from adapter import mappings
from adapter.core.endpoint import Endpoint
from adapter.core.model import Bundle
from adapter.fhir import bundles, codec
from adapter.fhir.profiles import folder
from adapter.mappings import Context
from tests.kit import places

FIXTURES = places.FIXTURES / "omsorg" / "2"
NAMESPACE = "https://careplan-adapter.example/omsorg/2"
SCHEMA = folder() / "omsorg" / "omsorg-2.xsd"
SYSTEMS = mappings.LazySystems()
_SETTING: dict[str, Any] = json.loads((FIXTURES / "context.json").read_text())


def context() -> Context:
    """Return the context to read and write documents in."""
    sender = Endpoint(**_SETTING["sender"])
    return Context(sender=sender, recorded=datetime.fromisoformat(_SETTING["recorded"]))


def read(body: bytes, known: Context | None = None, system: str = "omsorg/2") -> Bundle:
    """Return the message that the bytes become."""
    document = codec.parse("xml", body)
    mapping = SYSTEMS[system]
    return mapping.read(mapping.event(document), document, known or context())


def write(bundle: Bundle, known: Context | None = None, system: str = "omsorg/2") -> bytes:
    """Return the bytes that a message becomes."""
    event = bundles.event(bundle)
    return codec.dump("xml", SYSTEMS[system].write(event, bundle, known or context()))


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
