"""The notice in docs/omsorg.md is what a municipality gets of the message in docs/message.md."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from lxml import etree

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.model import Need
from tests.kit.places import DOCS
from tests.kit.region import Region

SUNDBY = Endpoint(
    name="sundby-journal",
    organization="SE0000000001-SUNDBY",
    display="Sundby sjukhus",
    system="fhir",
    transport="memory",
    broker_user="sundby",
    owner="Sundby, 000-00 00 00",
)
ASTAD = Endpoint(
    name="astad-omsorg",
    organization="SE0000000002-ASTAD",
    display="Åstads kommun, socialtjänsten",
    municipality="2580",
    serves=(Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE),
    system="omsorg",
    transport="memory",
    broker_user="astad",
    owner="Åstad, 000-00 00 00",
)


def example(page: str, language: str) -> str:
    """The first example of a page in a language."""
    text = (DOCS / page).read_text()
    shown = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert shown
    return shown[1]


def shape(document: bytes) -> str:
    """A document without its envelope: the id and the time of one sending."""
    root = etree.fromstring(document)
    for name in ("kuvert", "skapad"):
        del root.attrib[name]
    return etree.canonicalize(root, strip_text=True)


def test_the_notice_of_the_page_is_what_the_municipality_gets(tmp_path: Path) -> None:
    region = Region(f"sqlite:///{tmp_path / 'adapter.db'}", Settings(endpoints=(SUNDBY, ASTAD)))
    region.now = datetime.fromisoformat("2026-11-16T13:06:04+01:00")
    region.accept("sundby-journal", example("message.md", "json").encode())
    notice = region.deliveries(endpoint="astad-omsorg")[0]
    region.store.close()
    assert shape(notice["body"]) == shape(example("omsorg.md", "xml").encode())


def test_an_endpoint_of_omsorg_2_gets_the_same_notice_in_its_own_words(tmp_path: Path) -> None:
    later = replace(ASTAD, system="omsorg/2")
    settings = Settings(endpoints=(SUNDBY, later))
    region = Region(f"sqlite:///{tmp_path / 'adapter.db'}", settings)
    region.now = datetime.fromisoformat("2026-11-16T13:06:04+01:00")
    region.accept("sundby-journal", example("message.md", "json").encode())
    notice = region.deliveries(endpoint="astad-omsorg")[0]["body"].decode()
    region.store.close()
    assert 'xmlns="https://careplan-adapter.example/omsorg/2"' in notice
    earlier = shape(example("omsorg.md", "xml").encode())
    assert shape(notice.encode()) == earlier.replace("omsorg/1", "omsorg/2").replace(
        "Vardgivare", "Vardenhet"
    )
