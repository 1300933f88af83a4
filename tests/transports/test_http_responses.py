"""What is sent over HTTP, and what each response means."""

from __future__ import annotations

import math
from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as HttpResponse

from adapter.core.lifecycle import RetryPolicy
from adapter.transports import Response
from adapter.transports.http import HttpClient, RefusedError, RefusedForNowError, WebPageError
from adapter.transports.http.status import of_status, seconds
from tests.kit.http_posts import client, code, endpoint, envelope

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_a_message_carries_its_ids_where_the_far_side_looks_for_them(
    httpserver: HTTPServer,
) -> None:
    seen: list[Request] = []

    def take(request: Request) -> HttpResponse:
        request.get_data()
        seen.append(request)
        return HttpResponse(status=204)

    httpserver.expect_request("/inbox", method="POST").respond_with_handler(take)
    with client(httpserver.url_for("/inbox")) as http:
        assert http.send([envelope()]) == [Response()]
    (request,) = seen
    assert request.get_data() == b"<Meddelande/>"
    assert request.headers["Content-Type"] == "application/xml"
    assert request.headers["Idempotency-Key"] == "e-1"
    assert request.headers["X-Delivery-Id"] == "d-1"
    assert request.headers["X-Request-Id"] == "d-1-3"
    assert request.headers["X-Correlation-Id"] == "vtf-%C3%851%0D%0AX: y"
    assert "X" not in request.headers


def test_the_body_of_a_success_is_returned(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"<Kvittens/>", content_type="text/xml")
    with client(httpserver.url_for("/")) as http:
        (answer,) = http.send([envelope()])
    assert answer == Response(body=b"<Kvittens/>", content_type="text/xml")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "taken"),
        (201, "taken"),
        (202, "taken"),
        (204, "taken"),
        (302, "refused"),
        (400, "refused"),
        (401, "access-denied"),
        (403, "access-denied"),
        (404, "refused"),
        (408, "timed-out"),
        (409, "refused"),
        (422, "refused"),
        (425, "refused-for-now"),
        (429, "busy"),
        (500, "refused-for-now"),
        (501, "refused"),
        (502, "unreachable"),
        (503, "busy"),
        (504, "timed-out"),
    ],
)
def test_each_status_means_what_the_standard_says(
    httpserver: HTTPServer, status: int, expected: str
) -> None:
    httpserver.expect_request("/").respond_with_data(b"", status=status)
    with client(httpserver.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert code(outcome) == expected


@given(status=st.integers(min_value=100, max_value=599), body=st.binary(max_size=4))
def test_every_status_means_something_and_only_2xx_is_taken(status: int, body: bytes) -> None:
    outcome = of_status(status, "", Response(body=body), NOW)
    assert isinstance(outcome, Response) == (200 <= status < 300)


def test_a_refusal_keeps_what_the_far_side_said(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"<Kvittens/>", status=422)
    with client(httpserver.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, RefusedError)
    assert outcome.response.body == b"<Kvittens/>"
    assert "Kvittens" not in str(outcome)


def test_a_busy_receiver_says_when_to_come_back(httpserver: HTTPServer) -> None:
    headers = {"Retry-After": "120"}
    httpserver.expect_request("/").respond_with_data(b"", status=503, headers=headers)
    with client(httpserver.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, RefusedForNowError)
    assert (outcome.code, outcome.retry_after) == ("busy", 120.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("99999999999999999999", 1e20),
        ("9" * 5000, math.inf),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٧", None),
        ("Sun, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_ignored(
    text: str, expected: float | None
) -> None:
    assert seconds(text, NOW) == expected


@given(st.text())
def test_no_retry_after_can_stop_a_delivery(text: str) -> None:
    wait = seconds(text, NOW)
    assert wait is None or wait >= 0
    RetryPolicy().wait(1, wait)


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    elsewhere = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/").respond_with_data(b"", status=307, headers=elsewhere)
    with client(httpserver.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert code(outcome) == "refused"
    assert [request.path for request, _ in httpserver.log] == ["/"]


def test_after_a_failure_later_messages_do_not_overtake(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"", status=503)
    with client(httpserver.url_for("/")) as http:
        outcomes = http.send([envelope(), envelope(), envelope()])
    assert [code(outcome) for outcome in outcomes] == ["busy", "no-connection", "no-connection"]
    assert len(httpserver.log) == 1


def test_a_refused_message_does_not_hold_the_next_ones(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/").respond_with_data(b"", status=422)
    httpserver.expect_ordered_request("/").respond_with_data(b"", status=200)
    with client(httpserver.url_for("/")) as http:
        outcomes = http.send([envelope(), envelope()])
    assert [code(outcome) for outcome in outcomes] == ["refused", "taken"]


def test_an_answer_over_the_limit_is_refused_unread(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"x" * 1000)
    with closing(HttpClient(endpoint(httpserver.url_for("/")), limit=999)) as http:
        assert code(http.send([envelope()])[0]) == "bad-answer"


PAGES = [
    b"<!DOCTYPE html><html><body>Logga in</body></html>",
    b"\n <html lang='sv'>",
    b"\xef\xbb\xbf<!-- portal --><!doctype HTML>",
    b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
    b"<HEAD><TITLE>Login</TITLE></HEAD>",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_success_with_a_web_page_is_no_success(httpserver: HTTPServer, page: bytes) -> None:
    httpserver.expect_request("/").respond_with_data(page, status=200)
    with client(httpserver.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, WebPageError)
    assert (outcome.code, outcome.response.body) == ("unreachable", page)


@pytest.mark.parametrize("body", [b"OK", b"<Kvittens/>", b"<htmlish/>", b'{"page": "<html>"}'])
def test_another_body_than_a_web_page_is_for_the_receivers_system_to_read(
    httpserver: HTTPServer, body: bytes
) -> None:
    httpserver.expect_request("/").respond_with_data(body, content_type="text/html")
    with client(httpserver.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert outcome == Response(body=body, content_type="text/html")


def test_a_refusal_with_an_endless_page_is_still_a_refusal(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"x" * 1000, status=400)
    with closing(HttpClient(endpoint(httpserver.url_for("/")), limit=999)) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, RefusedError)
    assert outcome.response.body == b"x" * 999


def test_an_answer_that_is_compressed_unasked_is_not_unpacked(httpserver: HTTPServer) -> None:
    headers = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/").respond_with_data(b"\x1f\x8b", headers=headers)
    with client(httpserver.url_for("/")) as http:
        assert code(http.send([envelope()])[0]) == "bad-answer"
