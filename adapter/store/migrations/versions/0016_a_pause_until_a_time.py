"""Say until when an endpoint is paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapter.store.columns import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("paused_until", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("endpoint", "paused_until")
