"""A care plan as a document for the person whom it is about.

It says only what the plan says (SFS 2017:612 4 kap.; HSL 16 kap. 4 §): efforts, who answers for
each, who has the overall responsibility, goals, consent, follow-up, and the person's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource, extension_value
from adapter.fhir.code_words import names_of_kinds
from adapter.fhir.readable import plan_parts as parts
from adapter.fhir.readable import words
from adapter.fhir.readable.efforts import Effort, efforts
from adapter.fhir.readable.model import (
    Block,
    Paragraph,
    Quote,
    Section,
    facts,
    listing,
    paragraphs,
    sections,
    table,
)
from adapter.fhir.readable.people import People, open_notes

_NOT_IN_FORCE = {
    "draft": "Planen är ett utkast och gäller inte ännu.",
    "on-hold": "Planen vilar och gäller inte just nu.",
    "revoked": "Planen är avslutad i förtid och gäller inte längre.",
    "completed": "Planen är avslutad och gäller inte längre.",
    "entered-in-error": "Planen är felaktig och gäller inte.",
}
_NO_NUMBER = "Det står inget telefonnummer i planen."


def title(plan: Resource) -> str:
    """Return what kind of plan it is: `Samordnad individuell plan`."""
    kinds = (_kind(category) for category in plan.get("category", ()))
    return next((kind for kind in kinds if kind), "") or str(plan.get("title", "Plan"))


def _kind(category: Resource) -> str:
    """Return the name of a kind of plan, "" where there is only a code that has none."""
    codings, known = category.get("coding", ()), names_of_kinds("care-plan-type")
    named = (c.get("display") or known.get(c.get("code", "")) for c in codings)
    return str(category.get("text") or next((name for name in named if name), ""))


def warnings(plan: Resource) -> tuple[str, ...]:
    """Return what must be seen first: that a plan is not in force."""
    status = str(plan.get("status"))
    if status == "active":
        return ()
    return (_NOT_IN_FORCE.get(status, "Det är oklart om planen gäller."),)


def _facts(plan: Resource) -> list[Block]:
    return facts(
        ("Planens namn", str(plan.get("title", ""))),
        ("Läge", words.word(words.PLAN_STATUS, plan.get("status"))),
        ("Version", str(extension_value(plan, "version") or "")),
        ("Upprättad", words.day(plan.get("created"))),
        ("Gäller", words.period(plan.get("period"))),
        ("Spår", words.concept(extension_value(plan, "track"), words.TRACK)),
        ("Orsak till avslut", str(extension_value(plan, "end-reason") or "")),
    )


def plan_sections(plan: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of a CarePlan: first what happens, and whom to phone."""
    people = People(bundle, "du själv")
    planned = efforts(plan, people)
    done, coming = _parted(parts.follow_ups(plan, people))
    return sections(
        ("Det här ska göras", _efforts(planned)),
        ("Det här gör du själv", listing(_own(planned))),
        ("Hit kan du ringa", _contacts(plan, bundle, people, planned)),
        ("Nästa uppföljning", _follow_ups(coming)),
        ("Det här har du sagt", _own_words(plan, people)),
        ("Målen", _goals(plan, people)),
        ("Så är det nu", paragraphs(str(plan.get("description", "")))),
        ("Det du behöver stöd med", listing(parts.needs(plan, people))),
        ("Att tänka på", listing(_flags(bundle))),
        ("Så har det gått", [*_outcomes(plan, planned), *_follow_ups(done)]),
        ("Ansvar för planen", _responsible(plan, people)),
        ("De som var med", _attendees(plan, bundle, people)),
        ("Ditt samtycke", parts.consents(bundle, people)),
        ("Anteckningar", _notes(plan, people)),
        ("Om planen", _facts(plan)),
    )


