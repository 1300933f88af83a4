"""Keep each stay, its participants and its items; let a delivery end as no longer due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapter.store.columns import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ENDED = "'accepted', 'confirmed', 'dead', 'discarded', 'replaced'"
NOT_ENDED_BEFORE = sa.text(f"state NOT IN ({ENDED})")
NOT_ENDED = sa.text(f"state NOT IN ({ENDED}, 'no-longer-due')")
UNCLOSED = sa.text("closed_at IS NULL AND seq > 0")
OF_CASE = sa.text("closed_at IS NULL AND case_id != ''")
UNPURGED = sa.text("discharged_at IS NOT NULL AND purged_at IS NULL AND shared_at IS NULL")
NAMED = sa.text("purged_at IS NOT NULL AND (name != '' OR patient != '')")


def upgrade() -> None:
    _create_stay()
    _create_participant()
    _create_person()
    _create_item()
    for column in ("admitted_at", "discharged_at", "purged_at"):
        op.add_column("care_case", sa.Column(column, Instant, nullable=True))
    op.add_column("care_case", _text("outward"))
    op.add_column("delivery", sa.Column("right_no", sa.Integer(), nullable=True))
    _index("case_unpurged", "care_case", ["discharged_at"], UNPURGED)
    _index("case_named", "care_case", ["discharged_at"], NAMED)
    op.drop_index("delivery_order", table_name="delivery")
    _index("delivery_order", "delivery", ["order_key", "order_no"], NOT_ENDED)


def downgrade() -> None:
    op.drop_index("delivery_order", table_name="delivery")
    _index("delivery_order", "delivery", ["order_key", "order_no"], NOT_ENDED_BEFORE)
    op.drop_index("case_named", table_name="care_case")
    op.drop_index("case_unpurged", table_name="care_case")
    op.drop_column("delivery", "right_no")
    for column in ("outward", "purged_at", "discharged_at", "admitted_at"):
        op.drop_column("care_case", column)
    for table in ("item", "person", "participant", "stay"):
        op.drop_table(table)


def _create_stay() -> None:
    op.create_table(
        "stay",
        sa.Column("case_id", sa.String(length=120), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )


def _create_participant() -> None:
    op.create_table(
        "participant",
        sa.Column("case_id", sa.String(length=120), nullable=False),
        sa.Column("endpoint", sa.String(length=120), nullable=False),
        sa.Column("need", sa.String(length=60), nullable=False),
        _text("basis"),
        _text("ground"),
        sa.Column("since", Instant, nullable=False),
        sa.Column("until", Instant, nullable=True),
        _text("ended"),
        sa.Column("right_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=True),
        sa.Column("queued", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "endpoint", "need"),
    )
    op.create_index("participant_endpoint", "participant", ["endpoint", "case_id"])


def _create_person() -> None:
    op.create_table(
        "person",
        sa.Column("digest", sa.String(length=64), nullable=False),
        _text("level"),
        sa.Column("set_at", Instant, nullable=False),
        _text("set_by"),
        sa.Column("lifted_at", Instant, nullable=True),
        _text("lifted_by"),
        sa.PrimaryKeyConstraint("digest"),
    )


def _create_item() -> None:
    op.create_table(
        "item",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.String(length=120), nullable=False),
        _text("what"),
        sa.Column("case_id", sa.String(length=120), server_default="", nullable=False),
        _text("message_id"),
        _text("subject"),
        sa.Column("endpoint", sa.String(length=120), server_default="", nullable=False),
        _text("detail"),
        sa.Column("since", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("closed_at", Instant, nullable=True),
        _text("closed_why"),
        _text("taken_by"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("item_case", "item", ["case_id", "seq"])
    op.create_index("item_message", "item", ["message_id"])
    _index("item_due", "item", ["due_at", "seq"], UNCLOSED)
    _index("item_open", "item", ["case_id", "what", "subject"], OF_CASE, unique=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _index(
    name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool = False
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
