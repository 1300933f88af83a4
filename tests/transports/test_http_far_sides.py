"""HTTP far sides that are not there or stall, and those that ask for credentials."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from adapter.core.errors import FatalError, TransientError
from adapter.transports import Response
from adapter.transports.http import HttpClient
from tests.kit.hang_ups import full_backlog, hanging_up
from tests.kit.http_posts import client, code, endpoint, envelope
from tests.kit.waiting import WAIT


@contextmanager
def far_side(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that sends these bytes, each after a pause, and then nothing more."""
    hang_up = threading.Event()

    def serve(listener: socket.socket) -> None:
        wire, _ = listener.accept()
        with wire:
            wire.recv(1)
            for each in pieces:
                hang_up.wait(pause)
                if hang_up.is_set():
                    return
                wire.sendall(each)
            hang_up.wait(2 * WAIT)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            hang_up.set()
            thread.join()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://no-such-host.invalid/"])
def test_nobody_at_the_address_is_no_connection(address: str) -> None:
    with client(address) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, TransientError)
    assert outcome.code == "no-connection"


def test_an_address_that_takes_no_connection_in_time_is_no_connection() -> None:
    with (
        full_backlog() as (host, port),
        client(f"http://{host}:{port}/", timeout=timedelta(seconds=0.3)) as http,
    ):
        assert code(http.send([envelope()])[0]) == "no-connection"


@pytest.mark.parametrize("reads", [0, 1024])
def test_a_far_side_that_hangs_up_before_or_after_reading_is_unreachable(reads: int) -> None:
    with hanging_up(reads) as (host, port), client(f"http://{host}:{port}/") as http:
        assert code(http.send([envelope()])[0]) == "unreachable"


def test_a_far_side_that_hangs_up_during_the_tls_handshake_is_no_connection() -> None:
    with hanging_up(1024) as (host, port), client(f"https://{host}:{port}/") as http:
        assert code(http.send([envelope()])[0]) == "no-connection"


def test_a_far_side_that_never_answers_is_timed_out() -> None:
    with far_side() as address, client(address, timeout=timedelta(seconds=0.3)) as http:
        assert code(http.send([envelope()])[0]) == "timed-out"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_far_side_that_trickles_cannot_stretch_the_timeout(start: bytes) -> None:
    trickle = [start, *[b"a"] * 100]
    began = time.monotonic()
    with (
        far_side(*trickle, pause=0.1) as address,  # ten seconds of it
        client(address, timeout=timedelta(seconds=0.5)) as http,
    ):
        assert code(http.send([envelope()])[0]) == "timed-out"
    assert time.monotonic() - began < 9


def test_a_far_side_that_does_not_read_cannot_stretch_the_timeout() -> None:
    began = time.monotonic()
    with far_side() as address, client(address, timeout=timedelta(seconds=0.5)) as http:
        assert code(http.send([envelope(bytes(50_000_000))])[0]) == "timed-out"
    assert time.monotonic() - began < WAIT


def test_an_answer_that_is_not_http_is_unreachable() -> None:
    with far_side(b"\x00\x01nonsense\r\n\r\n") as address, client(address) as http:
        assert code(http.send([envelope()])[0]) == "unreachable"


def test_a_far_side_that_restarted_gets_the_next_message(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"")
    with client(httpserver.url_for("/")) as http:
        assert code(http.send([envelope()])[0]) == "taken"
        host, port = httpserver.host, httpserver.port
        httpserver.stop()
        assert code(http.send([envelope()])[0]) == "no-connection"
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
        assert http.send([envelope()]) == [Response()]


def test_a_user_and_password_come_from_the_environment(httpserver: HTTPServer) -> None:
    expected = {"Authorization": "Basic bHVsZcOlOmh1c2g="}
    httpserver.expect_request("/", headers=expected).respond_with_data()
    environment = {
        "ADAPTER_LULEA_TRESERVA_USER": "luleå",
        "ADAPTER_LULEA_TRESERVA_PASSWORD": "hush",
    }
    basic = endpoint(httpserver.url_for("/"), credentials="basic")
    with closing(HttpClient(basic, environment=environment)) as http:
        assert http.send([envelope()]) == [Response()]


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
    missing = "/nowhere.pem cannot be read: No such file or directory"
    with pytest.raises(FatalError, match=missing):
        HttpClient(endpoint("https://lulea.example/", ca_file="/nowhere.pem"))
    with pytest.raises(FatalError, match=missing):
        HttpClient(endpoint("https://lulea.example/", certificate_file="/nowhere.pem"))


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


def test_own_authority_and_client_certificate_are_used(
    guarded: HTTPServer, certificates: Path
) -> None:
    files = {
        "ca_file": str(certificates / "ca.pem"),
        "certificate_file": str(certificates / "client.pem"),
        "key_file": str(certificates / "client.key"),
    }
    with client(guarded.url_for("/"), **files) as http:
        assert http.send([envelope()]) == [Response()]


def test_a_far_side_with_an_unknown_certificate_gets_nothing(guarded: HTTPServer) -> None:
    with client(guarded.url_for("/")) as http:
        (outcome,) = http.send([envelope()])
    assert isinstance(outcome, TransientError)
    assert outcome.code == "no-connection"
    assert outcome.detail.startswith("certificate:")
    assert guarded.log == []
