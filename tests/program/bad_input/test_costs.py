"""Bodies that are made to be slow: each is refused in a time that is linear in its size."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from adapter import mappings
from adapter.core.endpoint import Limits, Settings
from adapter.core.errors import FatalError
from adapter.core.model import Message
from adapter.fhir import codec
from adapter.policy import read_message
from adapter.settings.network import Network
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.hl7v2 import PID, RECORDED, SENDER, adt
from tests.kit.one_database import store_url
from tests.kit.region import Region

__all__ = ["store_url"]

MANY = 300_000
SECONDS = 10.0  # quadratic code takes hours


def keys(count: int, last: str) -> bytes:
    """An object with so many keys, and one more."""
    return ("{" + ",".join(f'"k{i}":0' for i in range(count)) + f',"{last}":0}}').encode()


def nested(count: int) -> bytes:
    """An object within an object …"""
    return b'{"a":' * count + b"1" + b"}" * count


@pytest.mark.parametrize(
    ("content", "body", "code"),
    [
        ("json", keys(40_000, "k39999"), "duplicate-key"),
        ("json", keys(MANY, f"k{MANY - 1}"), "too-large"),
        ("json", keys(MANY, "other"), "too-large"),
        ("json", b"[" + b"[]," * MANY + b"[]]", "too-large"),
        ("json", b"[" * MANY + b"]" * MANY, "too-deep"),
        ("json", nested(65), "too-deep"),
        ("json", b'{"a": ' + b"9" * 1_000_000 + b"}", "unreadable"),
        ("json", b'"' + b"\\u0000" * 1_000_000, "unreadable"),
        ("xml", b"<a>" + b"<b/>" * MANY + b"</a>", "too-large"),
        ("xml", b"<a>" * MANY + b"</a>" * MANY, "too-deep"),
        ("xml", b"<a>" * 65 + b"</a>" * 65, "too-deep"),
        ("xml", b"<!--" + b"-" * 5_000_000, "unreadable"),
        ("hl7", adt("A01") + b"OBX|" + b"^" * 5_000_000, "too-large"),
        ("hl7", adt("A01") + b"OBX|1\r" * MANY, "too-large"),
        ("hl7", b"MSH|^~\\&" + b"|" * 5_000_000, "too-large"),
    ],
    ids=range(15),
)
def test_it_is_refused_at_once(content: str, body: bytes, code: str) -> None:
    assert len(body) < Limits().body
    began = time.monotonic()
    with pytest.raises(FatalError) as refused:
        codec.parse(content, body)
    assert refused.value.code == code
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("deep", [63, 64])
def test_what_is_within_the_limit_is_read(deep: int) -> None:
    assert codec.parse("json", nested(deep - 1))
    assert codec.parse("xml", b"<a>" * deep + b"</a>" * deep) is not None


@pytest.mark.parametrize(
    "burden",
    [
        lambda message: message.update(link=[{} for _ in range(15_000)]),
        lambda message: message["entry"][2]["resource"].update(name=[{"a": 1}] * 15_000),
        lambda message: message["entry"].extend([{}] * 400),
        lambda message: message["entry"].extend([message["entry"][1]] * 400),
        lambda message: message["entry"][1]["resource"]["payload"].extend([{"x": {}}] * 9_000),
    ],
)
def test_a_message_with_thousands_of_faults_gets_an_answer_of_some_hundred(
    region: Region, burden: Callable[[object], None]
) -> None:
    message = drafts.note(to=(UMEA,))
    burden(message)
    began = time.monotonic()
    reply = region.accept("hospital", json.dumps(message).encode())
    assert time.monotonic() - began < SECONDS
    assert reply.receipt
    assert str(reply.receipt.code) == "fatal-error"
    assert len(reply.issues) <= 101
    assert len(reply.body) < 100_000


def test_how_many_more_there_are_is_said(region: Region) -> None:
    message = drafts.note(to=(UMEA,))
    message["entry"][2]["resource"]["name"] = [{"a": 1}] * 500
    *_, last = region.accept("hospital", json.dumps(message).encode()).issues
    assert (last.code, last.detail) == ("more-problems", "400 more")


def test_a_message_with_thousands_of_oddities_is_taken_with_some_hundred_warnings() -> None:
    numbers = "~".join(f"19500907{1000 + i}^^^^NNSWE" for i in range(5_000))
    body = adt("A01", PID.replace("195009072553^^^^NNSWE", numbers))
    network = Network(settings=Settings(endpoints=(SENDER,)), systems=mappings.load())
    message = Message(
        id="m-1", endpoint=SENDER.name, body=body, fingerprint="0", received_at=RECORDED
    )
    began = time.monotonic()
    found = read_message.read_message(network, SENDER, message)
    assert time.monotonic() - began < SECONDS
    assert isinstance(found, read_message.ReadMessage)
    assert 1 < len(found.issues) <= 101
