"""PostgreSQL's plans of the statements that the program executes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from adapter.store import Store

COLUMN = re.compile(r"%\((\w+)\)s")


@contextmanager
def statements(store: Store) -> Iterator[set[str]]:
    """The statements that run inside the `with`."""
    statements: set[str] = set()

    def note(_c: object, _r: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE")):
            statements.add(statement)

    sa.event.listen(store.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(store.engine, "before_cursor_execute", note)


def fill_line(store: Store, numbers: range) -> None:
    """Insert deliveries that wait, five in each case."""
    values = {"first": numbers.start, "last": numbers.stop - 1}
    with store.begin() as tx:
        tx.execute(LINE, values)


LINE = sa.text("""
    INSERT INTO delivery (id, message_id, endpoint, state, event, case_id, order_key, order_no,
        content_id, done_when, created_at, expires_at, next_attempt_at, body)
    SELECT 'd-' || i, 'm-' || i, CASE mod(i, 2) WHEN 0 THEN 'lulea' ELSE 'umea' END, 'waiting',
        'message', 'c-' || i / 5, 'lulea/c-' || i / 5, i, 'x-' || i, 'accepted', '2026-01-01',
        '2026-03-01'::timestamptz + i * interval '1 second', '2026-01-01',
        decode(repeat('ab', 300), 'hex')
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS i
""")


def fill_inbox(store: Store, senders: list[str], numbers: range) -> None:
    """Insert processed messages, one each second, from the senders in turn."""
    values = {"first": numbers.start, "last": numbers.stop - 1, "senders": senders}
    with store.begin() as tx:
        tx.execute(INBOX, values)


INBOX = sa.text("""
    INSERT INTO message (id, endpoint, received_at, content_type, fingerprint, claimed_id,
        content_id, envelope_id, case_id, event, recorded, standing, receipt_code, body)
    SELECT 'm-' || i, (CAST(:senders AS text[]))[1 + mod(i, cardinality(:senders))],
        '2026-01-01'::timestamptz + i * interval '1 second', 'application/fhir+json', 'f',
        'm-' || i, 'x-' || i, 'e-' || i, 'c-' || i / 5, 'message', '', 'processed', 'ok',
        decode(repeat('ab', 300), 'hex')
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS i
""")


def count(store: Store) -> None:
    """Let PostgreSQL update its statistics."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze")


def plan_of(store: Store, statement: str) -> str:
    """The generic plan of a statement, for any values."""
    names = list(dict.fromkeys(COLUMN.findall(statement)))
    numbered = COLUMN.sub(lambda match: f"${names.index(match[1]) + 1}", statement)
    values = f"({', '.join('NULL' for _ in names)})" if names else ""
    with store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PREPARE asked AS {numbered}")
        rows = driver.execute(f"EXPLAIN EXECUTE asked{values}").fetchall()
        driver.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)
