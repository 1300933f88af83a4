"""Tables for the files of large bodies, each kept once; bodies that are stored stay as they are.

The way back puts every body together again, since older programs know no skeletons.
"""

from __future__ import annotations

import json
from binascii import b2a_base64

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MARK = b"\x00careplan-adapter skeleton 1\n"
BODIES = {"message": ("id",), "delivery": ("id",), "attempt": ("delivery_id", "number")}


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "blob_use",
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("owner", "digest"),
    )
    op.create_index("blob_use_digest", "blob_use", ["digest"])


def downgrade() -> None:
    for name, key in BODIES.items():
        _put_together(sa.table(name, sa.column("body"), *map(sa.column, key)), key)
    op.drop_table("blob_use")
    op.drop_table("blob")


def _put_together(table: sa.TableClause, key: tuple[str, ...]) -> None:
    connection = op.get_bind()
    columns = [table.c[name] for name in key]
    begins = sa.func.substr(table.c.body, 1, len(MARK)) == sa.literal(MARK, sa.LargeBinary)
    for row in connection.execute(sa.select(*columns).where(begins)).all():
        same = sa.and_(*(column == value for column, value in zip(columns, row, strict=True)))
        body = connection.execute(sa.select(table.c.body).where(same)).scalar_one()
        values = {table.c.body: sa.bindparam("whole", _whole(bytes(body)), sa.LargeBinary)}
        connection.execute(sa.update(table).where(same).values(values))


def _whole(stored: bytes) -> bytes:
    head, _, text = stored[len(MARK) :].partition(b"\n")
    pieces, at = list[bytes](), 0
    for part in json.loads(head):
        if isinstance(part, str):
            pieces.append(_letters(part))
        else:
            pieces.append(text[at : at + part])
            at += part
    return b"".join(pieces)


def _letters(digest: str) -> bytes:
    blob = sa.table("blob", sa.column("digest"), sa.column("content"))
    query = sa.select(blob.c.content).where(blob.c.digest == digest)
    return b2a_base64(bytes(op.get_bind().execute(query).scalar_one()), newline=False)
