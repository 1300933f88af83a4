"""A version of omsorg: its namespace, words, schema and bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapter.core.model import Event
from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.shapes import Fields
from adapter.mappings.omsorg.vocabulary import Vocabulary
from adapter.mappings.omsorg.xml_elements import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of an event: its element, its resource type, its writer and its reader."""

    name: str
    type: str
    write: Callable[[Resource, OutgoingMessage], Element]
    read: Callable[[Element, str, IncomingMessage], Resource]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a version has; `vocabulary` is None for omsorg/1, whose words are those of the code."""

    number: str
    namespace: str
    receipt: str  # the root of a receipt
    replaces: str  # the attribute of Meddelande that names the earlier message
    schema: Path
    events: Mapping[Event, str]  # Meddelande/@typ
    bodies: Mapping[Event, Body]
    vocabulary: Vocabulary | None = None
    person: Fields = ()  # what Patient has besides the fields of omsorg/1
    as_text: frozenset[Event] = frozenset()  # events that it has no type for, told as a message
