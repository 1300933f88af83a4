"""Fixtures: an empty store on either database, and a region on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store import Store
from tests.kit.county import County
from tests.kit.new_store import empty, new_store
from tests.kit.region import Region
from tests.kit.servers import PostgreSQL


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store at the newest version. Here alone is decided on which database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/adapter.db"
    url: str = request.getfixturevalue("postgres_store")
    empty(url)
    return url


@pytest.fixture(scope="session")
def postgres_store(postgresql: PostgreSQL) -> str:
    """One database for all tests of a run: to make one takes a second, to empty it 20 ms."""
    url = postgresql.fresh()
    new_store(url).close()
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store at the newest version."""
    found = new_store(store_url)
    yield found
    found.close()


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
