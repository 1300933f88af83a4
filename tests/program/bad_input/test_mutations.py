"""Real messages with some of their bytes changed, through the whole flow, on both databases."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest

from adapter.core.catalogue import CATALOGUE
from adapter.core.endpoint import Endpoint, Settings
from adapter.fhir.builders import Party
from tests.kit import region as flow
from tests.kit.drafts import PLANNING
from tests.kit.places import FIXTURES
from tests.kit.region import Region

SEEDS = {
    "hospital": sorted(FIXTURES.glob("fhir/*/*.fhir.json")),
    "feed": sorted(FIXTURES.glob("hl7v2/*/*.native.hl7")),
    "astad": sorted(FIXTURES.glob("omsorg/*/*.native.xml")),
}
PIECES = [
    *(bytes([byte]) for byte in b'|^~\\&\r\n"\x00\x0b\x1c\xc3\xff9AZ+-.<>/=:{}[],'),
    *(b"null", b"\\u0000", b"\\ud800", b"&#0;", b"&amp;", b"&x;", b"<!---->", b"<![CDATA[x]]>"),
    *("Å".encode(), "\ufffd".encode(), b"urn:uuid:", b"9999-12-31T23:59:59Z", b"\\X00\\", b'""'),
]
UUIDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VALUES = re.compile(rb'(?<=": ")[^"]+|(?<==")[^"]+|(?<=>)[^<>]+(?=<)|(?<=[|^])[^|^\r"<>]{2,60}')
WORSE = [b"x", b"", b"0", b"-1", b"9" * 70, "Å".encode(), "\ufffd".encode(), b"true", b"2026"]


def mutated(name: str, seed: int) -> bytes:
    """A fixture as another message, with some of it changed; the same for the same seed.

    Half of them keep their syntax: one value takes the place of another.
    """
    chance = random.Random(f"{name}{seed}")
    body = chance.choice(SEEDS[name]).read_bytes()
    body = UUIDS.sub(lambda id_: str(uuid5(NAMESPACE_OID, f"{seed}{id_[0]!r}")).encode(), body)
    for _ in range(chance.randint(1, 2)):
        body = _another_value(body, chance) if seed % 2 else _other_bytes(body, chance)
    return body


def _another_value(body: bytes, chance: random.Random) -> bytes:
    values = list(VALUES.finditer(body)) or list(re.finditer(rb"[^\0]*", body))
    one, other = chance.choice(values), chance.choice(values)
    return body[: one.start()] + chance.choice([other[0], *WORSE]) + body[one.end() :]


def _other_bytes(body: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body) + 1)
    end = min(len(body), start + chance.choice([0, 1, 1, 2, 5, 40]))
    middle = chance.choice([b"", chance.choice(PIECES), body[start:end] * 2])
    return body[:start] + middle + body[end:]


EVERYBODY = {  # the organisations of the fixtures, with their endpoints, and what each speaks here
    "SE0000000001-SUNDBY": ("sundby-journal", "fhir"),
    "SE0000000002-ASTAD": ("astad-omsorg", "omsorg"),
    "SE0000000003-PLAN": ("plan", "fhir"),
    "SE0000000001-VC7": ("vardcentral-7", "fhir"),
}
SENDERS = {"hospital": "fhir", "feed": "hl7v2", "astad": "omsorg"}


def endpoint(organization: str, name: str, system: str, **more: Any) -> Endpoint:
    """An organisation's mailbox on the embedded bus."""
    party = Party(organization=organization, endpoint=name)
    return flow.endpoint(party, system=system, **more)


@pytest.fixture
def region(store_url: str) -> Iterator[Region]:
    """A sender for each system, who may speak for everybody; and everybody as a receiver."""
    allowed = {"speaks_for": tuple(EVERYBODY), "municipality": "2580"}
    settings = Settings(
        endpoints=(
            *(endpoint(f"SE1-{n.upper()}", n, s, **allowed) for n, s in SENDERS.items()),
            *(endpoint(o, n, s) for o, (n, s) in EVERYBODY.items()),
            flow.endpoint(PLANNING),
        ),
        routes=tuple(replace(route, protected=True) for route in flow.SETTINGS.routes),
    )
    found = Region(store_url, settings)
    yield found
    found.store.close()


@pytest.mark.parametrize("name", sorted(SEEDS))
@pytest.mark.parametrize("part", range(2))
def test_nothing_that_comes_makes_a_fault_of_ours(region: Region, name: str, part: int) -> None:
    for seed in range(part * 60, part * 60 + 60):
        region.accept(name, mutated(name, seed))
    region.turn()
    found = region.messages()
    standings = {m["standing"] for m in found}
    assert {"processed", "refused"} <= standings <= {"processed", "refused", "dead"}
    assert {m["code"] for m in found} - {""} <= CATALOGUE.keys() - {"adapter-fault"}
    assert "not-written" not in {d["code"] for d in region.deliveries()}
