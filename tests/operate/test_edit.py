"""An edited document is sent in place of a dead letter: never both, never neither."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from adapter.operate import edit
from adapter.operate.edit import Edited
from adapter.store.tables import message
from tests.kit import drafts
from tests.kit.at_once import at_once
from tests.kit.drafts import HOSPITAL, LULEA, UMEA
from tests.kit.region import Region

ANN = {"who": "Ann", "reason": "wrong word"}


def edited(region: Region, id_: str, body: bytes) -> Edited:
    """Edit as Ann, and return the result."""
    with region.store.begin() as tx:
        return edit.edit(tx, region.network, id_, body, **ANN, now=region.now)


def refused_by_lulea(region: Region, text: str = "Hjej") -> Any:
    """Return a dead delivery: Luleå's system has refused the message."""
    content = region.tells("hospital", drafts.note(text))
    region.inbox("lulea")
    region.receipt("lulea", content, "fatal-error")
    return region.deliveries(content_id=content)[0]


def corrected(row: Any, old: str = "Hjej", new: str = "Hej") -> bytes:
    """Return the bytes of a row with another word."""
    assert old.encode() in row["body"]
    return bytes(row["body"]).replace(old.encode(), new.encode())


def said(bundle: Bundle) -> str:
    """Return the text of a general message."""
    return str((bundles.focus(bundle) or {})["payload"][0]["contentString"])


def test_only_the_edited_delivery_is_sent_with_ids_of_its_own(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead))
    region.turn()
    [got] = region.inbox("lulea")
    assert said(got) == "Hej"
    assert bundles.content_id(got) == made.content_id != dead["content_id"]
    assert got["id"] != dead["envelope_id"]
    before, after = region.deliveries(event="message")
    assert (before["state"], before["replaced_by"]) == ("replaced", after["id"])
    assert (after["replaces"], after["content_id"]) == (before["id"], made.content_id)
    assert before["body"] == dead["body"]
    assert (after["order_key"], after["order_no"]) == (before["order_key"], before["order_no"])


def test_the_receiver_is_told_which_message_it_replaces(region: Region) -> None:
    dead = refused_by_lulea(region)
    edited(region, dead["id"], corrected(dead))
    region.turn()
    header = bundles.header(region.inbox("lulea")[0])
    assert bundles.extension_value(header, "concerns")["value"] == dead["content_id"]


def test_the_receipt_and_the_answer_close_the_edited_one(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead))
    region.turn()
    region.receipt("lulea", made.content_id)
    assert region.deliveries(id=made.id)[0]["state"] == "accepted"
    region.tells("lulea", drafts.answer(made.content_id, LULEA))
    assert region.deliveries(id=made.id)[0]["state"] == "confirmed"
    assert region.deliveries(id=dead["id"])[0]["state"] == "replaced"


def test_the_sender_gets_the_answer_under_the_id_that_it_gave(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead))
    region.turn()
    [report] = region.deliveries(event="delivery-report")
    region.receipt("hospital", report["content_id"])
    region.inbox("hospital")
    reply = drafts.answer(made.content_id, LULEA)
    region.tells("lulea", reply)
    [answer] = region.inbox("hospital")
    assert bundles.concerned(answer) == dead["content_id"]
    assert bundles.content_id(answer) != bundles.content_id(reply)
    region.receipt("hospital", bundles.content_id(answer))
    assert region.deliveries(event="answer")[0]["state"] == "confirmed"


def test_a_late_receipt_for_the_original_is_kept_and_changes_nothing(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead))
    region.turn()
    region.receipt("lulea", dead["content_id"])
    assert ("application", "ok") in region.layers(dead["id"])
    assert region.deliveries(id=dead["id"])[0]["state"] == "replaced"
    assert region.deliveries(id=made.id)[0]["state"] == "in-flight"


def test_the_history_of_both_has_the_person_the_reason_and_the_other_id(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead))
    [old], [new] = region.history("replaced"), region.history("edited")
    assert (old["delivery_id"], old["who"]) == (dead["id"], "Ann")
    assert old["detail"] == f"by {made.id}: wrong word"
    assert (new["delivery_id"], new["who"]) == (made.id, "Ann")
    assert new["detail"] == f"from {dead['id']}: wrong word"


def test_editing_twice_sends_once(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead))
    with pytest.raises(FatalError, match=f"is replaced by {made.id}"):
        edited(region, dead["id"], corrected(dead))
    region.turn()
    assert len(region.inbox("lulea")) == 1


def test_a_trial_shows_what_would_be_sent_and_leaves_no_trace(region: Region) -> None:
    dead = refused_by_lulea(region)
    with region.store.begin() as tx:
        tried = edit.trial(tx, region.network, dead["id"], corrected(dead), **ANN, now=region.now)
    assert [d.endpoint for d in tried.sent] == ["lulea"]
    assert region.deliveries(id=dead["id"])[0]["state"] == "dead"
    assert len(region.deliveries(event="message")) == 1
    assert edited(region, dead["id"], corrected(dead)).content_id == tried.content_id


