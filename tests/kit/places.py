"""The folders of a checkout, and the one beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADAPTER = ROOT / "adapter"
DOCS = ROOT / "docs"
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared" / "data"
"""Material that others published; it is kept beside a checkout, never in it."""
