"""Columns that link an edited message or delivery with its original."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, name in (
        ("message", "replaces"),
        ("delivery", "replaced_by"),
        ("delivery", "replaces"),
    ):
        op.add_column(table, sa.Column(name, sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("delivery", "replaces")
    op.drop_column("delivery", "replaced_by")
    op.drop_column("message", "replaces")
