"""omsorg/1: the version that the first vendors speak. Only optional additions are made to it."""

from __future__ import annotations

from adapter.core.model import Event, Kind
from adapter.mappings.omsorg import code_tables, communication, encounter, plan, schema, task
from adapter.mappings.omsorg.down_to_one import TODO, with_note, with_outcome
from adapter.mappings.omsorg.version import Body, Version

_ENCOUNTER = Body(
    name="Vardtillfalle", type="Encounter", write=encounter.write, read=encounter.read
)
_TEXT = Body(name="Text", type="Communication", write=communication.write, read=communication.read)
BODIES = dict.fromkeys((e for e in code_tables.EVENT if e.kind is Kind.ENCOUNTER), _ENCOUNTER) | {
    Event.CARE_PLAN: Body(name="Plan", type="CarePlan", write=plan.write, read=plan.read),
    Event.MESSAGE: _TEXT,
    Event.REPLY: _TEXT,
    Event.ANSWER: Body(name="Svar", type="Task", write=task.write_answer, read=task.read_answer),
    Event.DELIVERY_REPORT: Body(
        name="Leveransrapport", type="Task", write=task.write_report, read=task.read_report
    ),
}
_TOLD = {  # what a receiver is told of what has no place
    Event.CARE_PLAN: with_note(BODIES[Event.CARE_PLAN]),
    Event.ANSWER: with_outcome(BODIES[Event.ANSWER]),
}
VERSION_1 = Version(
    number="1",
    namespace=code_tables.NAMESPACE,
    receipt="Kvittens",
    replaces="ersatter",
    schema=schema.SCHEMA,
    events=code_tables.EVENT,
    bodies=BODIES | _TOLD,
    as_text=frozenset(TODO),
)
