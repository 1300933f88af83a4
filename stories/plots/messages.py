"""What parties may say to each other in a case, and how they reject a notice."""

from __future__ import annotations

from collections.abc import Callable

from stories import fhir_bytes, omsorg_bytes, people
from stories.plots.ordinary import admitted, discharge, replan
from stories.teller import Teller
from stories.truth import Act
from stories.visit import Visit
from stories.world import BODEN, CENTRES, LULEA, PLANNING, SOCIAL, SUNDBY, Party


def messages(t: Teller) -> None:
    """Messages and plans between parties of a case, and a receiver that is no party."""
    visit = t.visit(t.person("2580", CENTRES[0].organization), SUNDBY)
    admitted(t, visit, SOCIAL)
    t.then(hours=30)
    t.chance.choice(_SAYINGS)(t, visit)
    t.some_time()
    discharge(t, visit)


def _note(t: Teller, visit: Visit) -> None:
    t.has("message-of-a-party")
    say(t, visit, LULEA, "message", (SUNDBY,))


def _plan(t: Teller, visit: Visit) -> None:
    t.has("plan-of-a-party")
    say(t, visit, PLANNING, "care-plan", (LULEA, SUNDBY))


def _to_stranger(t: Teller, visit: Visit) -> None:
    t.has("message-to-no-party")
    say(t, visit, LULEA, "message", (SUNDBY, BODEN))


def _rejection(t: Teller, visit: Visit) -> None:
    """A person at the municipality has rejected the notice; the needs go on all the same."""
    t.has("notice-rejected")
    t.story.rejects.append(LULEA.name)
    replan(t, visit)


_SAYINGS: tuple[Callable[[Teller, Visit], None], ...] = (
    _note,
    _plan,
    _to_stranger,
    _rejection,
)


def say(
    t: Teller, visit: Visit, party: Party, event: str, to: tuple[Party, ...], alias: str = ""
) -> None:
    """Let a party of the case send a message or a plan in it."""
    mark = people.word(t.chance, 7)
    content = fhir_bytes.content_id(t.story.seed, t.story.number, len(t.story.words), "said")
    hsa = tuple(each.organization for each in to)
    if party.form == "omsorg":
        body = omsorg_bytes.write(
            omsorg_bytes.Draft(
                content=content,
                type="meddelande",
                sender=party.organization,
                made=t.now,
                number=visit.person.number,
                case=visit.case,
                to=hsa,
                body=omsorg_bytes.note(mark, t.now),
            )
        )
    else:
        body = fhir_bytes.write(
            fhir_bytes.Draft(
                content=content,
                event=event,
                sender=party,
                made=t.now,
                cases=(visit.case, alias) if alias else (visit.case,),
                to=hsa,
                number=visit.person.number,
                text=mark,
                code=f"P-{content[:8]}",
            )
        )
    t.add(
        sender=party,
        act=Act.OTHER,
        body=body,
        control=content,
        case=visit.case,
        event=event,
        to=tuple(each.name for each in to),
        mark=mark,
    )
