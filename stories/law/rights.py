"""Who has a right to hear of a stay: the units that 2 kap. 1 § names, and who carries for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stories.law.stays import INPATIENT, Stay
from stories.truth import Assessment
from stories.world import CARRIES, MUNICIPAL, PARTIES, PLANNING, PRIMARY, UNITS, Need, Party


@dataclass(slots=True, kw_only=True)
class Rights:
    """Each party with the needs for which it is told. `nobody` are needs without a receiver.

    Decision: a kommun in `carries_for` covers its primary-care centres too, because the settings
    say "what the endpoints of these municipalities are told". A need that only an unlisted centre
    could meet stands for the planning service under `may`: it may hear of it or not.
    """

    rows: dict[str, frozenset[Need]] = field(default_factory=dict)
    may: dict[str, frozenset[Need]] = field(default_factory=dict)
    nobody: frozenset[Need] = frozenset()
    barred: frozenset[str] = frozenset()  # parties that get nothing of 3 kap.
    ended: str = ""  # why there are none: withdrawn, cancelled, transferred, closed, no-stay

    def needs(self, party: str) -> frozenset[Need]:
        """The needs that a party may hear of."""
        return self.rows.get(party, frozenset()) | self.may.get(party, frozenset())

    def allows(self, party: str) -> bool:
        """Whether a party may hear of the stay."""
        return party in self.rows or party in self.may


def rights(stay: Stay, at: datetime, window: timedelta) -> Rights:
    """Return who has a right at a time. It outlives the stay by the window."""
    ended = _ended(stay, at, window)
    assessment = stay.assessment
    if ended or assessment is None:
        return Rights(ended=ended or "withdrawn")
    found = Rights()
    for need in sorted(wanted(assessment.needs)):
        _grant(found, need, _unit(stay, assessment, need), stay)
    found.barred = frozenset(name for name in found.rows if _is_barred(found, name, stay))
    return found


def _is_barred(found: Rights, name: str, stay: Stay) -> bool:
    """Whether a bar names a party, or a unit of the stay whose people read at that party.

    Decision: the planning service that carries for a barred unit is left out as well.
    """
    units = [p for p in UNITS if p.name in found.rows]
    carried = [p for p in units if p.organization in CARRIES or p.kommun in CARRIES]
    readers = [PARTIES[name], *(carried if name == PLANNING.name else ())]
    return any(reader.organization in stay.bars for reader in readers)


def _ended(stay: Stay, at: datetime, window: timedelta) -> str:
    if stay.cancelled:
        return "cancelled"
    if not stay.begun or stay.values.get("class", "I") not in INPATIENT or stay.assessed_late:
        return "no-stay"
    if stay.discharge is not None and stay.discharge.to == "other-hcf":
        return "transferred"
    over = stay.over
    return "closed" if over is not None and at > over + window else ""


def wanted(needs: frozenset[Need]) -> frozenset[Need]:
    """Municipal health care brings primary care (2 kap. 1 § andra stycket)."""
    return needs | {PRIMARY} if MUNICIPAL in needs else needs


def _unit(stay: Stay, assessment: Assessment, need: Need) -> Party | None:
    """The one unit of a need: the named one, the centre of listing, or the only one there is."""
    named = [p for p in UNITS if p.organization in assessment.units and need in p.serves]
    if named:
        return named[0] if len(named) == 1 else None
    unknown = set(assessment.units) - {p.organization for p in UNITS}
    if unknown:
        return None
    if need is PRIMARY and (centre := stay.values.get("listed")):
        return next((p for p in UNITS if p.organization == centre), None)
    local = [p for p in UNITS if p.kommun == stay.kommun and need in p.serves]
    return local[0] if len(local) == 1 else None


def _grant(found: Rights, need: Need, unit: Party | None, stay: Stay) -> None:
    if unit is None:
        found.nobody |= {need}
    else:
        found.rows[unit.name] = found.rows.get(unit.name, frozenset()) | {need}
    listed = stay.values.get("listed") if need is PRIMARY else None
    if unit is not None:
        carried = unit.organization in CARRIES or unit.kommun in CARRIES
        possible = carried
    elif listed:
        carried = listed in CARRIES
        possible = carried or stay.kommun in CARRIES
    else:
        carried = stay.kommun in CARRIES and need is not PRIMARY
        possible = stay.kommun in CARRIES
    if carried:
        found.rows[PLANNING.name] = found.rows.get(PLANNING.name, frozenset()) | {need}
    elif possible:
        found.may[PLANNING.name] = found.may.get(PLANNING.name, frozenset()) | {need}
