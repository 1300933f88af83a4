"""Fixtures: an empty store on either database, and a region on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.county import County
from tests.kit.region import Region


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/adapter.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def region(store_url: str) -> Iterator[Region]:
    """A region with a hospital, a planning service and two municipalities."""
    found = Region(store_url)
    yield found
    found.store.close()


@pytest.fixture
def county(store_url: str) -> Iterator[County]:
    """A hospital that sends HL7 v2, two municipalities, eight care centres and planning."""
    county = County(store_url)
    yield county
    county.store.close()
