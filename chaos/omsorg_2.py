"""Omsorg/2 as a party of the rig reads and acknowledges it (docs/omsorg-2.md)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4
from xml.etree import ElementTree as ET

_NAMESPACE = "https://careplan-adapter.example/omsorg/2"
_CODES = {"ok": "ok", "transient-error": "tillfalligt-fel", "fatal-error": "fel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the rig reads of a Meddelande."""

    type: str
    content: str
    envelope: str
    attachments: tuple[str, ...]  # their bytes, in base64


def read(body: bytes) -> Document:
    """Read a Meddelande. ValueError for another document."""
    root = ET.fromstring(body)
    if root.tag != f"{{{_NAMESPACE}}}Meddelande":
        raise ValueError(f"not omsorg/2: {root.tag}")
    bytes_ = root.iterfind(f".//{{{_NAMESPACE}}}Bilaga/{{{_NAMESPACE}}}Data")
    return Document(
        type=root.attrib["typ"],
        content=root.attrib["id"],
        envelope=root.get("kuvert", root.attrib["id"]),
        attachments=tuple(element.text or "" for element in bytes_),
    )


def receipt(about: str, code: str, at: str) -> tuple[str, bytes]:
    """Return the id and the bytes of a Systemkvittens."""
    id_ = str(uuid4())
    values = {"id": id_, "skapad": at, "avser": about, "kod": _CODES[code]}
    root = ET.Element(f"{{{_NAMESPACE}}}Systemkvittens", values)
    if code != "ok":
        fault = ET.SubElement(root, f"{{{_NAMESPACE}}}Fel", allvar="fel", typ="processing")
        ET.SubElement(fault, f"{{{_NAMESPACE}}}Beskrivning").text = "simulerat fel"
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return id_, body
