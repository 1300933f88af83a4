"""Bad input over MLLP: an acknowledgement that says what is wrong, and the original kept."""

from __future__ import annotations

import re

import pytest

from adapter.store.tables import message
from adapter.transports.mllp.framing import END, START
from tests.kit.hl7v2 import FIXTURES
from tests.kit.program.feed import ASSESSED, Feed, admission, codes, still_served
from tests.kit.program.running import Program

pytestmark = pytest.mark.servers
LATIN = admission().decode().encode("iso-8859-1")
WITHOUT_PATIENT = re.sub(rb"PID.*?\r", b"", admission())
TWO_PATIENTS = re.sub(rb"(PID.*?\r)", rb"\1\1", admission())
PROTECTED = (  # another person: the label holds in every case of a person
    admission("PD1||||||||||||Y", ASSESSED)
    .replace(b"195009072553", b"189002029800")
    .replace(b"19500907", b"18900202")
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "AE unreadable"),
        (b"\r\n", "AE unreadable"),
        (bytes(range(14, 256)) * 20, "AE unreadable"),
        (b"MSH", "AE unreadable"),
        (b"MSH|^~\\&|", "AE"),
        (b"GET / HTTP/1.1\r\n\r\n", "AE unreadable"),
        (b'{"resourceType": "Bundle"}', "AE unreadable"),
        (admission()[:140], "AE required"),
        (LATIN, "AE wrong-charset"),
        (admission().replace(b"UNICODE UTF-8", b"KLINGON"), "AE wrong-charset"),
        (WITHOUT_PATIENT, "AE required"),
        (TWO_PATIENTS, "AE several-patients"),
        (admission(trigger="A99"), "AE unknown-event"),
        (admission(trigger="../../etc"), "AE unknown-event"),
        (b"|" * 60_000, "AE unreadable"),
        (admission() + b"OBX|" + b"^" * 60_000, "AE too-large"),
    ],
)
def test_a_frame_that_is_no_message_of_ours_is_refused_and_kept(
    program: Program, body: bytes, expected: str
) -> None:
    with still_served(program), Feed(program) as feed:
        before = program.stored()
        assert feed.says(body).startswith(expected)
        assert program.stored() == before + 1
        assert program.kept(body)["standing"] == "refused"
        assert feed.says(admission(ASSESSED)) == "AA"  # also on the same connection


def test_fifty_megabytes_are_refused_and_kept_whole(program: Program) -> None:
    body = admission() + b"OBX|1|ED|||" + b"QUJD" * (50 * 1024 * 1024 // 4)
    with still_served(program), Feed(program) as feed:
        assert feed.says(body) == "AE too-large"
        assert len(program.kept(body)["body"]) == len(body)


def test_a_message_that_breaks_off_is_kept_and_answered_by_nothing(program: Program) -> None:
    half = admission()[:200]
    with still_served(program):
        with Feed(program) as feed:
            feed.send(START + half)
        row = program.kept(half)
    assert (row["standing"], row["note"]) == ("refused", "fragment")
    assert "fragment" in program.happened(row)


def test_a_message_that_begins_anew_leaves_its_beginning_and_is_taken(program: Program) -> None:
    half = admission()[:150]
    with Feed(program) as feed:
        feed.send(START + half)
        assert feed.says(admission(ASSESSED)) == "AA"
        assert program.kept(half)["note"] == "fragment"


def test_rubbish_outside_of_frames_is_hung_up_on(program: Program) -> None:
    with still_served(program), Feed(program) as feed:
        feed.send(bytes(range(32, 256)) * 20)
        assert feed.answer() == b""


def test_a_known_trigger_that_is_not_used_is_taken_unless_the_settings_refuse_it(
    program: Program,
) -> None:
    for door, expected, standing in (
        ("adt", "AA not-used", "processed"),
        ("strict-adt", "AE unmapped-event", "refused"),
    ):
        body = admission(trigger="A04")
        with Feed(program, door) as feed:
            assert feed.says(body) == expected
        assert program.kept(body)["standing"] == standing
    assert "not-used" in [h for row in program.rows(message) for h in program.happened(row)]


def test_frames_sent_without_waiting_are_answered_in_their_order(program: Program) -> None:
    bodies = [admission(ASSESSED) for _ in range(3)]
    with Feed(program) as feed:
        feed.send(b"\r\n".join(START + body + END for body in [*bodies, b"rubbish", bodies[0]]))
        answers = [feed.answer() for _ in range(5)]
    controls = [re.search(rb"\rMSA\|AA\|([^|\r]+)", answer) for answer in answers[:3]]
    assert [c[1] for c in controls if c] == [body.split(b"|")[9] for body in bodies]
    assert [codes(a) for a in answers[3:]] == ["AE unreadable", "AA copy"]


@pytest.mark.parametrize(
    "dressed",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"\r", b"\r\n"),
        lambda body: body.replace(b"\r", b"\n"),
        lambda body: b"\r\n " + body,
        lambda body: body.rstrip(b"\r"),
    ],
)
def test_a_message_dressed_otherwise_is_taken(program: Program, dressed: object) -> None:
    assert callable(dressed)
    body = dressed(admission(ASSESSED))
    with Feed(program) as feed:
        assert feed.says(body) == "AA"
    assert program.kept(body)["standing"] == "processed"


