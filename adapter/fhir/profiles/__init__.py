"""Check messages against the profiles, FHIR resources in the folder `profiles/`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adapter import fhir
from adapter.core.endpoint import Limits
from adapter.core.errors import FatalError, Issue
from adapter.core.model import Bundle, Event, Kind
from adapter.fhir.bundles import Resource, event_of_code
from adapter.fhir.codings import unknown_event
from adapter.fhir.profiles.checking import Check
from adapter.fhir.profiles.definitions import OURS, Definitions, folder, read
from adapter.fhir.profiles.rules import Compiler, Shape

__all__ = ["Profiles", "check_message", "envelope", "folder", "known_event", "load", "validate"]
_LIMITS = Limits()
_ITEM = re.compile(r"\[\d+\]\Z", re.ASCII)  # at the end of the path of an array's item
_WRITTEN = {Event.MESSAGE, Event.REPLY, Event.ANSWER, Event.DELIVERY_REPORT}
_OF_PLANNING = {e for e in Event if e.kind in (Kind.CARE_PLAN, Kind.COMMUNICATION)} - _WRITTEN
"""Events whose messages may have a consent with limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The compiled profiles: for each event the shapes of its Bundle and of its focus, if any."""

    envelopes: dict[Event, Shape]
    focuses: dict[Event, Shape]
    definitions: Definitions

    def check(self, bundle: Bundle, event: Event) -> list[Issue]:
        """Return every breach of the event's profile in a message; raises nothing."""
        check = Check(bundle)
        check.element(bundle, self.envelopes[event], "Bundle")
        focus = self.focuses.get(event)
        if focus is not None:
            check.focus(*_header(bundle), focus)
        return list(dict.fromkeys(check.issues))

    def resource(self, type_: str, id_: str) -> Resource:
        """Return a conformance resource, such as ("CapabilityStatement", "adapter")."""
        return self.definitions.resources[type_, id_]


@lru_cache(maxsize=1)
def load() -> Profiles:
    """Return the profiles, compiled once; FatalError `settings` when they are missing."""
    definitions = read(folder())
    compiler = Compiler(definitions)
    focuses = {}
    for message in definitions.of_type("MessageDefinition"):
        for focus in message.get("focus", ()):
            event = Event(message["eventCoding"]["code"])
            focuses[event] = compiler.profile(focus["profile"])
    envelopes = {event: compiler.profile(OURS + envelope(event)) for event in Event}
    return Profiles(envelopes=envelopes, focuses=focuses, definitions=definitions)


def envelope(event: Event) -> str:
    """Return the name of the profile that an event's Bundle follows."""
    if event is Event.RECEIPT:
        return "receipt"
    return "planning-message" if event in _OF_PLANNING else "message"


def check_message(event: Event, bundle: Any, limits: Limits = _LIMITS) -> list[Issue]:
    """Return every problem of a message whose event is known: structure, attachments, profile.

    Raises nothing for any JSON. An element with a structural error is not reported again by the
    profile.
    """
    issues = fhir.check_contents(bundle, limits)
    if not _is_bundle(bundle):
        return issues
    return _joined(issues, load().check(bundle, event))


def validate(bundle: Any, limits: Limits = _LIMITS) -> list[Issue]:
    """Recognise the event of a FHIR message, and return every problem as `check_message` does.

    Raises nothing for any JSON. An unknown event is reported as a problem;
    what such a message may have attached is not ours to say.
    """
    if not _is_bundle(bundle):
        return fhir.check_structure(bundle, limits)
    try:
        event = known_event(bundle)
    except FatalError as error:
        return _joined(fhir.check_structure(bundle, limits), error.issues)
    return check_message(event, bundle, limits)


def _is_bundle(document: Any) -> bool:
    return isinstance(document, dict) and document.get("resourceType") == "Bundle"


def _joined(structural: list[Issue], others: Iterable[Issue]) -> list[Issue]:
    """The issues without those of a profile about a place, or all of an array, told already."""
    named = {issue.expression for issue in structural}
    named |= {_ITEM.sub("", issue.expression) for issue in structural}
    return [*structural, *(issue for issue in others if issue.expression not in named)]


def known_event(bundle: Bundle) -> Event:
    """Return the event of a message.

    Raises FatalError `unknown-event` when it is not ours; its issue says whether code or system is
    wrong, at `MessageHeader.event`. Raises FatalError `required` when the message has no event.
    """
    system, code = _event_code(bundle)
    event = event_of_code(system, code)
    if event is not None:
        return event
    if system is None and code is None:
        issue = Issue(code="required", expression="MessageHeader.event", detail="missing")
    else:
        detail = unknown_event(system)
        issue = Issue(code="unknown-event", expression="MessageHeader.event", detail=detail)
    raise FatalError(issue.code, issue.detail, [issue])


def _event_code(bundle: Bundle) -> tuple[Any, Any]:
    _, header = _header(bundle)
    coding = header.get("eventCoding")
    named = coding if isinstance(coding, dict) else {}
    return named.get("system"), named.get("code", header.get("eventUri"))


def _header(bundle: Bundle) -> tuple[int, Resource]:
    """Return index and content of the first MessageHeader; `header-first` checks the index."""
    entries = bundle.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "MessageHeader":
            return index, resource
    return 0, {}