def progress_sections(plan: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of what was done of a plan: the effort, and what came of it."""
    planned = efforts(plan, People(bundle))
    columns = ("Vad", "Läge")
    return sections(
        ("Insatsen", table("Insats i planen", columns, [(e.what, e.status) for e in planned])),
        ("Så har det gått", _outcomes(plan, planned)),
        ("Om planen", _facts(plan)),
    )


def _efforts(planned: list[Effort]) -> list[Block]:
    columns = ("Vad", "Vem", "När", "Läge")
    now = [_row(effort) for effort in planned if not effort.is_over]
    over = [_row(effort) for effort in planned if effort.is_over]
    return [
        *table("Insatser: vad som görs, av vem och när", columns, now),
        *table("Insatser som är klara eller inte blir av", columns, over),
    ]


def _row(effort: Effort) -> tuple[str, ...]:
    what = f"{effort.what}\n(mål: {effort.goal})" if effort.goal else effort.what
    return (what, _who(effort), words.sentence(effort.when), effort.status)


def _who(effort: Effort) -> str:
    """Return who makes an effort, with its huvudman; the huvudman alone where nobody is named."""
    if effort.who and effort.principal:
        return f"{effort.who}\n({effort.principal})"
    return effort.who or effort.principal


def _own(planned: list[Effort]) -> Iterator[str]:
    for effort in planned:
        if effort.is_own and not effort.is_over:
            yield f"{effort.what}\n({effort.when})" if effort.when else effort.what


def _contacts(plan: Resource, bundle: Bundle, people: People, planned: list[Effort]) -> list[Block]:
    rows = [(c.about, c.name, c.reach) for c in _persons(plan, bundle, people)]
    rows += [(e.what, e.who, e.contact) for e in planned if e.contact]
    shown = table("Telefonnummer och andra sätt att nå oss", ("Gäller", "Vem", "Nås på"), rows)
    return shown or [Paragraph(text=_NO_NUMBER)]


def _persons(plan: Resource, bundle: Bundle, people: People) -> list[parts.Contact]:
    """Return the fasta kontakter and the coordinator; one who is both stands once."""
    listed = parts.standing_contacts(bundle, people)
    author, reach = people.name(plan.get("author")), people.phones(plan.get("author"))
    if not reach:
        return listed
    if author in {contact.name for contact in listed}:
        return [_also(contact, author) for contact in listed]
    return [*listed, parts.Contact(name=author, about="Samordnare för planen", reach=reach)]


def _also(contact: parts.Contact, author: str) -> parts.Contact:
    is_both = contact.name == author
    return replace(contact, about=f"{contact.about}, samordnare") if is_both else contact


def _parted(
    every: list[parts.FollowUp],
) -> tuple[list[parts.FollowUp], list[parts.FollowUp]]:
    """Return the follow-ups that have a result, and those that are still to come."""
    return [f for f in every if f.result], [f for f in every if not f.result]


def _follow_ups(each_of: list[parts.FollowUp]) -> list[Block]:
    return [
        block
        for each in each_of
        for block in facts(
            ("När", words.sentence(each.when)),
            ("Vad", each.text),
            ("Ansvarig", each.responsible),
            ("Resultat", each.result),
        )
    ]


def _own_words(plan: Resource, people: People) -> list[Block]:
    notes = [n for n in open_notes(plan) if people.is_patient(n.get("authorReference"))]
    return [Quote(text=note["text"], by=words.day(note.get("time"))) for note in notes]


def _goals(plan: Resource, people: People) -> list[Block]:
    stated = parts.goals(plan, people)
    columns = ("Mål", "Sikt", "Senast", "Läge")
    own = [(g.text, g.term, g.when, g.status) for g in stated if g.is_own]
    others = [(g.text, g.term, g.when, g.status) for g in stated if not g.is_own]
    return [
        *table("Dina egna mål", columns, own),
        *table("Mål som vi har kommit överens om", columns, others),
    ]


def _outcomes(plan: Resource, planned: list[Effort]) -> list[Block]:
    rows = [(e.what, outcome) for e in planned for outcome in e.outcome]
    evaluation = str(extension_value(plan, "evaluation") or "")
    return [
        *table("Vad insatserna har gett", ("Insats", "Resultat"), rows),
        *paragraphs(evaluation),
    ]


def _flags(bundle: Bundle) -> Iterable[str]:
    flags = parts.of_type(bundle, "Flag")
    return (words.concept(f.get("code")) for f in flags if f.get("status") != "inactive")


def _responsible(plan: Resource, people: People) -> list[Block]:
    main = words.word(words.PRINCIPAL, extension_value(plan, "main-responsible"))
    return facts(
        ("Övergripande ansvar", words.sentence(main)),
        ("Samordnare", people.name(plan.get("author"))),
    )


def _attendees(plan: Resource, bundle: Bundle, people: People) -> list[Block]:
    met = parts.attendees(plan, people)
    rows = [(words.sentence(a.name), a.attendance) for a in met]
    near = facts(("Närstående och ställföreträdare", "\n".join(parts.relatives(bundle, people))))
    return [*table("Deltagare", ("Vem", "Närvaro"), rows), *near]


def _notes(plan: Resource, people: People) -> list[Block]:
    notes = [n for n in open_notes(plan) if not people.is_patient(n.get("authorReference"))]
    return [Quote(text=note["text"], by=people.note(note)) for note in notes]
