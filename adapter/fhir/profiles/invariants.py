"""The rules that cardinality and value sets cannot express.

Each function does the same as a constraint in profiles/: `header_first` is `header-first`. A test
compares it with the constraint's FHIRPath. The functions take any JSON and raise nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapter.core.catalogue import ErrorCode
from adapter.core.model import Event
from adapter.fhir.canonical import CONSENT, ENDED, HSA, MESSAGE_ID, PROTECTION, extension_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A rule: the code and place of its issue, and the function that checks it."""

    key: str
    code: ErrorCode
    expression: str
    holds: Callable[[Any], bool]


INVARIANTS: dict[str, Invariant] = {}
_ENDED = {"withdrawn", "need-ended", "moved", "transferred"}  # the code system ended


def _invariant(code: ErrorCode, expression: str) -> Callable[[Callable[[Any], bool]], Any]:
    def register(function: Callable[[Any], bool]) -> Callable[[Any], bool]:
        key = function.__name__.replace("_", "-")
        INVARIANTS[key] = Invariant(key=key, code=code, expression=expression, holds=function)
        return function

    return register


def _at(node: Any, path: str) -> list[Any]:
    """Return all values at a path of JSON names, through arrays; [] when there is none."""
    nodes = [node]
    for name in path.split("."):
        inside: list[Any] = []
        for item in nodes:
            value = item.get(name) if isinstance(item, dict) else None
            if value is not None:
                inside += _each(value)
        nodes = inside
    return nodes


