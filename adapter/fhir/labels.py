"""Read the labels of protection of a FHIR message (Resource.meta.security)."""

from __future__ import annotations

from adapter.core.model import Bundle
from adapter.fhir.bundles import patient, resources
from adapter.fhir.canonical import PROTECTED, PROTECTION
from adapter.fhir.codings import labels_of


def protection(bundle: Bundle) -> str:
    """Return the strongest protection of the patient's identity (PROTECTED).

    `none` says that it was lifted, "" that the message does not mention it. A label belongs on
    the Patient, but protects on any resource. Only a label on the Patient lifts.
    """
    marked = {c for resource in (bundle, *resources(bundle)) for _, c in labels_of(resource)}
    lifted = (PROTECTION, "none") in labels_of(patient(bundle))
    return next((level for level in PROTECTED if level in marked), "none" if lifted else "")


def is_protected(bundle: Bundle) -> bool:
    """Whether the patient's identity is protected (sekretessmarkering, skyddad folkbokföring)."""
    return protection(bundle) in PROTECTED
