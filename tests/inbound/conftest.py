"""What several tests of receiving share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.kit.region import SETTINGS, Region


@pytest.fixture
def journal(store_url: str) -> Iterator[Region]:
    """The hospital sends HL7 v2, and takes FHIR at its return address."""
    feed = replace(
        SETTINGS.endpoints[0], name="feed", system="hl7v2", broker_user="", return_to="hospital"
    )
    region = Region(store_url, replace(SETTINGS, endpoints=(*SETTINGS.endpoints, feed)))
    yield region
    region.store.close()
