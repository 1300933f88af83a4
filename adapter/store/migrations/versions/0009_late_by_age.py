"""Index failing deliveries by age, because each retry moves their due time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TROUBLED = sa.text(
    "coalesce(next_attempt_at, lease_until, receipt_due_at) IS NOT NULL"
    " AND (resends > 0 OR failures > 0 AND receipt_due_at IS NULL)"
)


def upgrade() -> None:
    op.create_index(
        "delivery_troubled",
        "delivery",
        ["endpoint", "created_at"],
        sqlite_where=TROUBLED,
        postgresql_where=TROUBLED,
    )


def downgrade() -> None:
    op.drop_index("delivery_troubled", table_name="delivery")
