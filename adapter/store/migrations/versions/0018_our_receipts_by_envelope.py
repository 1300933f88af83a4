"""Find a receipt that we sent by its envelope id, which its receiver has logged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OURS = sa.text("event = 'receipt'")


def upgrade() -> None:
    op.create_index(
        "delivery_receipt",
        "delivery",
        ["envelope_id"],
        sqlite_where=OURS,
        postgresql_where=OURS,
    )


def downgrade() -> None:
    op.drop_index("delivery_receipt", table_name="delivery")
