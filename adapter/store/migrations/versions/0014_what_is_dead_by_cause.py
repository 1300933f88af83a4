"""Index what is dead by endpoint and code, and what was refused by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BY_CAUSE = ("endpoint", "code", "seq")
BY_TIME = ("endpoint", "received_at")
INDEXES = (  # the last column lets SQLite count without reading the rows
    ("delivery_dead_cause", "delivery", (*BY_CAUSE, "state"), "state IN ('dead')"),
    ("message_dead_cause", "message", (*BY_CAUSE, "standing"), "standing IN ('dead')"),
    ("message_refused", "message", (*BY_TIME, "standing"), "standing IN ('refused')"),
)


def upgrade() -> None:
    for name, table, columns, where in INDEXES:
        rows = sa.text(where)
        op.create_index(name, table, list(columns), sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
