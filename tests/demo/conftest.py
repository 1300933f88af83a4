"""An empty store for a stage of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    empty = Store(f"sqlite:///{tmp_path}/demo.db")
    empty.upgrade()
    yield empty
    empty.close()
