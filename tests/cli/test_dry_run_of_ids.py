"""`take` and `discard` of ids with --dry-run: what would happen to each, and nothing happens."""

from __future__ import annotations

import pytest

from adapter.store import outbox
from tests.kit.office import Office


@pytest.fixture
def dead(office: Office) -> str:
    return office.dies()


def arguments(command: str) -> tuple[str, ...]:
    return ("--reason", "told by phone") if command == "discard" else ()


@pytest.mark.parametrize(("command", "done"), [("discard", "discarded"), ("take", "taken")])
def test_it_is_told_of_each_id_and_nothing_changes(
    office: Office, dead: str, command: str, done: str
) -> None:
    result = office.run(command, dead, *arguments(command), "--dry-run")
    assert result.exit_code == 0, result.output
    head, row = result.stdout.splitlines()
    assert head.split()[:5] == ["id", "kind", "event", "endpoint", "now"]
    assert f"would be {done}" in head
    assert row.split() == [dead, "delivery", "message", "lulea", "dead", "yes"]
    assert office.region.deliveries(state="dead")
    assert office.history("taken") == office.history("discarded") == []


def test_what_would_be_refused_is_told_and_that_then_nothing_is_done(
    office: Office, dead: str
) -> None:
    [content] = {row["content_id"] for row in office.region.deliveries(id=dead)}
    [message] = office.region.messages(content_id=content)
    result = office.run(
        "discard", dead, message["id"], "d-none", *arguments("discard"), "--dry-run"
    )
    assert result.exit_code == 1
    assert f"no: illegal-transition: {message['id']}: discard while processed" in result.stdout
    assert "no: unknown-id" in result.stdout
    assert "all of them or none" in result.stderr


def test_it_is_told_whose_sender_would_be_told(office: Office, dead: str) -> None:
    with office.region.store.begin() as tx:
        outbox.fill(tx, dead, untold=True)
    before = office.region.deliveries(event="delivery-report")
    result = office.run("discard", dead, *arguments("discard"), "--dry-run")
    assert "yes, and its sender is told" in result.stdout
    assert office.region.deliveries(event="delivery-report") == before


def test_of_a_cause_it_is_counted_whose_sender_would_be_told(office: Office, dead: str) -> None:
    of_cause = ("discard", "--cause", "refused", *arguments("discard"), "--dry-run")
    assert office.data(*of_cause)["tells_senders"] == 0
    with office.region.store.begin() as tx:
        outbox.fill(tx, dead, untold=True)
    assert office.data(*of_cause)["tells_senders"] == 1
    assert "the sender of 1 delivery would be told" in office.run(*of_cause).stdout
    assert office.data("take", "--cause", "refused", "--dry-run")["tells_senders"] == 0


def test_a_program_gets_the_same(office: Office, dead: str) -> None:
    planned = office.data("take", dead, "d-none", "--dry-run")["planned"]
    assert [(row["id"], row["would"], row["why_not"]) for row in planned] == [
        (dead, True, ""),
        ("d-none", False, "unknown-id: d-none"),
    ]
