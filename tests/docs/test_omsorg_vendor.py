"""The vendor's program of docs/ goes on when the adapter is away, refuses it, or recalls first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from adapter.simulators.post_server import Post, PostServer, Reply
from docs.omsorg_vendor import NAMESPACE, Sent, Vendor
from tests.kit.places import ROOT
from tests.kit.servers.base import free_ports

SCHEMA = str(ROOT / "profiles" / "omsorg" / "omsorg-2.xsd")
NOTICE, RECALL = "1b9d2c5e-0000-4000-8000-000000000001", "1b9d2c5e-0000-4000-8000-000000000002"
TEXT = "<Text><Innehall>Hej.</Innehall></Text>"
RECALLED = (
    '<Aterkallelse slag="felsand" begard="marka" tid="2026-11-16T16:00:00+01:00">'
    '<Fran hsaId="SE0000000003-PLAN">Planering</Fran><Orsak>Fel mottagare.</Orsak>'
    f"<Avser>{NOTICE}</Avser></Aterkallelse>"
)


def document(id_: str, typ: str, body: str) -> etree._Element:
    """A message as the vendor gets it."""
    return etree.fromstring(
        f'<Meddelande xmlns="{NAMESPACE}" id="{id_}" skapad="2026-11-16T16:00:00+01:00"'
        f' typ="{typ}"><Patient><Personnummer>195009072553</Personnummer></Patient>{body}'
        "</Meddelande>"
    )


def vendor(port: int) -> Vendor:
    """The vendor, with an adapter at a port."""
    return Vendor(SCHEMA, f"http://127.0.0.1:{port}/inbox", "token", "SE0000000002-ASTAD")


@contextmanager
def adapter_that_says(reply: Reply) -> Iterator[tuple[Vendor, list[Post]]]:
    """A vendor whose adapter gives one answer to all, and what came to it."""
    (port,) = free_ports(1)
    posts: list[Post] = []

    def receive(post: Post) -> Reply:
        posts.append(post)
        return reply

    server = PostServer(port, receive)
    try:
        yield vendor(port), posts
    finally:
        server.stop()


def test_an_adapter_that_is_away_is_one_to_try_again() -> None:
    (port,) = free_ports(1)
    assert vendor(port).send(b"<x/>") == (503, b"")


def test_a_refusal_that_is_no_receipt_stops_nothing() -> None:
    refusal = Reply(status=401, body=b'{"resourceType": "OperationOutcome"}')
    with adapter_that_says(refusal) as (ours, posts):
        ours.act(document(NOTICE, "meddelande", TEXT))
        ours.act(document(RECALL, "meddelande", TEXT))
    assert len(posts) == len(ours.sent) == 2
    assert ours.sent[0] == Sent("kvittering", 401, "", [])


def test_what_comes_after_its_recall_is_void() -> None:
    taken = f'<Systemkvittens xmlns="{NAMESPACE}" id="a" skapad="2026-11-16T16:00:00Z" kod="ok"/>'
    with adapter_that_says(Reply(body=taken.encode())) as (ours, posts):
        ours.act(document(RECALL, "aterkallelse", RECALLED))
        ours.act(document(NOTICE, "meddelande", TEXT))
    assert [b'status="klar"' in post.body for post in posts] == [True]
