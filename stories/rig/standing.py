"""What stands before persons, as `adapter dead --json` shows it, and from when until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from adapter.store import Store
from adapter.store.queries.dead import dead_letters
from adapter.store.tables import alias, item, message
from adapter.store.transaction import Transaction
from stories.observation import Stands
from stories.truth import Word
from stories.world import HOSPITALS, owner_of


class Standings:
    """Looks at the list again and again, as a person does."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._words: dict[str, int] = {}  # by the adapter's id of the message
        self._seen: dict[str, Stands] = {}

    def said(self, word: Word) -> None:
        """Note the id that the adapter gave to a word."""
        with self.store.read() as tx:
            newest = sa.select(message.c.id).order_by(message.c.seq.desc()).limit(1)
            id_ = tx.execute(newest).scalar()
        if id_ is not None:
            self._words.setdefault(id_, word.n)

    def know(self, words: Mapping[str, int]) -> None:
        """Note the numbers of words by their control id or content id."""
        ids = sa.select(message.c.id, message.c.claimed_id, message.c.content_id)
        with self.store.read() as tx:
            for id_, control, content in tx.execute(ids):
                number = words.get(control, words.get(content))
                if number is not None:
                    self._words[id_] = number

    def look(self, now: datetime) -> None:
        """Note what stands now; what no longer stands has ended."""
        with self.store.read() as tx:
            present = {stands.id: stands for stands in self._rows(tx)}
        for id_, stands in present.items():
            first = self._seen.setdefault(id_, stands)
            first.until = None
            if first.word < 0:  # its message was not known yet when it was seen first
                first.word = stands.word
        for id_, stands in self._seen.items():
            if id_ not in present and stands.until is None:
                stands.until = now

    def all(self) -> list[Stands]:
        """Return everything that has stood."""
        return list(self._seen.values())

    def _rows(self, tx: Transaction) -> Iterator[Stands]:
        names = _names(tx)
        for cause in dead_letters(tx):
            for letter in cause.letters:
                yield Stands(
                    id=letter.id,
                    kind=cause.kind,
                    code=letter.code,
                    endpoint=letter.endpoint,
                    word=self._words.get(letter.message_id, -1),
                    case=names.get(letter.case_id or "", ""),
                    event=letter.event,
                    detail=letter.detail,
                    since=letter.since,
                )
        for row in tx.execute(sa.select(item).where(item.c.closed_at.is_(None))).mappings():
            yield Stands(
                id=row["id"],
                kind="item",
                code=row["what"],
                endpoint=row["endpoint"],
                word=self._words.get(row["message_id"], -1),
                case=names.get(row["case_id"], ""),
                subject=row["subject"],
                detail=row["detail"],
                since=row["since"],
                due=row["due_at"],
            )


def _names(tx: Transaction) -> dict[str, str]:
    """Return the name of each case: the hospital's, where others have named it too."""
    hospitals = {hospital.organization for hospital in HOSPITALS}
    rows = list(tx.execute(sa.select(alias.c.name, alias.c.case_id)))
    return {
        case: name for name, case in sorted(rows, key=lambda row: owner_of(row[0]) in hospitals)
    }
