"""The role of an endpoint in stays, and how stays are shared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter import settings
from adapter.core.endpoint import ActCode, Disposition, Endpoint, Settings, Sharing, UntypedAddress
from adapter.core.model import Event, Need
from adapter.core.protection import Protection, ProtectionLevel, ProtectionPolicy
from adapter.settings import role_checks
from tests.kit import places

FILE = places.FIXTURES / "settings" / "roles.toml"


@pytest.fixture(scope="module")
def region() -> Settings:
    return settings.load(FILE, {})


def named(loaded: Settings, name: str) -> Endpoint:
    return next(endpoint for endpoint in loaded.endpoints if endpoint.name == name)


def endpoint(
    serves: tuple[Need, ...] = (),
    carries_for: tuple[str, ...] = (),
    owns_stays: bool | None = None,
    begins: tuple[Event, ...] | None = None,
) -> Endpoint:
    return Endpoint(
        name="a",
        organization="SE0000000001-A",
        system="fhir",
        transport="http",
        serves=serves,
        carries_for=carries_for,
        owns_stays_key=owns_stays,
        begins_key=begins,
    )


MUNICIPALITY = endpoint(serves=(Need.SOCIAL_SERVICES,))
PLANNING = endpoint(carries_for=("2580",))


def test_a_file_with_every_key_of_a_role_has_no_problem() -> None:
    assert settings.survey(FILE, {}, ("fhir",)) == ()


@pytest.mark.parametrize(
    ("need", "warned"), [(Need.PRIMARY_CARE, []), (Need.SOCIAL_SERVICES, ["serves"])]
)
def test_a_planning_service_serves_primary_care_alone(need: Need, warned: list[str]) -> None:
    """By it a meeting is called (2017:612 4 kap. 3 §); its notices follow `carries_for`."""
    planning = endpoint(serves=(need,), carries_for=("2580",))
    assert [issue.expression for issue in role_checks.problems(planning)] == warned


def test_a_stay_is_owned_by_endpoints_that_neither_serve_nor_carry() -> None:
    assert endpoint().owns_stays
    assert not MUNICIPALITY.owns_stays
    assert not PLANNING.owns_stays


def test_a_file_may_say_who_owns_stays(region: Settings) -> None:
    assert named(region, "cottage-hospital").owns_stays
    assert not endpoint(owns_stays=False).owns_stays


def test_a_hospital_begins_messages_and_all_others_plans_and_basis_too() -> None:
    others = (Event.CARE_PLAN, Event.MESSAGE, Event.PLANNING_BASIS)
    assert endpoint().begins == (Event.MESSAGE,)
    assert MUNICIPALITY.begins == PLANNING.begins == others
    assert endpoint(owns_stays=False).begins == others


def test_a_file_may_say_which_cases_an_endpoint_begins(region: Settings) -> None:
    assert named(region, "journal").begins == (Event.MESSAGE, Event.CARE_PLAN)
    assert named(region, "planning").begins == ()


def test_whom_an_endpoint_tells_and_carries_for_comes_out_in_capitals(region: Settings) -> None:
    assert named(region, "journal").tells_for == ("SE0000000002-PSYKIATRI",)
    planning = named(region, "planning")
    assert planning.carries_for == ("2580", "SE0000000004-VARDCENTRAL")
    assert planning.mailbox_for == ("SE0000000004-VARDCENTRAL",)


def test_a_sender_s_own_codes_are_translated(region: Settings) -> None:
    journal = named(region, "journal")
    assert journal.classes == {"D": ActCode.AMB, "": ActCode.IMP}
    assert journal.dispositions == {"AS": Disposition.OTHER_HOSPITAL, "AVL": Disposition.DEAD}
    assert journal.untyped_address is UntypedAddress.OTHER


def test_sharing_is_read(region: Settings) -> None:
    assert region.sharing == Sharing(
        wards=True,
        window=timedelta(days=14),
        purge_unshared=timedelta(days=3),
        keep_names=timedelta(days=3650),
    )


def test_protection_is_read_in_the_order_of_the_file(region: Settings) -> None:
    level = ProtectionLevel.MARKED
    assert region.protection == (
        Protection(level=level, to=("planning",), policy=ProtectionPolicy.FULL),
        Protection(level=level, policy=ProtectionPolicy.MASKED),
    )
