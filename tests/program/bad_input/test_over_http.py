"""Bad input over HTTP: a status and an OperationOutcome that say what is wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.builders import Party
from tests.kit.program.caller import PROCESS, codes, post, still_served
from tests.kit.program.messages import changed, document, dumped, note, notice, receipt, speaking_as
from tests.kit.program.region import ASTAD, PLAN, SUNDBY, TRASIG
from tests.kit.program.running import Program

pytestmark = pytest.mark.servers
NOBODY = Party(organization="SE0000000099-NOBODY")
OTHER_EVENT = {"system": "https://other.example", "code": "195009072553"}
ENTITIES = b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
BOMB = b'<!DOCTYPE x [<!ENTITY a "Tolvan">' + ENTITIES + b"]><Meddelande"
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Meddelande'
WEB = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Meddelande'


def latin(bundle: Bundle) -> bytes:
    """A message in another charset than FHIR's."""
    return json.dumps(bundle, ensure_ascii=False).encode("iso-8859-1")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "unreadable"),
        (dumped(note())[:-200], 400, "unreadable"),
        (bytes(range(256)), 400, "wrong-charset"),
        (latin(note()), 400, "wrong-charset"),
        (dumped(note()).decode().encode("utf-16"), 400, "wrong-charset"),
        (b"[" * 100_000, 400, "too-deep"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, 400, "too-deep"),
        (b'{"resourceType": "Bundle", "resourceType": "Patient"}', 400, "duplicate-key"),
        (b'{"a": NaN}', 400, "unreadable"),
        (b"{" + b",".join(b'"k%d":0' % i for i in range(60_000)) + b"}", 413, "too-large"),
        (b"[]", 422, "invalid-structure"),
        (b'"Bundle"', 422, "invalid-structure"),
        (b'{"resourceType": "Patient", "id": "1"}', 422, "invalid-structure"),
        (dumped(changed(note(), eventCoding=OTHER_EVENT)), 422, "unknown-event"),
        (dumped(note(to=(NOBODY,))), 422, "unknown-receiver"),
        (dumped(speaking_as(note(), PLAN.organization)), 403, "wrong-sender"),
        (document(), 400, "unreadable"),
    ],
)
def test_a_body_that_is_no_message_is_refused_and_kept(
    program: Program, body: bytes, status: int, code: str
) -> None:
    with still_served(program):
        response = post(program, body)
        assert (response.status_code, codes(response)[0]) == (status, code)
        assert program.kept(body)["standing"] == "refused"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (document(b"<Meddelande", BOMB), 400, "forbidden-xml"),
        (document(b"<Meddelande", BOMB).replace(b"Har hon", b"&j;"), 400, "forbidden-xml"),
        (document(b"<Meddelande", OUTSIDE).replace(b"Har hon", b"&a;"), 400, "forbidden-xml"),
        (document(b"<Meddelande", WEB), 400, "forbidden-xml"),
        (document(b"UTF-8", b"UTF-7"), 400, "wrong-charset"),
        (document(b"Har hon", b"H\xe4r"), 400, "unreadable"),
        (document(b"Har hon", b"\x00"), 400, "unreadable"),
        (document()[:300], 400, "unreadable"),
        (b"<a>" * 100 + b"</a>" * 100, 400, "too-deep"),
        (b"<a>" * 100_000, 400, "too-deep"),
        (b"<a>" + b"<b/>" * 60_000 + b"</a>", 413, "too-large"),
        (document(b"omsorg/1", b"omsorg/2"), 422, "unknown-event"),
        (document(b'typ="meddelande"', b'typ="195009072553"'), 422, "unknown-event"),
        (document(b"<Patient>", b"<Patient><Patient/>"), 422, "invalid-document"),
        (document(b"195009072553", b"Tolvan"), 422, "bad-identifier"),
        (document(b"SE0000000001-SUNDBY", NOBODY.organization.encode()), 422, "unknown-receiver"),
        (document(b"<Mottagare", b'<Avsandare hsaId="SE1-X"/><Mottagare'), 403, "wrong-sender"),
        (dumped(note()), 400, "unreadable"),
    ],
)
def test_xml_that_is_no_message_is_refused_in_its_own_form_and_kept(
    program: Program, body: bytes, status: int, code: str
) -> None:
    with still_served(program):
        response = post(program, body, path="/inbox", sender="astad")
        assert (response.status_code, codes(response)[0]) == (status, code)
        assert b"root:" not in response.content
        assert program.kept(body)["standing"] == "refused"


