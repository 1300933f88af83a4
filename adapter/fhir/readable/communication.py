"""Texts as documents: messages, planning basis, information at discharge, recalls, answers."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource, extension_value, extensions
from adapter.fhir.code_words import swedish_words
from adapter.fhir.readable import plan_parts as parts
from adapter.fhir.readable import words
from adapter.fhir.readable.invitation import documents
from adapter.fhir.readable.model import (
    Block,
    Section,
    facts,
    listing,
    paragraphs,
    sections,
    table,
)
from adapter.fhir.readable.people import People, open_notes

_AREAS = {
    "adl": "Personlig vård och vardag",
    "mobility": "Förflyttning",
    "cognition": "Minne och tänkande",
    "communication": "Kommunikation",
    "nutrition": "Mat och dryck",
    "elimination": "Toalettbesök",
    "skin": "Hud",
    "aids": "Hjälpmedel",
    "risk": "Risk",
    "infection": "Smitta",
    "hypersensitivity": "Överkänslighet",
    "housing": "Boende",
    "effort": "Insats",
    "law": "Lagrum",
    "provider": "Utförare",
}
_RECALL = {"wrong-receiver": "skickat till fel mottagare", "wrong-content": "fel innehåll"}
_ASKED = {
    "mark": "märka meddelandet som återkallat",
    "block": "spärra meddelandet",
    "delete": "radera meddelandet",
}
_ANSWER_STATUS = {
    "received": "kvitterat",
    "accepted": "accepterat",
    "rejected": "avvisat",
    "completed": "klart",
    "in-progress": "pågår",
}
_ANSWER_KIND = {"not-known": "personen är inte känd här", "forwarded": "vidarebefordrat"}


def communication_sections(text: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of a Communication: its facts, each of its texts, what it brings."""
    people = People(bundle)
    return sections(
        ("Det gäller", facts(*_head(text))),
        *_texts(text),
        *_forms(bundle, people),
        ("Uppföljning", _follow_ups(text, people)),
        ("Kontakter", _contacts(bundle, people)),
        ("Närstående och ställföreträdare", listing(parts.relatives(bundle, people))),
        ("Samtycke", parts.consents(bundle, people)),
        ("Anteckningar", paragraphs(*(note["text"] for note in open_notes(text)))),
        ("Bilagor", listing([*_attached(text), *documents(bundle)])),
    )


def _head(text: Resource) -> Iterator[tuple[str, str]]:
    asked = words.word(_ASKED, extension_value(text, "asked"))
    is_wrong = text.get("status") == "entered-in-error" and not asked
    yield "Typ", "\n".join(words.concept(c, _kinds()) for c in text.get("category", ()))
    yield "Rubrik", words.concept(text.get("topic"))
    yield "Läge", _basis_status(text)
    yield "Gäller inte", "felaktigt, ska inte användas" if is_wrong else ""
    yield "Orsak", "\n".join(words.concept(c) for c in text.get("reasonCode", ()))
    yield from _recall(text) if asked else ()
    yield "Avsändaren ber er att", asked
    yield "Utskriven", words.time(extension_value(text, "discharged"))
    yield "Spår", words.concept(extension_value(text, "track"), words.TRACK)


def _basis_status(text: Resource) -> str:
    status = extension_value(text, "basis-status")
    return words.word(swedish_words("basis-status"), status).lower()


def _kinds() -> dict[str, str]:
    return swedish_words("communication-kind") | swedish_words("basis-kind")


def _recall(text: Resource) -> Iterator[tuple[str, str]]:
    """Yield why a recall is made, and the ids of the messages that it recalls."""
    reason, instead = text.get("statusReason", {}), extension_value(text, "replaced-by") or {}
    named = (about.get("identifier", {}).get("value", "") for about in text.get("about", ()))
    yield "Återkallat", words.concept({"coding": reason.get("coding", [])}, _RECALL)
    yield "Orsak till återkallelsen", str(reason.get("text", ""))
    yield "Återkallade meddelanden", "\n".join(named)
    yield "Ersatt av", str(instead.get("value", ""))


def _texts(text: Resource) -> Iterator[tuple[str, list[Block]]]:
    """Yield each text under the name of its section; those without one under Innehåll."""
    for payload in text.get("payload", ()):
        if payload.get("contentString"):
            section = extension_value(payload, "section")
            yield (
                words.word(swedish_words("section"), section) or "Innehåll",
                paragraphs(payload["contentString"]),
            )


