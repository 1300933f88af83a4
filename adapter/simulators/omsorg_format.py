"""The XML form omsorg/1 as an independent vendor writes and reads it (docs/omsorg.md)."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4
from xml.etree import ElementTree as ET

from adapter.simulators.messages import (
    Draft,
    Organisation,
    OutgoingMessage,
    Person,
    ReceivedMessage,
    ToldStay,
)
from adapter.simulators.published_constants import RECEIPT

NAMESPACE = "https://careplan-adapter.example/omsorg/1"
_EVENTS = {  # by Meddelande/@typ
    "inskrivningsmeddelande": "admission-notice",
    "andrad-inskrivning": "admission-updated",
    "makulerad-inskrivning": "admission-cancelled",
    "avbrott": "process-ended",
    "permission-borjar": "leave-started",
    "permission-slutar": "leave-ended",
    "utskrivningsklar": "discharge-ready",
    "atertagen-utskrivningsklar": "discharge-ready-withdrawn",
    "utskriven": "discharged",
    "ateroppnad": "discharge-cancelled",
    "avliden": "deceased",
    "avliden-aterkallad": "deceased-withdrawn",
    "plan": "care-plan",
    "meddelande": "message",
    "svarsmeddelande": "reply",
    "svar": "answer",
    "leveransrapport": "delivery-report",
}
_TYPES = {event: type_ for type_, event in _EVENTS.items()}
_RECEIPTS = {"ok": "ok", "tillfalligt-fel": "transient-error", "fel": "fatal-error"}
_RECEIPT_CODES = {code: word for word, code in _RECEIPTS.items()}
_ANSWERS = {
    "mottagen": "received",
    "accepterad": "accepted",
    "avvisad": "rejected",
    "klar": "completed",
}
_REASONS = {  # by Orsak/@kod
    "aterkallad": "withdrawn",
    "behov-upphort": "need-ended",
    "flyttad": "moved",
    "overflyttad": "transferred",
}
_STATUSES = {
    "pagaende": "in-progress",
    "permission": "onleave",
    "avslutad": "finished",
    "makulerad": "entered-in-error",
}
_NEEDS = {
    "socialtjanst": "social-services",
    "kommunal-halso-och-sjukvard": "municipal-health-care",
    "regionfinansierad-oppenvard": "primary-care",
}
_PROTECTIONS = {
    "sekretessmarkering": "sekretessmarkering",
    "skyddad-folkbokforing": "skyddadFolkbokforing",
    "kvarskrivning": "kvarskrivning",
    "upphort": "none",
}
_NUMBERS = ("Personnummer", "Samordningsnummer", "Reservnummer", "AnnatId")
_ANSWER_CODES = {code: word for word, code in _ANSWERS.items()}


class OmsorgFormat:
    """Writes messages from `me`, and reads messages from any sender."""

    content_type = "application/xml"

    def __init__(self, me: Organisation) -> None:
        self.me = me

    def read(self, body: bytes) -> ReceivedMessage:
        """Read a document. ValueError when it is not omsorg/1."""
        try:
            return _received(ET.fromstring(body))
        except (ET.ParseError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise ValueError(f"not omsorg/1: {type(error).__name__}") from error

    def receipt(self, message: ReceivedMessage, code: str, at: datetime) -> OutgoingMessage:
        """Write the Kvittens for a Meddelande."""
        to = (Organisation(hsa=message.sender, name=""),) if message.sender else ()
        word = _RECEIPT_CODES[code]
        root = self._root("Kvittens", str(uuid4()), message.case, to, at)
        root.attrib |= {"avser": message.content_id, "kod": word}
        if code != "ok":
            fault = _add(root, "Fel", allvar="fel", typ="processing")
            _add(fault, "Beskrivning").text = "simulerat fel"
        return _outgoing(root)

    def write(self, draft: Draft) -> OutgoingMessage:
        """Write a Meddelande of the party's own."""
        root = self._root("Meddelande", draft.content_id, draft.case, draft.to, draft.at)
        root.set("typ", _TYPES[draft.event])
        _add_patient(root, draft.person)
        if draft.event == "answer":
            word = _ANSWER_CODES[draft.code]
            _add(root, "Svar", avser=draft.about, status=word, tid=draft.at.isoformat())
        else:
            text = _add(root, "Text", skickad=draft.at.isoformat(), status="klar")
            text.attrib |= {"avser": draft.about} if draft.about else {}
            _add(text, "Innehall").text = draft.text
        return _outgoing(root)

    def _root(
        self, name: str, id_: str, case: str, to: tuple[Organisation, ...], at: datetime
    ) -> ET.Element:
        ids = {"id": id_, "kuvert": str(uuid4()), "skapad": at.isoformat()}
        root = ET.Element(f"{{{NAMESPACE}}}{name}", ids)
        _add(root, "Avsandare", hsaId=self.me.hsa).text = self.me.name
        for each in to:
            _add(root, "Mottagare", hsaId=each.hsa).text = each.name
        if case:
            _add(root, "Arende").text = case
        return root


