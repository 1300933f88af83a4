"""The world of the stories: organisations, what they provide, and where people live."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """An effort (insats) that a patient may need after discharge."""

    SOCIAL = "social-services"
    MUNICIPAL = "municipal-health-care"
    PRIMARY = "primary-care"


class Role(StrEnum):
    """What a party is in the process."""

    HOSPITAL = "hospital"
    UNIT = "unit"  # a unit with efforts: municipality or primary care
    PLANNING = "planning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One mailbox. `form` is the language that it speaks, `door` the way that its bytes travel."""

    name: str
    organization: str
    role: Role
    form: str  # hl7v2 | fhir | omsorg
    door: str  # mllp | http | bus
    kommun: str = ""
    serves: tuple[Need, ...] = ()
    home: str = ""  # the endpoint that gets what is meant for this one


SOCIAL, MUNICIPAL, PRIMARY = Need.SOCIAL, Need.MUNICIPAL, Need.PRIMARY
ADAPTER = "SE0000000009-ADAPTER"


def _hospital(name: str, organization: str, home: str = "") -> Party:
    return Party(
        name=name,
        organization=organization,
        role=Role.HOSPITAL,
        form="hl7v2",
        door="mllp",
        home=home,
    )


def _centre(name: str, organization: str, kommun: str) -> Party:
    return Party(
        name=name,
        organization=organization,
        role=Role.UNIT,
        form="fhir",
        door="http",
        kommun=kommun,
        serves=(PRIMARY,),
    )


def _municipal(
    name: str, organization: str, kommun: str, form: str, serves: tuple[Need, ...]
) -> Party:
    return Party(
        name=name,
        organization=organization,
        role=Role.UNIT,
        form=form,
        door="http",
        kommun=kommun,
        serves=serves,
    )


SUNDBY = _hospital("sundby", "SE2321000001-SUNDBY", home="sundby-fhir")
SUNDBY_FHIR = Party(
    name="sundby-fhir",
    organization="SE2321000001-SUNDBY",
    role=Role.HOSPITAL,
    form="fhir",
    door="http",
)
NORRLID = _hospital("norrlid", "SE2321000002-NORRLID")
PSYK = _hospital("psyk", "SE2321000003-PSYK")
PLANNING = Party(
    name="planering",
    organization="SE2321000009-PLAN",
    role=Role.PLANNING,
    form="fhir",
    door="bus",
)
LULEA = _municipal("lulea", "SE2120000001-LULEA", "2580", "omsorg", (SOCIAL, MUNICIPAL))
LULEA_NEW = _municipal("lulea-ny", "SE2120000001-LULEANY", "2580", "omsorg", (SOCIAL, MUNICIPAL))
PITEA_SOC = _municipal("pitea-soc", "SE2120000002-PITEASOC", "2581", "fhir", (SOCIAL,))
PITEA_HSV = _municipal("pitea-hsv", "SE2120000002-PITEAHSV", "2581", "omsorg", (MUNICIPAL,))
BODEN = _municipal("boden", "SE2120000003-BODEN", "2582", "omsorg", (SOCIAL,))
CENTRES = tuple(
    _centre(f"vc-{name}", f"SE2321000004-VC{name.upper()}", "2580")
    for name in ("bjorknas", "gammelstad", "hertson", "mjolkudden", "orn", "stadsviken", "sunderby")
)
VC_PITEA = _centre("vc-pitea", "SE2321000004-VCPITEA", "2581")
UNCONNECTED_CENTRE = "SE2321000005-VCPRIVAT"
UNKNOWN_UNIT = "SE2120000008-OKAND"

HOSPITALS = (SUNDBY, SUNDBY_FHIR, NORRLID, PSYK)
UNITS = (LULEA, PITEA_SOC, PITEA_HSV, BODEN, *CENTRES, VC_PITEA)
EVERYBODY = (*HOSPITALS, PLANNING, *UNITS)
PARTIES = {party.name: party for party in (*EVERYBODY, LULEA_NEW)}

CARRIES = ("2580", "2581", "2583", CENTRES[0].organization, VC_PITEA.organization)
"""For which kommuner and units the planning service carries the notices."""

KOMMUNER = {
    "2580": ("LULEÅ", "97231"),
    "2581": ("PITEÅ", "94131"),
    "2582": ("BODEN", "96131"),
    "2583": ("HAPARANDA", "95331"),  # nobody is connected for it
    "0180": ("STOCKHOLM", "11120"),  # another county
}


def owner_of(case: str) -> str:
    """Return the organisation whose HSA-id stands in a case's name."""
    return case.partition("/")[0]