def _attached(text: Resource) -> Iterator[str]:
    """Yield the title of each attachment inside the text itself; its content is not shown."""
    for payload in text.get("payload", ()):
        if "contentAttachment" in payload:
            yield str(payload["contentAttachment"].get("title", "Bilaga"))


def _forms(bundle: Bundle, people: People) -> Iterator[tuple[str, list[Block]]]:
    """Yield the answers of each form; an answer `vet ej` is one."""
    for form in parts.of_type(bundle, "QuestionnaireResponse"):
        rows = [row for item in form.get("item", ()) for row in _item(item, people)]
        yield "Bedömning", table("Svar i underlaget", ("Område", "Svar"), rows)


def _item(item: Resource, people: People) -> Iterator[tuple[str, str]]:
    name = str(item.get("text") or words.word(_AREAS, item.get("linkId")))
    inner = [i for answer in item.get("answer", ()) for i in answer.get("item", ())]
    inner += item.get("item", ())
    details = [f"{words.word(_AREAS, i.get('linkId'))}: {_answers(i)}" for i in inner]
    yield name, "\n".join(text for text in (_answers(item), *details) if text)


def _answers(item: Resource) -> str:
    return ", ".join(text for each in item.get("answer", ()) if (text := _answer(each)))


def _answer(answer: Resource) -> str:
    value = next((v for k, v in answer.items() if k.startswith("value")), "")
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return words.concept(value, words.ANSWER) if isinstance(value, dict) else str(value)


def _follow_ups(text: Resource, people: People) -> list[Block]:
    return [
        block
        for each in parts.follow_ups(text, people)
        for block in facts(("När", each.when), ("Vad", each.text), ("Ansvarig", each.responsible))
    ]


def _contacts(bundle: Bundle, people: People) -> list[Block]:
    rows = [(c.about, c.name, c.reach) for c in parts.standing_contacts(bundle, people)]
    return table("Fasta kontakter", ("Typ", "Vem", "Nås på"), rows)


def team_sections(team: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of a fast vårdkontakt (CareTeam): who, since when, and how to reach."""
    people = People(bundle)
    ended = {"inactive": "har upphört", "entered-in-error": "felaktig, gäller inte"}
    contacts = [parts.contact(p, team, people) for p in team.get("participant", ())]
    rows = [(c.about, c.name, c.reach) for c in contacts]
    provider = next(iter(team.get("managingOrganization", ())), None)
    return sections(
        ("Kontakt", table("Fast kontakt", ("Typ", "Vem", "Nås på"), rows)),
        (
            "Det gäller",
            facts(
                ("Kontakten", words.word(ended, team.get("status")) if _is_over(team) else ""),
                ("Gäller", words.period(team.get("period"))),
                ("Vårdgivare", people.name(provider)),
            ),
        ),
        ("Kommentar", paragraphs(*(note["text"] for note in open_notes(team)))),
    )


def _is_over(team: Resource) -> bool:
    return team.get("status") in ("inactive", "entered-in-error")


def answer_sections(task: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of a person's answer (Task)."""
    people = People(bundle)
    chain = (people.name(e.get("valueReference")) for e in extensions(task, "forwarded-to"))
    rows = facts(
        ("Svar", words.word(_ANSWER_STATUS, task.get("status"))),
        ("Orsak", words.concept(task.get("statusReason"))),
        ("Besked", words.concept(task.get("businessStatus"), _ANSWER_KIND)),
        ("Vidarebefordrat till", "\n".join(name for name in chain if name)),
        ("Svar från", people.name(task.get("owner"))),
    )
    notes = paragraphs(*(note["text"] for note in open_notes(task)))
    return sections(("Svaret", rows), ("Kommentar", notes))


def report_sections(task: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the section of a delivery report (Task): that nothing came, to whom, and why."""
    rows = facts(
        ("Läge", words.word({"failed": "kunde inte levereras"}, task.get("status"))),
        ("Mottagare", People(bundle).name(task.get("owner"))),
        ("Orsak", words.concept(task.get("statusReason"))),
    )
    return sections(("Leveransen", rows))
