"""A case that was just opened needs no query: it has neither a stay nor participants."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from adapter.store import participants, stays
from tests.kit.new_store import new_store


def test_nothing_is_read_of_a_case_that_was_just_opened(tmp_path: Path) -> None:
    store = new_store(f"sqlite:///{tmp_path}/begun.db")
    statements: list[str] = []
    with store.begin() as tx:
        stays.begin(tx, "c-1")
        participants.begin(tx, "c-1")
        sa.event.listen(
            tx.connection, "before_cursor_execute", lambda *given: statements.append(given[2])
        )
        assert stays.get(tx, "c-1") == ""
        assert participants.of_case(tx, "c-1") == []
    store.close()
    assert not [text for text in statements if text.lstrip().lower().startswith("select")]
