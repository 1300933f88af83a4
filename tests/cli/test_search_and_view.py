"""What an operator sees of a case, of a message, and of what is dead."""

from __future__ import annotations

import base64
import json
import string
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.cli.printing import clean, data
from adapter.store import queries
from adapter.store.queries import search
from adapter.store.tables import attempt, delivery, message
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA
from tests.kit.office import CASE, IDENTITIES, SETTINGS, Office, run

READ = ("--bodies", "--reason", "Luleå asks what came")


def test_the_timeline_of_a_case_shows_every_hop_in_order(office: Office) -> None:
    region = office.region
    content = region.tells("hospital", drafts.note())
    region.now += timedelta(seconds=30)
    region.receipt("lulea", content)
    region.now += timedelta(seconds=30)
    region.tells("lulea", drafts.answer(content, LULEA))
    found = office.data("case", CASE)
    told = [(e["what"], e["endpoint"]) for e in found["timeline"] if "receipt (" not in e["text"]]
    assert told[:3] == [("received", "hospital"), ("queued", "lulea"), ("attempt", "lulea")]
    layers = [e["text"] for e in found["timeline"] if e["what"] == "receipt"]
    assert [
        word for text in layers for word in ("transport", "application", "person") if word in text
    ]
    assert any("person received" in text for text in layers)
    times = [e["at"] for e in found["timeline"]]
    assert times == sorted(times)
    assert times[0] == "2026-03-02T10:00:00.000+01:00"


