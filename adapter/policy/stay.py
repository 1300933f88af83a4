"""The Stay (vårdtillfälle): what is true of a case now, as its owner has told it. Pure.

A Stay holds one fact for each element of `stay_elements`. Each message patches it, element by
element. A fact keeps when it was recorded, so that newer and older are decided per element.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapter.core.identifiers import PERSON_SYSTEMS
from adapter.core.model import Bundle, Event, Need
from adapter.fhir import bundles, exact_json
from adapter.fhir.encounter_classes import UNKNOWN
from adapter.policy import consents
from adapter.policy.stay_elements import LEGAL, Facts, brought, is_same, merged, stated

INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
"""Codes of HL7 v3 ActCode for an encounter that is an inpatient stay (slutenvård)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The value of one element (None: deleted), when it was recorded, and by which message."""

    value: Any
    recorded: str  # ISO 8601; of the newest message that said it
    message: str
    since: str = ""  # when the value took the place of another one; "": it is the first

    @property
    def at(self) -> datetime | None:
        """When it was recorded, as an aware time."""
        return bundles.instant(self.recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The facts of one case by element. An element that nobody has stated is absent."""

    facts: Mapping[str, Fact] = field(default_factory=dict)

    def value(self, element: str) -> Any:
        """Return the value of an element; None where it is absent or deleted."""
        fact = self.facts.get(element)
        return fact.value if fact else None

    @property
    def is_described(self) -> bool:
        """Whether it says anything but consent and bars: they alone outlive a purge."""
        return not all(consents.is_of_consent(name) for name in self.facts)

    @property
    def numbers(self) -> list[str]:
        """The patient's identifiers as `system|value`, without earlier ones."""
        known = self.value("identifiers") or ()
        return [f"{i.get('system', '')}|{i['value']}" for i in known if i.get("value")]

    @property
    def every_number(self) -> list[str]:
        """The patient's identifiers, earlier ones too."""
        old = self.value("old") or ()
        return [*self.numbers, *(f"{i.get('system', '')}|{i['value']}" for i in old)]

    @property
    def is_identified(self) -> bool:
        """Whether the patient has a number of a register of persons."""
        known = self.value("identifiers") or ()
        return any(identifier.get("system") in PERSON_SYSTEMS for identifier in known)

    @property
    def is_inpatient(self) -> bool:
        """Whether this is a stay in inpatient care that has begun and is not cancelled."""
        class_ = self.value("class") or "IMP"
        begun = bool(self.value("hospital")) and class_ in INPATIENT
        return begun and not self.value("cancelled")

    @property
    def needs(self) -> dict[Need, str]:
        """The needs in force, each with the time of the assessment that brought it.

        Municipal health care brings primary care with it (SFS 2017:612 2 kap. 1 § st. 2).
        """
        assessment = self.value("assessment") or {}
        return {Need(name): at for name, at in brought(assessment.get("needs", {})).items()}

    @property
    def municipality(self) -> str:
        """The municipality (kommunkod) where the patient is registered; "" where it is unknown.

        That of the sender's settings counts until another one is known.
        """
        return str(self.value("municipality") or self.value("assumed") or "")

    @property
    def units(self) -> tuple[str, ...]:
        """HSA-ids of the units that the assessment in force names."""
        return tuple((self.value("assessment") or {}).get("units", ()))

    @property
    def is_consent_withdrawn(self) -> bool:
        """Whether the patient's consent to planning is withdrawn. Silence is no withdrawal."""
        return bool(self.value(consents.CONSENT) == consents.WITHDRAWN)

    @property
    def bars(self) -> frozenset[str]:
        """HSA-ids of the receivers that a bar of secrecy leaves out (3 kap. 1 and 2 §§)."""
        named = (consents.barred_by(name) for name, fact in self.facts.items() if fact.value)
        return frozenset(named) - {""}

    @property
    def barred_endpoints(self) -> frozenset[str]:
        """The endpoints that a bar in force has matched, whatever the settings say of them now."""
        return frozenset(e for b in self.bars for e in self.value(consents.matched(b)) or ())

    @property
    def discharge(self) -> dict[str, Any] | None:
        """The discharge; None without one. A discharge by death counts while the death does."""
        discharge: dict[str, Any] | None = self.value("discharge")
        by_death = bool(discharge) and (discharge or {}).get("disposition") == "exp"
        return None if by_death and not self.value("deceased") else discharge or None

    @property
    def is_transfer(self) -> bool:
        """Whether the patient left for another hospital."""
        return (self.discharge or {}).get("disposition") == "other-hcf"

    @property
    def ended(self) -> datetime | None:
        """When the patient was discharged or died; None while the stay goes on.

        A stated time that is later than its recording is wrong: the recording counts.
        """
        discharge, death = self.discharge, self.value("deceased")
        fact = self.facts["discharge"] if discharge else self.facts["deceased"] if death else None
        if fact is None:
            return None
        stated_ = (discharge or {}).get("end") if discharge else death
        at = bundles.instant(stated_ if isinstance(stated_, str) else "") or fact.at
        return min(at, fact.at) if at and fact.at else at

    @property
    def status(self) -> str:
        """Encounter.status (FHIR R4): entered-in-error, finished, onleave or in-progress."""
        if self.value("cancelled"):
            return "entered-in-error"
        if self.discharge or self.value("deceased"):
            return "finished"
        return "onleave" if (self.value("leave") or {}).get("away") else "in-progress"

    def dump(self) -> str:
        """Return the JSON that the store keeps."""
        facts = {name: _dumped(fact) for name, fact in self.facts.items()}
        return exact_json.dumps(facts)