def test_enhanced_mode_is_answered_by_the_commit(program: Program) -> None:
    header = b"|P|2.5||||||UNICODE UTF-8"
    body = admission(ASSESSED).replace(header, b"|P|2.5|||AL|AL||UNICODE UTF-8")
    with Feed(program) as feed:
        assert feed.says(body) == "CA no-return-address"


def test_a_control_id_used_again_is_told_and_both_messages_are_kept(program: Program) -> None:
    first = admission(ASSESSED)
    second = first.replace(b"MED3", b"MED4")
    with Feed(program) as feed:
        assert feed.says(first) == "AA"
        assert feed.says(second) == "AA reused-control-id"
        assert feed.says(first) == "AA copy"
    assert program.kept(second)["standing"] == "processed"


def test_nobody_but_the_agreed_peers_is_listened_to(program: Program) -> None:
    body = admission(ASSESSED)
    with Feed(program, "far-adt") as stranger:
        stranger.send(START + body + END)
        assert stranger.answer() == b""
    with Feed(program, "far-adt", source="127.0.0.2") as known:
        assert known.says(body) == "AA"
    assert program.kept(body)["endpoint"] == "far-adt"


def test_an_acknowledgement_of_nothing_is_a_dead_letter_and_gets_no_answer(
    program: Program,
) -> None:
    acknowledgements = sorted((FIXTURES / "receipt").glob("*.native.hl7"))
    assert acknowledgements
    for path in acknowledgements:
        with still_served(program), Feed(program) as feed:
            feed.send(START + path.read_bytes() + END)
            row = program.kept(path.read_bytes())
            assert (row["standing"], row["code"]) == ("dead", "unmatched-receipt")
            assert feed.says(admission(ASSESSED)) == "AA"  # so no answer came before this one


def test_a_mapping_that_falls_makes_a_dead_letter_and_asks_for_the_message_again(
    program: Program,
) -> None:
    body = admission(ASSESSED)
    with still_served(program), Feed(program, "broken-adt") as feed:
        assert feed.says(body) == "AR adapter-fault"
        assert feed.says(body) == "AR adapter-fault"
    row = program.kept(body, count=2)
    assert (row["standing"], row["code"]) == ("dead", "adapter-fault")
    assert "RecursionError" in program.log.read_text()  # the exception's type, without its text


def test_a_protected_identity_is_held_for_a_named_person(program: Program) -> None:
    with Feed(program) as feed:
        assert feed.says(PROTECTED) == "AA protected-identity protected-identity"
    queued = program.deliveries(program.kept(PROTECTED))
    held = [d for d in queued if d["event"] == "admission-notice"]  # not the labels of other cases
    assert {(d["endpoint"], d["state"], d["code"]) for d in held} == {
        ("astad", "dead", "protected-identity"),
        ("planning", "dead", "protected-identity"),
    }
    assert {d["attempt"] for d in held} == {0}
    # Whether it is sent is decided at the hospital, not by those who have not got it.
    owners = {name for d in held for name in program.owner(d["id"]).split("; ")}
    assert "Förvaltningen för adt, 000-00 00 00" in owners
    assert "Förvaltningen för astad, 000-00 00 00" not in owners
