"""Validate a document against the schema of its version of omsorg.

An issue has the place of a fault and never a value from the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from lxml import etree

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue
from adapter.fhir.profiles import folder

SCHEMA = folder() / "omsorg" / "omsorg.xsd"
SCHEMA_2 = folder() / "omsorg" / "omsorg-2.xsd"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_MOST = 50  # issues of one document
_LOCK = Lock()  # a compiled schema keeps the faults of its latest document: one thread at a time
_CODES: dict[str, ErrorCode] = {
    "SCHEMAV_CVC_ENUMERATION_VALID": "unknown-code",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "required",
}
_TIME = re.compile(r"\}(Tidpunkt|Datum|DatumEllerTid|Fodd|Avliden)'|pattern '\[1-9\]\[0-9\]\{3\}")
_PERSONAL_NUMBERS = ("Personnummer", "Samordningsnummer", "Reservnummer")
_WHY = {
    "SCHEMAV_CVC_ELT_1": "the root element is not of this schema",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "text between elements",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "an attribute that is not allowed here",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "a required attribute is missing",
    "SCHEMAV_CVC_ENUMERATION_VALID": "a word that is not in the list",
    "SCHEMAV_ELEMENT_CONTENT": "an element is missing, or stands in the wrong place",
}


@cache
def _compiled(schema: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(schema))


@cache
def _names() -> frozenset[str]:
    """Return every name in the schemas: only these may be shown from a document."""
    schemas = [etree.parse(schema) for schema in (SCHEMA, SCHEMA_2)]
    nodes = [n for s in schemas for n in s.iter(f"{_XS}element", f"{_XS}attribute")]
    return frozenset(str(node.get("name")) for node in nodes)


def issues(document: etree._Element, schema: Path = SCHEMA) -> list[Issue]:
    """Return an issue for each fault, with its path and line; [] for a valid document."""
    with _LOCK:
        if _compiled(schema).validate(document):
            return []
        log: Any = _compiled(schema).error_log  # Any: the stubs do not let it be iterated
        entries = list(islice(log, _MOST))
    return list(dict.fromkeys(_issue(document, entry) for entry in _without_repeats(entries)))


def _without_repeats(entries: Iterable[Any]) -> list[Any]:
    """Leave out the second fault that libxml2 reports for one bad value: facet, then type."""
    kept: list[Any] = []
    for entry in entries:
        again = bool(kept) and kept[-1].path == entry.path and kept[-1].line == entry.line
        if not (again and "FACET" in _cause(kept[-1]) and "DATATYPE" in entry.type_name):
            kept.append(entry)
    return kept


def _cause(entry: Any) -> str:
    return "FACET" if "[facet " in entry.message else str(entry.type_name)


def _issue(document: etree._Element, entry: Any) -> Issue:
    steps = [*_steps(document, entry.path), *_attribute(entry.message)]
    why = _WHY.get(entry.type_name, "a value of the wrong form")
    line = f"line {entry.line}: " if entry.line else ""  # a document that we write has no lines yet
    detail = f"{line}{why}{_expected(entry.message)}"
    return Issue(code=_code(entry, steps), expression="/" + "/".join(steps), detail=detail)


def _code(entry: Any, steps: list[str]) -> ErrorCode:
    if entry.type_name in _CODES:
        return _CODES[entry.type_name]
    if _TIME.search(entry.message.rpartition("' is not ")[2]):
        return "bad-time"
    named = bool(steps) and steps[-1].startswith(_PERSONAL_NUMBERS)
    return "bad-identifier" if named else "invalid-document"


def _steps(document: etree._Element, path: str) -> list[str]:
    """Return the names down to the faulty element; libxml2 shows `*` for a default namespace."""
    element = _located(document, path)
    above = [element, *element.iterancestors()]
    return [_step(e) for e in reversed(above)]


def _located(document: etree._Element, path: str) -> etree._Element:
    prefixes = {p: uri for e in document.iter() for p, uri in e.nsmap.items() if p}
    try:
        nodes = document.xpath(path, namespaces=prefixes)
    except etree.XPathError:
        return document
    first = nodes[0] if isinstance(nodes, list) and nodes else document
    return first if isinstance(first, etree._Element) else document


def _step(element: etree._Element) -> str:
    name = _shown(etree.QName(element).localname)
    before = sum(1 for e in element.itersiblings(element.tag, preceding=True))
    alone = before == 0 and next(element.itersiblings(element.tag), None) is None
    return name if alone else f"{name}[{before + 1}]"


def _shown(name: str) -> str:
    """Return a name of the schema; `*` for another, since it may hold personal data."""
    return name if name in _names() else "*"


def _attribute(message: str) -> list[str]:
    match = re.search(r"(?:, |The )attribute '([^']*)'", message)
    return [f"@{_shown(match[1])}"] if match else []


def _expected(message: str) -> str:
    """Return what the schema allows here, which libxml2 puts last in its message."""
    names = re.search(r"Expected is (?:one of )?\( ([^()]*) \)\.$", message)
    if names:
        return "; expected: " + ", ".join(re.findall(r"\}(\w+)", names[1]))
    words = message.rpartition("is not an element of the set {")[2]
    listed = re.fullmatch(r"((?:'[A-Za-z-]+'(?:, )?)+)\}\.", words)
    return "; one of: " + listed[1].replace("'", "") if listed else ""
