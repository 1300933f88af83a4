"""Where things are in a checkout, and beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADAPTER = ROOT / "adapter"
DOCS = ROOT / "docs"
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared" / "data"
"""Material that others published. It lies beside a checkout, and never in it."""
