"""Of each fault of the rig the log or the history says something: what of, and in what time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from adapter.store import Store, history
from chaos.faults import ALL, EXPECTED_WORDS
from chaos.ledger import Line, Saw
from chaos.named_faults import AFTER, HISTORY, Span, count_named, keep_history, spans, words

KILLED = Span(kind="kill-web", begun=10, mended=12)
EXPECTED = {"kill-web": ("wrong", "process")}


def test_every_kind_has_expected_words() -> None:
    assert {fault.kind for fault in ALL} == set(EXPECTED_WORDS)
    assert all(EXPECTED_WORDS.values())


def test_a_fault_is_named_by_any_of_its_words_from_its_beginning_until_soon_after_its_end() -> None:
    for at, count in ((9.9, 0), (10, 1), (12 + AFTER, 1), (12.1 + AFTER, 0)):
        logged = {"process": [1.0, at], "sent": [11.0]}
        assert count_named([KILLED], logged, EXPECTED)["kill-web"] == count


def test_each_fault_needs_a_word_of_its_own_time() -> None:
    later = Span(kind="kill-web", begun=100, mended=101)
    assert count_named([KILLED, later], {"wrong": [11.0]}, EXPECTED) == Counter({"kill-web": 1})


def test_spans_are_the_rigs_own_faults_that_took_place_and_were_mended() -> None:
    ledger = [
        Line(what=Saw.FAULT, kind="kill-web", at=1),
        Line(what=Saw.FAULT, kind="receipt-lost", who="lulea", at=2),
        Line(what=Saw.FAULT, kind="kill-web", at=3),
        Line(what=Saw.HEALED, kind="kill-web", at=4),
        Line(what=Saw.HEALED, kind="kill-web", at=5, detail="did not take place"),
        Line(what=Saw.FAULT, kind="kill-web", at=6),
    ]
    assert list(spans(ledger)) == [Span(kind="kill-web", begun=1, mended=4)]


def test_words_are_read_from_logs_though_a_killed_process_left_half_a_line(tmp_path: Path) -> None:
    at = "2026-03-02T10:00:00.500+00:00"
    line = json.dumps({"at": at, "what": "not-sent", "code": "timed-out", "why": "wrong"})
    (tmp_path / "worker-1.log").write_text(f'{line}\n{{"at": "2026', encoding="utf-8")
    moment = datetime(2026, 3, 2, 10, 0, 0, 500_000, tzinfo=UTC).timestamp()
    assert words(tmp_path) == {"not-sent": [moment], "timed-out": [moment]}


def test_the_history_is_kept_beside_the_logs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store, at = Store(url), datetime(2026, 3, 2, 10, tzinfo=UTC)
    store.upgrade()
    with store.begin() as tx:
        history.note(tx, at, "replayed", who="a")
    store.close()
    keep_history(url, tmp_path)
    assert (tmp_path / HISTORY).exists()
    assert words(tmp_path) == {"replayed": [at.timestamp()]}
