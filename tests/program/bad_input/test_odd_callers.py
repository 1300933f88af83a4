"""Callers at the HTTP doors with wrong credentials, or with broken HTTP."""

from __future__ import annotations

import httpx
import pytest

from tests.kit.program.caller import FHIR, PROCESS, codes, post, raw, still_served
from tests.kit.program.messages import document, dumped, note
from tests.kit.program.region import ASTAD, SUNDBY
from tests.kit.program.running import Program

pytestmark = pytest.mark.servers


def request(program: Program, body: bytes, *lines: str, version: str = "1.1") -> bytes:
    """A request as bytes; without a length where a line gives one."""
    own = any(line.lower().startswith(("content-length", "transfer")) for line in lines)
    length = [] if own else [f"Content-Length: {len(body)}"]
    head = [
        f"POST {PROCESS} HTTP/{version}",
        f"Authorization: Bearer {program.tokens['sundby']}",
        f"Content-Type: {FHIR}",
        "Connection: close",
        *length,
        *lines,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer wrong",
        "Basic c3VuZGJ5Og==",
        "Bearer \xe5\xe4\xf6",
        "x" * 9000,
    ],
)
def test_who_has_no_token_of_ours_is_told_so_and_nothing_is_stored(
    program: Program, authorization: str
) -> None:
    before = program.stored()
    headers = {"Authorization": authorization.encode("latin-1"), "Content-Type": FHIR.encode()}
    response = httpx.post(program.address + PROCESS, content=dumped(note()), headers=headers)
    assert (response.status_code, codes(response)) == (401, ["unidentified-sender"])
    assert response.headers["www-authenticate"] == "Bearer"
    assert program.stored() == before


def test_a_token_of_another_endpoint_speaks_for_that_one_alone(program: Program) -> None:
    response = post(program, dumped(note(sender=SUNDBY)), sender="astad")
    assert (response.status_code, codes(response)) == (415, ["wrong-content-type"])
    stolen = document(b"<Mottagare", b'<Avsandare hsaId="SE0000000001-SUNDBY"/><Mottagare')
    response = post(program, stolen, path="/inbox", sender="astad")
    assert (response.status_code, codes(response)) == (403, ["wrong-sender"])
    borrowed = dumped(note(sender=ASTAD, to=(ASTAD,)))
    response = post(program, borrowed, sender="sundby")
    assert (response.status_code, codes(response)) == (403, ["wrong-sender"])


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "multipart/form-data",
        f"{FHIR}; charset=iso-8859-1",
        "ö",
    ],
)
def test_a_content_type_that_is_not_ours_is_refused(program: Program, content_type: str) -> None:
    with still_served(program):
        response = post(program, dumped(note()), Content_Type=content_type)
        assert (response.status_code, codes(response)) == (415, ["wrong-content-type"])


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_plain_request_of_either_version_is_taken(program: Program, version: str) -> None:
    host = [] if version == "1.0" else ["Host: adapter"]
    answer = raw(program, request(program, dumped(note()), *host, version=version))
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_body_in_chunks_is_taken(program: Program) -> None:
    body = dumped(note())
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (body[:half], body[half:], b""))
    lines = ("Host: adapter", "Transfer-Encoding: chunked")
    assert raw(program, request(program, chunks, *lines)).startswith(b"HTTP/1.1 200 ")
    assert program.kept(body)["standing"] == "processed"


@pytest.mark.parametrize(
    "strange",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # somebody speaks TLS
        b"\x0bMSH|^~\\&|\x1c\r",
        b"POST /inbox HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /inbox HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x00" * 1000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_bare_refusal(program: Program, strange: bytes) -> None:
    with still_served(program):
        before = program.stored()
        assert raw(program, strange)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404", b"")
        assert program.stored() == before


def test_a_body_that_breaks_off_is_not_stored(program: Program) -> None:
    body = dumped(note())
    with still_served(program):
        before = program.stored()
        whole = request(program, body, "Host: adapter")
        assert raw(program, whole[:-100], hang_up=True) == b""
        assert program.stored() == before


@pytest.mark.parametrize(
    "path",
    [
        "/fhir/../inbox",
        "/fhir/$process-message/",
        "/fhir/$process-message%00",
        "/FHIR/$process-message",
        "//inbox",
        "/inbox/..;/",
        "/inbox%2f..%2f",
        "/static/../../etc/passwd",
        "/fhir/Patient?identifier=195009072553",
        "/ops/%0d%0aSet-Cookie:x=1",
    ],
)
def test_a_trick_with_the_path_leads_nowhere(program: Program, path: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: adapter\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    answer = raw(program, head.encode())
    assert answer[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 405")
    assert b"Set-Cookie" not in answer
    assert b"195009072553" not in answer


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "BREW"])
def test_another_method_is_refused(program: Program, method: str) -> None:
    response = httpx.request(method, program.address + PROCESS)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert "<" not in response.text


@pytest.mark.parametrize("key", ["195009072553", "a b", "x" * 500, "\xe5", "<script>"])
def test_an_idempotency_key_may_be_anything_and_reaches_no_log(program: Program, key: str) -> None:
    headers = {"Idempotency_Key": key, "X_Request_Id": key, "X_Correlation_Id": key}
    response = post(program, dumped(note()), **headers)
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert codes(response) == ["bad-header"]
    assert "<script>" not in str(response.headers)
