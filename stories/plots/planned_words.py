"""What a party says in a case about planning, in FHIR."""

from __future__ import annotations

import json
from collections.abc import Callable

from stories import fhir_bytes, people
from stories.fhir_parts import Json
from stories.teller import Teller
from stories.truth import Act, Standing, Word
from stories.visit import Visit
from stories.world import Party


def _as_it_is(_bundle: Json) -> None:
    """Alter nothing."""


def code_of(t: Teller, letter: str) -> str:
    """Return what a plan, contact or invitation is known by."""
    return f"{letter}-{t.chance.randrange(10**8):08}"


def say_planned(  # noqa: PLR0913 - what a party says, each part by name
    t: Teller,
    visit: Visit,
    party: Party,
    event: str,
    to: tuple[Party, ...],
    *,
    code: str,
    version: int = 1,
    about: str = "",
    consent: bool = False,
    standing: Standing = Standing.OWN,
    change: Callable[[Json], None] = _as_it_is,
) -> Word:
    """Let a party say something in the case, in FHIR; `change` alters the message."""
    t.has(event)
    mark = people.word(t.chance, 7)
    content = fhir_bytes.content_id(t.story.seed, t.story.number, len(t.story.words), "planned")
    draft = fhir_bytes.Draft(
        content=content,
        event=event,
        sender=party,
        made=t.now,
        cases=(visit.case,),
        to=tuple(each.organization for each in to),
        number=visit.person.number,
        says={"consent": True} if consent else {},
        text=mark,
        code=code,
        version=version,
        about=about,
    )
    return t.add(
        sender=party,
        act=Act.OTHER,
        body=_changed(fhir_bytes.write(draft), change),
        control=content,
        case=visit.case,
        event=event,
        to=tuple(each.name for each in to),
        mark=mark,
        standing=standing,
    )


def _changed(body: bytes, change: Callable[[Json], None]) -> bytes:
    bundle: Json = json.loads(body)
    change(bundle)
    return json.dumps(bundle, ensure_ascii=False).encode()