def megabytes(count: int) -> Iterator[bytes]:
    """Spaces, in pieces."""
    for _ in range(count):
        yield b" " * 1_000_000


@pytest.mark.parametrize("body", [b" " * 50_000_000, megabytes(50)], ids=["whole", "in pieces"])
def test_fifty_megabytes_are_not_even_read(program: Program, body: object) -> None:
    with still_served(program):
        before = program.stored()
        response = post(program, body)
        assert (response.status_code, codes(response)) == (413, ["too-large"])
        assert program.stored() == before


def test_a_compressed_body_is_not_taken(program: Program) -> None:
    with still_served(program):
        response = post(program, gzip.compress(dumped(note())), Content_Encoding="gzip")
        assert (response.status_code, codes(response)) == (415, ["wrong-content-type"])


def test_the_same_id_with_other_content_is_a_conflict_and_the_first_one_stands(
    program: Program,
) -> None:
    first = note()
    second = json.loads(dumped(first).replace(b"Tolvan Tolvansson", b"something else"))
    with still_served(program):
        assert post(program, dumped(first)).status_code == 200
        response = post(program, dumped(second))
        assert (response.status_code, codes(response)) == (409, ["content-conflict"])
        third = changed(first, id="another-content")
        assert codes(post(program, dumped(third))) == ["envelope-reused"]
    assert program.kept(dumped(second))["standing"] == "dead"  # it stands before a person
    assert len(program.deliveries(program.kept(dumped(first)))) == 1


def test_a_receipt_for_an_unknown_message_is_a_dead_letter_with_an_owner(program: Program) -> None:
    body = dumped(receipt("nothing-that-we-sent", SUNDBY))
    with still_served(program):
        response = post(program, body)
        assert (response.status_code, response.content) == (204, b"")
    row = program.kept(body)
    assert (row["standing"], row["code"]) == ("dead", "unmatched-receipt")
    assert program.owner(row["id"]) == "Förvaltningen för sundby, 000-00 00 00"


def test_a_receipt_that_cannot_be_read_is_a_dead_letter_and_its_sender_is_told(
    program: Program,
) -> None:
    broken = receipt("anything", SUNDBY)
    bundles.header(broken)["response"]["code"] = "perhaps"
    with still_served(program):
        response = post(program, dumped(broken))
        assert (response.status_code, codes(response)) == (422, ["unknown-code"])
    assert program.kept(dumped(broken))["standing"] == "dead"


def test_a_reader_that_falls_makes_a_dead_letter_and_asks_for_the_message_again(
    program: Program,
) -> None:
    body = dumped(note(sender=TRASIG))
    with still_served(program):
        response = post(program, body, sender="trasig", Content_Type="application/json")
        assert (response.status_code, codes(response)) == (503, ["adapter-fault"])
        assert int(response.headers["retry-after"]) > 0
    row = program.kept(body)
    assert (row["standing"], row["code"]) == ("dead", "adapter-fault")
    assert "ZeroDivisionError" in program.log.read_text()


def test_a_writer_that_falls_stops_its_own_delivery_and_no_other(program: Program) -> None:
    body = dumped(note(to=(TRASIG, ASTAD)))
    response = post(program, body)
    assert response.status_code == 200
    written = {
        d["endpoint"]: (d["state"], d["code"]) for d in program.deliveries(program.kept(body))
    }
    assert written.pop("trasig") == ("dead", "not-written")
    assert written["astad"][1] == ""


def test_a_protected_identity_is_held_for_a_named_person(program: Program) -> None:
    body = dumped(notice(protected=True))
    assert post(program, body).status_code == 200
    queued = program.deliveries(program.kept(body))
    held = [d for d in queued if d["event"] == "admission-notice"]  # not the labels of other cases
    assert {(d["state"], d["code"], d["attempt"]) for d in held} == {
        ("dead", "protected-identity", 0)
    }
    assert {program.owner(d["id"])[:16] for d in held} == {"Förvaltningen fö"}
    silent = dumped(notice(protected=False))
    assert post(program, silent, path=PROCESS).status_code == 200
    codes_ = {d["code"] for d in program.deliveries(program.kept(silent))}
    assert codes_ == {"protected-identity"}  # silence never ends a protection
