"""A file in large bodies is kept once, and every body comes back byte for byte."""

from __future__ import annotations

import os
import time
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.core.model import Delivery, Envelope
from adapter.operate import maintenance
from adapter.outbound.claim import claim
from adapter.store import (
    Store,
    StoreUnavailableError,
    attempts,
    blobs,
    cases,
    inbox,
    outbox,
    queries,
)
from adapter.store.migrate import configuration
from adapter.store.tables import attempt, blob, blob_use, delivery, message
from tests.kit.far_side import written
from tests.kit.query_plans import statements
from tests.kit.region import Region

PDF = os.urandom(600_000)
FILE = b64encode(PDF)
FORMATS = (
    b'{"data":"%b"}',
    b"<Bilaga>%b</Bilaga>\n",
    b"OBX|1|ED|PDF||^application^pdf^Base64^%b||||||F\r",
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def kept(store: Store) -> tuple[int, int]:
    """How many blobs there are, and how many bytes in them."""
    size = sa.func.coalesce(sa.func.sum(sa.func.length(blob.c.content)), 0)
    with store.read() as tx:
        return tuple(tx.execute(sa.select(sa.func.count(), size).select_from(blob)).one())  # type: ignore[return-value]


def stored_as(store: Store, id_: str) -> bytes:
    with store.read() as tx:
        return bytes(tx.execute(sa.select(message.c.body).where(message.c.id == id_)).scalar_one())


def put(region: Region, *bodies: bytes) -> list[str]:
    """Store messages from Luleå, and return their ids."""
    envelopes = [Envelope(endpoint="lulea", id="", body=body) for body in bodies]
    arrivals = [(inbox.arrived(each, region.now), each) for each in envelopes]
    with region.store.begin() as tx:
        inbox.put(tx, arrivals, {})
    return [m.id for m, _ in arrivals]


def body_of(store: Store, id_: str) -> Any:
    with store.read() as tx:
        return queries.message_body(tx, id_)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_kept_once_in_any_format(region: Region, form: bytes) -> None:
    first, second = put(region, form % FILE, form % FILE)
    assert kept(region.store) == (1, len(PDF))
    for id_ in (first, second):
        assert len(stored_as(region.store, id_)) < 300
        assert body_of(region.store, id_) == form % FILE
        with region.store.begin() as tx:
            stored = inbox.get(tx, id_)
            assert stored is not None
            assert stored.body == form % FILE
    with region.store.begin() as tx:
        assert [m.body for m in inbox.claim(tx, "lulea", 9)] == [form % FILE] * 2


def test_the_same_file_in_two_formats_is_kept_once(region: Region) -> None:
    put(region, *(form % FILE for form in FORMATS))
    assert kept(region.store) == (1, len(PDF))


def test_the_fingerprint_is_that_of_the_whole_body(region: Region) -> None:
    envelope = Envelope(endpoint="lulea", id="", body=FORMATS[0] % FILE)
    (id_,) = put(region, envelope.body)
    with region.store.read() as tx:
        query = sa.select(message.c.fingerprint).where(message.c.id == id_)
        fingerprint = tx.execute(query).scalar_one()
    assert fingerprint == inbox.arrived(envelope, region.now).fingerprint


@pytest.mark.parametrize("body", [b"x", b"A" * blobs.LARGE, b"\x00", b" " * (blobs.LARGE + 1)])
def test_a_body_that_is_small_or_without_a_file_is_left_as_it_is(
    region: Region, body: bytes
) -> None:
    with statements(region.store) as made:
        (id_,) = put(region, body)
    assert stored_as(region.store, id_) == body
    assert [s for s in made if "blob" in s] == []
    assert kept(region.store) == (0, 0)


@pytest.mark.parametrize("rest", [b"", b"[1]\nx", b"[0]\n", b'["ab"]\n', b"\xff"])
def test_a_body_that_looks_like_a_skeleton_comes_back(region: Region, rest: bytes) -> None:
    (id_,) = put(region, blobs.MARK + rest)
    assert body_of(region.store, id_) == blobs.MARK + rest


pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([blobs.MARK, b"=", b'"', b"\r\n", b"+/"]),
    st.tuples(st.integers(0, 200_000), st.text(LETTERS, min_size=1, max_size=7)).map(
        lambda drawn: (drawn[1].encode() * drawn[0])[: drawn[0]]
    ),
    st.integers(-5, 5).map(lambda more: b"Q" * (blobs.LONG + more)),
    st.integers(-5, 5).map(lambda more: b"\n" * (blobs.LONG // 2 + more)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(pieces, max_size=12).map(b"".join))
def test_whatever_comes_in_comes_out(store: Store, body: bytes) -> None:
    with store.begin() as tx:
        written_ = blobs.stored(tx, "m-1", body)
        assert blobs.whole(tx, written_) == body
    with store.read() as tx:
        assert blobs.whole(tx, written_) == body


@pytest.mark.parametrize("before", range(0, blobs.LONG, 4_099))
@pytest.mark.parametrize("more", [0, 1, 5])
def test_a_long_run_is_cut_out_wherever_it_begins(store: Store, before: int, more: int) -> None:
    body = b"!" * before + b"Q" * (blobs.LONG + more) + b"!" * blobs.LARGE
    with store.begin() as tx:
        skeleton = blobs.stored(tx, "m-1", body)
        assert skeleton is not None
        assert len(body) - len(skeleton) > blobs.LONG - 200
        assert blobs.whole(tx, skeleton) == body


@pytest.mark.parametrize(
    "body",
    [
        (b"A" * (blobs.LONG - 1) + b'"') * 150,
        (b"A" * (blobs.LONG // 2) + b'"') * 300,
        b'A"' * 5_000_000,
        b"A" * 10_000_000,
    ],
    ids=["almost-long", "blocks", "letters", "whole"],
)
def test_the_search_takes_time_by_size_only(body: bytes) -> None:
    began = time.thread_time()
    list(blobs._runs(body))
    assert time.thread_time() - began < 1


def claimed(region: Region, body: bytes) -> Delivery:
    """A delivery to Luleå with these bytes, whose attempt has begun."""
    written(region)
    with region.store.begin() as tx:
        (id_,) = tx.execute(sa.select(delivery.c.id).where(delivery.c.endpoint == "lulea")).one()
        outbox.fill(tx, id_, body=body)
    (d,) = claim(region.store, region.network, {"lulea": 50}, region.now)
    return d


def test_a_delivery_is_claimed_with_its_whole_body(region: Region) -> None:
    body = FORMATS[0] % FILE
    d = claimed(region, body)
    assert d.body == body
    with region.store.begin() as tx:
        outbox.put(tx, [replace(maintenance.copy_of(d, region.now), id="d-2")])
        again = outbox.get(tx, "d-2")
        assert again is not None
        assert again.body == body
    assert kept(region.store) == (1, len(PDF))


def test_an_attempt_keeps_its_bytes_when_the_delivery_gets_others(region: Region) -> None:
    old, new = FORMATS[0] % FILE, FORMATS[1] % FILE
    d = claimed(region, old)
    with region.store.begin() as tx:
        attempts.keep_bytes(tx, d)
        outbox.fill(tx, d.id, body=new)
    with region.store.read() as tx:
        (sent,) = queries.attempt_bytes(tx, d.message_id)
        now = outbox.get(tx, d.id)
        size = tx.execute(sa.select(sa.func.length(attempt.c.body))).scalar_one()
    assert (sent.body, now.body if now else None) == (old, new)
    assert size < 300
    assert kept(region.store) == (1, len(PDF))


def test_what_an_undone_attempt_has_written_is_written_again(region: Region) -> None:
    body = FORMATS[0] % FILE
    with region.store.begin() as tx:
        with tx.trial():
            blobs.stored(tx, "m-1", body)
        skeleton = blobs.stored(tx, "m-2", body)
    with region.store.read() as tx:
        assert blobs.whole(tx, skeleton) == body
        owners = list(tx.execute(sa.select(blob_use.c.owner)).scalars())
    assert owners == ["m-2"]


def test_a_blob_goes_with_the_last_body_that_has_it(region: Region) -> None:
    first, second = put(region, FORMATS[0] % FILE, FORMATS[1] % FILE)
    for owner, left in ((first, 1), (second, 0)):
        with region.store.begin() as tx:
            tx.execute(blobs.release(sa.select(message.c.id).where(message.c.id == owner)))
            blobs.remove_unused(tx)
        assert kept(region.store)[0] == left


def test_a_missing_blob_is_no_body(region: Region) -> None:
    (id_,) = put(region, FORMATS[0] % FILE)
    with region.store.begin() as tx:
        tx.execute(sa.delete(blob))
    with pytest.raises(StoreUnavailableError, match="missing"):
        body_of(region.store, id_)


def discharged(region: Region, *messages: str) -> None:
    """A discharged stay of which nobody was told, with these messages."""
    with region.store.begin() as tx:
        case = cases.open_case(tx, [f"SE1/{messages[0]}"], "digest", region.now)
        cases.save(tx, case.id, discharged_at=region.now)
        these = sa.update(message).where(message.c.id.in_(messages))
        tx.execute(these.values(case_id=case.id, standing="processed"))


def purged(region: Region) -> int:
    """Purge after eight days; return how many cases."""
    region.now += timedelta(days=8)
    return len(maintenance.purge(region.store, region.network, region.now).bodies)


def test_a_purge_removes_the_files_of_the_bodies_that_it_removes(region: Region) -> None:
    body = FORMATS[0] % FILE
    first, other = put(region, body, body)
    discharged(region, first)
    assert purged(region) == 1
    assert (body_of(region.store, first), body_of(region.store, other)) == (None, body)
    assert kept(region.store)[0] == 1
    discharged(region, other)
    assert purged(region) == 1
    assert body_of(region.store, other) is None
    assert kept(region.store)[0] == 0


def test_the_way_back_puts_the_bodies_together_again(region: Region) -> None:
    body = FORMATS[0] % FILE
    d = claimed(region, body)
    (id_,) = put(region, body)
    with region.store.begin() as tx:
        attempts.keep_bytes(tx, d)
    with region.store.begin() as tx:
        command.downgrade(configuration(tx.connection), "0012")
    with region.store.read() as tx:
        assert tx.execute(sa.select(message.c.body).where(message.c.id == id_)).scalar() == body
        assert tx.execute(sa.select(delivery.c.body).where(delivery.c.id == d.id)).scalar() == body
        assert tx.execute(sa.select(attempt.c.body)).scalar() == body
    region.store.upgrade()
    assert body_of(region.store, id_) == body


def test_a_purge_leaves_a_file_that_another_transaction_is_about_to_use(region: Region) -> None:
    if region.store.is_sqlite:
        pytest.skip("it has only one writer")
    (first,) = put(region, FORMATS[0] % FILE)
    with region.store.begin() as tx:
        tx.execute(blobs.release(sa.select(message.c.id).where(message.c.id == first)))
    with region.store.begin() as user:
        skeleton = blobs.stored(user, "m-2", FORMATS[1] % FILE)
        with region.store.begin() as purge:
            assert blobs.remove_unused(purge) == 0
    with region.store.begin() as purge:
        assert blobs.remove_unused(purge) == 0
        assert blobs.whole(purge, skeleton) == FORMATS[1] % FILE