def test_bytes_that_are_invalid_for_the_receiver_are_not_sent(region: Region) -> None:
    dead = refused_by_lulea(region)
    with pytest.raises(FatalError) as problem:
        edited(region, dead["id"], corrected(dead, '"status":"completed"', '"status":"done"'))
    assert {i.expression for i in problem.value.issues} == {"Communication.status"}
    for body in (b"", b"{}", b"[]", b"\xff", dead["body"][:-1]):
        with pytest.raises(FatalError):
            edited(region, dead["id"], body)
    assert region.deliveries(id=dead["id"])[0]["state"] == "dead"


def test_what_was_not_edited_is_not_sent_however_it_is_written(region: Region) -> None:
    dead = refused_by_lulea(region)
    pretty = json.dumps(json.loads(dead["body"]), indent=4).encode()
    for body in (dead["body"], pretty):
        with pytest.raises(FatalError, match="not-edited"):
            edited(region, dead["id"], body)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("MessageHeader.event", drafts.stay()),
        ("MessageHeader.sender", drafts.note(sender=UMEA)),
        ("MessageHeader.destination", drafts.note(to=(UMEA,))),
        ("MessageHeader.extension", drafts.note(visit="V2")),
    ],
)
def test_an_edit_may_not_change_sender_receiver_event_or_case(
    region: Region, path: str, other: Bundle
) -> None:
    dead = refused_by_lulea(region)
    with pytest.raises(FatalError, match="other-message") as problem:
        edited(region, dead["id"], drafts.dump(other))
    assert path in {issue.expression for issue in problem.value.issues}


def test_another_patient_is_warned_of(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead, "195009072553", "189002029800"))
    assert [(str(i.severity), i.code) for i in made.issues] == [("warning", "other-patient")]


def test_an_edit_says_whether_the_original_may_have_arrived_or_was_overtaken(
    region: Region,
) -> None:
    region.hangs_up = {"lulea"}
    region.tells("hospital", drafts.note("Hjej"))
    region.turn(after=region.network.endpoint("lulea").expire_after)
    [lost] = region.deliveries(event="message", state="dead")
    region.hangs_up = set()
    region.tells("hospital", drafts.note("later", minutes=6))
    later = region.deliveries(event="message")[-1]["id"]
    made = edited(region, lost["id"], corrected(lost))
    assert (made.may_have_arrived, made.overtaken_by) == (True, (later,))


def test_what_the_receiver_refused_has_surely_not_arrived(region: Region) -> None:
    dead = refused_by_lulea(region)
    made = edited(region, dead["id"], corrected(dead))
    assert (made.may_have_arrived, made.overtaken_by) == (False, ())


def test_what_no_mapping_could_write_is_edited_as_fhir_and_written_now(region: Region) -> None:
    lulea = region.network.endpoint("lulea")
    every = region.network.settings.endpoints
    omsorg = [replace(e, system="omsorg") if e is lulea else e for e in every]
    region.with_settings(endpoints=tuple(omsorg))
    note = drafts.note("Hjej")
    note["entry"][1]["resource"]["modifierExtension"] = [{"url": "urn:x", "valueBoolean": True}]
    region.tells("hospital", note)
    [dead] = region.deliveries(event="message")
    assert (dead["state"], dead["code"]) == ("dead", "not-written")
    fixed = json.loads(dead["body"])
    del fixed["entry"][1]["resource"]["modifierExtension"]
    made = edited(region, dead["id"], json.dumps(fixed).encode())
    [after] = region.deliveries(id=made.id)
    assert after["body"].startswith(b"<?xml")
    assert made.content_id.encode() in after["body"]
    assert f'ersatter="{dead["content_id"]}"'.encode() in after["body"]


# Messages


def refused(region: Region) -> Any:
    """Return a message that was refused for a fault of its own."""
    note = drafts.note("Hej")
    del note["entry"][1]["resource"]["status"]
    region.tells("hospital", note)
    region.inbox("hospital")
    [row] = region.messages()
    assert row["standing"] == "refused"
    return row


def mended(row: Any) -> bytes:
    """Return the bytes that its sender should have written."""
    bundle = json.loads(row["body"])
    bundle["entry"][1]["resource"]["status"] = "completed"
    return json.dumps(bundle).encode()


def test_a_refused_message_is_corrected_and_forwarded(region: Region) -> None:
    row = refused(region)
    made = edited(region, row["id"], mended(row))
    region.turn()
    [got] = region.inbox("lulea")
    assert bundles.content_id(got) == made.content_id != row["content_id"]
    before, after = region.messages()
    assert (before["standing"], before["replaced_by"]) == ("replaced", after["id"])
    assert (after["standing"], after["replaces"]) == ("processed", before["id"])
    assert (before["body"], before["code"]) == (row["body"], "required")
    assert [line["case_id"] for line in region.history("edited")] == [after["case_id"]]


