"""omsorg/2: the plan in full (SIP), and every event."""

from __future__ import annotations

from adapter.mappings.omsorg import schema
from adapter.mappings.omsorg.code_tables_2 import ELEMENTS, EVENT_2, NAMESPACE_2, WORDS
from adapter.mappings.omsorg.version import Version
from adapter.mappings.omsorg.version_1 import BODIES
from adapter.mappings.omsorg.vocabulary import Vocabulary

VERSION_2 = Version(
    number="2",
    namespace=NAMESPACE_2,
    receipt="Systemkvittens",
    schema=schema.SCHEMA_2,
    events=EVENT_2,
    bodies=BODIES,
    vocabulary=Vocabulary(namespace=NAMESPACE_2, elements=ELEMENTS, words=WORDS),
)
