"""For tests whose answer cannot depend on the database: import `store_url`, and it is SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """An empty store."""
    return f"sqlite:///{tmp_path}/adapter.db"
