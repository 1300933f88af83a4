"""Read the bytes that a party got, with the stories' own parsers."""

from __future__ import annotations

from stories import fhir_reader, omsorg_reader
from stories.heard import Heard


def read(body: bytes, form: str) -> Heard:
    """Read a message in a party's form. ValueError when it is not in that form."""
    return fhir_reader.read(body) if form == "fhir" else omsorg_reader.read(body)
