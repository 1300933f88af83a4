"""The codes of FHIR R4's required bindings (4.0.1), which fhir.resources does not check.

They cover the data types and the resource types of our messages. A key is a type of
fhir.resources and the JSON name of an element.
"""

from __future__ import annotations

_GENDER = "male female other unknown"
_DAYS = "mon tue wed thu fri sat sun"
_UNITS = "s min h d wk mo a"
_PRIORITY = "routine urgent asap stat"
_PARTICIPATION = "accepted declined tentative needs-action"
_ENCOUNTER = (
    "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
)
_DATA_TYPES = {
    "Address.type": "postal physical both",
    "Address.use": "home work temp old billing",
    "ContactPoint.system": "phone fax email pager url sms other",
    "ContactPoint.use": "home work temp old mobile",
    "HumanName.use": "usual official temp nickname anonymous old maiden",
    "Identifier.use": "usual official temp secondary old",
    "Narrative.status": "generated extensions additional empty",
    "Quantity.comparator": "< <= >= >",
    "TimingRepeat.dayOfWeek": _DAYS,
    "TimingRepeat.durationUnit": _UNITS,
    "TimingRepeat.periodUnit": _UNITS,
    "TimingRepeat.when": (
        "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS"
        " HS WAKE C CM CD CV AC ACM ACD ACV PC PCM PCD PCV"
    ),
}
_MESSAGE = {
    "Bundle.type": (
        "document message transaction transaction-response batch batch-response history"
        " searchset collection"
    ),
    "BundleEntryRequest.method": "GET HEAD POST PUT DELETE PATCH",
    "BundleEntrySearch.mode": "match include outcome",
    "MessageHeaderResponse.code": "ok transient-error fatal-error",
    "OperationOutcomeIssue.code": (
        "invalid structure required value invariant security login unknown expired forbidden"
        " suppressed processing not-supported duplicate multiple-matches not-found deleted"
        " too-long code-invalid extension too-costly business-rule conflict transient lock-error"
        " no-store exception timeout incomplete throttled informational"
    ),
    "OperationOutcomeIssue.severity": "fatal error warning information",
    "ProvenanceEntity.role": "derivation revision quotation source removal",
}
_FOCUS = {
    "Appointment.status": (
        "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in"
        " waitlist"
    ),
    "AppointmentParticipant.required": "required optional information-only",
    "AppointmentParticipant.status": _PARTICIPATION,
    "AppointmentResponse.participantStatus": _PARTICIPATION,
    "CarePlan.intent": "proposal plan order option",
    "CarePlan.status": "draft active on-hold revoked completed entered-in-error unknown",
    "CarePlanActivityDetail.kind": (
        "Appointment CommunicationRequest DeviceRequest MedicationRequest NutritionOrder Task"
        " ServiceRequest VisionPrescription"
    ),
    "CarePlanActivityDetail.status": (
        "not-started scheduled in-progress on-hold completed cancelled stopped unknown"
        " entered-in-error"
    ),
    "Communication.priority": _PRIORITY,
    "Communication.status": (
        "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
    ),
    "Encounter.status": _ENCOUNTER,
    "EncounterLocation.status": "planned active reserved completed",
    "EncounterStatusHistory.status": _ENCOUNTER,
    "Task.intent": (
        "unknown proposal plan order original-order reflex-order filler-order instance-order option"
    ),
    "Task.priority": _PRIORITY,
    "Task.status": (
        "draft requested received accepted rejected ready cancelled in-progress on-hold failed"
        " completed entered-in-error"
    ),
}
_OTHERS = {
    "CareTeam.status": "proposed active suspended inactive entered-in-error",
    "DocumentReference.docStatus": "preliminary final amended entered-in-error",
    "DocumentReference.status": "current superseded entered-in-error",
    "DocumentReferenceRelatesTo.code": "replaces transforms signs appends",
    "HealthcareServiceAvailableTime.daysOfWeek": _DAYS,
    "Location.mode": "instance kind",
    "Location.status": "active suspended inactive",
    "LocationHoursOfOperation.daysOfWeek": _DAYS,
    "Patient.gender": _GENDER,
    "PatientContact.gender": _GENDER,
    "PatientLink.type": "replaced-by replaces refer seealso",
    "Practitioner.gender": _GENDER,
    "PractitionerRoleAvailableTime.daysOfWeek": _DAYS,
    "RelatedPerson.gender": _GENDER,
}
REQUIRED: dict[str, frozenset[str]] = {
    element: frozenset(codes.split())
    for element, codes in (_DATA_TYPES | _MESSAGE | _FOCUS | _OTHERS).items()
}

ONLY_R4 = frozenset(
    {
        "EffectEvidenceSynthesis",
        "MedicinalProduct",
        "MedicinalProductAuthorization",
        "MedicinalProductContraindication",
        "MedicinalProductIndication",
        "MedicinalProductIngredient",
        "MedicinalProductInteraction",
        "MedicinalProductManufactured",
        "MedicinalProductPackaged",
        "MedicinalProductPharmaceutical",
        "MedicinalProductUndesirableEffect",
        "RiskEvidenceSynthesis",
        "SubstanceNucleicAcid",
        "SubstancePolymer",
        "SubstanceProtein",
        "SubstanceReferenceInformation",
        "SubstanceSourceMaterial",
        "SubstanceSpecification",
    }
)
"""Resource types of R4 that R4B dropped: they are carried, and their content is not checked."""
