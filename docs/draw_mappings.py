"""Draws what the mappings carry and what they lose, from the code and from the fixtures.

Each valid message of fixtures/fhir is written in each format that has its event, and each document
of the other folders is read. What a mapping then confesses is a loss; where it writes nothing,
the message stands before a person. One line for each kind of place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from adapter import mappings
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.model import Event, Loss
from adapter.fhir import bundles, codec, event_names
from adapter.mappings import Context, System

FIXTURES = Path(__file__).parent.parent / "fixtures"
RECORDED = "2026-11-23T14:00:00+01:00"
Table: TypeAlias = Callable[[Iterable[str], Iterable[Iterable[str]]], str]
Found: TypeAlias = dict[tuple[str, str], dict[Event, None]]
"""The events in which a loss was seen, by place and reason."""


def matrix(table: Table) -> str:
    """A row for each event: which systems read it, and which write it."""
    systems = mappings.load()
    rows = ([_named(event), *(_cell(s, event) for s in systems.values())] for event in Event)
    return table(["event", *(f"`{name}`" for name in systems)], rows)


def _named(event: Event) -> str:
    return f"`{event}` ({event_names.swedish(event)})"


def _cell(system: System, event: Event) -> str:
    reads, writes = event in system.readers, event in system.writers
    return {(1, 1): "read, written", (1, 0): "read", (0, 1): "written"}.get((reads, writes), "–")


def losses(table: Table) -> str:
    """A section for each mapping in each direction, with its losses in a table."""
    systems = {name: s for name, s in mappings.load().items() if name != "fhir"}
    sections = []
    for name, system in systems.items():
        sections.append(_section(table, f"From {name} to FHIR", _read(system)))
        sections.append(_section(table, f"From FHIR to {name}", _written(system)))
    return "\n".join(section for section in sections if section)


def _section(table: Table, title: str, seen: tuple[int, Found]) -> str:
    count, found = seen
    if not count:
        return ""
    rows = sorted([place, why, _events(events)] for (place, why), events in found.items())
    shown = table(["place", "why", "seen in"], rows) if rows else "Nothing is lost.\n"
    return f"### {title}\n\n{count} fixtures.\n\n{shown}"


def _events(events: Iterable[Event]) -> str:
    names = [f"`{event}`" for event in dict.fromkeys(events)]
    most = 4
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


@lru_cache(maxsize=1)
def _messages() -> tuple[tuple[Event, dict[str, Any]], ...]:
    """The valid messages of fixtures/fhir, with their events."""
    files = sorted((FIXTURES / "fhir").glob("*/*.fhir.json"))
    valid = [f for f in files if not f.with_name(f.name.split(".")[0] + ".error.json").exists()]
    read = [json.loads(file.read_text("utf-8")) for file in valid]
    return tuple((bundles.event(bundle), bundle) for bundle in read)


def _written(system: System) -> tuple[int, Found]:
    """Write each valid message in a system's format; `not-written` counts as a loss of all."""
    found: Found = {}
    messages = [(event, bundle) for event, bundle in _messages() if event in system.writers]
    for event, bundle in messages:
        context = _context(system, b"")
        try:
            system.write(event, bundle, context)
            _add(found, event, context.losses)
        except FatalError as error:
            _add(found, event, [_whole(error)])
    return len(messages), found


def _whole(error: FatalError) -> Loss:
    """What stands for a message that is not written at all."""
    why = f"{error.code}: {error.detail}" if error.detail else str(error.code)
    return Loss(path="Bundle", why=f"not written, stands before a person ({why})")


def _read(system: System) -> tuple[int, Found]:
    """Read each good document of a system's fixtures."""
    found: Found = {}
    files = sorted((FIXTURES / system.name).glob("*/*.native.*"))
    good = [f for f in files if not f.with_name(f.name.split(".")[0] + ".error").exists()]
    for file in good:
        body = file.read_bytes()
        context, document = _context(system, body), codec.parse(system.content, body)
        event = system.event(document)
        system.read(event, document, context)
        _add(found, event, context.losses)
    return len(good), found


def _add(found: Found, event: Event, losses_: Iterable[Loss]) -> None:
    for loss in losses_:
        found.setdefault((f"`{_kind(loss.path)}`", loss.why), {})[event] = None


def _kind(place: str) -> str:
    """Return a place without the numbers of repetitions: `CarePlan.activity.detail`."""
    return re.sub(r"\[\d+\]", "", place)


def _context(system: System, body: bytes) -> Context:
    given = FIXTURES / system.name / "context.json"
    own = json.loads(given.read_text("utf-8")) if given.exists() else {}
    usual = {"name": "partner", "organization": "SE0000000002-ASTAD"}
    sender = Endpoint(**(usual | own.get("sender", {})))
    recorded = datetime.fromisoformat(own.get("recorded", RECORDED))
    fingerprint = sha256(body).hexdigest()
    return Context(sender=sender, receiver=sender, recorded=recorded, fingerprint=fingerprint)
