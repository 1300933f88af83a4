"""HTTP as only HTTP can be: statuses, headers, certificates, and far sides that stall."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapter.errors import AdapterError, FatalError, TransientError
from adapter.model import Endpoint, Envelope
from adapter.transports import Answer
from adapter.transports.http import HttpClient, RefusedError, RefusedForNowError
from adapter.transports.http.outcomes import LONGEST_WAIT, of_status, seconds

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def endpoint(address: str, **fields: object) -> Endpoint:
    given_fields = {"timeout": timedelta(seconds=5)} | fields
    return Endpoint(
        name="lulea-treserva",
        organization="SE2120002742-LULEA",
        system="omsorg",
        transport="http",
        address=address,
        **given_fields,  # type: ignore[arg-type]
    )


def envelope(body: bytes = b"<Meddelande/>") -> Envelope:
    return Envelope(
        id="e-1",
        endpoint="lulea-treserva",
        body=body,
        content_type="application/xml",
        case="vtf-Å1\r\nX: y",
        delivery="d-1",
        attempt=3,
    )


def code(outcome: object) -> str:
    return outcome.code if isinstance(outcome, AdapterError) else "taken"


@contextmanager
def client(address: str, **fields: object) -> Iterator[HttpClient]:
    with closing(HttpClient(endpoint(address, **fields))) as http:
        yield http


def test_a_message_carries_its_ids_where_the_far_side_looks_for_them(
    httpserver: HTTPServer,
) -> None:
    seen: list[Request] = []

    def take(request: Request) -> Response:
        request.get_data()
        seen.append(request)
        return Response(status=204)

    httpserver.expect_request("/inbox", method="POST").respond_with_handler(take)
    with client(httpserver.url_for("/inbox")) as http:
        assert http.send([envelope()]) == [Answer()]
    (request,) = seen
    assert request.get_data() == b"<Meddelande/>"
    assert request.headers["Content-Type"] == "application/xml"
    assert request.headers["Idempotency-Key"] == "e-1"
    assert request.headers["X-Delivery-Id"] == "d-1"
    assert request.headers["X-Request-Id"] == "d-1-3"
    assert request.headers["X-Correlation-Id"] == "vtf-%C3%851%0D%0AX: y"
    assert "X" not in request.headers


def test_what_a_success_says_is_the_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"<Kvittens/>", content_type="text/xml")
    with client(httpserver.url_for("/")) as http:
        (answer,) = http.send([envelope()])
    assert answer == Answer(body=b"<Kvittens/>", content_type="text/xml")


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
        (502, "refused-for-now"),
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
    outcome = of_status(status, "", Answer(body=body), NOW)
    assert isinstance(outcome, Answer) == (200 <= status < 300)


def test_a_refusal_keeps_what_the_far_side_said(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"<Kvittens/>", status=422)
    with client(httpserver.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, RefusedError)
    assert outcome.answer.body == b"<Kvittens/>"
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
        ("99999999999999999999", LONGEST_WAIT),
        ("Sun, 22 Nov 9026 12:00:30 GMT", LONGEST_WAIT),
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
    assert wait is None or 0 <= wait <= LONGEST_WAIT


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
    assert [code(outcome) for outcome in outcomes] == ["busy", "unreachable", "unreachable"]
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


def test_a_refusal_with_an_endless_page_is_still_a_refusal(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"x" * 1000, status=400)
    with closing(HttpClient(endpoint(httpserver.url_for("/")), limit=999)) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, RefusedError)
    assert outcome.answer.body == b""


def test_an_answer_that_is_compressed_unasked_is_not_unpacked(httpserver: HTTPServer) -> None:
    headers = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/").respond_with_data(b"\x1f\x8b", headers=headers)
    with client(httpserver.url_for("/")) as http:
        assert code(http.send([envelope()])[0]) == "bad-answer"


# Far sides that are not there, or stall.


@contextmanager
def far_side(*said: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that says these bytes, each after a pause, and then nothing more."""
    hang_up = threading.Event()

    def serve(listener: socket.socket) -> None:
        wire, _ = listener.accept()
        with wire:
            wire.recv(1)
            for each in said:
                hang_up.wait(pause)
                if hang_up.is_set():
                    return
                wire.sendall(each)
            hang_up.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            hang_up.set()
            thread.join()


def test_nobody_at_the_address_is_unreachable() -> None:
    with client("http://127.0.0.1:1/") as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, TransientError)
    assert outcome.code == "unreachable"


