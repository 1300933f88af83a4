"""An office for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A region with an empty store, and its commands."""
    found = Office(tmp_path)
    yield found
    found.region.store.close()
