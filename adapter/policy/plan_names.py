"""Which plan a message is about: by its identifiers, by the version that it was written on. Pure.

A plan is known by its author's organisation, a system and a value. Within a case, a system and a
value name one plan (FHIR R4, Identifier.value): another author makes no other plan of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapter.core.model import Bundle
from adapter.fhir import bundles, references
from adapter.fhir.bundles import Resource
from adapter.policy import efforts
from adapter.policy.plans import Plans


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a message calls its plan, and under which key the case knows that plan."""

    key: str
    author: str  # HSA-id of the coordinator's organisation
    known: str  # "" for a plan that the case does not know


def name_of(bundle: Bundle, plans: Plans) -> Name:
    """Return the name of the plan in a message.

    Where the message names no author, it is the author of the known plan, or the sender.
    """
    plan = bundles.focus(bundle) or {}
    called = [_called(each) for each in plan.get("identifier", ())] or [" "]
    author = efforts.unit_of(references.by_name(bundle), plan.get("author"))
    known = _known(plans, author, called, bundles.every_concerned(bundle))
    author = author or author_of(known) or bundles.sender_id(bundle)
    exact = f"{author} {called[0]}"
    known = exact if exact in plans.versions else known
    return Name(key=exact, author=author, known=known)


def author_of(key: str) -> str:
    """Return the author's organisation in the key of a plan."""
    return key.partition(" ")[0]


def is_called_so(key: str, called: Iterable[str]) -> bool:
    """Whether a plan has one of these names. Without a system, a value is nobody's alone."""
    own = key.partition(" ")[2]
    return own in called and bool(own.partition(" ")[0])


def _known(plans: Plans, author: str, called: list[str], read: list[str]) -> str:
    """The key of the plan that these names or versions lead to; "" for none."""
    named = [key for key in plans.versions if is_called_so(key, called)]
    own = [key for key in named if author_of(key) == author]
    wrote = {content.lower() for content in read}
    on = [key for key, each in plans.versions.items() if not wrote.isdisjoint(each.contents)]
    return next(iter([*own, *named, *on]), "")


def _called(identifier: Resource) -> str:
    return f"{identifier.get('system', '')} {identifier.get('value', '')}"
