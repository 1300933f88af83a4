"""The pace of an endpoint, and dead deliveries whose sender is told later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapter.store.columns import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("paced_until", Instant, nullable=True))
    op.add_column(
        "delivery",
        sa.Column("untold", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("delivery", "untold")
    op.drop_column("endpoint", "paced_until")
