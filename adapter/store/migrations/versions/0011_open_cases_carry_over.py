"""Give the receivers of every shared open case a row as participants: nobody is told anything.

What a receiver was told stands in `care_case.facts` as this version's predecessor wrote it. Its
row has no need: it is judged at the next message about the stay.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from adapter.store.columns import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

case = sa.table(
    "care_case",
    sa.column("id", sa.String),
    sa.column("facts", sa.Text),
    sa.column("shared_at", Instant),
)
participant = sa.table(
    "participant",
    sa.column("case_id", sa.String),
    sa.column("endpoint", sa.String),
    sa.column("need", sa.String),
    sa.column("basis", sa.Text),
    sa.column("since", Instant),
    sa.column("right_no", sa.Integer),
)


def upgrade() -> None:
    connection = op.get_bind()
    shared = sa.select(case.c.id, case.c.facts, case.c.shared_at).where(
        case.c.shared_at.is_not(None), case.c.facts != ""
    )
    rows = [row for each in connection.execute(shared).all() for row in _rows(*each)]
    if rows:
        connection.execute(sa.insert(participant), rows)


def _rows(case_id: str, facts: str, shared_at: Any) -> list[dict[str, Any]]:
    """A case whose assessment was withdrawn is shared with nobody any more."""
    known = json.loads(facts)
    told = known.get("told", []) if known.get("admitted") and known.get("assessed") else []
    values = {"need": "", "basis": "migrated", "since": shared_at, "right_no": 1}
    return [{"case_id": case_id, "endpoint": endpoint} | values for endpoint in told]


def downgrade() -> None:
    op.execute(sa.delete(participant).where(participant.c.basis == "migrated"))
