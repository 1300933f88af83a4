"""The plan of the play as the person can hold it: the opening of what `adapter plan` prints."""

from __future__ import annotations

from dataclasses import replace

from adapter.core.errors import FatalError
from adapter.demo.stage import Stage
from adapter.fhir import readable
from adapter.fhir.readable import plain
from adapter.operate.documents import plan_versions

_SECTIONS = 4  # what is done, whom to call, the follow-up, and the person's own words


def opening(stage: Stage, case: str) -> str:
    """Return the first sections, without the person's name; "" where no plan is in force."""
    try:
        with stage.store.read() as tx:
            newest = plan_versions(tx, stage.adapter.network, case)[-1]
    except FatalError:
        return ""
    document = readable.document(newest.bundle)
    return plain.content(replace(document, sections=document.sections[:_SECTIONS]))