def test_a_far_side_that_never_answers_is_timed_out() -> None:
    with far_side() as address, client(address, timeout=timedelta(seconds=0.3)) as http:
        assert code(http.send([envelope()])[0]) == "timed-out"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_far_side_that_trickles_cannot_stretch_the_timeout(start: bytes) -> None:
    trickle = [start, *[b"a"] * 100]
    began = time.monotonic()
    with (
        far_side(*trickle, pause=0.1) as address,
        client(address, timeout=timedelta(seconds=0.5)) as http,
    ):
        assert code(http.send([envelope()])[0]) == "timed-out"
    assert time.monotonic() - began < 2


def test_a_far_side_that_does_not_read_cannot_stretch_the_timeout() -> None:
    began = time.monotonic()
    with far_side() as address, client(address, timeout=timedelta(seconds=0.5)) as http:
        assert code(http.send([envelope(bytes(50_000_000))])[0]) == "timed-out"
    assert time.monotonic() - began < 4


def test_an_answer_that_is_not_http_is_unreachable() -> None:
    with far_side(b"\x00\x01nonsense\r\n\r\n") as address, client(address) as http:
        assert code(http.send([envelope()])[0]) == "unreachable"


def test_a_far_side_that_restarted_gets_the_next_message(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"")
    with client(httpserver.url_for("/")) as http:
        assert code(http.send([envelope()])[0]) == "taken"
        host, port = httpserver.host, httpserver.port
        httpserver.stop()
        assert code(http.send([envelope()])[0]) == "unreachable"
        again = HTTPServer(host=host, port=port)
        again.expect_request("/").respond_with_data(b"")
        with again:
            assert code(http.send([envelope()])[0]) == "taken"
    httpserver.start()


# Credentials and certificates.


def test_a_bearer_token_comes_from_the_environment(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/", headers={"Authorization": "Bearer hush"}).respond_with_data()
    environment = {"ADAPTER_LULEA_TRESERVA_TOKEN": "hush"}
    bearer = endpoint(httpserver.url_for("/"), credentials="bearer")
    with closing(HttpClient(bearer, environment=environment)) as http:
        assert http.send([envelope()]) == [Answer()]


def test_a_user_and_password_come_from_the_environment(httpserver: HTTPServer) -> None:
    expected = {"Authorization": "Basic bHVsZcOlOmh1c2g="}
    httpserver.expect_request("/", headers=expected).respond_with_data()
    environment = {
        "ADAPTER_LULEA_TRESERVA_USER": "luleå",
        "ADAPTER_LULEA_TRESERVA_PASSWORD": "hush",
    }
    basic = endpoint(httpserver.url_for("/"), credentials="basic")
    with closing(HttpClient(basic, environment=environment)) as http:
        assert http.send([envelope()]) == [Answer()]


def test_a_missing_secret_is_named() -> None:
    bearer = endpoint("https://lulea.example/", credentials="bearer")
    with pytest.raises(FatalError, match="ADAPTER_LULEA_TRESERVA_TOKEN is not set"):
        HttpClient(bearer, environment={})


@pytest.mark.parametrize(
    "address", ["", "lulea.example", "ftp://lulea.example", "http://h:port/", "http://"]
)
def test_an_address_that_is_not_http_is_a_matter_of_settings(address: str) -> None:
    with pytest.raises(FatalError) as caught:
        HttpClient(endpoint(address))
    assert caught.value.code == "settings"


def test_a_certificate_file_that_is_missing_is_a_matter_of_settings() -> None:
    with pytest.raises(FatalError, match="certificates cannot be read"):
        HttpClient(endpoint("https://lulea.example/", ca_file="/nowhere.pem"))


def openssl(*arguments: str, folder: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority, and a server and a client that it vouches for."""
    folder = tmp_path_factory.mktemp("certificates")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    authority = ("-x509", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *key, *authority, folder=folder)
    for name in ("server", "client"):
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        address = ("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1")
        signed = ("-x509", "-CA", "ca.pem", "-CAkey", "ca.key")
        openssl("req", *key, *signed, *address, *files, folder=folder)
    return folder


@pytest.fixture
def guarded(certificates: Path) -> Iterator[HTTPServer]:
    """A far side that asks for a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with HTTPServer(ssl_context=context, host="127.0.0.1") as server:
        server.expect_request("/").respond_with_data(b"")
        yield server


def test_own_authority_and_client_certificate_open_the_door(
    guarded: HTTPServer, certificates: Path
) -> None:
    files = {
        "ca_file": str(certificates / "ca.pem"),
        "certificate_file": str(certificates / "client.pem"),
        "key_file": str(certificates / "client.key"),
    }
    with client(guarded.url_for("/"), **files) as http:
        assert http.send([envelope()]) == [Answer()]


def test_a_far_side_that_nobody_vouches_for_gets_nothing(guarded: HTTPServer) -> None:
    with client(guarded.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, TransientError)
    assert outcome.detail.startswith("certificate:")
    assert guarded.log == []
