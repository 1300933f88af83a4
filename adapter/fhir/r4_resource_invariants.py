"""The invariants of FHIR R4's resources (4.0.1), each with R4's key.

Those of conformance resources, profiles, questionnaires and measures have files of their own; what
joins resources stands in `contained.py`, `entries.py` and `r4_references.py`.
"""

from __future__ import annotations

from adapter.fhir.r4_rules import (
    Node,
    add,
    any_of,
    each,
    has,
    in_order,
    needs,
    not_both,
    one_of,
)

_TERMS = "http://terminology.hl7.org/CodeSystem/"
_SCOPES = {"ppc-2": "patient-privacy", "ppc-3": "research", "ppc-4": "adr", "ppc-5": "treatment"}
_ENDED_CONDITION = {"resolved", "remission", "inactive"}


def add_all() -> None:
    """Add the invariants of the resources."""
    _add_people()
    _add_plans()
    _add_findings()
    _add_medicines()
    _add_lists()


def _add_people() -> None:
    any_of("Patient.contact", "pat-1", "name", "telecom", "address", "organization")
    any_of("Organization", "org-1", "identifier", "name")
    add("Organization", "org-2", "an address of use home", lambda n: _is_work(n, "address"))
    add("Organization", "org-3", "a telecom of use home", lambda n: _is_work(n, "telecom"))
    any_of("InsurancePlan", "ipn-1", "identifier", "name")
    not_both("AuditEvent.entity", "sev-1", "name", "query")
    any_of("Consent", "ppc-1", "policy", "policyRule")
    for key, code in _SCOPES.items():
        _needs_patient(key, code)
    not_both("FamilyMemberHistory", "fhs-1", "age[x]", "born[x]")
    needs("FamilyMemberHistory", "fhs-2", "estimatedAge", "age[x]")


def _needs_patient(key: str, code: str) -> None:
    """Add: a consent of this scope names its patient. The system of the code is R4's own text."""
    scope = ("something", code)
    add(
        "Consent",
        key,
        f"the scope {code} without patient",
        lambda node: has(node, "patient") or scope not in _codes(node, "scope"),
    )


def _is_work(node: Node, name: str) -> bool:
    return name not in node or "home" not in each(node, f"{name}.use")


def _add_plans() -> None:
    not_both("CarePlan.activity", "cpl-3", "detail", "reference")
    in_order("Task", "inv-1", "authoredOn", "lastModified")
    any_of("Appointment.participant", "app-1", "type", "actor")
    add("Appointment", "app-2", "start and end belong together", _has_both_times_or_none)
    add("Appointment", "app-3", "without a time, not proposed or cancelled", _is_timed)
    add("Appointment", "app-4", "a reason why, not cancelled", _is_cancelled_for_reason)
    any_of("AppointmentResponse", "apr-1", "participantType", "actor")
    needs("ServiceRequest", "prr-1", "orderDetail", "code")
    needs("Goal.target", "gol-1", "detail[x]", "measure")
    one_of("RequestGroup.action", "rqg-1", "resource", "action")
    one_of("CoverageEligibilityResponse.insurance.item", "ces-1", "category", "productOrService")


def _has_both_times_or_none(node: Node) -> bool:
    return has(node, "start") == has(node, "end")


def _is_timed(node: Node) -> bool:
    is_open = node.get("status") in ("proposed", "cancelled", "waitlist")
    return is_open or (has(node, "start") and has(node, "end"))


def _is_cancelled_for_reason(node: Node) -> bool:
    return not has(node, "cancelationReason") or node.get("status") in ("noshow", "cancelled")


