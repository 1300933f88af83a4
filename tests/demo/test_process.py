"""The demo as a stranger runs it: a process of its own, real sockets, and a store that stays."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree

from adapter.demo import Options, run
from adapter.demo.region import CITY, HOME
from adapter.simulators.sample_stays import sample_stays
from adapter.store import Store, queries
from adapter.store.tables import delivery
from tests.kit import omsorg_2, oracle
from tests.kit.samples import XSD

SEED = 4
PROGRAM = """
import sys
from adapter import demo
from adapter.core import logs
logs.set_up("debug")
options = demo.Options(seed=int(sys.argv[1]), store=sys.argv[2], keep=True, json=True)
sys.exit(demo.run(options, sys.stdout, sys.stderr))
"""


@dataclass(frozen=True)
class Played:
    """What one process printed, and what it left."""

    out: str
    err: str
    code: int
    ready: int  # HTTP status of /health/ready while it was kept running
    store: Path

    @property
    def json(self) -> dict[str, Any]:
        printed: dict[str, Any] = json.loads(self.out)
        return printed

    def message(self, event: str, sender: str = "journal-adt") -> dict[str, Any]:
        messages: list[dict[str, Any]] = self.json["messages"]
        return [m for m in messages if (m["event"], m["sender"]) == (event, sender)][-1]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    store, out, err = folder / "kept.db", folder / "out", folder / "err"
    command = [sys.executable, "-c", PROGRAM, str(SEED), str(store)]
    with out.open("w") as o, err.open("w") as e:
        process = subprocess.Popen(command, stdout=o, stderr=e, env={**os.environ, "LANG": "C"})
        try:
            ready = _ready(process, err)
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
        finally:
            process.kill()
    return Played(out=out.read_text(), err=err.read_text(), code=code, ready=ready, store=store)


def _ready(process: subprocess.Popen[bytes], err: Path) -> int:
    """Wait until the demo says that it is still running, and ask the address that it names."""
    for _ in range(600):
        text = err.read_text()
        if "Ctrl-C" in text and "adapter case" in text:
            port = text.split("http://127.0.0.1:")[1].split("/")[0]
            return _get(int(port), "/health/ready")
        assert process.poll() is None, text
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
    raise AssertionError("the demo never ended")


def _get(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_demo_prints_one_object_with_these_keys_and_no_others(played: Played) -> None:
    assert played.code == 0
    assert list(played.json) == [
        "case",
        "bus",
        "seed",
        "messages",
        "unreceipted",
        "retries",
        "resends",
        "copies_discarded",
        "duplicates_applied",
    ]
    assert (played.json["bus"], played.json["seed"]) == ("embedded", SEED)
    message = played.json["messages"][0]
    assert set(message) == {"id", "event", "sender", "shared", "deliveries"}
    delivery = played.message("admission-notice")["deliveries"][0]
    assert set(delivery) == {"id", "endpoint", "state", "attempts", "resends", "receipts"}
    assert all(set(r) == {"layer", "code", "at"} for r in delivery["receipts"])


def test_everything_has_its_receipt_and_the_faults_were_really_there(played: Played) -> None:
    shown = played.json
    assert (shown["unreceipted"], shown["duplicates_applied"]) == (0, 0)
    assert shown["retries"] >= 1
    assert shown["resends"] >= 1
    assert shown["copies_discarded"] >= 2  # one that the adapter recognised, one that Umeå did


def test_an_admission_without_an_assessment_goes_to_nobody(played: Played) -> None:
    unseen = played.json["messages"][0]
    assert (unseen["event"], unseen["shared"], unseen["deliveries"]) == (
        "admission-notice",
        False,
        [],
    )
    assert all(m["shared"] for m in played.json["messages"][1:])


def test_every_event_of_the_play_is_told_to_whom_it_concerns(played: Played) -> None:
    towns = {"lulea", "umea", "planning"}
    for event in (
        "admission-notice",
        "admission-updated",
        "discharge-ready",
        "discharge-ready-withdrawn",
        "discharged",
    ):
        assert {d["endpoint"] for d in played.message(event)["deliveries"]} == towns, event
    plans = [m for m in played.json["messages"] if m["event"] == "care-plan"]
    assert {d["endpoint"] for d in plans[0]["deliveries"]} == {"lulea", "journal"}
    (reply,) = played.message("reply", "lulea")["deliveries"]
    assert reply["endpoint"] == "planning"


def test_each_town_hears_of_its_own_need_and_nobody_hears_of_the_ward(played: Played) -> None:
    ward = sample_stays(SEED, datetime.now(UTC), HOME, CITY).discharge.ward.encode()
    bodies = {name: _bodies(played, delivery.c.endpoint == name) for name in ("lulea", "umea")}
    for name, own, other in (
        ("lulea", b"socialtjanst", b"kommunal-halso-och-sjukvard"),
        ("umea", b"kommunal-halso-och-sjukvard", b"socialtjanst"),
    ):
        assert any(own in body for body in bodies[name]), name
        assert not any(other in body or ward in body for body in bodies[name]), name


def test_a_delivery_to_the_town_has_all_three_layers_of_receipts(played: Played) -> None:
    deliveries = played.message("discharged")["deliveries"]
    (town,) = (d for d in deliveries if d["endpoint"] == "lulea")
    assert [r["layer"] for r in town["receipts"]] == ["transport", "application", "person"]
    assert town["state"] == "confirmed"


def test_what_nobody_answers_stays_open_and_holds_nothing_back(played: Played) -> None:
    (town,) = (
        d for d in played.message("discharge-ready")["deliveries"] if d["endpoint"] == "lulea"
    )
    assert town["state"] == "accepted"
    assert "person" not in {r["layer"] for r in town["receipts"]}


def test_a_kept_store_shows_the_bytes_of_each_attempt(played: Played) -> None:
    store = Store(f"sqlite:///{played.store}")
    id_ = played.message("admission-updated")["id"]
    with store.read() as tx:
        attempts = queries.attempt_bytes(tx, id_)
    store.close()
    assert len(attempts) == 4  # one of them sent again to Umeå
    assert all(a.body for a in attempts)


def _emitted(played: Played, content_type: str) -> list[bytes]:
    """Every body that the adapter wrote for a receiver, as the store has it."""
    return _bodies(played, delivery.c.content_type.startswith(content_type))


def _bodies(played: Played, which: sa.ColumnElement[bool]) -> list[bytes]:
    query = sa.select(delivery.c.body).where(which)
    store = Store(f"sqlite:///{played.store}")
    with store.read() as tx:
        bodies = list(tx.execute(query).scalars())
    store.close()
    return bodies


@oracle.needs_schemas
def test_all_fhir_of_the_demo_follows_the_schemas_of_hl7(played: Played) -> None:
    bodies = _emitted(played, "application/fhir+json")
    assert len(bodies) > 20
    for body in bodies:
        assert oracle.problems(json.loads(body)) == []


def test_all_xml_of_the_demo_follows_the_published_schema(played: Played) -> None:
    bodies = [(XSD, body) for body in _bodies(played, delivery.c.endpoint == "lulea")]
    bodies += [(omsorg_2.SCHEMA, body) for body in _bodies(played, delivery.c.endpoint == "umea")]
    schemas = {file: etree.XMLSchema(file=str(file)) for file in (XSD, omsorg_2.SCHEMA)}
    assert len(bodies) >= 25
    assert all(schemas[file].validate(etree.fromstring(body)) for file, body in bodies)


def test_each_event_of_planning_goes_to_whom_it_concerns(played: Played) -> None:
    for event, sender, receivers in (
        ("information-transfer", "journal", {"umea", "planning"}),
        ("sip-invitation", "planning", {"journal", "lulea", "umea"}),
        ("sip-invitation-changed", "planning", {"journal", "lulea", "umea"}),
        ("sip-invitation-answer", "journal", {"planning"}),
        ("sip-invitation-answer", "umea", {"planning"}),
        ("care-plan", "planning", {"lulea", "umea"}),
        ("progress", "umea", {"planning"}),
        ("recall", "planning", {"umea"}),
    ):
        told = played.message(event, sender)["deliveries"]
        assert {d["endpoint"] for d in told} == receivers, (event, sender)


def test_the_town_on_omsorg_1_is_told_the_invitation_as_text_and_what_its_plan_lacks(
    played: Played,
) -> None:
    bodies = [b.decode() for b in _bodies(played, delivery.c.endpoint == "lulea")]
    invitation = next(b for b in bodies if "Kallelse till möte" in b)
    assert 'typ="meddelande"' in invitation
    assert "Vilka insatser behövs hemma?" in invitation
    assert any("Detta saknas: behov, mål" in body for body in bodies)


def test_the_recall_says_that_the_message_went_to_the_wrong_town_and_gets_its_answer(
    played: Played,
) -> None:
    (recall,) = (b for b in _bodies(played, delivery.c.event == "recall"))
    assert b'slag="felsand"' in recall
    answers = _bodies(played, delivery.c.event == "answer")
    assert any(b'"completed"' in body for body in answers)


def test_a_demo_that_is_kept_answers_at_its_addresses_until_it_is_interrupted(
    played: Played,
) -> None:
    assert played.ready == 200


def test_nothing_that_is_printed_or_logged_names_a_person(played: Played) -> None:
    people = sample_stays(SEED, datetime.now(UTC), HOME, CITY)
    assert '"debug"' in played.err or '"info"' in played.err  # there was something to search
    for identity in people.identities:
        assert identity not in played.out
        assert identity not in played.err
        assert json.dumps(identity)[1:-1] not in played.err


def test_a_store_that_is_in_use_is_left_alone(played: Played) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run(Options(store=str(played.store)), out, err) == 2
    assert "name a new one" in err.getvalue()
    assert out.getvalue() == ""
