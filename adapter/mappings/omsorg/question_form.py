"""Formular: questions and answers about efforts, housing and abilities (QuestionnaireResponse)."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg.code_tables_2 import BASIS_ANSWER, BASIS_AREA
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.shapes import Attribute, Fields, Implied, Leaf, Own, Person, many
from adapter.mappings.omsorg.shared_shapes import BASE, Coded
from adapter.mappings.omsorg.take_fields import parts
from adapter.mappings.omsorg.values import TIME, coded
from adapter.mappings.omsorg.xml_elements import Element, text_of


def _is_area(item: Resource, outgoing: OutgoingMessage) -> bool:
    return item.get("linkId") in BASIS_AREA


@dataclass(frozen=True, slots=True)
class AnswerText:
    """The text beside the coded answer of an area."""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        for answer in parts(source, "answer"):
            if isinstance(answer.get("valueString"), str) and not node.text:
                node.text = answer.pop("valueString")

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        if text_of(node):
            target.setdefault("answer", []).append({"valueString": text_of(node)})


_BASIS_ANSWER = Coded("varde", "answer[].valueCoding", f"{BASE}/basis-answer", BASIS_ANSWER)
FORM: Fields = [
    Implied("status", "completed"),
    Person("subject"),
    Attribute("tid", "authored", TIME),
    many(
        "PagaendeInsats",
        "~effort.answer",
        [
            Attribute("lagrum", "~law.answer[].valueString"),
            Attribute("utforare", "~provider.answer[].valueString"),
            Own("valueString"),
        ],
    ),
    Leaf("Boende", "~housing.answer[].valueString"),
    many(
        "Omrade",
        "item",
        [
            Attribute("kod", "linkId", coded(BASIS_AREA, "QuestionnaireResponse.item")),
            _BASIS_ANSWER,
            AnswerText(),
        ],
        _is_area,
    ),
]
