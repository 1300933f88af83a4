"""Index the rows that keep what a receiver got, so that it is removed when its right is over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TOLD = sa.text("told IS NOT NULL OR queued IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "participant_told", "participant", ["case_id"], sqlite_where=TOLD, postgresql_where=TOLD
    )


def downgrade() -> None:
    op.drop_index("participant_told", table_name="participant")
