"""Strategies of Hypothesis: what a hospital may say of a stay, and what is then told to whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st

from adapter.core.failures import Arrived
from adapter.core.model import Bundle, Event, Need
from adapter.core.participant import Participant
from adapter.fhir import parts, rewriting
from adapter.fhir.canonical import ENCOUNTER_CLASS
from adapter.policy.decision import Input, Plan
from adapter.policy.notice import ENDINGS, Notice
from adapter.policy.reconcile import reconcile
from adapter.policy.stay import Patched, Stay, patch
from adapter.settings.network import Network
from tests.kit import county, drafts
from tests.kit.drafts import T0

NETWORK = Network(settings=county.SETTINGS, systems={})
EVENTS = (
    Event.ADMISSION_NOTICE,
    Event.ADMISSION_UPDATED,
    Event.ADMISSION_CANCELLED,
    Event.PROCESS_ENDED,
    Event.LEAVE_STARTED,
    Event.LEAVE_ENDED,
    Event.DISCHARGE_READY,
    Event.DISCHARGE_READY_WITHDRAWN,
    Event.DISCHARGED,
    Event.DISCHARGE_CANCELLED,
    Event.DECEASED,
    Event.DECEASED_WITHDRAWN,
)
Consents: TypeAlias = tuple[dict[str, Any], ...]
NONE: st.SearchStrategy[Consents] = st.just(())
OFTEN = (Event.ADMISSION_UPDATED,) * 8
"""Most messages are updates; the rest are one each, so that stays live for some messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One message about a stay: its event, when it was recorded, and the message."""

    event: Event
    bundle: Bundle = field(repr=False)
    at: datetime
    says: str = ""  # for people who read a failure


def word(event: Event, minutes: int, **says: Any) -> Word:
    """Return a message; `says` are parts of `drafts.stay`, and some of our own."""
    kommun, class_ = says.pop("kommun", "2580"), says.pop("class_", "IMP")
    leaves, deletes = says.pop("leaves", ""), says.pop("deletes", ())
    text = f"{kommun} {class_} {leaves} {deletes} {says}"
    person = drafts.patient(municipality=kommun)
    more: dict[str, Any] = {"class": {"system": ENCOUNTER_CLASS, "code": class_}}
    if event in (Event.DISCHARGED, Event.DECEASED):
        end = (T0 + timedelta(minutes=minutes)).isoformat()
        more |= {"status": "finished", "period": {"start": T0.isoformat(), "end": end}}
        more |= {"hospitalization": parts.hospitalization(leaves)}
    bundle = drafts.stay(event, minutes=minutes, person=person, **more | says)
    if deletes:
        kept = [e for e in drafts_extensions(bundle) if "planned-discharge" not in e["url"]]
        focus = [e["resource"] for e in bundle["entry"]][1] | {"extension": kept}
        bundle = rewriting.with_resource(bundle, {k: v for k, v in focus.items() if v})
        header = [*bundle["entry"][0]["resource"]["extension"], *parts.deleted_extensions(deletes)]
        bundle = rewriting.with_header(bundle, extension=header)
    return Word(event=event, bundle=bundle, at=T0 + timedelta(minutes=minutes), says=text)


def drafts_extensions(bundle: Bundle) -> list[dict[str, Any]]:
    """Return the extensions of the Encounter."""
    extensions: list[dict[str, Any]] = bundle["entry"][1]["resource"].get("extension", [])
    return extensions


@st.composite
def words(
    draw: st.DrawFn, minutes: st.SearchStrategy[int], consents: st.SearchStrategy[Consents] = NONE
) -> Word:
    """A message about a stay."""
    event = draw(st.sampled_from(EVENTS + OFTEN))
    day = draw(st.integers(10, 13))
    ward = draw(st.sampled_from(["", "1", "2"]))
    assessed = event not in (Event.PROCESS_ENDED, Event.ADMISSION_CANCELLED)
    needs = draw(st.lists(st.sampled_from([str(n) for n in Need]), unique=True, max_size=3))
    return word(
        event,
        draw(minutes),
        kommun=draw(st.sampled_from(["2580", "2580", "2581", "2480"])),
        class_=draw(st.sampled_from(["IMP"] * 9 + ["AMB"])),
        leaves=draw(st.sampled_from(["home", "", "home", "other-hcf", "exp"])),
        planned=f"2026-03-{day}T12:00:00+01:00",
        needs=tuple(needs) if assessed else (),
        location=[{"location": {"display": ward}}] if ward else [],
        deletes=draw(st.sampled_from([(), (), (), ("planned-discharge",)])),
        consents=draw(consents),
    )


@st.composite
def courses(draw: st.DrawFn, consents: st.SearchStrategy[Consents] = NONE) -> list[Word]:
    """What a hospital says of one stay: an admission first, then a message every so often."""
    gaps = draw(st.lists(st.sampled_from([1, 60, 1440, 6 * 1440]), min_size=2, max_size=9))
    times = [sum(gaps[:number]) for number in range(len(gaps))]
    first = word(Event.ADMISSION_NOTICE, 0, needs=draw(st.sampled_from([(), (Need.PRIMARY_CARE,)])))
    return [first, *(draw(words(st.just(at + 1), consents)) for at in times)]


def applied(stay: Stay, each: Word, name: str = "m") -> Patched:
    """Return the Stay after a message."""
    return patch(stay, each.event, each.bundle, name, each.at)


def after(each: Iterable[Word]) -> Stay:
    """Return the Stay after messages that are recorded in this order."""
    stay = Stay()
    for number, word_ in enumerate(each):
        stay = applied(stay, word_, f"m-{number}").stay
    return stay


@dataclass(kw_only=True)
class Sent:
    """A notice that was queued, and whether it arrived."""

    notice: Notice
    at: datetime
    arrived: Arrived


@dataclass(kw_only=True)
class Course:
    """A stay that goes on: its rows, and what was sent to whom, as the flow keeps them."""

    network: Network = NETWORK
    stay: Stay = field(default_factory=Stay)
    rows: dict[tuple[str, str, str], Participant] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def told(self) -> dict[str, Arrived]:
        """Whether each endpoint with an open row was told since it was opened."""
        since: dict[str, datetime] = {}
        for row in self.open():
            since[row.endpoint] = min(row.since, since.get(row.endpoint, row.since))
        return {name: self._arrived(name, at) for name, at in since.items()}

    def open(self) -> list[Participant]:
        """The open rows."""
        return [row for row in self.rows.values() if row.until is None]

    def _arrived(self, name: str, since: datetime) -> Arrived:
        outcomes = {
            s.arrived
            for s in self.sent
            if s.notice.endpoint == name and s.at >= since and s.notice.event not in ENDINGS
        }
        order = (Arrived.YES, Arrived.MAYBE, Arrived.NO)
        return next((each for each in order if each in outcomes), Arrived.NO)

    def given(self, patched: Patched, each: Word) -> Input:
        """What a decision about a message depends on."""
        return Input(
            network=self.network,
            case_id="c-1",
            before=self.stay,
            after=patched.stay,
            event=each.event,
            rows=list(self.rows.values()),
            told=self.told(),
            now=each.at,
        )

    def hears(self, each: Word, outcome: Arrived) -> Plan | None:
        """Apply a message as the flow does; every notice has this outcome. None: no change."""
        patched = applied(self.stay, each)
        if not patched.changed:
            self.stay = patched.stay
            return None
        plan = reconcile(self.given(patched, each))
        self.stay = patched.stay
        self.rows |= {row.key: row for row in plan.rows}
        self.sent += [Sent(notice=n, at=each.at, arrived=outcome) for n in plan.notices]
        return plan

    def again(self, each: Word) -> Plan:
        """What would be told, were the same message judged once more."""
        return reconcile(replace(self.given(applied(self.stay, each), each), after=self.stay))
