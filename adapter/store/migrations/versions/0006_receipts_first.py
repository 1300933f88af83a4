"""What waits in the inbox is found in the order in which it is worked off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WAITING = sa.text("standing IN ('received')")
PLACE = sa.text("(CASE WHEN (claimed_event = 'receipt') THEN 0 ELSE 1 END)")


def upgrade() -> None:
    op.drop_index("message_waiting", table_name="message")
    _create("endpoint", PLACE, "seq")


def downgrade() -> None:
    op.drop_index("message_waiting", table_name="message")
    _create("endpoint", "seq")


def _create(*columns: str | sa.TextClause) -> None:
    op.create_index(
        "message_waiting",
        "message",
        list(columns),
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
