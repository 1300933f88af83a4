"""Stories of messages that wait, or are under way, while what they say ceases to be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapter.core.model import Event
from adapter.fhir import bundles
from adapter.inbound import batches, receive
from adapter.outbound import send
from adapter.outbound.claim import claim
from tests.kit.county import text
from tests.kit.drafts import UMEA
from tests.kit.invitation_words import calls
from tests.kit.news_words import informs
from tests.kit.plan_words import answered
from tests.kit.recall_words import UNKNOWN, note, recall, recalls
from tests.kit.region import Wire
from tests.kit.statute_county import CENTRE, NURSING, SOCIAL, Judged, StatuteCounty

CHANGED = Event.SIP_INVITATION_CHANGED


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """A stay that social services and the centre take part in."""
    county = StatuteCounty(store_url)
    county.reports("A01", Judged(social="Y", centre="Y"))
    county.told()
    county.inbox("hospital")
    yield county
    county.store.close()


def takes_in(county: StatuteCounty, name: str, bundle: dict[str, object]) -> None:
    """Let a party send a message that is processed, while nothing is sent."""
    county.says(name, bundle)
    receive.receive_batch(county.store, county.transport, county.now, wait=0)
    batches.process_batch(county.store, county.network, county.now)


# Recalled while under way


def test_a_message_under_way_is_not_tried_again_after_its_recall(ward: StatuteCounty) -> None:
    ward.down |= {"centre"}
    message = note(SOCIAL, CENTRE)
    takes_in(ward, "social", message)
    batch = claim(ward.store, ward.network, {"centre": 50}, ward.now)
    takes_in(ward, "social", recall(SOCIAL, bundles.content_id(message)))
    wire = Wire(ward.transport, ward.down, ward.hangs_up)
    ward.written(send.hand_over(wire, batch, lambda: ward.now))
    ward.down.clear()
    ward.later(hours=2)
    assert ward.words() == {"centre": ["recall"]}
    assert [d["state"] for d in ward.deliveries(event="message")] == ["no-longer-due"]


def test_a_receiver_that_is_connected_no_more_is_named_as_not_reached(
    ward: StatuteCounty,
) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    ward.told()
    kept = tuple(e for e in ward.network.settings.endpoints if e.name != "centre")
    ward.with_settings(endpoints=kept)
    assert recalls(ward, SOCIAL, sent) == [
        "recalled centre: may have it, and is not connected any more"
    ]


# Recalled before it came


def test_a_recall_that_comes_first_counts_for_every_mailbox_and_spelling(
    store_url: str,
) -> None:
    county = StatuteCounty(store_url)
    [social] = [e for e in county.network.settings.endpoints if e.name == "social"]
    other = replace(social, name="second", organization=social.organization)
    kept = [e for e in county.network.settings.endpoints if e.name != "second"]
    county.with_settings(endpoints=(*kept, replace(other, municipality="", serves=())))
    county.reports("A01", Judged(social="Y", centre="Y"))
    county.told()
    recalls(county, SOCIAL, UNKNOWN)
    county.tells("second", note(SOCIAL, CENTRE, content=UNKNOWN.upper()))
    assert county.words() == {}
    assert county.standing() == [("recalled", "second")]
    county.store.close()


def test_a_refused_recall_makes_nothing_void_that_came_before(ward: StatuteCounty) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    ward.told()
    assert recalls(ward, SOCIAL, sent, UNKNOWN) == ["recall-unknown"]
    again = note(SOCIAL, CENTRE, UMEA, content=sent)
    ward.tells("social", again)
    assert ward.words() == {"centre": ["message"]}


# A right that ends while an invitation stands


def test_information_at_discharge_does_not_leave_under_an_invitation(ward: StatuteCounty) -> None:
    calls(ward, NURSING)
    ward.reports("A08", Judged(social="Y", nursing="Y", centre="Y"))
    ward.told()
    ward.down |= {"nursing"}
    informs(ward, NURSING, discharged=ward.now.isoformat())
    ward.reports("A08", Judged(social="Y", centre="Y"))
    ward.down.clear()
    ward.later(hours=2)
    assert "information-transfer" not in ward.words().get("nursing", [])
    [waited] = ward.deliveries(event="information-transfer")
    assert waited["state"] == "no-longer-due"


# A unit that is invited no more


def test_a_removed_unit_gets_neither_address_nor_the_other_units(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA, to=(SOCIAL, UMEA))
    ward.told()
    calls(ward, SOCIAL, NURSING, event=CHANGED, version=2, to=(SOCIAL, NURSING))
    [cancelled] = ward.told()["umea"]
    assert "Storgatan" not in text(cancelled)
    assert NURSING.organization not in text(cancelled)
    assert "195009072553" in text(cancelled)


def test_a_change_is_sent_though_a_removed_unit_is_connected_no_more(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    kept = tuple(e for e in ward.network.settings.endpoints if e.name != "umea")
    ward.with_settings(endpoints=kept)
    ward.inbox("centre")
    calls(ward, SOCIAL, event=CHANGED, version=2)
    assert answered(ward, "centre") == ["unknown-receiver umea"]
    assert ward.words()["social"] == ["sip-invitation-changed"]
