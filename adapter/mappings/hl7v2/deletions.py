"""What the message deletes: the explicit null (`""`) in a field, and PID-30 = N.

A field or segment that is absent says nothing. HL7 v2.8 chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir.bundles import Resource, extension_value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.protection import is_protected

DELETABLE = frozenset(
    {"PID-5", "PID-11", "PID-29", "PID-30", "PD1-3", "PD1-4", "PV1-3", "PV1-44", "PV2-9", "ZSP-6"}
)


def deleted(stay: Resource, person: Resource, message: Hl7Message) -> list[str]:
    """Return codes of CodeSystem deleted. `stay` is {} in a message about the person alone."""
    codes = [*_of_person(person, message), *(_of_stay(stay, message) if stay else ())]
    return sorted(codes)


def _of_person(person: Resource, message: Hl7Message) -> Iterator[str]:
    if not person.get("name") and _is_null(message, "PID-5"):
        yield "name"
    if not person.get("address") and _is_null(message, "PID-11") and not is_protected(message):
        yield "address"  # a protected address is withheld, and not deleted
    if not person.get("generalPractitioner") and _is_null(message, "PD1-4", "PD1-3"):
        yield "listed"
    if not any(key.startswith("deceased") for key in person) and _is_alive(message):
        yield "deceased"


def _of_stay(stay: Resource, message: Hl7Message) -> Iterator[str]:
    if not extension_value(stay, "planned-discharge") and _is_null(message, "ZSP-6", "PV2-9"):
        yield "planned-discharge"
    if not stay.get("location") and _is_null(message, "PV1-3"):
        yield "ward"
    if "start" not in stay.get("period", {}) and _is_null(message, "PV1-44"):
        yield "admitted"


def _is_null(message: Hl7Message, *paths: str) -> bool:
    return any(message.document.is_null(path) for path in paths)


def _is_alive(message: Hl7Message) -> bool:
    """Whether PID-30 is N, or the facts of a death are deleted; a time of death contradicts it."""
    if message.text("PID-29"):
        return False
    return message.text("PID-30").upper() == "N" or _is_null(message, "PID-29", "PID-30")
