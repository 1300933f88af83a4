"""Give the query for the first of an order key an index that no other query can use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'in-flight')")
NOT_ENDED = sa.text("state NOT IN ('accepted', 'confirmed', 'dead', 'discarded', 'replaced')")


def upgrade() -> None:
    op.drop_index("delivery_order", table_name="delivery")
    _create(NOT_ENDED)


def downgrade() -> None:
    op.drop_index("delivery_order", table_name="delivery")
    _create(OPEN)


def _create(where: sa.TextClause) -> None:
    op.create_index(
        "delivery_order",
        "delivery",
        ["order_key", "order_no"],
        sqlite_where=where,
        postgresql_where=where,
    )
