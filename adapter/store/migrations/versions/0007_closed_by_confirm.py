"""Index deliveries that only the transport's confirm has closed, by the time they were sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BY_CONFIRM = sa.text("state IN ('confirmed') AND done_when = 'delivered'")


def upgrade() -> None:
    op.create_index(
        "delivery_by_confirm",
        "delivery",
        ["endpoint", "sent_at"],
        sqlite_where=BY_CONFIRM,
        postgresql_where=BY_CONFIRM,
    )


def downgrade() -> None:
    op.drop_index("delivery_by_confirm", table_name="delivery")
