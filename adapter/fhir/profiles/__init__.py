"""The contract of a message, compiled from the FHIR resources in the folder `profiles/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adapter import fhir
from adapter.core.endpoint import Limits
from adapter.core.errors import FatalError, Issue
from adapter.core.model import Bundle, Event
from adapter.core.privacy import shown
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import EVENT
from adapter.fhir.profiles.checking import Check
from adapter.fhir.profiles.definitions import OURS, Definitions, folder, read
from adapter.fhir.profiles.rules import Compiler, Shape

__all__ = ["Profiles", "check_message", "folder", "known_event", "load"]
_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """What each event's message must be: the shape of its envelope, and of its focus if any."""

    envelopes: dict[Event, Shape]
    focuses: dict[Event, Shape]
    definitions: Definitions

    def check(self, bundle: Bundle, event: Event) -> list[Issue]:
        """Everything in a message that its event's profile does not allow; raises nothing."""
        check = Check(bundle)
        check.element(bundle, self.envelopes[event], "Bundle")
        focus = self.focuses.get(event)
        if focus is not None:
            check.focus(*_header(bundle), focus)
        return list(dict.fromkeys(check.issues))

    def resource(self, type_: str, id_: str) -> Resource:
        """One of the conformance resources, such as ("CapabilityStatement", "adapter")."""
        return self.definitions.resources[type_, id_]


@lru_cache(maxsize=1)
def load() -> Profiles:
    """The profiles, compiled at the first call; FatalError `settings` when they are missing."""
    definitions = read(folder())
    compiler = Compiler(definitions)
    focuses = {}
    for message in definitions.of_type("MessageDefinition"):
        for focus in message.get("focus", ()):
            event = Event(message["eventCoding"]["code"])
            focuses[event] = compiler.profile(focus["profile"])
    shapes = {name: compiler.profile(OURS + name) for name in ("message", "receipt")}
    envelopes = {event: shapes["message" if event in focuses else "receipt"] for event in Event}
    return Profiles(envelopes=envelopes, focuses=focuses, definitions=definitions)


def check_message(bundle: Any, limits: Limits = _LIMITS) -> list[Issue]:
    """Every problem of a parsed message: structure, then its event, then the event's profile.

    Raises nothing for any JSON. An element that the structure already complains of is not
    named again by the profile.
    """
    found = fhir.structure(bundle, limits)
    named = {issue.expression for issue in found}
    return [*found, *(i for i in _profile_issues(bundle) if i.expression not in named)]


def _profile_issues(bundle: Any) -> list[Issue]:
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return []
    try:
        event = known_event(bundle)
    except FatalError as error:
        return list(error.issues)
    return load().check(bundle, event)


def known_event(bundle: Bundle) -> Event:
    """The event of a message.

    FatalError `unknown-event` when it is not ours: its issue names the code and its system, at
    `MessageHeader.event`; `required` when the message has no event at all.
    """
    system, code = _event_code(bundle)
    if system == EVENT and isinstance(code, str) and code in Event.__members__.values():
        return Event(code)
    if system is None and code is None:
        issue = Issue(code="required", expression="MessageHeader.event", detail="missing")
    else:
        detail = f"event {shown(code)} of system {shown(system)}; ours are of {EVENT}"
        issue = Issue(code="unknown-event", expression="MessageHeader.event", detail=detail)
    raise FatalError(issue.code, issue.detail, [issue])


def _event_code(bundle: Bundle) -> tuple[Any, Any]:
    _, header = _header(bundle)
    coding = header.get("eventCoding")
    found = coding if isinstance(coding, dict) else {}
    return found.get("system"), found.get("code", header.get("eventUri"))


def _header(bundle: Bundle) -> tuple[int, Resource]:
    """The first MessageHeader, wherever it is; a wrong place is an issue of its own."""
    entries = bundle.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        found = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(found, dict) and found.get("resourceType") == "MessageHeader":
            return index, found
    return 0, {}
