"""Migration 0017: the cases of the earlier version are found by their visit number too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from adapter.store import Store, cases
from adapter.store.migrate import configuration
from adapter.store.queries import finding
from tests.kit.region import T0

NAMES = {"SE2321000001-SUNDBY/V1": "V1", "SE2321000001-SUNDBY/A/7": "A/7", "plan-7": "plan-7"}


def test_the_names_of_the_version_before_get_their_visit_numbers(store: Store) -> None:
    ids = {}
    with store.begin() as tx:
        for name in NAMES:
            ids[name] = cases.open_case(tx, [name], "", T0).id
    with store.begin() as tx:
        kept = visits(tx.connection)
        command.downgrade(configuration(tx.connection), "0016")
        columns = sa.inspect(tx.connection).get_columns("case_alias")
        assert "visit" not in {column["name"] for column in columns}
    store.upgrade()
    with store.read() as tx:
        assert visits(tx.connection) == kept == NAMES
        for name, visit in NAMES.items():
            assert finding.case_ids(tx, visit) == finding.case_ids(tx, name) == [ids[name]]


def visits(connection: sa.Connection) -> dict[str, str]:
    """The visit number that stands beside each name."""
    rows = connection.execute(sa.text("SELECT name, visit FROM case_alias"))
    return {row.name: row.visit for row in rows}
