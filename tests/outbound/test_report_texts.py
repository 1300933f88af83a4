"""What a delivery report says to a ward: Swedish, and something that a ward can do."""

from datetime import timedelta

import pytest

from adapter.cli import texts
from adapter.core.catalogue import CATALOGUE, ErrorCode
from adapter.core.errors import FatalError
from adapter.core.model import Need
from adapter.fhir import bundles
from adapter.outbound import report_texts
from adapter.policy.entitled import Missing
from tests.kit import drafts
from tests.kit.region import Region

WHY = sorted(texts._NOBODY)


def test_a_report_tells_the_ward_in_swedish_what_to_do(region: Region) -> None:
    region.tells("hospital", drafts.note())
    for _ in range(3):
        region.turn(timedelta(minutes=30))
    [report] = [b for b in region.inbox("hospital") if bundles.of_type(b, "Task")]
    text = (bundles.focus(report) or {})["statusReason"]["text"]
    assert text == (
        "Ingen systemkvittens har kommit från mottagaren. "
        "Ring mottagaren och fråga om meddelandet har kommit fram."
    )


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_no_report_tells_a_ward_what_operators_do(code: ErrorCode) -> None:
    entry = CATALOGUE[code]
    text = report_texts.text(FatalError(code), "")
    assert text.startswith(entry.sv)
    assert entry.action not in text
    assert len(text) > len(entry.sv) + 1


def test_no_ward_is_asked_to_phone_past_a_bar_of_secrecy() -> None:
    text = report_texts.text(FatalError("secrecy-bar"), "")
    assert "Ring mottagaren" not in text
    assert "Lämna inte uppgifterna per telefon" in text


@pytest.mark.parametrize("why", WHY)
def test_each_reason_for_nobody_is_told_in_swedish(why: str) -> None:
    text = report_texts.nobody(Missing(need=Need.SOCIAL_SERVICES, why=why, place="2580"))
    assert text.startswith("Socialtjänst: ")
    assert text.endswith(" (Luleå).")
    assert why not in text


def test_what_the_postal_code_suggests_is_told_with_the_names_of_municipalities() -> None:
    missing = Missing(need=Need.PRIMARY_CARE, why="no-municipality", proposal=("2580", "2581"))
    assert report_texts.nobody(missing) == (
        "Regionfinansierad öppen vård: patientens kommun är okänd; "
        "postnumret tyder på Luleå eller Piteå."
    )
