"""A case as people and systems see it: its timeline, and the codes of its receipts."""

from __future__ import annotations

from typing import Any

from adapter.cli.case_timeline import timeline
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.store import queries
from tests.kit.region import Region


def shown(region: Region) -> list[tuple[str, str]]:
    """The first case's timeline: the history word and the text of each entry."""
    with region.store.read() as tx:
        view = queries.case_view(tx, region.cases()[0]["id"])
    assert view is not None
    return [(entry.what, entry.text) for entry in timeline(view, {})]


def codes(receipt: Bundle) -> list[str]:
    """Severity and code of each issue of a receipt."""
    outcome: Any = bundles.of_type(receipt, "OperationOutcome") or {}
    return [
        f"{issue['severity']} {coding['code']}"
        for issue in outcome.get("issue", ())
        for coding in issue["details"]["coding"]
    ]
