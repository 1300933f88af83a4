"""The extension `follow-up` to texts: when, what, who, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.mappings.hl7v2.writing.document import Part, text
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage
from adapter.mappings.hl7v2.writing.parties import actor

_TITLES = {"date": "dag", "text": "vad", "result": "resultat"}
_VALUES = {"date": "valueDateTime", "text": "valueString", "result": "valueString"}


def follow_up(extension: Node, outgoing: OutgoingMessage) -> Iterator[Part]:
    """Yield one text of all that the follow-up says, a line for each."""
    lines = []
    for part in extension.parts("extension"):
        name = str(part.peek("url"))
        if name == "responsible":
            part.mark("url")
            who = actor(part.part("valueReference"), outgoing)
            lines.append(f"ansvarig: {who.in_words()}")
        elif name in _TITLES:
            part.mark("url")
            lines.append(f"{_TITLES[name]}: {part.take(_VALUES[name])}")
    yield from text("follow-up", "Uppföljning", "\n".join(lines))