def _add(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)


def _add_patient(root: ET.Element, person: Person) -> None:
    patient = _add(root, "Patient")
    _add(patient, "Personnummer").text = person.number
    name = _add(patient, "Namn")
    for given in person.given.split():
        _add(name, "Fornamn").text = given
    _add(name, "Efternamn").text = person.family
    if person.municipality:
        home = _add(patient, "Adress", bruk="folkbokforing", kommun=person.municipality)
        places = {"Rad": person.street, "Postnummer": person.postcode, "Postort": person.city}
        for place, text in places.items():
            if text:
                _add(home, place).text = text


def _outgoing(root: ET.Element) -> OutgoingMessage:
    ET.register_namespace("", NAMESPACE)
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return OutgoingMessage.of(_received(root), body)


def _received(root: ET.Element) -> ReceivedMessage:
    sender = _find(root, "Avsandare")
    patient = _find(root, "Patient")
    about, code = _about(root)
    return ReceivedMessage(
        event=RECEIPT if _is(root, "Kvittens") else _EVENTS[root.attrib["typ"]],
        content_id=root.attrib["id"],
        envelope_id=root.get("kuvert", root.attrib["id"]),
        sender=sender.attrib["hsaId"] if sender is not None else "",
        case=_text(root, "Arende"),
        about=about,
        code=code,
        person=_person(patient) if patient is not None else None,
        stay=_stay(root),
        reason=_REASONS.get(_attribute(_find(root, "Orsak"), "kod"), ""),
    )


def _stay(root: ET.Element) -> ToldStay | None:
    stay = _find(root, "Vardtillfalle")
    if stay is None:
        return None
    leave, dead = _find(stay, "Permission"), _text(_find(root, "Patient"), "Avliden")
    return ToldStay(
        status=_STATUSES.get(stay.attrib["status"], "unknown"),
        admitted=stay.get("inskriven", ""),
        planned=stay.get("beraknadUtskrivning", ""),
        ready=stay.get("utskrivningsklar", ""),
        leave_from=_attribute(leave, "fran"),
        leave_to=_attribute(leave, "till"),
        discharged=stay.get("utskriven", ""),
        needs=_needs(_find(stay, "Bedomning")),
        is_dead=dead not in {"", "false"},
    )


def _needs(assessment: ET.Element | None) -> tuple[str, ...]:
    """Return the needs of an assessment that has not been withdrawn."""
    if assessment is None or assessment.get("aterkallad") == "true":
        return ()
    return tuple(_NEEDS[need.text or ""] for need in assessment.findall(f"{{{NAMESPACE}}}Behov"))


def _is(element: ET.Element, name: str) -> bool:
    return element.tag == f"{{{NAMESPACE}}}{name}"


def _find(parent: ET.Element | None, name: str) -> ET.Element | None:
    return None if parent is None else parent.find(f"{{{NAMESPACE}}}{name}")


def _text(parent: ET.Element | None, name: str) -> str:
    element = _find(parent, name)
    return (element.text or "") if element is not None else ""


def _attribute(element: ET.Element | None, name: str) -> str:
    return "" if element is None else element.get(name, "")


def _about(root: ET.Element) -> tuple[str, str]:
    """Return the content id that the message is about, and the code of a receipt or an answer."""
    if _is(root, "Kvittens"):
        return root.attrib["avser"], _RECEIPTS[root.attrib["kod"]]
    for name in ("Svar", "Leveransrapport", "Text"):
        element = _find(root, name)
        if element is not None:
            return element.get("avser", ""), _ANSWERS.get(element.get("status", ""), "")
    return "", ""


def _person(patient: ET.Element) -> Person:
    name, home = _find(patient, "Namn"), _find(patient, "Adress")
    given = [] if name is None else name.findall(f"{{{NAMESPACE}}}Fornamn")
    current, old = _numbers(patient)
    return Person(
        number=current,
        family=_text(name, "Efternamn"),
        given=" ".join(each.text or "" for each in given),
        street=_text(home, "Rad") or _text(home, "HelaAdressen"),
        postcode=_text(home, "Postnummer"),
        city=_text(home, "Postort"),
        municipality=_attribute(home, "kommun"),
        old_number=old,
        protection=tuple(_PROTECTIONS[word] for word in patient.get("skydd", "").split()),
    )


def _numbers(patient: ET.Element) -> tuple[str, str]:
    """Return the patient's number, and the one that it replaced."""
    numbers = [e for name in _NUMBERS for e in patient.findall(f"{{{NAMESPACE}}}{name}")]
    old = [e.text or "" for e in numbers if e.get("bruk") == "tidigare"]
    current = [e.text or "" for e in numbers if e.get("bruk") != "tidigare"]
    return next(iter(current), ""), next(iter(old), "")
