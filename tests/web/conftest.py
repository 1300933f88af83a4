"""A website for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.new_store import new_store
from tests.kit.site import Site, Stage, served


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One server for all these tests; each puts its own application on it."""
    made = Stage()
    with served(made) as address:
        made.address = address
        yield made


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "adapter.db"
    store = new_store(f"sqlite:///{path}")
    store.close()
    return path


@pytest.fixture
def site(tmp_path: Path, empty_store: Path, stage: Stage) -> Iterator[Site]:
    """The doors of fixtures/web/region.toml with an empty store."""
    made = Site(tmp_path, empty_store)
    made.stand_on(stage)
    yield made
    made.store.close()