def _dumped(fact: Fact) -> list[Any]:
    row = [fact.value, fact.recorded, fact.message]
    return [*row, fact.since] if fact.since else row


def load(text: str) -> Stay:
    """Return the Stay that `Stay.dump` wrote; an empty one for ""."""
    rows: dict[str, list[Any]] = exact_json.loads(text) if text else {}
    names = ("value", "recorded", "message", "since")
    facts = {element: dict(zip(names, row, strict=False)) for element, row in rows.items()}
    return Stay(facts={element: Fact(**fact) for element, fact in facts.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patched:
    """A Stay after a message, and what the message did to it, by names of elements."""

    stay: Stay
    changed: frozenset[str] = frozenset()  # they have another value than before
    late: frozenset[str] = frozenset()  # set aside: what is known is newer, and differs

    @property
    def late_legal(self) -> frozenset[str]:
        """The legal elements among `late`: they are never set aside in silence."""
        return frozenset(n for n in self.late if n in LEGAL or consents.is_of_consent(n))


def patch(before: Stay, event: Event, bundle: Bundle, message_id: str, now: datetime) -> Patched:
    """Return the Stay after a message about it. `now` counts where no time was recorded.

    Equal times follow the sender's order: the later message counts.
    """
    recorded = (bundles.recorded(bundle) or now).isoformat()
    facts = dict(before.facts)
    changed, late = set[str](), set[str]()
    for name, value in _said(before, stated(event, bundle)).items():
        known = facts.get(name)
        new = Fact(
            value=merged(name, before.value(name), value), recorded=recorded, message=message_id
        )
        same = is_same(name, known.value if known else None, new.value)
        if known and _is_newer(known, new):
            late |= set() if same else {name}
            continue
        changed |= set() if same else {name}
        facts[name] = _succeeded(before, name, new, same=same)
    patched = Patched(stay=Stay(facts=facts), changed=frozenset(changed), late=frozenset(late))
    return without_assumption(before, patched) if patched.stay.value("address") else patched


def _said(before: Stay, facts: Facts) -> Facts:
    """Return what a message says of a Stay. A class that nobody knows takes nothing back.

    A typing error hides no inpatient: neither one of a known class, nor one who has needs.
    """
    is_told = before.is_inpatient and bool(before.needs)
    if facts.get("class") != UNKNOWN or not (before.value("class") or is_told):
        return facts
    return {name: value for name, value in facts.items() if name != "class"}


def without_assumption(before: Stay, patched: Patched) -> Patched:
    """Return what a message did, but for the municipality that it assumes.

    One that was assumed before, and may have given a right, stands: an address without a kommunkod
    is no move.
    """
    known = {n: fact for n, fact in before.facts.items() if n == "assumed" and before.needs}
    facts = {n: fact for n, fact in patched.stay.facts.items() if n != "assumed"} | known
    return replace(patched, stay=Stay(facts=facts), changed=patched.changed - {"assumed"})


def of_consent(stay: Stay) -> Stay:
    """Return what a purge leaves of a Stay: silence neither gives a consent nor lifts a bar."""
    return Stay(facts={k: fact for k, fact in stay.facts.items() if consents.is_of_consent(k)})


def with_end(stay: Stay, ended: datetime, message_id: str) -> Stay:
    """Return a Stay whose facts were purged, with the end that its case still knows.

    A message that takes the discharge back has its way.
    """
    if stay.ended is not None or "discharge" in stay.facts:
        return stay
    end = ended.isoformat()
    fact = Fact(value={"end": end, "disposition": ""}, recorded=end, message=message_id)
    return Stay(facts={**stay.facts, "discharge": fact})


def _succeeded(before: Stay, name: str, new: Fact, *, same: bool) -> Fact:
    """Return the fact to keep: a repetition keeps the value, and since when it holds."""
    known = before.facts.get(name)
    if known and same:
        return replace(new, value=known.value, since=known.since)
    place = before.value(name) or (
        before.municipality if new.value and name in _REPLACES_ASSUMED else ""
    )
    return replace(new, since=new.recorded if place and place != new.value else "")


_REPLACES_ASSUMED = ("municipality", "listed")
"""Elements that take the place of the municipality that was known or assumed before."""


def _is_newer(known: Fact, new: Fact) -> bool:
    return known.at is not None and new.at is not None and known.at > new.at
