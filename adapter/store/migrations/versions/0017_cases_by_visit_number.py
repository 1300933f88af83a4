"""Find a case by its visit number alone: the part of its name after the organisation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PLACE = {"sqlite": "instr", "postgresql": "strpos"}


def upgrade() -> None:
    op.add_column(
        "case_alias", sa.Column("visit", sa.String(200), server_default="", nullable=False)
    )
    place = PLACE[op.get_context().dialect.name]
    op.execute(sa.text(f"UPDATE case_alias SET visit = substr(name, {place}(name, '/') + 1)"))
    op.create_index("case_alias_visit", "case_alias", ["visit"])


def downgrade() -> None:
    op.drop_index("case_alias_visit", table_name="case_alias")
    op.drop_column("case_alias", "visit")
