"""The form of a planning basis (QuestionnaireResponse) to OBX: a code, a text, or both."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.mappings.hl7v2.writing.document import Part, text
from adapter.mappings.hl7v2.writing.er7 import coded
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage

_AREAS = {
    "effort": "Insats",
    "law": "Lagrum",
    "provider": "Utförare",
    "housing": "Boende",
    "adl": "ADL",
    "mobility": "Förflyttning",
    "cognition": "Kognition",
    "communication": "Kommunikation",
    "nutrition": "Nutrition",
    "elimination": "Elimination",
    "skin": "Hud",
    "aids": "Hjälpmedel",
    "risk": "Risk",
    "infection": "Smitta",
    "hypersensitivity": "Överkänslighet",
}
_ANSWERS = {"yes": "Ja", "no": "Nej", "partly": "Delvis", "unknown": "Vet ej"}


def answers(form: Node, outgoing: OutgoingMessage) -> Iterator[Part]:
    """Yield each answer; FatalError `unknown-code` for an area or an answer that nobody knows."""
    form.take_implied("status", "completed")
    outgoing.take_referenced(form.part("subject"), "Patient")
    for item in form.parts("item"):
        yield from _answered(item)


def _answered(item: Node) -> Iterator[Part]:
    area = str(item.peek("linkId"))
    title = item.take_coded("linkId", _AREAS)
    for answer in item.parts("answer"):
        coding = answer.part("valueCoding")
        if coding:
            code = str(coding.peek("code"))
            value = coded(code, coding.take_coded("code", _ANSWERS))
            coding.mark("system", "display")
            yield Part(kind="CE", what=coded(area, title), value=value)
        yield from text(area, title, answer.take("valueString"))
        for inner in (*answer.parts("item"), *item.parts("item")):
            yield from _answered(inner)
