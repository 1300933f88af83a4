"""The schema of omsorg/1 as a judge: every fault of a document with its place, never its values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from threading import Lock
from typing import Any

from lxml import etree

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue
from adapter.fhir.profiles import folder

SCHEMA = folder() / "omsorg" / "omsorg.xsd"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_MOST = 50  # faults told of one document
_LOCK = Lock()  # a compiled schema keeps the faults of its latest document
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
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


@cache
def _names() -> frozenset[str]:
    """Every name in the schema: what may be shown of a document."""
    nodes = etree.parse(SCHEMA).iter(f"{_XS}element", f"{_XS}attribute")
    return frozenset(str(node.get("name")) for node in nodes)


def problems(document: etree._Element) -> list[Issue]:
    """Every fault, as issues with a path and, in the detail, the line; [] for a valid document."""
    with _LOCK:
        if _schema().validate(document):
            return []
        log: Any = _schema().error_log  # the stubs do not know that it can be walked
        entries = list(islice(log, _MOST))
    return list(dict.fromkeys(_issue(document, entry) for entry in _first_of_each(entries)))


def _first_of_each(entries: Iterable[Any]) -> list[Any]:
    """Less the second fault that libxml2 tells of one bad value: its facet, then its type."""
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
    line = f"line {entry.line}: " if entry.line else ""  # what we write has no lines yet
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
    """The names down to the faulty element; libxml2 itself shows stars for a default namespace."""
    element = _located(document, path)
    above = [element, *element.iterancestors()]
    return [_step(e) for e in reversed(above)]


def _located(document: etree._Element, path: str) -> etree._Element:
    prefixes = {p: uri for e in document.iter() for p, uri in e.nsmap.items() if p}
    try:
        found = document.xpath(path, namespaces=prefixes)
    except etree.XPathError:
        return document
    first = found[0] if isinstance(found, list) and found else document
    return first if isinstance(first, etree._Element) else document


def _step(element: etree._Element) -> str:
    name = _known(etree.QName(element).localname)
    before = sum(1 for e in element.itersiblings(element.tag, preceding=True))
    alone = before == 0 and next(element.itersiblings(element.tag), None) is None
    return name if alone else f"{name}[{before + 1}]"


def _known(name: str) -> str:
    """A name of the schema; another may be anything, so it is not repeated."""
    return name if name in _names() else "*"


def _attribute(message: str) -> list[str]:
    found = re.search(r"(?:, |The )attribute '([^']*)'", message)
    return [f"@{_known(found[1])}"] if found else []


def _expected(message: str) -> str:
    """What the schema would have allowed, which libxml2 says last."""
    names = re.search(r"Expected is (?:one of )?\( ([^()]*) \)\.$", message)
    if names:
        return "; expected: " + ", ".join(re.findall(r"\}(\w+)", names[1]))
    words = message.rpartition("is not an element of the set {")[2]
    listed = re.fullmatch(r"((?:'[A-Za-z-]+'(?:, )?)+)\}\.", words)
    return "; one of: " + listed[1].replace("'", "") if listed else ""