def test_a_case_is_found_by_its_id_and_by_each_of_its_names(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    id_ = office.region.cases()[0]["id"]
    by_id, by_name = office.data("case", id_), office.data("case", CASE)
    assert by_id == by_name
    assert by_id["names"] == [CASE]


def test_the_timeline_for_people_says_when_what_who_and_in_swedish_too(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    result = office.run("case", CASE)
    assert result.exit_code == 0
    assert "2026-03-02 10:00:00" in result.stdout
    assert "message (generellt meddelande)" in result.stdout
    assert "the sender's own bytes" in result.stdout


def test_a_failed_attempt_says_why_and_a_hand_laid_on_says_whose(office: Office) -> None:
    id_ = office.dies()
    office.run("take", id_, "--who", "Ann")
    told = office.data("case", CASE)["timeline"]
    assert any(e["what"] == "dead" and "refused" in e["text"] for e in told)
    assert any(e["what"] == "taken" and e["who"] == "Ann" for e in told)
    assert any("taken by Ann" in e["text"] for e in told if e["what"] == "queued")


def test_losses_are_on_the_timeline(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    lost = json.dumps([{"path": "PV1-7", "why": "no place for it"}])
    with office.region.store.begin() as tx:
        tx.execute(message.update().values(losses=lost))
        tx.execute(delivery.update().values(losses=lost))
    texts = [e["text"] for e in office.data("case", CASE)["timeline"] if e["what"] == "loss"]
    assert any(t.startswith("not read: PV1-7") for t in texts)
    assert any(t.startswith("not written: PV1-7") for t in texts)


def test_an_unknown_case_is_told_with_what_to_do(office: Office) -> None:
    result = office.run("case", "c-nowhere")
    assert result.exit_code == 1
    assert "unknown-id" in result.stderr
    assert "To do:" in result.stderr
    assert result.stdout == ""


def test_a_message_shows_the_bytes_of_each_attempt(office: Office) -> None:
    region = office.region
    content = region.tells("hospital", drafts.note("Hej då"))
    region.turn(after=timedelta(hours=1))  # no receipt came: sent again
    row = region.deliveries(content_id=content)[0]
    found = office.data("message", row["message_id"], *READ)
    assert found["message"]["body"]["encoding"] == "utf-8"
    sent = found["deliveries"][0]["attempts"]
    assert [a["why"] for a in sent] == ["first", "resend"]
    bodies = [a["body"]["content"] for a in sent]
    assert all("Hej då" in body for body in bodies)
    with region.store.read() as tx:
        kept = queries.attempt_bytes(tx, row["message_id"])
    assert [b.encode() for b in bodies] == [a.body for a in kept if a.delivery_id == row["id"]]


def test_what_is_never_answered_is_not_shown_as_waiting_for_it(office: Office) -> None:
    content = office.region.tells("hospital", drafts.note())
    office.region.receipt("lulea", content)
    note, receipt = (m["id"] for m in office.region.messages())
    assert "  answered ok\n" in office.run("message", note).stdout
    assert "  not answered\n" in office.run("message", receipt).stdout


def test_whoever_reads_a_body_stands_in_the_history(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    id_ = office.region.messages()[0]["id"]
    result = office.run("message", id_, *READ, "--who", "Ann")
    assert IDENTITIES[0] in result.stdout
    assert office.history("body-read") == [("Ann", "Luleå asks what came")]


def test_without_bodies_no_person_is_shown_and_nothing_is_written_down(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    id_ = office.region.messages()[0]["id"]
    result = office.run("message", id_)
    assert result.exit_code == 0
    assert not any(identity in result.output for identity in IDENTITIES)
    assert office.history("body-read") == []


@pytest.mark.parametrize("half", [("--bodies",), ("--bodies", "--reason", " "), READ[1:]])
def test_bodies_need_a_reason_and_a_reason_is_for_bodies(
    office: Office, half: tuple[str, ...]
) -> None:
    office.region.tells("hospital", drafts.note())
    result = office.run("message", office.region.messages()[0]["id"], *half)
    assert result.exit_code == 2
    assert not any(identity in result.output for identity in IDENTITIES)
    assert office.history("body-read") == []


def test_by_default_the_reader_is_whoever_is_logged_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "berit")
    office.region.tells("hospital", drafts.note())
    office.run("message", office.region.messages()[0]["id"], *READ)
    assert office.history("body-read") == [("berit", "Luleå asks what came")]


def test_a_message_is_found_by_its_deliveries_and_by_its_content_id(office: Office) -> None:
    content = office.region.tells("hospital", drafts.note())
    row = office.region.deliveries(content_id=content)[0]
    wanted = office.data("message", row["message_id"])
    assert office.data("message", row["id"]) == wanted
    assert office.data("message", content) == wanted


def test_a_content_id_that_came_twice_is_told_with_both_messages(office: Office) -> None:
    bundle = drafts.note()
    content = office.region.tells("hospital", bundle)
    office.region.tells("hospital", bundle)
    result = office.run("message", content)
    assert result.exit_code == 1
    assert all(row["id"] in result.stderr for row in office.region.messages())


def test_bytes_that_are_no_utf_8_are_whole_in_json_and_harmless_on_a_terminal(
    office: Office,
) -> None:
    office.region.tells("hospital", drafts.note())
    body = b"MSH|\x1b[2J\xe5\r\nPID|1"
    with office.region.store.begin() as tx:
        tx.execute(message.update().values(body=body))
    id_ = office.region.messages()[0]["id"]
    shown = office.data("message", id_, *READ)["message"]["body"]
    assert (shown["encoding"], base64.b64decode(shown["content"])) == ("base64", body)
    printed = office.run("message", id_, *READ).stdout
    assert "\x1b" not in printed
    assert "MSH|\\x1b[2J\\xe5\nPID|1\n" in printed


def test_purged_bytes_are_simply_absent(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    with office.region.store.begin() as tx:
        for table in (message, delivery, attempt):
            tx.execute(table.update().values(body=None))
    found = office.data("message", office.region.messages()[0]["id"], *READ)
    assert found["message"]["body"] is None
    assert found["deliveries"][0]["attempts"][0]["body"] is None


def test_nothing_dead_is_exit_0(office: Office) -> None:
    result = office.run("dead")
    assert (result.exit_code, result.stdout) == (0, "Nothing is dead, and no item is open.\n")


def test_what_is_dead_is_grouped_by_cause_with_owner_and_what_to_do(office: Office) -> None:
    ids = [office.dies(visit=f"V{n}") for n in range(7)]
    result = office.run("dead")
    assert result.exit_code == 1
    assert "refused: 7 deliveries to lulea" in result.stdout
    assert "Owner: Socialtjänstens systemförvaltning i Luleå" in result.stdout
    assert "To do: Read the receiver's reasons" in result.stdout
    assert "and 2 more" in result.stdout
    cause = office.data("dead")["causes"][0]
    assert (cause["count"], cause["code"], cause["endpoint"]) == (7, "refused", "lulea")
    assert [letter["id"] for letter in cause["letters"]] == ids


def test_a_dead_message_is_listed_too(office: Office) -> None:
    office.region.accept("hospital", b"{}")
    with office.region.store.begin() as tx:
        tx.execute(message.update().values(standing="dead", code="adapter-fault"))
    cause = office.data("dead")["causes"][0]
    assert (cause["kind"], cause["code"], cause["endpoint"]) == (
        "message",
        "adapter-fault",
        "hospital",
    )


def test_messages_are_listed_newest_first_with_their_deliveries(office: Office) -> None:
    office.region.tells("hospital", drafts.note(visit="V1"))
    office.region.tells("hospital", drafts.note(visit="V2", to=(UMEA,)))
    found = office.data("messages")
    assert [m["deliveries"][0]["endpoint"] for m in found["messages"]] == ["umea", "lulea"]
    assert found["next"] is None


def test_messages_are_found_by_endpoint_event_state_and_time(office: Office) -> None:
    region = office.region
    region.down = {"umea"}
    region.tells("hospital", drafts.note(to=(UMEA,)))
    region.now += timedelta(days=1)
    region.tells("hospital", drafts.stay())
    dead = office.dies(visit="V9")

    def ids(*wanted: str) -> list[str]:
        return [m["id"] for m in office.data("messages", *wanted)["messages"]]

    everything = ids()
    waiting = region.deliveries(endpoint="umea")[0]["message_id"]
    assert ids("--state", "waiting") == [waiting]
    assert ids("--endpoint", "umea") == [waiting]
    of_dead = region.deliveries(id=dead)[0]["message_id"]
    assert ids("--state", "dead") == [of_dead]
    assert len(ids("--event", "admission-notice")) == 1
    assert ids("--since", "2026-03-03") == [i for i in everything if i != waiting]
    assert ids("--since", "2026-03-03T09:59:59+01:00", "--endpoint", "umea") == []
    assert ids("--endpoint", "lulea", "--event", "message", "--state", "dead") == [of_dead]


def test_a_page_says_where_the_next_begins_until_there_is_no_more(office: Office) -> None:
    for n in range(5):
        office.region.accept("hospital", json.dumps(drafts.note(visit=f"V{n}")).encode())
    seen, arguments = [], ["messages", "--limit", "2"]
    page = office.data(*arguments)
    while page["next"] is not None:
        seen += [m["id"] for m in page["messages"]]
        page = office.data(*arguments, "--before", page["next"])
    seen += [m["id"] for m in page["messages"]]
    assert seen == [row["id"] for row in reversed(office.region.messages())]
    assert "--before" in office.run("messages", "--limit", "2").stderr


def test_a_search_for_what_is_rare_goes_on_over_short_pages(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.region.accept("hospital", b"{}")
    for n in range(5):
        office.region.accept("hospital", json.dumps(drafts.note(visit=f"V{n}")).encode())
    monkeypatch.setattr(search, "WINDOW", 3)
    first = office.data("messages", "--state", "refused")
    assert (first["messages"], first["next"]) == ([], 4)
    second = office.data("messages", "--state", "refused", "--before", "4")
    assert [m["standing"] for m in second["messages"]] == ["refused"]


@pytest.mark.parametrize(
    "wrong", [("--state", "gone"), ("--event", "a01"), ("--since", "yesterday"), ("--limit", "0")]
)
def test_a_search_for_what_cannot_be_is_wrong_use(office: Office, wrong: tuple[str, str]) -> None:
    assert office.run("messages", *wrong).exit_code == 2


def test_without_settings_a_named_store_can_still_be_read(office: Office, tmp_path: Path) -> None:
    office.dies()
    result = run("dead", "--store", office.path, "--settings", tmp_path / "none.toml")
    assert result.exit_code == 1
    assert "Owner: unknown." in result.stdout


def test_a_store_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    result = run("messages", "--store", path, "--settings", SETTINGS)
    assert result.exit_code == 1
    assert "there is no such file" in result.stderr
    assert not path.exists()


def test_a_store_of_another_version_is_told(office: Office) -> None:
    with office.region.store.begin() as tx:
        tx.execute(sa.text("update alembic_version set version_num = 'older'"))
    result = office.run("messages")
    assert result.exit_code == 1
    assert "its schema older is newer than this program" in result.stderr


def test_what_others_wrote_cannot_move_the_cursor() -> None:
    assert clean("a\x1b[31mb\x07\u202ec\nd") == "a\\x1b[31mb\\x07\\u202ec\nd"


def test_what_others_wrote_cannot_hide_in_json_and_is_whole_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "Åsa\u202e\u200b\x9b\x00\U000e0041\ufeff\n"
    data({text: text})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {text: text}
    assert set(printed) - set(string.printable) == {"Å"}