def _each(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [item for item in value if item is not None]
    return [value]


def _resources(bundle: Any, type_: str) -> list[Any]:
    return [r for r in _at(bundle, "entry.resource") if _is_of_type(r, type_)]


def _is_of_type(resource: Any, type_: str) -> bool:
    own = resource.get("resourceType") if isinstance(resource, dict) else None
    return own == type_ or (isinstance(own, list) and _each(own) == [type_])


def _codes(codings: list[Any], system: str) -> set[str]:
    """Return the codes that are of a system; "" where a coding has none."""
    ours = [coding for coding in codings if system in _at(coding, "system")]
    return {code if isinstance(code := c.get("code"), str) else "" for c in ours}


@_invariant("profile", "Bundle.entry[0]")
def header_first(bundle: Any) -> bool:
    """The first entry is the MessageHeader."""
    first = _at(bundle, "entry")[:1]
    return bool(first) and _at(first[0], "resource.resourceType") == ["MessageHeader"]


@_invariant("profile", "Bundle.entry.fullUrl")
def entries_distinct(bundle: Any) -> bool:
    """No two entries have the same fullUrl, so that a reference has one meaning."""
    urls = [url for url in _at(bundle, "entry.fullUrl") if isinstance(url, str)]
    return len(urls) == len(set(urls))


@_invariant("required", "Patient.deceased")
def death_told(bundle: Any) -> bool:
    """When the event is a death, the Patient resource also says that the patient died."""
    return not _is_event(bundle, Event.DECEASED) or _says_dead(bundle)


@_invariant("profile", "Patient.deceased")
def death_withdrawn(bundle: Any) -> bool:
    """When the event withdraws a death, the Patient resource does not say that one died."""
    return not _is_event(bundle, Event.DECEASED_WITHDRAWN) or not _says_dead(bundle)


def _is_event(bundle: Any, event: Event) -> bool:
    headers = _resources(bundle, "MessageHeader")
    return any(event in _at(header, "eventCoding.code") for header in headers)


def _says_dead(bundle: Any) -> bool:
    return any(
        _at(patient, "deceasedDateTime") or True in _at(patient, "deceasedBoolean")
        for patient in _resources(bundle, "Patient")
    )


@_invariant("required", "MessageHeader.reason.text")
def reason_given(header: Any) -> bool:
    """When the event ends the process (avbrott), the header gives the reason."""
    if Event.PROCESS_ENDED not in _at(header, "eventCoding.code"):
        return True
    return bool(_at(header, "reason.text"))


@_invariant("unknown-code", "MessageHeader.reason.coding.code")
def ended_known(header: Any) -> bool:
    """A coded reason of ours is a code that we publish."""
    return _codes(_at(header, "reason.coding"), ENDED) <= _ENDED


@_invariant("no-planned-discharge", f"Encounter.extension('{extension_url('planned-discharge')}')")
def planned_discharge_known(encounter: Any) -> bool:
    """The notice says when discharge is planned (SFS 2017:612 2 kap. 2 §)."""
    return extension_url("planned-discharge") in _at(encounter, "extension.url")


@_invariant("required", "Patient.identifier")
def patient_identified(patient: Any) -> bool:
    """The patient has an identifier."""
    return bool(_at(patient, "identifier.value"))


@_invariant("unknown-code", "Patient.meta.security.code")
def protection_known(patient: Any) -> bool:
    """A code of ours about protection says that it is lifted."""
    return _codes(_at(patient, "meta.security"), PROTECTION) <= {"none"}


@_invariant("damaged-text", "Patient.name")
def name_undamaged(patient: Any) -> bool:
    """No name has U+FFFD, the sign that another system has damaged the text."""
    parts = [p for name in ("family", "given", "text") for p in _at(patient, f"name.{name}")]
    return not any("\ufffd" in part for part in parts if isinstance(part, str))


@_invariant("required", "Communication.payload.content")
def text_given(communication: Any) -> bool:
    """The message has a text."""
    return bool(_at(communication, "payload.contentString"))


@_invariant("required", "Communication.inResponseTo.identifier")
def message_named(reply: Any) -> bool:
    """The reply names the message that it answers."""
    named = _at(reply, "inResponseTo.identifier")
    return any(MESSAGE_ID in _at(i, "system") and _at(i, "value") for i in named)


@_invariant("required", "Task.statusReason.text")
def rejection_explained(task: Any) -> bool:
    """A rejection has a reason."""
    return _at(task, "status") != ["rejected"] or bool(_at(task, "statusReason.text"))


@_invariant("unknown-code", "Consent.category")
def consent_known(consent: Any) -> bool:
    """A category of ours is a code that we publish."""
    return _consent_codes(consent) <= {"planning", "secrecy"}


@_invariant("unknown-code", "Consent.status")
def consent_stated(consent: Any) -> bool:
    """A consent or a bar is active or inactive."""
    is_sure = _at(consent, "status") in (["active"], ["inactive"])
    return not _consent_codes(consent) or is_sure


@_invariant("required", "Consent.dateTime")
def consent_dated(consent: Any) -> bool:
    """A consent or a bar says since when."""
    return not _consent_codes(consent) or bool(_at(consent, "dateTime"))


@_invariant("profile", "Consent.provision")
def consent_unlimited(consent: Any) -> bool:
    """A consent to planning has no limits: they would not be read."""
    return "planning" not in _consent_codes(consent) or not _at(consent, "provision")


@_invariant("required", "Consent.provision.actor.reference.identifier")
def bar_names_receiver(consent: Any) -> bool:
    """A bar of secrecy denies, and names each receiver by its HSA-id."""
    denies = _at(consent, "provision.type") == ["deny"]
    actors = _at(consent, "provision.actor")
    are_named = bool(actors) and all(_has_hsa_id(actor) for actor in actors)
    return "secrecy" not in _consent_codes(consent) or (denies and are_named)


def _has_hsa_id(actor: Any) -> bool:
    named = _at(actor, "reference.identifier")
    return any(HSA in _at(i, "system") and bool(_at(i, "value")) for i in named)


@_invariant("profile", "Consent.patient")
def consent_of_patient(bundle: Any) -> bool:
    """A consent or a bar is of the Patient of the message, and of nobody else."""
    ours = [consent for consent in _resources(bundle, "Consent") if _consent_codes(consent)]
    names = _names_of_patient(bundle) if ours else []
    return all(_at(consent, "patient.reference")[:1] in names for consent in ours)


def _names_of_patient(bundle: Any) -> list[list[str]]:
    """Return each form of a reference to the Patient, as the resolution of references does."""
    of_patient = [e for e in _at(bundle, "entry") if _resources({"entry": e}, "Patient")]
    urls = [url for entry in of_patient for url in _at(entry, "fullUrl")]
    ids = [id_ for entry in of_patient for id_ in _at(entry, "resource.id")]
    return [[name] for id_ in ids for name in (f"Patient/{id_}", f"urn:uuid:{id_}")] + [
        [url] for url in urls
    ]


def _consent_codes(consent: Any) -> set[str]:
    return _codes(_at(consent, "category.coding"), CONSENT)
