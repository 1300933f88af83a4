"""The journal's HL7 v2 feed through the flow: shared or not, copies, acknowledgements."""

from __future__ import annotations

from dataclasses import replace

from adapter.fhir import bundles
from tests.kit.hl7v2 import EVN, MSH, PID, adt
from tests.kit.region import SETTINGS, Region

ZSP = "ZSP|1|Y|N|N|20260310101000+0100|20260320"


def send(region: Region, trigger: str, *segments: str) -> str:
    """Send a message over MLLP; return MSA-1 of its acknowledgement."""
    reply = region.accept("feed", adt(trigger, *segments))
    region.turn()
    [msa] = [line for line in reply.body.decode().split("\r") if line.startswith("MSA")]
    return msa.split("|")[1]


def test_an_admission_without_assessment_is_acknowledged_and_told_to_nobody(
    journal: Region,
) -> None:
    assert send(journal, "A01") == "AA"
    assert journal.events("lulea") == []


def test_a_missing_planned_discharge_is_warned_of_once_and_only_for_an_admission(
    journal: Region,
) -> None:
    for trigger in ("A01", "A08"):
        send(journal, trigger)
    warned = [message["issues"].count("no-planned-discharge") for message in journal.messages()]
    assert warned == [1, 0]


def test_an_assessment_shares_the_admission(journal: Region) -> None:
    assert send(journal, "A01", ZSP) == "AA"
    [notice] = journal.inbox("lulea")
    assert bundles.event(notice) == "admission-notice"
    assert bundles.envelope_id(notice) != bundles.content_id(notice)


def test_equal_bytes_are_a_copy_and_the_same_control_id_with_others_is_a_new_message(
    journal: Region,
) -> None:
    for _ in range(2):
        send(journal, "A01", ZSP)
    send(journal, "A08", PID.replace("Astrid", "Anna"))
    assert [m["note"].split(" ")[0] for m in journal.messages()] == ["", "copy", ""]
    assert "reused-control-id" in journal.messages()[2]["receipt_body"].decode()
    assert journal.messages()[1]["standing"] == "processed"


def test_a_known_trigger_that_is_not_used_is_acknowledged_and_kept(journal: Region) -> None:
    assert send(journal, "A04") == "AA"
    [message] = journal.messages()
    assert (message["standing"], message["note"]) == ("processed", "not-used")
    assert journal.history("not-used")


def test_a_trigger_that_the_settings_refuse_is_refused(journal: Region) -> None:
    feed = replace(journal.network.endpoint("feed"), unmapped="refuse")
    journal.with_settings(endpoints=(*SETTINGS.endpoints, feed))
    assert send(journal, "A04") == "AE"


def test_nonsense_is_refused_and_kept(journal: Region) -> None:
    assert send(journal, "Q99") == "AE"
    assert journal.messages()[0]["body"].startswith(b"MSH")


def test_a_dead_delivery_is_reported_to_the_journals_return_address(journal: Region) -> None:
    send(journal, "A01", ZSP)
    [notice] = journal.inbox("lulea")
    journal.receipt("lulea", bundles.content_id(notice), "fatal-error")
    assert journal.events("hospital") == ["delivery-report"]


def test_late_messages_of_a_restarted_feed_keep_their_order_by_case(journal: Region) -> None:
    send(journal, "A01", ZSP)
    later = EVN.replace("20260310101500", "20260311101500")
    send(journal, "A16", MSH.replace("|A1|", "|A2|"), later)
    [notice] = journal.inbox("lulea")
    assert journal.inbox("lulea") == []
    journal.receipt("lulea", bundles.content_id(notice))
    assert journal.events("lulea") == ["discharge-ready"]
