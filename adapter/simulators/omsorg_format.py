"""The XML forms omsorg/1 and omsorg/2 as an independent vendor writes and reads them.

A form has its own words (`omsorg_words`); docs/omsorg.md and docs/omsorg-2.md explain them.
"""

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
from adapter.simulators.omsorg_planning import BODIES
from adapter.simulators.omsorg_words import ONE, Words
from adapter.simulators.omsorg_xml import (
    add,
    attribute,
    child,
    children,
    local_name,
    namespace,
    text_of,
)
from adapter.simulators.published_constants import RECEIPT

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

    def __init__(self, me: Organisation, words: Words = ONE) -> None:
        self.me = me
        self.words = words

    def read(self, body: bytes) -> ReceivedMessage:
        """Read a document. ValueError when it is not of this version."""
        try:
            return self._received(ET.fromstring(body))
        except (ET.ParseError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise ValueError(f"not {self.words.name}: {type(error).__name__}") from error

    def receipt(self, message: ReceivedMessage, code: str, at: datetime) -> OutgoingMessage:
        """Write the receipt of the system (Kvittens) for a Meddelande."""
        to = (Organisation(hsa=message.sender, name=""),) if message.sender else ()
        word = _RECEIPT_CODES[code]
        root = self._root(self.words.receipt, str(uuid4()), message.case, to, at)
        root.attrib |= {"avser": message.content_id, "kod": word}
        if code != "ok":
            fault = add(root, "Fel", allvar="fel", typ="processing")
            add(fault, "Beskrivning").text = "simulerat fel"
        return self._outgoing(root)

    def write(self, draft: Draft) -> OutgoingMessage:
        """Write a Meddelande of the party's own."""
        root = self._root("Meddelande", draft.content_id, draft.case, draft.to, draft.at)
        root.set("typ", self.words.types[draft.event])
        _add_patient(root, draft.person)
        write_body = BODIES.get(draft.event, self._text)
        write_body(root, draft, self.me)
        return self._outgoing(root)

    def _text(self, root: ET.Element, draft: Draft, _me: Organisation) -> None:
        """Add a person's answer or text: what both versions have."""
        if draft.event == "answer":
            word = _ANSWER_CODES[draft.code]
            add(root, self.words.answer, avser=draft.about, status=word, tid=draft.at.isoformat())
        else:
            text = add(root, "Text", skickad=draft.at.isoformat(), status="klar")
            text.attrib |= {"avser": draft.about} if draft.about else {}
            add(text, "Innehall").text = draft.text

    def _root(
        self, name: str, id_: str, case: str, to: tuple[Organisation, ...], at: datetime
    ) -> ET.Element:
        ids = {"id": id_, "kuvert": str(uuid4()), "skapad": at.isoformat()}
        root = ET.Element(f"{{{self.words.namespace}}}{name}", ids)
        add(root, "Avsandare", hsaId=self.me.hsa).text = self.me.name
        for each in to:
            add(root, "Mottagare", hsaId=each.hsa).text = each.name
        if case:
            add(root, "Arende").text = case
        return root

    def _outgoing(self, root: ET.Element) -> OutgoingMessage:
        ET.register_namespace("", self.words.namespace)
        body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
        return OutgoingMessage.of(self._received(root), body)

    def _received(self, root: ET.Element) -> ReceivedMessage:
        if namespace(root) != self.words.namespace:
            raise ValueError(namespace(root))
        sender = child(root, "Avsandare")
        patient = child(root, "Patient")
        about, code = _about(root, self.words)
        return ReceivedMessage(
            event=self._event(root),
            content_id=root.attrib["id"],
            envelope_id=root.get("kuvert", root.attrib["id"]),
            sender=sender.attrib["hsaId"] if sender is not None else "",
            case=text_of(root, "Arende"),
            about=about,
            code=code,
            person=_person(patient) if patient is not None else None,
            stay=_stay(root),
            reason=_REASONS.get(attribute(child(root, "Orsak"), "kod"), ""),
            recalled=_recalled(root),
        )

    def _event(self, root: ET.Element) -> str:
        if local_name(root) == self.words.receipt:
            return RECEIPT
        return self.words.events[root.attrib["typ"]]


def _add_patient(root: ET.Element, person: Person) -> None:
    patient = add(root, "Patient")
    add(patient, "Personnummer").text = person.number
    name = add(patient, "Namn")
    for given in person.given.split():
        add(name, "Fornamn").text = given
    add(name, "Efternamn").text = person.family
    if person.municipality:
        home = add(patient, "Adress", bruk="folkbokforing", kommun=person.municipality)
        places = {"Rad": person.street, "Postnummer": person.postcode, "Postort": person.city}
        for place, text in places.items():
            if text:
                add(home, place).text = text


def _stay(root: ET.Element) -> ToldStay | None:
    stay = child(root, "Vardtillfalle")
    if stay is None:
        return None
    leave, dead = child(stay, "Permission"), text_of(child(root, "Patient"), "Avliden")
    return ToldStay(
        status=_STATUSES.get(stay.attrib["status"], "unknown"),
        admitted=stay.get("inskriven", ""),
        planned=stay.get("beraknadUtskrivning", ""),
        ready=stay.get("utskrivningsklar", ""),
        leave_from=attribute(leave, "fran"),
        leave_to=attribute(leave, "till"),
        discharged=stay.get("utskriven", ""),
        needs=_needs(child(stay, "Bedomning")),
        is_dead=dead not in {"", "false"},
    )


def _needs(assessment: ET.Element | None) -> tuple[str, ...]:
    """Return the needs of an assessment that has not been withdrawn."""
    if assessment is None or assessment.get("aterkallad") == "true":
        return ()
    return tuple(_NEEDS[need.text or ""] for need in children(assessment, "Behov"))


def _recalled(root: ET.Element) -> tuple[str, ...]:
    """Return the content ids that a recall is about; none for another message."""
    recall = child(root, "Aterkallelse")
    return () if recall is None else tuple(e.text or "" for e in children(recall, "Avser"))


def _about(root: ET.Element, words: Words) -> tuple[str, str]:
    """Return the content id that the message is about, and the code of a receipt or an answer."""
    if local_name(root) == words.receipt:
        return root.attrib["avser"], _RECEIPTS[root.attrib["kod"]]
    for name in (words.answer, "Leveransrapport", "Text"):
        element = child(root, name)
        if element is not None:
            return element.get("avser", ""), _ANSWERS.get(element.get("status", ""), "")
    return "", ""


def _person(patient: ET.Element) -> Person:
    name, home = child(patient, "Namn"), child(patient, "Adress")
    given = [] if name is None else children(name, "Fornamn")
    current, old = _numbers(patient)
    return Person(
        number=current,
        family=text_of(name, "Efternamn"),
        given=" ".join(each.text or "" for each in given),
        street=text_of(home, "Rad") or text_of(home, "HelaAdressen"),
        postcode=text_of(home, "Postnummer"),
        city=text_of(home, "Postort"),
        municipality=attribute(home, "kommun"),
        old_number=old,
        protection=tuple(_PROTECTIONS[word] for word in patient.get("skydd", "").split()),
    )


def _numbers(patient: ET.Element) -> tuple[str, str]:
    """Return the patient's number, and the one that it replaced."""
    numbers = [e for name in _NUMBERS for e in children(patient, name)]
    old = [e.text or "" for e in numbers if e.get("bruk") == "tidigare"]
    current = [e.text or "" for e in numbers if e.get("bruk") != "tidigare"]
    return next(iter(current), ""), next(iter(old), "")
