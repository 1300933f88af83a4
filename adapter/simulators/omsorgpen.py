"""The XML form omsorg/1 as an independent vendor writes and reads it (docs/omsorg.md)."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4
from xml.etree import ElementTree as ET

from adapter.simulators.letters import Draft, Letter, Organisation, Outgoing, Person
from adapter.simulators.words import RECEIPT

NAMESPACE = "https://careplan-adapter.example/omsorg/1"
_EVENTS = {  # Meddelande/@typ and the event of the same meaning
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
_ANSWER_CODES = {code: word for word, code in _ANSWERS.items()}


class OmsorgPen:
    """Writes as `me`, reads whoever wrote."""

    content_type = "application/xml"

    def __init__(self, me: Organisation) -> None:
        self.me = me

    def read(self, body: bytes) -> Letter:
        """What came; ValueError when it is no document of omsorg/1 that we understand."""
        try:
            return _letter(ET.fromstring(body))
        except (ET.ParseError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise ValueError(f"not omsorg/1: {type(error).__name__}") from error

    def receipt(self, letter: Letter, code: str, at: datetime) -> Outgoing:
        """The Kvittens for a Meddelande."""
        to = (Organisation(hsa=letter.sender, name=""),) if letter.sender else ()
        word = _RECEIPT_CODES[code]
        root = self._root("Kvittens", str(uuid4()), letter.case, to, at)
        root.attrib |= {"avser": letter.content_id, "kod": word}
        if code != "ok":
            fault = _add(root, "Fel", allvar="fel", typ="processing")
            _add(fault, "Beskrivning").text = "simulerat fel"
        return _outgoing(root)

    def write(self, draft: Draft) -> Outgoing:
        """A Meddelande of our own."""
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


def _outgoing(root: ET.Element) -> Outgoing:
    ET.register_namespace("", NAMESPACE)
    letter = _letter(root)
    return Outgoing(
        event=letter.event,
        content_id=letter.content_id,
        envelope_id=letter.envelope_id,
        case=letter.case,
        about=letter.about,
        code=letter.code,
        body=ET.tostring(root, encoding="UTF-8", xml_declaration=True),
    )


def _letter(root: ET.Element) -> Letter:
    sender = _find(root, "Avsandare")
    patient = _find(root, "Patient")
    about, code = _concern(root)
    return Letter(
        event=RECEIPT if _is(root, "Kvittens") else _EVENTS[root.attrib["typ"]],
        content_id=root.attrib["id"],
        envelope_id=root.get("kuvert", root.attrib["id"]),
        sender=sender.attrib["hsaId"] if sender is not None else "",
        case=_text(root, "Arende"),
        about=about,
        code=code,
        person=_person(patient) if patient is not None else None,
    )


def _is(element: ET.Element, name: str) -> bool:
    return element.tag == f"{{{NAMESPACE}}}{name}"


def _find(parent: ET.Element | None, name: str) -> ET.Element | None:
    return None if parent is None else parent.find(f"{{{NAMESPACE}}}{name}")


def _text(parent: ET.Element | None, name: str) -> str:
    found = _find(parent, name)
    return (found.text or "") if found is not None else ""


def _concern(root: ET.Element) -> tuple[str, str]:
    """What a receipt, an answer, a report or a reply speaks of, and what the first ones say."""
    if _is(root, "Kvittens"):
        return root.attrib["avser"], _RECEIPTS[root.attrib["kod"]]
    for name in ("Svar", "Leveransrapport", "Text"):
        found = _find(root, name)
        if found is not None:
            return found.get("avser", ""), _ANSWERS.get(found.get("status", ""), "")
    return "", ""


def _person(patient: ET.Element) -> Person:
    name, home = _find(patient, "Namn"), _find(patient, "Adress")
    given = [] if name is None else name.findall(f"{{{NAMESPACE}}}Fornamn")
    return Person(
        number=_text(patient, "Personnummer"),
        family=_text(name, "Efternamn"),
        given=" ".join(each.text or "" for each in given),
        street=_text(home, "Rad"),
        postcode=_text(home, "Postnummer"),
        city=_text(home, "Postort"),
        municipality="" if home is None else home.get("kommun", ""),
    )
