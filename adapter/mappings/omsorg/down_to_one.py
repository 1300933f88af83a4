"""What a receiver of omsorg/1 is told of what omsorg/1 has no place for: in Swedish, never nothing.

An event without a type becomes a message from person to person (meddelande). A plan gets a note
with the headings that were left out, and one for each effort that has a reason for its status. An
answer has its outcome as a reason. The losses are recorded as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles, readable
from adapter.fhir.builders import entry, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import extension_url
from adapter.fhir.parts import present
from adapter.fhir.readable import plain
from adapter.mappings import Context
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.take_fields import Rounded, part, parts, take
from adapter.mappings.omsorg.version import Body
from adapter.mappings.omsorg.xml_elements import (
    Element,
    child,
    children,
    element,
    leaf,
    text_of,
)

_KEPT = frozenset({"MessageHeader", "Patient", "Organization", "Provenance"})
_WHY = "omsorg/1 has no type for the event: it is told as text"
_ANSWER_CALLER = "Svara den som kallar, med ett svarsmeddelande eller per telefon."
_ATTACHED = "Be avsändaren om eventuella bilagor."
TODO = {  # what the reader does, as the system cannot
    Event.CARE_CONTACT: "Uppdatera den fasta kontakten i ert system.",
    Event.SIP_INVITATION: _ANSWER_CALLER,
    Event.SIP_INVITATION_CHANGED: "Ändra mötet i kalendern. Svara den som kallar om det behövs.",
    Event.SIP_INVITATION_CANCELLED: "Ta bort mötet ur kalendern.",
    Event.SIP_INVITATION_ANSWER: "Kontakta den som svarade om tiden behöver ändras.",
    Event.PLANNING_BASIS: f"Läs underlaget innan ni planerar. {_ATTACHED}",
    Event.INFORMATION_TRANSFER: _ATTACHED,
    Event.PROGRESS: "Uppdatera insatsen i er plan om ni ansvarar för den.",
    Event.RECALL: "Gör det som avsändaren ber om och svara ”klar” när det är gjort.",
}
_OF_PLAN = {  # what remains of a CarePlan, and its heading
    "addresses": "behov",
    "goal": "mål",
    "author": "samordnare",
    "contributor": "medverkande",
    "careTeam": "vårdteam",
    "supportingInfo": "samtycke, risker, närstående och bilagor",
}
_OF_EXTENSION = {
    "version": "planens version",
    "main-responsible": "övergripande ansvar",
    "meeting-participant": "deltagare",
    "track": "spår",
    "follow-up": "uppföljning",
    "evaluation": "utvärdering",
    "end-reason": "skäl till avslut",
}
_OF_EFFORT = {
    "outcomeCodeableConcept": "vad insatserna har gett",
    "progress": "vad som har gjorts",
}
_OF_DETAIL = {
    "goal": "insatsernas mål",
    "performer": "vem som gör vissa insatser",
    "scheduledString": "när insatser ges",
    "scheduledTiming": "när insatser ges",
    "extension": "insatsernas huvudman och kontakt",
}
_OUTCOMES = {
    "not-known": "Personen är inte känd på enheten. Inga insatser pågår där.",
    "forwarded": "Vidarebefordrat",
}


def as_text(bundle: Bundle, context: Context) -> Bundle:
    """Return an event that omsorg/1 has no type for as a message from person to person."""
    document, head = readable.document(bundle), bundles.header(bundle)
    todo = TODO[bundles.event(bundle)]
    texts = [*document.warnings, plain.content(document), todo]
    focus = present(
        {
            "resourceType": "Communication",
            "id": new_id(bundles.content_id(bundle), "as-text"),
            "status": "completed",
            "subject": _subject(bundle),
            "topic": {"text": document.title},
            "sent": (bundles.focus(bundle) or {}).get("sent") or bundle.get("timestamp"),
            "sender": head.get("sender"),
            "payload": [{"contentString": text} for text in texts if text.strip()],
        }
    )
    _confess(bundle, context)
    header = entry(_told_header(head, focus["id"], context))
    kept = [e for e in bundle["entry"][1:] if e["resource"]["resourceType"] in _KEPT]
    return bundle | {"entry": [header, entry(focus), *kept]}


def _subject(bundle: Bundle) -> Resource:
    patients = (e for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    first = next(patients, None)
    return {"reference": first["fullUrl"]} if first else {}


def _told_header(head: Resource, focus: str, context: Context) -> Resource:
    """Return the header of the text: what the event concerns is a loss, for it replaces nothing."""
    concerns = extension_url("concerns")
    extensions = head.get("extension", [])
    for number, extension in enumerate(extensions):
        if extension.get("url") == concerns:
            context.lose(f"MessageHeader.extension[{number}]", _WHY)
    return head | {
        "extension": [e for e in extensions if e.get("url") != concerns],
        "eventCoding": part(head, "eventCoding") | {"code": str(Event.MESSAGE)},
        "focus": [reference(focus)],
    }


def _confess(bundle: Bundle, context: Context) -> None:
    types = [e["resource"]["resourceType"] for e in bundle["entry"]]
    for type_ in dict.fromkeys(types):
        if type_ not in _KEPT:
            context.lose(type_, _WHY)


def with_note(body: Body) -> Body:
    """Return the body of a plan, which names the headings that have no place in it."""

    def write(plan: Resource, outgoing: OutgoingMessage) -> Element:
        node = body.write(plan, outgoing)
        node.extend([element("Anteckning", text=text) for text in _reasons(node, plan)])
        headings = list(dict.fromkeys(_headings(plan)))
        if headings:
            node.append(element("Anteckning", text=_NOTE.format(", ".join(headings))))
        return node

    return replace(body, write=write)


def _reasons(node: Element, plan: Resource) -> Iterator[str]:
    """Yield why an effort stands as it does, which omsorg/1 has a place for in a note only."""
    for written, effort in zip(children(node, "Insats"), parts(plan, "activity"), strict=True):
        reason = take(part(part(effort, "detail"), "statusReason"), "text")
        if reason:
            yield f"{text_of(child(written, 'Beskrivning'))}. Skäl: {reason}"


_NOTE = (
    "Planen är inte fullständig, eftersom ert system tar emot omsorg/1. Detta saknas: {}. "
    "Be avsändaren om hela planen."
)


def _headings(plan: Resource) -> Iterator[str]:
    """Yield the heading of each part that no writer took."""
    yield from (heading for key, heading in _OF_PLAN.items() if _is_left(plan.get(key)))
    yield from _of_extensions(plan)
    for effort in parts(plan, "activity"):
        detail = part(effort, "detail")
        yield from (heading for key, heading in _OF_EFFORT.items() if _is_left(effort.get(key)))
        yield from (heading for key, heading in _OF_DETAIL.items() if _is_left(detail.get(key)))
    if any(_is_left(note.get("authorReference")) for note in parts(plan, "note")):
        yield "vem som skrev vissa anteckningar"


def _of_extensions(plan: Resource) -> Iterator[str]:
    by_url = {extension_url(name): heading for name, heading in _OF_EXTENSION.items()}
    urls = (str(extension.get("url")) for extension in parts(plan, "extension"))
    yield from (by_url[url] for url in urls if url in by_url)


def _is_left(value: Any) -> bool:
    """Whether anything remains of a value that writers took from."""
    if isinstance(value, dict):
        return any(_is_left(inside) for inside in value.values())
    if isinstance(value, list):
        return any(_is_left(inside) for inside in value)
    return value not in ("", None) and not isinstance(value, Rounded)


def with_outcome(body: Body) -> Body:
    """Return the body of an answer, with its outcome among the words of its reason."""

    def write(task: Resource, outgoing: OutgoingMessage) -> Element:
        node = body.write(task, outgoing)
        reason, outcome = child(node, "Orsak"), _outcome(task)
        if outcome and reason is not None:
            reason.text = f"{text_of(reason)}\n{outcome}"
        elif outcome:
            node.extend([n for n in [leaf("Orsak", outcome)] if n is not None])
        return node

    return replace(body, write=write)


def _outcome(task: Resource) -> str:
    codings = parts(part(task, "businessStatus"), "coding")
    text = next((_OUTCOMES[c["code"]] for c in codings if c.get("code") in _OUTCOMES), "")
    url = extension_url("forwarded-to")
    units = [part(e, "valueReference") for e in parts(task, "extension") if e.get("url") == url]
    names = [str(unit.get("display") or part(unit, "identifier").get("value")) for unit in units]
    return f"{text} till: {', '.join(names)}" if names and text == "Vidarebefordrat" else text
