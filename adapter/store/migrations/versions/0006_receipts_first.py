"""Index unprocessed messages in the order of processing, and both ids without the sender."""

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
    op.create_index("content_by_id", "content", ["content_id"])
    op.create_index("envelope_by_id", "envelope", ["envelope_id"])


def downgrade() -> None:
    op.drop_index("envelope_by_id", table_name="envelope")
    op.drop_index("content_by_id", table_name="content")
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
