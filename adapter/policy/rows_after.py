"""Which rows an endpoint has after a message: open for each need that it is entitled for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapter.core.participant import Participant
from adapter.policy.decision import Input
from adapter.policy.entitled import Entitlement
from adapter.policy.notice import NEED_ENDED
from adapter.policy.rights import closed, raised


def rows_after(given: Input, name: str, now_for: Sequence[Entitlement]) -> list[Participant]:
    """Return an endpoint's rows after the message: open for each need that it is entitled for."""
    known = {row.need: row for row in given.rows if row.endpoint == name}
    migrated = known.pop("", None)
    old = migrated if migrated and migrated.until is None else None
    rows = [_opened(given, known.get(str(right.need)), right, old) for right in now_for]
    needs = {str(right.need) for right in now_for}
    ended = [r for need, r in known.items() if need not in needs and r.until is None]
    rows += [closed(row, NEED_ENDED, given.now) for row in ended]
    rows += [closed(old, "migrated", given.now)] if old else []
    sees_less = given.newly_protected or given.barred.is_new(name)
    return [raised(row) for row in rows] if sees_less else rows


def _opened(
    given: Input, row: Participant | None, right: Entitlement, old: Participant | None
) -> Participant:
    """Return the open row for a right; one that is made of a migrated row keeps what was told."""
    if row is not None and row.until is None:
        return row if row.ground == right.ground else replace(row, ground=right.ground)
    return Participant(
        case_id=given.case_id,
        endpoint=right.endpoint,
        need=str(right.need),
        basis=right.basis,
        ground=right.ground,
        since=old.since if old else given.now,
        right_no=(row.right_no if row else 0) + 1,
        told=old.told if old else "",
        queued=old.queued if old else "",
    )