def test_its_sender_is_not_answered_about_an_id_that_it_never_gave(region: Region) -> None:
    row = refused(region)
    edited(region, row["id"], mended(row))
    region.turn()
    assert region.inbox("hospital") == []


def test_an_answer_to_it_names_the_refused_message_that_it_was_made_of(region: Region) -> None:
    row = refused(region)
    made = edited(region, row["id"], mended(row))
    region.turn()
    region.tells("lulea", drafts.note("Ja", sender=LULEA, to=(HOSPITAL,), answers=made.content_id))
    [reply] = region.inbox("hospital")
    assert bundles.concerned(reply) == row["content_id"]


def test_a_copy_of_the_original_is_answered_as_the_original_was(region: Region) -> None:
    row = refused(region)
    edited(region, row["id"], mended(row))
    region.partners["hospital"].publish(row["body"], message_id=row["envelope_id"])
    region.turn()
    assert region.receipts("hospital") == [(row["content_id"], "fatal-error")]
    assert len(region.inbox("lulea")) == 1


def test_a_message_that_would_be_refused_again_is_not_taken(region: Region) -> None:
    row = refused(region)
    for old, new, code in (
        (b'"completed"', b'"nonsense"', "unknown-code"),
        (HOSPITAL.organization.encode(), UMEA.organization.encode(), "wrong-sender"),
        (LULEA.organization.encode(), b"SE2120000009-NOBODY", "unknown-receiver"),
    ):
        with pytest.raises(FatalError, match=code):
            edited(region, row["id"], mended(row).replace(old, new))
    assert [r["standing"] for r in region.messages()] == ["refused"]


def test_a_dead_message_gets_the_receiver_that_it_lacked(region: Region) -> None:
    region.tells("hospital", drafts.note(to=()))
    row = region.messages()[-1]
    assert (row["standing"], row["code"]) == ("dead", "no-route")
    bundle = drafts.note(to=(LULEA,), content=row["content_id"])
    made = edited(region, row["id"], drafts.dump(bundle))
    assert [d.endpoint for d in made.sent] == ["lulea"]


def test_a_receipt_that_named_nothing_is_corrected(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.tells("lulea", drafts.receipt("nothing-of-ours", LULEA))
    row = region.messages()[-1]
    assert (row["standing"], row["code"]) == ("dead", "unmatched-receipt")
    wrong = row["body"].replace(b"nothing-of-ours", b"nothing-either")
    with pytest.raises(FatalError, match="unmatched-receipt"):
        edited(region, row["id"], wrong)
    edited(region, row["id"], row["body"].replace(b"nothing-of-ours", content.encode()))
    assert region.deliveries(event="message")[0]["state"] == "accepted"


def test_an_older_edit_is_superseded_like_any_older_message(region: Region) -> None:
    late = drafts.stay(minutes=5)
    del late["entry"][1]["resource"]["status"]
    region.tells("hospital", late)
    row = region.messages()[0]
    moved = "2026-03-12T12:00:00+01:00"
    region.tells("hospital", drafts.stay(Event.ADMISSION_UPDATED, minutes=9, planned=moved))
    bundle = json.loads(row["body"])
    bundle["entry"][1]["resource"]["status"] = "in-progress"
    made = edited(region, row["id"], drafts.dump(bundle))
    assert made.note == f"not-forwarded: superseded by {region.messages()[1]['id']}"
    assert made.sent == ()


def test_only_what_is_dead_or_refused_is_edited(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    [row], [sent] = region.messages(), region.deliveries(content_id=content)
    for id_ in (row["id"], sent["id"]):
        with pytest.raises(FatalError, match="illegal-transition"):
            edited(region, id_, b"{}")
    for id_ in ("", "d-", "m-", row["case_id"], content, "d-nowhere", "m-nowhere", "../x"):
        with pytest.raises(FatalError, match="unknown-id"):
            edited(region, id_, b"{}")


def test_a_message_without_a_sender_cannot_be_edited(region: Region) -> None:
    refused(region)
    with region.store.begin() as tx:
        tx.execute(message.update().values(endpoint=""))
    with pytest.raises(FatalError, match="unidentified-sender"):
        edited(region, region.messages()[0]["id"], b"{}")


# Two at once


def test_when_two_people_edit_a_delivery_at_once_it_is_sent_once(region: Region) -> None:
    dead = refused_by_lulea(region)
    results = at_once(
        lambda: edited(region, dead["id"], corrected(dead, new="Hej")),
        lambda: edited(region, dead["id"], corrected(dead, new="Hallå")),
    )
    assert "illegal-transition" in results
    region.turn()
    assert len(region.inbox("lulea")) == 1


def test_when_two_people_edit_a_message_at_once_it_is_sent_once(region: Region) -> None:
    row = refused(region)
    results = at_once(
        lambda: edited(region, row["id"], mended(row)),
        lambda: edited(region, row["id"], mended(row).replace(b"Hej", b"Hej!")),
    )
    assert "illegal-transition" in results
    region.turn()
    assert len(region.inbox("lulea")) == 1
