"""An empty store for a stage of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store import Store
from tests.kit.new_store import new_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    empty = new_store(f"sqlite:///{tmp_path}/demo.db")
    yield empty
    empty.close()
