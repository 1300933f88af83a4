"""A named unit that reads its messages in a planning service is told there, for its own need."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.identifiers import PERSONNUMMER
from adapter.core.model import Need
from adapter.policy.entitled import entitled
from adapter.policy.stay import Fact, Stay
from adapter.settings.network import Network

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC).isoformat()
SOCIAL, HEALTH, PRIMARY = Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE, Need.PRIMARY_CARE
CENTRE, PRIVATE, TOWN = (f"SE{n}-UNIT" for n in ("2321000230", "5560000001", "2120002742"))


def endpoint(name: str, **more: Any) -> Endpoint:
    values: dict[str, Any] = {
        "name": name,
        "organization": f"SE0000000001-{name.upper()}",
        "system": "fhir",
        "transport": "http",
        "address": f"https://{name}.example",
    }
    return Endpoint(**values | more)


LULEA = endpoint("lulea", municipality="2580", serves=(SOCIAL, HEALTH))
PLANNING = endpoint("planning", carries_for=("2580",), mailbox_for=(CENTRE, PRIVATE, TOWN))
NETWORK = Network(settings=Settings(endpoints=(LULEA, PLANNING)), systems={})


def told(*units: str) -> dict[Need, str]:
    """Who is told for each need, planning services that carry for others left out."""
    values = {
        "hospital": "SE0000000001-HOSPITAL",
        "identifiers": [{"system": PERSONNUMMER, "value": "195009072553"}],
        "municipality": "2580",
        "assessment": {"needs": {str(SOCIAL): AT, str(HEALTH): AT}, "units": list(units)},
    }
    facts = {k: Fact(value=v, recorded=AT, message="m-1") for k, v in values.items()}
    rights = entitled(NETWORK, Stay(facts=facts), DAY, {})
    return {r.need: r.endpoint for r in rights.entitlements if r.basis == "assessment"}


@pytest.mark.parametrize("centre", [CENTRE, PRIVATE])
def test_a_named_centre_is_told_in_its_planning_service_for_primary_care_only(centre: str) -> None:
    assert told(centre) == {SOCIAL: "lulea", HEALTH: "lulea", PRIMARY: "planning"}


def test_a_named_unit_of_the_municipality_takes_the_place_of_its_mailbox() -> None:
    assert told(TOWN) == {SOCIAL: "planning", HEALTH: "planning"}


def test_without_a_named_unit_nobody_reads_for_primary_care() -> None:
    assert told() == {SOCIAL: "lulea", HEALTH: "lulea"}
