"""Runs the migrations. A module of its own, since Alembic takes long to import."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapter.store.schema import MIGRATIONS


def configuration(connection: sa.Connection) -> Config:
    """Return Alembic's configuration for the schema of this package, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: sa.Connection) -> None:
    """Bring the schema to the newest version."""
    command.upgrade(configuration(connection), "head")
