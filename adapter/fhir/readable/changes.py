"""What changed between two versions of a plan, in Swedish sentences. Pure.

It compares what the document of each version tells: a difference that a person can read in the
documents has at least one sentence, and without a difference there is none. Efforts are known by
the id that the plan gives them, goals and all the rest by their texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.bundles import Resource
from adapter.fhir.readable.efforts import Effort, efforts
from adapter.fhir.readable.model import (
    Block,
    Document,
    Facts,
    Listing,
    Paragraph,
    Quote,
    Section,
    Table,
)
from adapter.fhir.readable.people import PROTECTED, People
from adapter.fhir.readable.plan_parts import Goal, goals

_T = TypeVar("_T")
_Line: TypeAlias = tuple[str, str]  # its label, "" for none, and its text
_PERSON = "Personuppgifter"
_COMPARED = {  # sections whose content has sentences of its own
    *("Det här ska göras", "Det här gör du själv", "Målen"),
}


def changes(old: Bundle, new: Bundle, document: Callable[[Bundle], Document]) -> list[str]:
    """Return what the newer version says otherwise; [] where both tell the same.

    `document` is adapter.fhir.readable.document. The order is that of importance to the person:
    efforts, goals, then each other section. The envelope (sender, receivers, time) is no part of
    the plan. Facts of the person are not compared where the identity is protected in one of them:
    an earlier address may be the present one.
    """
    return [
        *_efforts(old, new),
        *_goals(old, new),
        *_sections(document(old), document(new)),
    ]


def _plan(bundle: Bundle) -> Resource:
    return bundles.focus(bundle) or {}


def _people(bundle: Bundle) -> People:
    return People(bundle, "du själv")


def _efforts(old: Bundle, new: Bundle) -> Iterator[str]:
    before = _by(efforts(_plan(old), _people(old)), lambda effort: effort.id or effort.what)
    after = _by(efforts(_plan(new), _people(new)), lambda effort: effort.id or effort.what)
    for name, effort in after.items():
        if name not in before:
            yield f"Ny insats: {effort.what}{_by_whom(effort)}."
        else:
            yield from _effort(before[name], effort)
    yield from (f"Borttagen insats: {e.what}." for name, e in before.items() if name not in after)


def _by_whom(effort: Effort) -> str:
    said = [text for text in (effort.who, effort.when) if text]
    return f" ({', '.join(said)})" if said else ""


def _effort(old: Effort, new: Effort) -> Iterator[str]:
    name = new.what
    yield from _changed(f"Insatsen ”{old.what}” heter nu", old.what, name)
    yield from _changed(f"{name}, utförare", old.who, new.who)
    yield from _changed(f"{name}, ansvarig huvudman", old.principal, new.principal)
    yield from _changed(f"{name}, tid", old.when, new.when)
    yield from _changed(f"{name}, läge", old.status, new.status)
    yield from _changed(f"{name}, mål", old.goal, new.goal)
    yield from _changed(f"{name}, kontakt", old.contact, new.contact)


def _changed(what: str, old: str, new: str) -> Iterator[str]:
    """Yield a sentence where two texts differ: with the new one, and the old in brackets."""
    if old != new:
        yield f"{what}: {_said(new)} (tidigare: {_said(old)})."


def _said(text: str) -> str:
    return ", ".join(text.splitlines()).rstrip(".") or "inte angivet"


def _goals(old: Bundle, new: Bundle) -> Iterator[str]:
    before = _by(goals(_plan(old), _people(old)), lambda goal: goal.text)
    after = _by(goals(_plan(new), _people(new)), lambda goal: goal.text)
    for name, goal in after.items():
        if name not in before:
            yield f"Nytt mål: {_said(goal.text)}."
        else:
            yield from _goal(before[name], goal)
    yield from (f"Borttaget mål: {_said(g.text)}." for n, g in before.items() if n not in after)


def _goal(old: Goal, new: Goal) -> Iterator[str]:
    name = f"Målet ”{new.text}”"
    yield from _changed(f"{name} ska nås senast", old.when, new.when)
    yield from _changed(f"{name}, sikt", old.term, new.term)
    yield from _changed(f"{name} är nu", old.status, new.status)
    if old.is_own is not new.is_own:
        yield f"{name} är {'nu ditt eget' if new.is_own else 'inte längre ditt eget'}."


def _by(items: Iterable[_T], name: Callable[[_T], str]) -> dict[str, _T]:
    """Return items by their name; a second one of a name gets a number."""
    named: dict[str, _T] = {}
    counts: Counter[str] = Counter()
    for item in items:
        counts[name(item)] += 1
        number = counts[name(item)]
        named[name(item) if number == 1 else f"{name(item)} ({number})"] = item
    return named


def _sections(old: Document, new: Document) -> Iterator[str]:
    """Yield what differs in every other section, fact by fact and line by line."""
    before, after = _others(old), _others(new)
    if PROTECTED not in (*old.warnings, *new.warnings):
        before[_PERSON], after[_PERSON] = _facts(old.person), _facts(new.person)
    for heading in dict.fromkeys([*after, *before]):
        yield from _section(heading, before.get(heading, {}), after.get(heading, {}))


def _section(heading: str, old: Mapping[str, _Line], new: Mapping[str, _Line]) -> Iterator[str]:
    for name, (label, text) in new.items():
        if name not in old:
            yield f"{_joined(heading, label)}, nytt: {_said(text)}."
        else:
            yield from _changed(_joined(heading, label), old[name][1], text)
    for name, (label, text) in old.items():
        if name not in new:
            yield f"{_joined(heading, label)}, borttaget: {_said(text)}."


def _joined(heading: str, label: str) -> str:
    return f"{heading}, {_said(label)}" if label else heading


def _others(document: Document) -> dict[str, dict[str, _Line]]:
    """Return the other sections of a plan: each of their lines, by its name."""
    others = (s for s in document.sections if s.heading not in _COMPARED)
    return {section.heading: _lines(section) for section in others}


def _lines(section: Section) -> dict[str, _Line]:
    named = _by((line for block in section.blocks for line in _of(block)), lambda line: line[0])
    return {name: (label, text) for name, (_, label, text) in named.items()}


def _facts(facts: Facts) -> dict[str, _Line]:
    return {name: (name, value) for name, value in facts.rows}


def _of(block: Block) -> Iterator[tuple[str, str, str]]:
    """Yield each line of a block: what it is known by, its label, and its text."""
    match block:
        case Paragraph(text=text):
            yield "", "", text
        case Quote(text=text, by=by):
            yield text, "", f"”{text}” {by}".strip()
        case Listing(items=items):
            yield from ((item, "", item) for item in items)
        case Facts(rows=rows):
            yield from ((name, name, value) for name, value in rows)
        case Table(rows=rows):
            yield from (_row(row) for row in rows)


def _row(row: tuple[str, ...]) -> tuple[str, str, str]:
    return row[0], row[0], ", ".join(cell for cell in row[1:] if cell)
