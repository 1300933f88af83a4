"""Index waiting deliveries by deadline."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
_WAITS = sa.text("state IN ('waiting')")
_OPEN = sa.text("state IN ('waiting', 'in-flight')")
_DUE = sa.text("coalesce(next_attempt_at, lease_until, receipt_due_at)")


def upgrade() -> None:
    op.create_index(
        "delivery_deadline",
        "delivery",
        ["endpoint", "expires_at", "seq"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    _due("endpoint", "state")


def downgrade() -> None:
    _due("endpoint")
    op.drop_index("delivery_deadline", table_name="delivery")


def _due(*columns: str) -> None:
    """The index of what is open and due, with these columns before the time."""
    op.drop_index("delivery_due", table_name="delivery")
    op.create_index(
        "delivery_due",
        "delivery",
        [*columns, _DUE],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
