"""Copies: each copy is answered, and none is applied twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapter.fhir import builders, bundles
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA
from tests.kit.places import FIXTURES
from tests.kit.region import SETTINGS, Region, endpoint


def test_equal_bytes_get_the_same_answer_again_and_are_not_sent_again(region: Region) -> None:
    bundle = drafts.note()
    for _ in range(3):
        region.tells("hospital", bundle)
    content = bundles.content_id(bundle)
    assert region.receipts("hospital") == [(content, "ok")] * 3
    assert region.events("lulea") == ["message"]
    assert len(region.history("copy")) == 2


def test_the_same_content_in_a_new_envelope_is_a_resend_whose_content_is_ignored(
    region: Region,
) -> None:
    bundle = drafts.note()
    region.tells("hospital", bundle)
    region.tells("hospital", drafts.enveloped(bundle))
    assert [code for _, code in region.receipts("hospital")] == ["ok", "ok"]
    assert region.events("lulea") == ["message"]


def test_an_envelope_id_used_for_other_content_is_refused(region: Region) -> None:
    bundle = drafts.note()
    region.tells("hospital", bundle)
    other = drafts.note("Something else")
    region.tells("hospital", other | {"id": bundle["id"]})
    assert region.receipts("hospital")[-1] == (bundles.content_id(other), "fatal-error")
    assert region.messages()[-1]["code"] == "envelope-reused"
    assert region.events("lulea") == ["message"]


def test_the_same_ids_with_other_content_are_a_conflict(region: Region) -> None:
    bundle = drafts.note("One")
    region.tells("hospital", bundle)
    changed = json.loads(drafts.dump(bundle).replace(b"One", b"Two"))
    region.tells("hospital", changed)
    assert region.messages()[-1]["code"] == "content-conflict"
    region.tells("hospital", bundle)  # the first answer stands
    assert region.receipts("hospital")[-1][1] == "ok"


def test_one_content_to_two_receivers_is_two_messages(region: Region) -> None:
    content = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f7777"
    region.tells("hospital", drafts.note(content=content))
    region.tells("hospital", drafts.note(content=content, to=(UMEA,)))
    assert region.events("lulea") == ["message"]
    assert region.events("umea") == ["message"]


def test_other_content_to_another_receiver_under_a_known_id_is_a_conflict(region: Region) -> None:
    content = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f7777"
    region.tells("hospital", drafts.note("One", content=content))
    other = drafts.note("Two", content=content, to=(UMEA,))
    region.tells("hospital", other)
    assert region.receipts("hospital")[-1] == (content, "fatal-error")
    last = region.messages()[-1]
    assert (last["standing"], last["code"]) == ("dead", "content-conflict")
    assert region.events("umea") == []
    region.tells("hospital", drafts.note("One", content=content, to=(UMEA,)))  # the first stands
    assert region.events("umea") == ["message"]


def test_a_receiver_that_the_content_names_is_no_other_content(region: Region) -> None:
    content = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f7777"
    for to, also in ((LULEA, UMEA), (UMEA, LULEA)):
        note = drafts.note(content=content, to=(to,))
        named = builders.entry(builders.organization(also.organization))
        region.tells("hospital", note | {"entry": [*note["entry"], named]})
    assert [region.events(name) for name in ("lulea", "umea")] == [["message"]] * 2


def test_content_without_a_receiver_is_compared_with_what_had_one(region: Region) -> None:
    content = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f7777"
    region.tells("hospital", drafts.stay(content=content, receivers=(LULEA,)))
    region.tells("hospital", drafts.stay(content=content, status="onleave"))
    assert region.messages()[-1]["code"] == "content-conflict"


def test_an_envelope_id_used_for_other_content_to_another_receiver_is_refused(
    region: Region,
) -> None:
    bundle = drafts.note()
    region.tells("hospital", bundle)
    other = drafts.note("Something else", to=(UMEA,))
    region.tells("hospital", other | {"id": bundle["id"]})
    assert region.messages()[-1]["code"] == "envelope-reused"
    assert region.events("umea") == []


def test_ids_are_known_within_one_batch(region: Region) -> None:
    content = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f7777"
    one = drafts.note("One", content=content)
    two = drafts.note("Two", content=content, to=(UMEA,))
    for bundle in (one, two, drafts.enveloped(one)):
        region.says("hospital", bundle)
    region.turn()
    assert [m["code"] for m in region.messages()] == ["", "content-conflict", ""]


def test_a_refusal_is_repeated_as_it_was(region: Region) -> None:
    bundle = drafts.note()
    del bundle["entry"][1]["resource"]["payload"]
    for _ in range(2):
        region.tells("hospital", bundle)
    assert [code for _, code in region.receipts("hospital")] == ["fatal-error"] * 2
    assert [m["standing"] for m in region.messages()] == ["refused", "processed"]


@pytest.mark.parametrize("first", ["door", "bus"])
def test_a_copy_is_known_whichever_way_it_comes(region: Region, first: str) -> None:
    bundle = drafts.note()
    if first == "door":
        region.accept("hospital", drafts.dump(bundle))
        region.tells("hospital", bundle)
    else:
        region.tells("hospital", bundle)
        reply = region.accept("hospital", drafts.dump(bundle))
        assert reply.body == region.messages()[0]["receipt_body"]
    assert region.events("lulea") == ["message"]


OMSORG = (FIXTURES / "omsorg" / "message" / "urgent-from-unit.native.xml").read_bytes()


def in_envelope(number: int, body: bytes) -> bytes:
    """The document in an envelope of its own, made at a time of its own."""
    stamp = f'kuvert="7ee63ea0-5c53-5e6f-b829-00000000000{number}"'.encode()
    marked = re.sub(rb' kuvert="[^"]*"', b"", body).replace(b" skapad=", b" " + stamp + b" skapad=")
    return marked.replace(b"T13:06:04", f"T13:06:0{number}".encode(), 1)


@pytest.fixture
def municipality(store_url: str) -> Iterator[Region]:
    """A municipality that sends omsorg/1."""
    party = drafts.Party(organization="SE0000000002-ASTAD", endpoint="astad")
    office = endpoint(party, system="omsorg", broker_user="")
    region = Region(store_url, replace(SETTINGS, endpoints=(*SETTINGS.endpoints, office)))
    yield region
    region.store.close()


def verdict(region: Region, body: bytes) -> str:
    """How a document of the municipality is known: as a copy, or by the code of its fault."""
    region.accept("astad", body)
    row = region.messages()[-1]
    return row["code"] or row["note"].split(" ")[0]


def test_a_resend_of_another_format_in_a_new_envelope_is_a_copy(municipality: Region) -> None:
    first = verdict(municipality, in_envelope(1, OMSORG))
    assert verdict(municipality, in_envelope(2, OMSORG)) == "copy" != first
    spaced = in_envelope(3, OMSORG).replace(b"<Patient", b"<!-- again -->\n\n  <Patient", 1)
    assert verdict(municipality, spaced) == "copy"


OTHER = {
    "text": (b"ny rad", b"annan rad"),
    "attribute": (b'kon="kvinna"', b'kon="man"'),
    "element": (b"<Fornamn>Lovisa</Fornamn>", b""),
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_other_content_under_a_known_id_is_a_conflict_in_every_format(
    municipality: Region, change: tuple[bytes, bytes]
) -> None:
    verdict(municipality, in_envelope(1, OMSORG))
    other = in_envelope(2, OMSORG.replace(*change))
    assert verdict(municipality, other) == "content-conflict"
    assert municipality.messages()[-1]["standing"] == "dead"


TO_ANOTHER = (b'<Mottagare hsaId="SE0000000001-VC7"/>', b"")


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_other_content_to_another_receiver_is_a_conflict_in_every_format(
    municipality: Region, change: tuple[bytes, bytes]
) -> None:
    verdict(municipality, in_envelope(1, OMSORG))
    other = in_envelope(2, OMSORG.replace(*TO_ANOTHER).replace(*change))
    assert verdict(municipality, other) == "content-conflict"


def test_the_same_content_to_another_receiver_is_no_copy_in_every_format(
    municipality: Region,
) -> None:
    first = verdict(municipality, in_envelope(1, OMSORG))
    assert verdict(municipality, in_envelope(2, OMSORG.replace(*TO_ANOTHER))) == first
