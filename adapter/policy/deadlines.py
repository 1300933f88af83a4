"""By when a notice of a stay must be given (SFS 2017:612 2 kap. 3 §). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapter.core.model import Need
from adapter.fhir import bundles
from adapter.policy.stay import Stay

NOTICE_WITHIN = timedelta(hours=24)
"""From the admission, or from the judgement where that came later."""


def notice_due(stay: Stay, need: Need) -> datetime | None:
    """Return by when those who serve a need must have the notice; None when no time is known."""
    times = (bundles.instant(at) for at in (stay.needs.get(need), stay.value("admitted")))
    known = [at for at in times if at is not None]
    return max(known) + NOTICE_WITHIN if known else None
