"""Keep what a person starts for many dead letters: the frozen ids, and how far it has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapter.store.columns import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

REFUSED, RUNNING = sa.text("code <> ''"), sa.text("status = 'running'")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "job",
        sa.Column("seq", number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(120), nullable=False, unique=True),
        *map(_text, ("act", "chosen_by", "who", "reason", "although", "status")),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("moved_at", Instant(), nullable=False),
        *map(_count, ("total", "position", "refused")),
    )
    op.create_index(
        "job_running", "job", ["moved_at"], sqlite_where=RUNNING, postgresql_where=RUNNING
    )
    op.create_table(
        "job_row",
        sa.Column("job_id", sa.String(120), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("record_id", sa.String(120), nullable=False),
        *map(_text, ("code", "detail")),
    )
    op.create_index("job_row_record", "job_row", ["job_id", "record_id"])
    op.create_index(
        "job_row_refused",
        "job_row",
        ["job_id", "number"],
        sqlite_where=REFUSED,
        postgresql_where=REFUSED,
    )


def downgrade() -> None:
    op.drop_table("job_row")
    op.drop_table("job")
