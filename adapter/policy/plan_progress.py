"""Whether a unit may report progress of a plan: of the newest version, of its own efforts. Pure."""

from __future__ import annotations

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.policy import efforts, plan_names
from adapter.policy.efforts import Effort
from adapter.policy.plan_versions import Writer, named, number_of
from adapter.policy.plans import ENDED, Plans, Version


def reported_on(plans: Plans, bundle: Bundle, writer: Writer) -> Version:
    """Return the plan that a unit reports progress of. It must be the newest, and in force.

    FatalError `plan-unknown`, `plan-ended`, `stale-version`, or `not-own-effort` for an effort of
    another unit, or of none in the plan. The coordinator reports on each.
    """
    known = plans.versions.get(plan_names.name_of(bundle, plans).known)
    number = number_of(bundle)
    if known is None or not known.number:
        raise FatalError("plan-unknown")
    detail = f"progress of version {number}; {named(known)} is applied"
    if known.status in ENDED:
        raise FatalError("plan-ended", detail)
    if number != known.number:
        raise FatalError("stale-version", detail)
    for id_ in efforts.ids(bundle):
        if not _may_report(known, known.efforts.get(id_), writer):
            raise FatalError("not-own-effort", f"progress of {id_}")
    return known


def _may_report(plan: Version, effort: Effort | None, writer: Writer) -> bool:
    """Whether an effort is the writer's, or of nobody with an HSA-id, as a relative's."""
    if effort is None:
        return False
    is_coordinator = writer.keeps_plans or plan.keeper in writer.ids
    return is_coordinator or not effort.units or not set(effort.units).isdisjoint(writer.ids)
