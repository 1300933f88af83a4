"""The same region as the flow tests have, on both databases."""

from __future__ import annotations

from tests.flow.conftest import region, store_url

__all__ = ["region", "store_url"]
