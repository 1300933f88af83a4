"""The ADT feed of the bench: what the hospital sends, and who is told of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from adapter import mappings
from adapter.bench import adt_messages, measured_network, report
from adapter.bench import measurement_run as bench
from adapter.bench.adt_feed import AdtFeed
from adapter.bench.adt_messages import ASSESSED, OPEN_STAYS, TRIGGERS, Place
from adapter.bench.drain import Memory
from adapter.bench.measured_network import FEED, RECEIVERS, SENDERS, Servers
from adapter.bench.message_times import empty_times
from adapter.bench.report import Report
from adapter.core.lifecycle import OPEN
from adapter.core.model import Envelope
from adapter.inbound import receive
from adapter.settings import survey
from adapter.settings.network import Network
from adapter.store import endpoints
from adapter.store.queries.everything import everything
from adapter.transports.mllp import CONTENT_TYPE
from tests.kit.new_store import new_store

BLOCK = OPEN_STAYS * len(TRIGGERS)
ACCOUNTS = {name: f"amqp://{name}@host/" for name in (*SENDERS, *RECEIVERS)}
SERVERS = Servers(broker="amqp://host/", store="postgresql://host/db", accounts=ACCOUNTS)
SETTINGS = measured_network.with_feed(measured_network.settings(SERVERS, (), 9000, 1), 9001)


def test_each_stay_has_its_messages_in_order_and_one_in_twenty_is_assessed() -> None:
    places = [adt_messages.place(number) for number in range(2 * BLOCK)]
    stays = Counter(place.stay for place in places)
    assert stays == dict.fromkeys(range(2 * OPEN_STAYS), len(TRIGGERS))
    assert [p.step for p in places if p.stay == 7] == list(range(len(TRIGGERS)))
    assert sum(place.is_notice for place in places) == 2 * OPEN_STAYS / ASSESSED


def test_the_first_message_of_a_stay_is_its_admission() -> None:
    for stay in (0, 1, OPEN_STAYS - 1, OPEN_STAYS, 5 * OPEN_STAYS + 3):
        place = adt_messages.place(adt_messages.first_message(stay))
        assert place == Place(stay=stay, step=0)


def test_a_stay_is_known_by_its_case_and_only_in_its_own_measurement() -> None:
    mine, other = empty_times(1, 0), empty_times(1, 0)
    case = f"SE0000000001-SJUKHUS/{mine.prefix[:8]}-40"
    assert adt_messages.stay_of(mine, case) == 40
    assert adt_messages.stay_of(other, case) is None
    assert adt_messages.stay_of(mine, "SE0000000001-SJUKHUS/bench-40") is None


def test_the_feed_is_accepted_without_a_remark_and_only_assessed_stays_are_told(
    tmp_path: Path,
) -> None:
    network = Network(settings=SETTINGS, systems=mappings.load())
    store = new_store(f"sqlite:///{tmp_path}/bench.db")
    with store.begin() as tx:
        endpoints.register(tx, [endpoint.name for endpoint in SETTINGS.endpoints])
    times = empty_times(1, 0)
    numbers = [n for n in range(BLOCK) if adt_messages.place(n).stay in (0, 1)]
    for number in numbers:
        body = adt_messages.message(measured_network.hospital(), times, number)
        envelope = Envelope(endpoint=FEED, body=body, content_type=CONTENT_TYPE)
        owed = receive.accept(store, network, envelope, datetime.now(UTC))
        assert b"MSA|AA|" in owed.body
        assert b"\rERR|" not in owed.body
    with store.read() as tx:
        picture = everything(tx)
    store.close()
    due = [each for each in picture.deliveries if each.state in OPEN]
    assert sorted((each.endpoint, str(each.event)) for each in due) == [
        ("lulea", "admission-notice"),  # nothing has left: a newer notice replaces the older ones
        ("lulea", "discharged"),
        ("planning", "admission-notice"),
        ("planning", "discharged"),
    ]
    assert len({each.case_id for each in picture.messages if each.shared}) == 1
    assert len({each.case_id for each in picture.messages}) == 2


def test_the_settings_of_the_feed_have_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "adapter.toml"
    measured_network.write(SETTINGS, file)
    reached = {"ADAPTER_STORE": SERVERS.store, "ADAPTER_BROKER": SERVERS.broker}
    assert not survey(file, reached, mappings.load())
    assert 'listen = "127.0.0.1:9001"' in file.read_text()


def test_the_table_has_the_rate_and_the_times_of_the_feed() -> None:
    made = Report(at=datetime.now(UTC), machine=report.machine("15"), sizes=bench.Sizes())
    made.adt_feed = AdtFeed(
        messages_per_s=120.4,
        ack_p50_ms=8,
        ack_p99_ms=31,
        notice_p50_ms=40,
        notice_p99_ms=90,
        notices=17,
        memory_mb=Memory(peak=140, after_tenth=100, at_end=121),
        purged_stays_per_s=23.0,
    )
    rows = list(bench.rows(made))
    values = [row.value for row in rows]
    assert values == ["120", "8 ms", "31 ms", "40 ms", "90 ms", "100 MB, 121 MB", "140 MB", "23"]
    assert [row.met for row in rows[5:]] == ["NO", "", "yes"]
    assert rows[7].budget == "at least 23, as they come"
    assert bench.as_json(made)["adt_feed"]["notices"] == 17
