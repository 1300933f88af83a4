"""Find the readings of patients' data by their time, for whoever checks them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ABOUT_READING = sa.text("what IN ('body-read', 'patient-searched', 'readings-checked')")


def upgrade() -> None:
    op.create_index(
        "history_reading",
        "history",
        ["at", "seq"],
        sqlite_where=ABOUT_READING,
        postgresql_where=ABOUT_READING,
    )


def downgrade() -> None:
    op.drop_index("history_reading", table_name="history")
