"""The rules of a plan: the statutory heads of a SIP (SFS 2009:981; SFS 2017:612 4 kap.).

A format without a place for the heads says so once, in the plan: `main-responsible` with the
data-absent-reason `unsupported`. Silence is refused.
"""

from __future__ import annotations

from typing import Any

from adapter.fhir.canonical import DATA_ABSENT, extension_url
from adapter.fhir.profiles.registry import at, extended, has, invariant, names_of_entries, resources

PLAN_TYPES = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"
_PRINCIPAL = f"CarePlan.activity.detail.extension('{extension_url('principal')}')"
_MAIN = f"CarePlan.extension('{extension_url('main-responsible')}')"
_VERSION = f"CarePlan.extension('{extension_url('version')}')"
_END_REASON = f"CarePlan.extension('{extension_url('end-reason')}')"


def _is_of(plan: Any, *types: str) -> bool:
    return any(
        has(coding, "system", PLAN_TYPES) and any(has(coding, "code", type_) for type_ in types)
        for coding in at(plan, "category.coding")
    )


def _says_unsupported(plan: Any) -> bool:
    inside = [e for main in extended(plan, "main-responsible") for e in at(main, "extension")]
    return any(has(e, "url", DATA_ABSENT) and has(e, "valueCode", "unsupported") for e in inside)


def _has_heads(plan: Any) -> bool:
    """Whether a plan must have the heads. Asked last: of most plans it need not be."""
    is_active = at(plan, "status") == ["active"]
    return is_active and _is_of(plan, "SIP") and not _says_unsupported(plan)


@invariant("required", "CarePlan.activity")
def sip_has_effort(plan: Any) -> bool:
    """An active SIP has at least one effort (insats)."""
    return bool(at(plan, "activity.detail")) or not _has_heads(plan)


@invariant("required", _PRINCIPAL)
def sip_efforts_have_principal(plan: Any) -> bool:
    """Each effort of an active SIP says which huvudman answers for it."""
    efforts = at(plan, "activity.detail")
    return all(extended(effort, "principal") for effort in efforts) or not _has_heads(plan)


@invariant("required", _MAIN)
def sip_has_main_responsible(plan: Any) -> bool:
    """An active SIP says which huvudman, region or kommun, has the overall responsibility."""
    named = [code for e in extended(plan, "main-responsible") for code in at(e, "valueCode")]
    return "region" in named or "municipality" in named or not _has_heads(plan)


@invariant("required", "CarePlan.activity.id")
def sip_efforts_have_id(plan: Any) -> bool:
    """Each effort of an active SIP has an id, by which progress names it."""
    return all(at(effort, "id") for effort in at(plan, "activity")) or not _has_heads(plan)


@invariant("profile", "CarePlan.activity.id")
def efforts_distinct(plan: Any) -> bool:
    """No two efforts of a plan have the same id."""
    ids = [id_ for id_ in at(plan, "activity.id") if isinstance(id_, str)]
    return len(ids) == len(set(ids))


@invariant("required", _VERSION)
def plan_versioned(plan: Any) -> bool:
    """A SIP, or a plan by LPT and LRV, has a version once it is no draft."""
    if extended(plan, "version"):
        return True
    is_draft = at(plan, "status") in ([], ["draft"])
    return is_draft or _says_unsupported(plan) or not _is_of(plan, "SIP", "SPLPTLRV")


@invariant("required", _END_REASON)
def plan_end_explained(plan: Any) -> bool:
    """A plan with a version that is revoked says why."""
    is_over = at(plan, "status") == ["revoked"] and bool(extended(plan, "version"))
    return not is_over or bool(extended(plan, "end-reason"))


@invariant("unresolved-reference", "CarePlan.goal")
def plan_parts_present(bundle: Any) -> bool:
    """The goals and needs that a plan with a version refers to are in the message."""
    plans = [p for p in resources(bundle, "CarePlan") if extended(p, "version")]
    named = [
        link
        for plan in plans
        for path in ("goal.reference", "addresses.reference")
        for link in at(plan, path)
    ]
    names = names_of_entries(bundle) if named else set()
    return all(not isinstance(link, str) or link in names for link in named)
