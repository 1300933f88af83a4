"""The rules that cardinality and value sets cannot express.

Each function does the same as a constraint in profiles/: `header_first` is `header-first`. A test
compares it with the constraint's FHIRPath. The functions take any JSON and raise nothing.
"""

from __future__ import annotations

from typing import Any

from adapter.core.model import Event
from adapter.fhir.canonical import CONSENT, ENDED, HSA, MESSAGE_ID, PROTECTION, extension_url
from adapter.fhir.profiles.registry import (
    at,
    codes,
    has,
    invariant,
    names_of_patient,
    resources,
)

_ENDED = {"withdrawn", "need-ended", "moved", "transferred"}  # the code system ended


@invariant("profile", "Bundle.entry[0]")
def header_first(bundle: Any) -> bool:
    """The first entry is the MessageHeader."""
    first = at(bundle, "entry")[:1]
    return bool(first) and at(first[0], "resource.resourceType") == ["MessageHeader"]


@invariant("profile", "Bundle.entry.fullUrl")
def entries_distinct(bundle: Any) -> bool:
    """No two entries have the same fullUrl, so that a reference has one meaning."""
    urls = [url for url in at(bundle, "entry.fullUrl") if isinstance(url, str)]
    return len(urls) == len(set(urls))


@invariant("required", "Patient.deceased")
def death_told(bundle: Any) -> bool:
    """When the event is a death, the Patient resource also says that the patient died."""
    return not _is_event(bundle, Event.DECEASED) or _says_dead(bundle)


@invariant("profile", "Patient.deceased")
def death_withdrawn(bundle: Any) -> bool:
    """When the event withdraws a death, the Patient resource does not say that one died."""
    return not _is_event(bundle, Event.DECEASED_WITHDRAWN) or not _says_dead(bundle)


def _is_event(bundle: Any, event: Event) -> bool:
    if event not in at(bundle, "entry.resource.eventCoding.code"):
        return False
    headers = resources(bundle, "MessageHeader")
    codings = (coding for header in headers for coding in at(header, "eventCoding"))
    return any(has(coding, "code", event) for coding in codings)


def _says_dead(bundle: Any) -> bool:
    return any(
        at(patient, "deceasedDateTime") or True in at(patient, "deceasedBoolean")
        for patient in resources(bundle, "Patient")
    )


@invariant("required", "MessageHeader.reason.text")
def reason_given(header: Any) -> bool:
    """When the event ends the process (avbrott), the header gives the reason."""
    if Event.PROCESS_ENDED not in at(header, "eventCoding.code"):
        return True
    return bool(at(header, "reason.text"))


@invariant("unknown-code", "MessageHeader.reason.coding.code")
def ended_known(header: Any) -> bool:
    """A coded reason of ours is a code that we publish."""
    return codes(at(header, "reason.coding"), ENDED) <= _ENDED


@invariant("no-planned-discharge", f"Encounter.extension('{extension_url('planned-discharge')}')")
def planned_discharge_known(encounter: Any) -> bool:
    """The notice says when discharge is planned (SFS 2017:612 2 kap. 2 §)."""
    return extension_url("planned-discharge") in at(encounter, "extension.url")


@invariant("required", "Patient.identifier")
def patient_identified(patient: Any) -> bool:
    """The patient has an identifier."""
    return bool(at(patient, "identifier.value"))


@invariant("unknown-code", "Patient.meta.security.code")
def protection_known(patient: Any) -> bool:
    """A code of ours about protection says that it is lifted."""
    return codes(at(patient, "meta.security"), PROTECTION) <= {"none"}


@invariant("damaged-text", "Patient.name")
def name_undamaged(patient: Any) -> bool:
    """No name has U+FFFD, the sign that another system has damaged the text."""
    parts = [p for name in ("family", "given", "text") for p in at(patient, f"name.{name}")]
    return not any("\ufffd" in part for part in parts if isinstance(part, str))


@invariant("required", "Communication.payload.content")
def text_given(communication: Any) -> bool:
    """The message has a text."""
    return bool(at(communication, "payload.contentString"))


@invariant("required", "Communication.inResponseTo.identifier")
def message_named(reply: Any) -> bool:
    """The reply names the message that it answers."""
    named = at(reply, "inResponseTo.identifier")
    return any(MESSAGE_ID in at(i, "system") and at(i, "value") for i in named)


@invariant("required", "Task.statusReason.text")
def rejection_explained(task: Any) -> bool:
    """A rejection has a reason."""
    return at(task, "status") != ["rejected"] or bool(at(task, "statusReason.text"))


@invariant("unknown-code", "Consent.category")
def consent_known(consent: Any) -> bool:
    """A category of ours is a code that we publish."""
    return _consent_codes(consent) <= {"planning", "secrecy"}


@invariant("unknown-code", "Consent.status")
def consent_stated(consent: Any) -> bool:
    """A consent or a bar is active or inactive."""
    is_sure = at(consent, "status") in (["active"], ["inactive"])
    return not _consent_codes(consent) or is_sure


@invariant("required", "Consent.dateTime")
def consent_dated(consent: Any) -> bool:
    """A consent or a bar says since when."""
    return not _consent_codes(consent) or bool(at(consent, "dateTime"))


@invariant("profile", "Consent.provision")
def consent_unlimited(consent: Any) -> bool:
    """A consent to planning has no limits: they would not be read."""
    return "planning" not in _consent_codes(consent) or not at(consent, "provision")


@invariant("required", "Consent.provision.actor.reference.identifier")
def bar_names_receiver(consent: Any) -> bool:
    """A bar of secrecy denies, and names each receiver by its HSA-id."""
    denies = at(consent, "provision.type") == ["deny"]
    actors = at(consent, "provision.actor")
    are_named = bool(actors) and all(_has_hsa_id(actor) for actor in actors)
    return "secrecy" not in _consent_codes(consent) or (denies and are_named)


def _has_hsa_id(actor: Any) -> bool:
    named = at(actor, "reference.identifier")
    return any(HSA in at(i, "system") and bool(at(i, "value")) for i in named)


@invariant("profile", "Consent.patient")
def consent_of_patient(bundle: Any) -> bool:
    """A consent or a bar is of the Patient of the message, and of nobody else."""
    ours = [consent for consent in resources(bundle, "Consent") if _consent_codes(consent)]
    names = names_of_patient(bundle) if ours else []
    return all(at(consent, "patient.reference")[:1] in names for consent in ours)


def _consent_codes(consent: Any) -> set[str]:
    return codes(at(consent, "category.coding"), CONSENT)
