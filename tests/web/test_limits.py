"""What the doors refuse before anybody looks inside, and how they say it."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from adapter.core.endpoint import ConnectionLimits
from adapter.core.errors import FatalError, TransientError
from adapter.core.memory import LARGE, Memory, least
from adapter.settings.network import Network
from adapter.store.tables import message
from adapter.web import error_responses, requests
from adapter.web.middleware import RequestMiddleware
from tests.kit.examples import scaled
from tests.kit.oracle import problems
from tests.kit.site import FHIR, PROCESS, Site, codes, fixture, served
from tests.kit.waiting import wait_for


def stored(site: Site) -> int:
    return site.rows(lambda tx: len(tx.execute(message.select()).all()))


def spaces(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield b" " * 1_000_000


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(site: Site) -> None:
    host, _, port = site.address.removeprefix("http://").partition(":")
    head = (
        f"POST {PROCESS} HTTP/1.1\r\nHost: adapter\r\nContent-Type: {FHIR}\r\n"
        f"Authorization: Bearer {site.token('astad-omsorg')}\r\nContent-Length: 50000000\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(head.encode() + b"{")
        answer = line.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert stored(site) == 0


def test_a_body_of_50_mb_without_a_length_is_refused_while_it_is_read(site: Site) -> None:
    with site.partner("astad-omsorg") as astad:
        response = astad.post(PROCESS, content=spaces(50), headers={"Content-Type": FHIR})
        assert response.status_code == 413
        assert codes(response) == ["too-large"]
        again = astad.post(
            PROCESS, content=json.dumps(fixture("message/usual")), headers={"Content-Type": FHIR}
        )
    assert again.status_code == 200


def test_an_unknown_caller_cannot_make_us_read_a_body(site: Site) -> None:
    with site.client() as nobody:
        response = nobody.post(PROCESS, content=spaces(20), headers={"Content-Type": FHIR})
    assert response.status_code == 401


def test_a_body_that_trickles_is_given_up_after_a_time() -> None:
    async def endless() -> dict[str, Any]:
        await asyncio.sleep(0.02)  # the pace of a slow peer
        return {"type": "http.request", "body": b"x", "more_body": True}

    request = Request({"type": "http", "headers": []}, endless)
    before = time.monotonic()
    with pytest.raises(FatalError) as caught, Memory().hold("astad") as hold:
        asyncio.run(requests.body(request, 10_000, hold, seconds=0.2))
    assert caught.value.code == "too-slow"
    assert time.monotonic() - before < 30


def test_more_requests_of_one_token_than_agreed_are_told_to_come_back(site: Site) -> None:
    few = replace(site.network.settings, connections=ConnectionLimits(per_token=3))
    site.network = Network(settings=few, systems=site.network.systems)
    token, other = site.token("astad-omsorg"), site.token("sundby-journal")
    head = (
        f"POST {PROCESS} HTTP/1.1\r\nHost: adapter\r\nContent-Type: {FHIR}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n"
    )
    message = json.dumps(fixture("message/usual"))
    with served(site.application()) as site.address, ExitStack() as stack:
        port = int(site.address.rpartition(":")[2])
        for _ in range(3):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            wire.sendall(head.encode() + b"{")
        with site.client(Authorization=f"Bearer {token}") as astad:
            wait_for("refusal", lambda: _posted(astad, message).status_code == 429)
            response = _posted(astad, message)
            assert codes(response) == ["too-much-at-once"]
            assert int(response.headers["retry-after"]) > 0
            with site.client(Authorization=f"Bearer {other}") as sundby:
                assert _posted(sundby, message).status_code in (200, 403)
            stack.close()  # the three hang up
            wait_for("room", lambda: _posted(astad, message).status_code == 200)


def _posted(client: httpx.Client, message: str) -> httpx.Response:
    return client.post(PROCESS, content=message, headers={"Content-Type": FHIR})


def test_bodies_that_take_the_senders_share_of_the_memory_are_told_to_come_back() -> None:
    memory = Memory(most=least(1000), largest=1000)

    async def endless() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 300, "more_body": True}

    request = Request({"type": "http", "headers": []}, endless)
    with memory.hold("astad") as other, memory.hold("astad") as hold:
        assert other.grow(800)
        with pytest.raises(TransientError) as caught:
            asyncio.run(requests.body(request, 1000, hold))
    assert caught.value.code == "too-much-at-once"


def test_nothing_is_read_of_a_body_that_there_is_no_room_for() -> None:
    memory = Memory(most=least(1000), largest=1000)

    async def unread() -> dict[str, Any]:
        raise AssertionError("the body was read")

    headers = [(b"content-length", b"900")]
    request = Request({"type": "http", "headers": headers}, unread)
    with memory.hold("astad") as other, memory.hold("astad") as hold:
        assert other.grow(800)
        with pytest.raises(TransientError) as caught:
            asyncio.run(requests.body(request, 1000, hold))
    assert caught.value.code == "too-much-at-once"


def test_a_large_body_waits_for_its_turn_and_no_longer_than_it_should(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requests, "PATIENCE", 0.1)
    memory = Memory()

    async def whole() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * (LARGE + 1), "more_body": False}

    request = Request({"type": "http", "headers": []}, whole)
    with memory.hold("other") as other, memory.hold("astad") as hold:
        assert other.begin_work(LARGE + 1)
        with pytest.raises(TransientError) as caught:
            asyncio.run(requests.body(request, LARGE * 2, hold))
    assert caught.value.code == "too-much-at-once"


def test_a_body_that_breaks_off_stores_nothing_and_hurts_nobody(site: Site) -> None:
    host, _, port = site.address.removeprefix("http://").partition(":")
    head = (
        f"POST {PROCESS} HTTP/1.1\r\nHost: adapter\r\nContent-Type: {FHIR}\r\n"
        f"Authorization: Bearer {site.token('astad-omsorg')}\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(head.encode() + b'{"resourceType"')
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""  # it has seen the end
    with site.client() as client:
        assert client.get("/health/live").status_code == 200
    assert stored(site) == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "unknown-address"),
        ("GET", "/docs", 404, "unknown-address"),
        ("GET", "/openapi.json", 404, "unknown-address"),
        ("GET", "/fhir/Patient/195009072553", 404, "unknown-address"),
        ("POST", "/fhir/metadata", 405, "wrong-method"),
        ("GET", PROCESS, 405, "wrong-method"),
        ("DELETE", "/inbox", 405, "wrong-method"),
    ],
)
def test_what_is_not_there_is_told_as_an_operation_outcome(
    site: Site, method: str, path: str, status: int, code: str
) -> None:
    with site.client() as client:
        response = client.request(method, path)
    assert response.status_code == status
    assert codes(response) == [code]
    assert "195009072553" not in response.text
    assert problems(response.json()) == []


def test_a_wrong_method_is_told_the_right_one(site: Site) -> None:
    with site.client() as client:
        assert client.get(PROCESS).headers["allow"] == "POST"


def test_the_ids_of_a_request_are_echoed(site: Site) -> None:
    given_ids = {"X-Request-Id": "req-1", "X-Correlation-Id": "SE0000000001-SUNDBY/V-1"}
    with site.client(**given_ids) as client:
        for path in ("/health/live", "/nowhere"):
            answered = client.get(path).headers
            assert {k: answered[k] for k in given_ids} == given_ids


def test_a_request_without_an_id_gets_one_and_a_strange_one_is_replaced(site: Site) -> None:
    with site.client() as client:
        first = client.get("/health/live").headers["x-request-id"]
        strange = [
            client.get("/health/live", headers={"X-Request-Id": id_}).headers
            for id_ in ("<script>", "Tolvan.Tolvansson", "195009072553", "x" * 64)
        ]
    assert len(first) == 36
    assert all(len(headers["x-request-id"]) == 36 for headers in strange)
    assert not any("x-correlation-id" in headers for headers in strange)


def test_nothing_may_be_cached_framed_or_guessed(site: Site) -> None:
    with site.client() as client:
        for path in ("/health/live", "/nowhere", "/fhir/metadata"):
            headers = client.get(path).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "server" not in headers


def broken() -> FastAPI:
    """An application whose every address fails, each in its own way."""
    application = FastAPI(openapi_url=None)
    failures = {
        "unexpected": ValueError("patient 195009072553"),
        "transient": TransientError("store-unavailable", "OperationalError", retry_after=7),
        "fatal": FatalError("too-deep"),
    }

    @application.get("/{name}")
    def fail(name: str) -> None:
        raise failures[name]

    error_responses.install(application)
    application.add_middleware(RequestMiddleware)
    return application


def test_an_unexpected_fault_is_answered_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with served(broken()) as address:
        response = httpx.get(f"{address}/unexpected", headers={"X-Request-Id": "r-7"})
    assert response.status_code == 500
    assert codes(response) == ["adapter-fault"]
    assert "r-7" in response.json()["issue"][0]["diagnostics"]
    for shown in (response.text, caplog.text):
        assert "195009072553" not in shown
        assert "Traceback" not in shown
    assert [r.message for r in caplog.records if r.name == "adapter.web.middleware"]


def test_a_store_that_is_away_is_told_with_a_time_to_wait() -> None:
    with served(broken()) as address:
        response = httpx.get(f"{address}/transient")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "7"
    assert codes(response) == ["store-unavailable"]


def test_a_fatal_error_has_the_status_of_its_code() -> None:
    with served(broken()) as address:
        assert httpx.get(f"{address}/fatal").status_code == 400


def test_a_message_for_a_store_that_is_away_is_not_taken(site: Site) -> None:
    with site.partner("astad-omsorg") as astad:
        with site.store.begin() as tx:
            tx.connection.exec_driver_sql("drop table token")
            tx.connection.exec_driver_sql("drop table message")
        response = astad.post(PROCESS, content=b"{}", headers={"Content-Type": FHIR})
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert codes(response) == ["store-unavailable"]


@examples(
    max_examples=scaled(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(
                    st.sampled_from(["resourceType", "type", "id", "entry", "resource"]), inner
                ),
            ),
        ).map(lambda found: json.dumps(found).encode()),
    )
)
def test_no_body_makes_the_doors_fall(site: Site, body: bytes) -> None:
    with site.partner("astad-omsorg") as astad:
        response = astad.post(PROCESS, content=body, headers={"Content-Type": FHIR})
    assert 400 <= response.status_code < 500
    assert codes(response)


@pytest.mark.parametrize("entry", ["null", "7", "[null]", '[{"resource": 7}]'])
def test_entries_that_are_none_are_the_senders_fault(site: Site, entry: str) -> None:
    body = f'{{"resourceType": "Bundle", "entry": {entry}}}'
    with site.partner("astad-omsorg") as astad:
        response = astad.post(PROCESS, content=body, headers={"Content-Type": FHIR})
    assert 400 <= response.status_code < 500
