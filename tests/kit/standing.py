"""A morning on which something stands before persons: needs without a receiver, held notices."""

from __future__ import annotations

from datetime import timedelta

from adapter.core.model import Event
from adapter.fhir import canonical
from tests.kit import drafts
from tests.kit.region import Region

UNSERVED = "2584"  # Kiruna: no endpoint serves it


def nobody_to_tell(region: Region, visit: str = "V1") -> None:
    """Report a stay with a need that no endpoint serves there."""
    region.tells("hospital", drafts.stay(visit=visit, person=drafts.patient(municipality=UNSERVED)))


def held(region: Region, visit: str = "V2") -> None:
    """Report a stay of a patient with protected identity: its notices are held."""
    region.tells("hospital", drafts.stay(visit=visit, person=drafts.patient(protected=True)))


def moves(region: Region, visit: str = "V1") -> None:
    """Report a stay that Luleå is told of, and then that the patient has moved to Umeå."""
    region.tells("hospital", drafts.stay(visit=visit))
    region.now += timedelta(minutes=5)
    moved = drafts.patient(municipality="2480")
    region.tells(
        "hospital", drafts.stay(Event.ADMISSION_UPDATED, visit=visit, minutes=5, person=moved)
    )


def has_come_home(region: Region, visit: str = "V1") -> None:
    """Report that the patient is registered in Luleå, which is served."""
    region.now += timedelta(minutes=5)
    region.tells("hospital", drafts.stay(Event.ADMISSION_UPDATED, visit=visit, minutes=5))


def says_lifted(region: Region, visit: str = "V1") -> None:
    """Report that the patient's protection has ended; a person must confirm it."""
    region.now += timedelta(minutes=5)
    ended = {"system": canonical.PROTECTION, "code": "none"}
    person = drafts.patient() | {"meta": {"security": [ended]}}
    region.tells(
        "hospital", drafts.stay(Event.ADMISSION_UPDATED, visit=visit, minutes=5, person=person)
    )


def is_ready(region: Region, visit: str = "V1") -> None:
    """Report that the patient is ready for discharge."""
    region.now += timedelta(minutes=10)
    region.tells("hospital", drafts.ready(10, visit=visit))


def partly_told(region: Region, visit: str = "V1") -> None:
    """Report a stay with two needs: Luleå serves one of them, and nobody the other."""
    needs = ("social-services", "primary-care")
    region.tells("hospital", drafts.stay(visit=visit, needs=needs))