def _add_findings() -> None:
    any_of("Condition.stage", "con-1", "summary", "assessment")
    any_of("Condition.evidence", "con-2", "code", "detail")
    add("Condition", "con-4", "abated, and its clinical status is active", _is_abated)
    add("Condition", "con-5", "entered in error, with a clinical status", _is_condition_withdrawn)
    add("AllergyIntolerance", "ait-1", "no clinical status", _is_allergy_stated)
    add("AllergyIntolerance", "ait-2", "entered in error, with a clinical status", _is_withdrawn)
    any_of("Observation.referenceRange", "obs-3", "low", "high", "text")
    not_both("Observation", "obs-6", "dataAbsentReason", "value[x]")
    add("Observation", "obs-7", "a component has the code of the whole", _has_own_components)
    add("RiskAssessment.prediction", "ras-2", "a probability above 100", _is_percentage)
    add("RiskAssessment.prediction", "ras-1", "a range that is no percentage", _is_range_of_percent)


def _codes(node: Node, name: str) -> set[tuple[str, str]]:
    codings = (c for c in each(node, f"{name}.coding") if isinstance(c, dict))
    return {(str(c.get("system")), str(c.get("code"))) for c in codings}


def _is_abated(node: Node) -> bool:
    ended = {(f"{_TERMS}condition-clinical", code) for code in _ENDED_CONDITION}
    return not has(node, "abatement[x]") or bool(_codes(node, "clinicalStatus") & ended)


def _is_in_error(node: Node, system: str) -> bool:
    return (f"{_TERMS}{system}", "entered-in-error") in _codes(node, "verificationStatus")


def _is_condition_withdrawn(node: Node) -> bool:
    return not _is_in_error(node, "condition-ver-status") or not has(node, "clinicalStatus")


def _is_allergy_stated(node: Node) -> bool:
    system = "allergyintolerance-verification"
    return _is_in_error(node, system) or has(node, "clinicalStatus")


def _is_withdrawn(node: Node) -> bool:
    system = "allergyintolerance-verification"
    return not _is_in_error(node, system) or not has(node, "clinicalStatus")


def _has_own_components(node: Node) -> bool:
    components = [c for c in each(node, "component") if isinstance(c, dict)]
    inside = {code for component in components for code in _codes(component, "code")}
    return not has(node, "value[x]") or not inside & _codes(node, "code")


def _is_percentage(node: Node) -> bool:
    value = node.get("probabilityDecimal", 0)
    return isinstance(value, bool | str | dict | list | None) or bool(value <= 100)


def _is_range_of_percent(node: Node) -> bool:
    ends = [end for name in ("low", "high") for end in each(node, f"probabilityRange.{name}")]
    units = [(end.get("code"), end.get("system")) for end in ends if isinstance(end, dict)]
    return all(unit == ("%", "http://unitsofmeasure.org") for unit in units)


def _add_medicines() -> None:
    any_of("MedicationAdministration.dosage", "mad-1", "dose", "rate[x]")
    in_order("MedicationDispense", "mdd-1", "whenPrepared", "whenHandedOver")
    any_of("Immunization.education", "imm-1", "documentType", "reference")
    any_of("ImmunizationRecommendation.recommendation", "imr-1", "vaccineCode", "targetDisease")


def _add_lists() -> None:
    any_of("Composition.section", "cmp-1", "text", "entry", "section")
    not_both("Composition.section", "cmp-2", "emptyReason", "entry")
    not_both("List", "lst-1", "emptyReason", "entry")
    add("List", "lst-2", "deleted entries, and no changes", lambda n: _is_list(n, "deleted"))
    add("List", "lst-3", "dated entries, and no working list", lambda n: _is_list(n, "date"))
    add("Linkage", "lnk-1", "fewer than two items", lambda n: len(each(n, "item")) > 1)
    add("Group", "grp-1", "members of a group that is not actual", _is_actual)
    add("Parameters.parameter", "inv-1", "needs a value, a resource or parts", _has_one_content)


def _is_list(node: Node, name: str) -> bool:
    mode = {"deleted": "changes", "date": "working"}[name]
    return node.get("mode") == mode or not any(has(e, name) for e in each(node, "entry"))


def _is_actual(node: Node) -> bool:
    return not has(node, "member") or node.get("actual") is True


def _has_one_content(node: Node) -> bool:
    return [has(node, name) for name in ("part", "value[x]", "resource")].count(True) == 1
