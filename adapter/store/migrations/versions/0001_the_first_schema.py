"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapter.store.columns import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("delivery_id", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", "number"),
    )
    op.create_table(
        "care_case",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("patient", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("closed_at", Instant, nullable=True),
        sa.Column("shared_at", Instant, nullable=True),
        sa.Column("flagged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("protected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("orders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("facts", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("case_patient", "care_case", ["patient"], unique=False)
    op.create_table(
        "case_alias",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index(op.f("ix_case_alias_case_id"), "case_alias", ["case_id"], unique=False)
    op.create_table(
        "content",
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("receiver", sa.String(length=400), nullable=False),
        sa.Column("content_id", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("sender", "receiver", "content_id"),
    )
    op.create_table(
        "delivery",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("endpoint", sa.String(length=120), nullable=False),
        sa.Column("event", sa.Text(), server_default="", nullable=False),
        sa.Column("case_id", sa.String(length=120), nullable=True),
        sa.Column("order_key", sa.String(length=250), nullable=True),
        sa.Column("order_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("content_id", sa.Text(), server_default="", nullable=False),
        sa.Column("envelope_id", sa.Text(), server_default="", nullable=False),
        sa.Column("content_type", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("losses", sa.Text(), server_default="", nullable=False),
        sa.Column("forwarded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("done_when", sa.Text(), server_default="", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resends", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("next_attempt_at", Instant, nullable=True),
        sa.Column("lease_until", Instant, nullable=True),
        sa.Column("receipt_due_at", Instant, nullable=True),
        sa.Column("answer_due_at", Instant, nullable=True),
        sa.Column("reminded_at", Instant, nullable=True),
        sa.Column("sent_at", Instant, nullable=True),
        sa.Column("closed_at", Instant, nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("taken_by", sa.Text(), server_default="", nullable=False),
        sa.Column("copy_of", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(
        "delivery_answer",
        "delivery",
        ["answer_due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('accepted')"),
        postgresql_where=sa.text("state IN ('accepted')"),
    )
    op.create_index("delivery_case", "delivery", ["case_id", "seq"], unique=False)
    op.create_index("delivery_content", "delivery", ["content_id", "endpoint"], unique=False)
    op.create_index(
        "delivery_dead",
        "delivery",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("state IN ('dead')"),
        postgresql_where=sa.text("state IN ('dead')"),
    )
    op.create_index("delivery_endpoint", "delivery", ["endpoint", "seq"], unique=False)
    op.create_index(
        "delivery_order",
        "delivery",
        ["order_key", "order_no"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'in-flight')"),
        postgresql_where=sa.text("state IN ('waiting', 'in-flight')"),
    )
    op.create_index(op.f("ix_delivery_message_id"), "delivery", ["message_id"], unique=False)
    op.create_table(
        "endpoint",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("paused_at", Instant, nullable=True),
        sa.Column("paused_by", sa.Text(), server_default="", nullable=False),
        sa.Column("paused_why", sa.Text(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open_until", Instant, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "envelope",
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("receiver", sa.String(length=400), nullable=False),
        sa.Column("envelope_id", sa.String(length=200), nullable=False),
        sa.Column("content_id", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("sender", "receiver", "envelope_id"),
    )
    op.create_table(
        "history",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", Instant, nullable=False),
        sa.Column("case_id", sa.String(length=120), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("delivery_id", sa.String(length=120), nullable=True),
        sa.Column("endpoint", sa.Text(), server_default="", nullable=False),
        sa.Column("what", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("history_case", "history", ["case_id", "seq"], unique=False)
    op.create_index("history_delivery", "history", ["delivery_id"], unique=False)
    op.create_index("history_message", "history", ["message_id"], unique=False)
    op.create_table(
        "message",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("endpoint", sa.String(length=120), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("content_type", sa.Text(), server_default="", nullable=False),
        sa.Column("fingerprint", sa.String(length=120), nullable=False),
        sa.Column("claimed_id", sa.Text(), server_default="", nullable=False),
        sa.Column("claimed_event", sa.Text(), server_default="", nullable=False),
        sa.Column("event", sa.Text(), server_default="", nullable=False),
        sa.Column("content_id", sa.Text(), server_default="", nullable=False),
        sa.Column("envelope_id", sa.Text(), server_default="", nullable=False),
        sa.Column("case_id", sa.String(length=120), nullable=True),
        sa.Column("recorded", sa.Text(), server_default="", nullable=False),
        sa.Column("standing", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("losses", sa.Text(), server_default="", nullable=False),
        sa.Column("issues", sa.Text(), server_default="", nullable=False),
        sa.Column("receipt_code", sa.Text(), server_default="", nullable=False),
        sa.Column("receipt_body", sa.LargeBinary(), nullable=True),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("direct", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("taken_by", sa.Text(), server_default="", nullable=False),
        sa.Column("replaced_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("message_case", "message", ["case_id", "seq"], unique=False)
    op.create_index("message_claimed", "message", ["endpoint", "claimed_id"], unique=False)
    op.create_index("message_content", "message", ["content_id"], unique=False)
    op.create_index(
        "message_dead",
        "message",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("standing IN ('dead')"),
        postgresql_where=sa.text("standing IN ('dead')"),
    )
    op.create_index("message_endpoint", "message", ["endpoint", "seq"], unique=False)
    op.create_index(
        "message_waiting",
        "message",
        ["endpoint", "seq"],
        unique=False,
        sqlite_where=sa.text("standing IN ('received')"),
        postgresql_where=sa.text("standing IN ('received')"),
    )
    op.create_table(
        "receipt",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("delivery_id", sa.String(length=120), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("layer", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_receipt_delivery_id"), "receipt", ["delivery_id"], unique=False)
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sender",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "token",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.String(length=120), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(op.f("ix_token_endpoint"), "token", ["endpoint"], unique=False)
    due = sa.text("coalesce(next_attempt_at, lease_until, receipt_due_at)")
    is_open = sa.text("state IN ('waiting', 'in-flight')")
    op.create_index(
        "delivery_due",
        "delivery",
        ["endpoint", due],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_token_endpoint"), table_name="token")
    op.drop_table("token")
    op.drop_table("sender")
    op.drop_table("secret")
    op.drop_index(op.f("ix_receipt_delivery_id"), table_name="receipt")
    op.drop_table("receipt")
    op.drop_index(
        "message_waiting",
        table_name="message",
        sqlite_where=sa.text("standing IN ('received')"),
        postgresql_where=sa.text("standing IN ('received')"),
    )
    op.drop_index("message_endpoint", table_name="message")
    op.drop_index(
        "message_dead",
        table_name="message",
        sqlite_where=sa.text("standing IN ('dead')"),
        postgresql_where=sa.text("standing IN ('dead')"),
    )
    op.drop_index("message_content", table_name="message")
    op.drop_index("message_claimed", table_name="message")
    op.drop_index("message_case", table_name="message")
    op.drop_table("message")
    op.drop_index("history_message", table_name="history")
    op.drop_index("history_delivery", table_name="history")
    op.drop_index("history_case", table_name="history")
    op.drop_table("history")
    op.drop_table("envelope")
    op.drop_table("endpoint")
    op.drop_index(op.f("ix_delivery_message_id"), table_name="delivery")
    op.drop_index(
        "delivery_order",
        table_name="delivery",
        sqlite_where=sa.text("state IN ('waiting', 'in-flight')"),
        postgresql_where=sa.text("state IN ('waiting', 'in-flight')"),
    )
    op.drop_index("delivery_endpoint", table_name="delivery")
    op.drop_index(
        "delivery_dead",
        table_name="delivery",
        sqlite_where=sa.text("state IN ('dead')"),
        postgresql_where=sa.text("state IN ('dead')"),
    )
    op.drop_index("delivery_content", table_name="delivery")
    op.drop_index("delivery_case", table_name="delivery")
    op.drop_index(
        "delivery_answer",
        table_name="delivery",
        sqlite_where=sa.text("state IN ('accepted')"),
        postgresql_where=sa.text("state IN ('accepted')"),
    )
    op.drop_table("delivery")
    op.drop_table("content")
    op.drop_index(op.f("ix_case_alias_case_id"), table_name="case_alias")
    op.drop_table("case_alias")
    op.drop_index("case_patient", table_name="care_case")
    op.drop_table("care_case")
    op.drop_table("attempt")
