"""What is wrong about planning although its sender takes part: each is refused, or told to nobody.

The law's words are `standing=OVERREACH`: no party may hear it, and its sender is not told `ok`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from stories import fhir_bytes
from stories.fhir_parts import Json
from stories.plots.planned_words import code_of, say_planned
from stories.teller import Teller
from stories.truth import Standing
from stories.visit import Visit
from stories.world import BODEN, PITEA_SOC, PLANNING, SUNDBY, VC_PITEA, Party


def _recall(t: Teller, visit: Visit, party: Party, about: str, fault: str) -> None:
    t.has(fault)
    to = (SUNDBY, PITEA_SOC) if party is VC_PITEA else (SUNDBY, VC_PITEA)
    say_planned(t, visit, party, "recall", to, code="", about=about, standing=Standing.OVERREACH)


def _recall_by_another(t: Teller, visit: Visit) -> None:
    first = say_planned(t, visit, PITEA_SOC, "message", (SUNDBY, VC_PITEA), code="")
    t.then(hours=2)
    _recall(t, visit, VC_PITEA, first.control, "recall-by-another")


def _recall_of_recall(t: Teller, visit: Visit) -> None:
    first = say_planned(t, visit, PITEA_SOC, "message", (SUNDBY, VC_PITEA), code="")
    t.then(hours=2)
    about = first.control
    second = say_planned(t, visit, PITEA_SOC, "recall", (SUNDBY, VC_PITEA), code="", about=about)
    t.then(hours=2)
    _recall(t, visit, PITEA_SOC, second.control, "recall-of-recall")


def _recall_of_nothing(t: Teller, visit: Visit) -> None:
    unknown = fhir_bytes.content_id(t.story.seed, t.story.number, "never sent")
    _recall(t, visit, PITEA_SOC, unknown, "recall-of-nothing")


def _cancelled_first(t: Teller, visit: Visit) -> None:
    t.has("cancelled-before-invitation")
    _refused(t, visit, VC_PITEA, "sip-invitation-cancelled", (PITEA_SOC,), code_of(t, "K"))


def _old_answer(t: Teller, visit: Visit) -> None:
    t.has("answer-to-old-version")
    code = code_of(t, "K")
    say_planned(t, visit, VC_PITEA, "sip-invitation", (PITEA_SOC, SUNDBY), code=code, consent=True)
    t.then(hours=2)
    to, event = (PITEA_SOC, SUNDBY), "sip-invitation-changed"
    say_planned(t, visit, VC_PITEA, event, to, code=code, version=2, consent=True)
    t.then(hours=2)
    _refused(t, visit, PITEA_SOC, "sip-invitation-answer", (VC_PITEA,), code)


def _progress_of_nothing(t: Teller, visit: Visit) -> None:
    t.has("progress-of-unknown-plan")
    _refused(t, visit, PITEA_SOC, "progress", (PLANNING,), code_of(t, "P"))


def _without_time(t: Teller, visit: Visit) -> None:
    t.has("invitation-without-time")
    code, to = code_of(t, "K"), (PITEA_SOC, SUNDBY)
    _refused(t, visit, VC_PITEA, "sip-invitation", to, code, _drop_time)


def _of_no_principal(t: Teller, visit: Visit) -> None:
    t.has("effort-of-no-principal")
    code, to = code_of(t, "P"), (PITEA_SOC, SUNDBY)
    _refused(t, visit, PLANNING, "care-plan", to, code, _drop_principal)


def _consent_over(t: Teller, visit: Visit) -> None:
    """A consent that ended yesterday makes nobody a party: the stranger must not hear."""
    t.has("consent-ended-yesterday")
    to, code = (PITEA_SOC, BODEN), code_of(t, "K")
    event = "sip-invitation"
    say_planned(t, visit, VC_PITEA, event, to, code=code, consent=True, change=_end_consent)


def _refused(
    t: Teller,
    visit: Visit,
    party: Party,
    event: str,
    to: tuple[Party, ...],
    code: str,
    change: Callable[[Json], None] = lambda _: None,
) -> None:
    version = 2 if event == "sip-invitation-cancelled" else 1
    wrong = Standing.OVERREACH
    say_planned(
        t, visit, party, event, to, code=code, version=version, standing=wrong, change=change
    )


def _focus(bundle: Json) -> Json:
    focus: Json = bundle["entry"][1]["resource"]
    return focus


def _drop_time(bundle: Json) -> None:
    for name in ("start", "end"):
        del _focus(bundle)[name]


def _drop_principal(bundle: Json) -> None:
    del _focus(bundle)["activity"][0]["detail"]["extension"]


def _end_consent(bundle: Json) -> None:
    resources = [entry["resource"] for entry in bundle["entry"]]
    consents = [r for r in resources if r["resourceType"] == "Consent"]
    yesterday = _day_before(bundle["timestamp"])
    for consent in consents:
        consent["provision"] = consent.get("provision", {"type": "permit"})
        consent["provision"]["period"] = {"end": yesterday}


def _day_before(moment: str) -> str:
    return (datetime.fromisoformat(moment) - timedelta(days=1)).isoformat()


FAULTS: tuple[Callable[[Teller, Visit], None], ...] = (
    _recall_by_another,
    _recall_of_recall,
    _recall_of_nothing,
    _cancelled_first,
    _old_answer,
    _progress_of_nothing,
    _without_time,
    _of_no_principal,
    _consent_over,
)
