"""What an operator does: each act has a name and a reason, and is done once or not at all."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from adapter.cli.options import login
from adapter.runner import utc_now
from adapter.store.endpoints import endpoint_of_token
from adapter.store.tables import endpoint, history, message
from tests.kit import drafts
from tests.kit.office import CASE, FIXTURES, SETTINGS, Office, run

WHY = ("--reason", "address corrected", "--who", "Ann")


def state(office: Office, id_: str) -> str:
    return str(office.region.deliveries(id=id_)[0]["state"])


def test_who_takes_a_dead_letter_has_it_from_then_on(office: Office) -> None:
    id_ = office.dies()
    assert office.run("take", id_, "--who", "Ann").exit_code == 0
    assert office.data("dead")["causes"][0]["letters"][0]["taken_by"] == "Ann"
    assert office.history("taken") == [("Ann", "")]


def test_several_are_taken_together_and_it_is_said_from_whom(office: Office) -> None:
    ids = [office.dies(visit="V1"), office.dies(visit="V2")]
    office.run("take", ids[0], "--who", "Bo")
    told = office.run("take", *ids, *ids, "--who", "Ann").stdout.splitlines()
    assert told == [f"{ids[0]} taken by Ann, until now by Bo", f"{ids[1]} taken by Ann"]
    assert office.data("take", ids[0], "--who", "Eva")["taken"] == [
        {"id": ids[0], "by": "Eva", "from": "Ann"}
    ]


def test_a_replayed_delivery_is_sent_again_with_the_same_ids(office: Office) -> None:
    id_ = office.dies()
    office.region.inbox("lulea")
    result = office.run("replay", id_, *WHY)
    assert result.exit_code == 0, result.stderr
    assert state(office, id_) == "waiting"
    assert office.history("replayed") == [("Ann", "address corrected")]
    office.region.now = utc_now()
    office.region.turn()
    again = office.region.inbox("lulea")
    assert [b["id"] for b in again] == [office.region.deliveries(id=id_)[0]["envelope_id"]]


def test_a_dry_run_shows_what_would_be_sent_and_changes_nothing(office: Office) -> None:
    id_ = office.dies()
    planned = office.data("replay", id_, *WHY, "--dry-run")["planned"]
    assert [(p["id"], p["endpoint"], p["possible"]) for p in planned] == [(id_, "lulea", True)]
    assert state(office, id_) == "dead"
    assert office.history("replayed") == []
    shown = office.run("replay", id_, *WHY, "--dry-run").stdout
    assert "seen twice" in shown
    assert "lulea" in shown


def test_pressing_twice_replays_once(office: Office) -> None:
    id_ = office.dies()
    assert office.run("replay", id_, *WHY).exit_code == 0
    again = office.run("replay", id_, *WHY)
    assert again.exit_code == 1
    assert "illegal-transition" in again.stderr
    assert len(office.history("replayed")) == 1


def test_all_of_several_are_replayed_or_none(office: Office) -> None:
    first, second = office.dies(visit="V1"), office.dies(visit="V2")
    office.run("discard", second, "--reason", "phoned")
    result = office.run("replay", first, second, *WHY)
    assert result.exit_code == 1
    assert second in result.stderr
    assert state(office, first) == "dead"


def test_one_that_later_messages_overtook_is_replayed_only_by_who_knows_it(
    office: Office,
) -> None:
    first = office.dies()
    content = office.region.tells("hospital", drafts.note(minutes=5))
    office.region.receipt("lulea", content)
    refused = office.run("replay", first, *WHY)
    assert refused.exit_code == 1
    assert "overtaken" in refused.stderr
    assert "--although-overtaken" in refused.stderr
    assert state(office, first) == "dead"
    assert office.data("replay", first, *WHY, "--dry-run")["planned"][0]["overtaken_by"]
    assert office.run("replay", first, *WHY, "--although-overtaken").exit_code == 0
    assert state(office, first) == "waiting"


def test_a_dead_message_is_processed_again(office: Office) -> None:
    office.region.accept("hospital", b"{}")
    with office.region.store.begin() as tx:
        tx.execute(message.update().values(standing="dead", code="adapter-fault"))
    id_ = office.region.messages()[0]["id"]
    assert office.run("replay", id_, *WHY).exit_code == 0
    assert office.region.messages()[0]["standing"] == "received"


def test_a_dry_run_of_a_dead_message_tells_what_still_keeps_it_from_everybody(
    office: Office,
) -> None:
    office.region.tells("hospital", drafts.note(to=()))
    [row] = office.region.messages()
    planned = office.data("replay", row["id"], *WHY, "--dry-run")["planned"]
    assert [(p["receivers"], p["why_not"][:8]) for p in planned] == [([], "no-route")]
    shown = office.run("replay", row["id"], *WHY, "--dry-run").stdout
    assert "nobody" in shown
    assert "no-route" in shown


def test_a_discarded_delivery_is_let_go_with_a_reason(office: Office) -> None:
    id_ = office.dies()
    assert office.run("discard", id_, "--reason", "told by phone", "--who", "Ann").exit_code == 0
    assert state(office, id_) == "discarded"
    assert office.history("discarded") == [("Ann", "told by phone")]
    assert office.run("dead").exit_code == 0
    assert any(e["what"] == "discarded" for e in office.data("case", CASE)["timeline"])


@pytest.mark.parametrize("command", ["discard", "replay", "take"])
def test_of_several_all_are_done_or_none_and_every_hindrance_is_named(
    office: Office, command: str
) -> None:
    id_ = office.dies()
    reason = () if command == "take" else ("--reason", "phoned")
    result = office.run(command, id_, "d-nowhere", "m-nowhere", "", *reason)
    assert (result.exit_code, state(office, id_)) == (1, "dead")
    lines = result.stderr.splitlines()
    assert lines[0] == "Nothing was done: the command does all of them or none."
    assert [line.partition(":")[0] for line in lines[1:4]] == ["unknown-id"] * 3
    assert all(id_ in result.stderr for id_ in ("d-nowhere", "m-nowhere"))
    assert office.region.deliveries(id=id_)[0]["taken_by"] == ""


def test_a_dry_run_of_something_unknown_says_that_nothing_would_be_done(office: Office) -> None:
    result = office.run("replay", office.dies(), "d-nowhere", *WHY, "--dry-run")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0] == "Nothing would be done: the command does all of them or none."
    assert lines[1].startswith("unknown-id")
    assert "d-nowhere" in lines[1]


@pytest.mark.parametrize("command", ["discard", "replay", "take"])
def test_an_id_of_another_kind_is_unknown(office: Office, command: str) -> None:
    office.dies()
    row = office.region.deliveries()[0]
    reason = () if command == "take" else ("--reason", "phoned")
    for other in (row["case_id"], row["content_id"], CASE, "lulea"):
        result = office.run(command, other, *reason)
        assert (result.exit_code, "unknown-id" in result.stderr) == (1, True)


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_without_a_reason_nothing_is_done(office: Office, command: str) -> None:
    id_ = office.dies()
    assert office.run(command, id_).exit_code == 2
    assert office.run(command, id_, "--reason", " ").exit_code == 2
    assert state(office, id_) == "dead"


@pytest.mark.parametrize("nobody", ["", " ", "\t"])
@pytest.mark.parametrize(
    "command",
    [
        *(("take",), ("discard", "--reason", "x"), ("replay", "--reason", "x"), ("message",)),
        *(("pause", "--reason", "x"), ("resume",), ("token",), ("edit", "--reason", "x")),
    ],
)
def test_nothing_is_done_by_nobody(office: Office, command: tuple[str, ...], nobody: str) -> None:
    of = "lulea" if command[0] in ("pause", "resume", "token") else office.dies()
    result = office.run(*command, of, "--who", nobody)
    assert (result.exit_code, "--who" in result.stderr) == (2, True)
    assert all(row["who"] == "" for row in office.region.rows(history))


def test_who_does_not_say_who_they_are_is_known_by_their_login(office: Office) -> None:
    id_ = office.dies()
    assert office.run("take", id_).exit_code == 0
    assert office.history("taken") == [(login(), "")]


@pytest.mark.parametrize("command", ["take", "replay", "discard"])
@pytest.mark.parametrize("id_", ["d-nowhere", "m-nowhere"])
def test_an_unknown_id_is_told(office: Office, command: str, id_: str) -> None:
    reason = () if command == "take" else ("--reason", "x")
    result = office.run(command, id_, *reason)
    assert result.exit_code == 1
    assert "unknown-id" in result.stderr


def test_a_paused_endpoint_is_sent_nothing_until_it_is_resumed(office: Office) -> None:
    assert office.run("pause", "lulea", "--reason", "upgrade", "--who", "Ann").exit_code == 0
    content = office.region.tells("hospital", drafts.note())
    assert office.region.deliveries(content_id=content)[0]["state"] == "waiting"
    assert office.run("resume", "lulea", "--who", "Ann").exit_code == 0
    office.region.turn(after=timedelta(seconds=1))
    assert office.region.deliveries(content_id=content)[0]["state"] == "in-flight"
    assert office.history("paused") == [("Ann", "upgrade")]
    assert office.history("resumed") == [("Ann", "the pause by Ann has ended (upgrade)")]


@pytest.mark.parametrize(
    "command", [("pause", "lule", "--reason", "x"), ("resume", "lule"), ("token", "lule")]
)
def test_an_endpoint_that_is_not_in_the_settings_is_wrong_use(
    office: Office, command: tuple[str, ...]
) -> None:
    result = office.run(*command)
    assert result.exit_code == 2
    assert "lulea" in result.stderr


def test_a_token_is_printed_once_alone_and_opens_its_endpoint(office: Office) -> None:
    result = office.run("token", "lulea", "--who", "Ann")
    value = result.stdout.strip()
    assert len(value) >= 43
    with office.region.store.read() as tx:
        assert endpoint_of_token(tx, value) == "lulea"
        kept = [str(row) for table in (history, endpoint) for row in tx.execute(table.select())]
    assert value not in "".join(kept) + result.stderr
    assert office.history("token-made") == [("Ann", "")]


def test_a_new_token_says_which_others_are_valid(office: Office) -> None:
    told = [office.run("token", "lulea").stderr for _ in range(3)]
    assert [text.strip().partition(". ")[2] for text in told] == [
        "It is the first.",
        "The previous token stays valid.",
        "The previous token stays valid; older ones are not valid any more.",
    ]


def test_a_token_can_be_made_before_anything_was_ever_served(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "web" / "region.toml", tmp_path / "region.toml")
    path = tmp_path / "new.db"
    result = run("token", "plan", "--settings", tmp_path / "region.toml", "--store", path)
    assert result.exit_code == 0, result.stderr
    assert path.exists()


def test_wrong_settings_are_all_told_at_once(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        SETTINGS.read_text().replace('done_when = "read"', 'done_when = "soon"\nx = 1')
    )
    result = run("token", "lulea", "--settings", wrong, "--store", tmp_path / "new.db")
    assert result.exit_code == 1
    assert "endpoint[2].done_when" in result.stderr
    assert "endpoint[2].x" in result.stderr
    assert "adapter check" in result.stderr
