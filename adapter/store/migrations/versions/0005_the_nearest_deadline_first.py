"""The nearest deadline first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None
_WAITS = sa.text("state IN ('waiting')")


def upgrade() -> None:
    op.create_index(
        "delivery_deadline",
        "delivery",
        ["endpoint", "expires_at", "seq"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def downgrade() -> None:
    op.drop_index("delivery_deadline", table_name="delivery")
