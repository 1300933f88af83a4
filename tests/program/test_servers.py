"""The private servers: they start, survive what the chaos tests do to them, and leave nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pika
import psycopg
import pytest
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from tests.kit.places import ROOT
from tests.kit.servers import PostgreSQL, RabbitMQ, ServerError, install, packages

pytestmark = pytest.mark.servers


def query(url: str, sql: str) -> str:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return str(row[0]) if row else ""


def test_the_database_keeps_what_it_promised_to_keep(postgres_url: str) -> None:
    assert query(postgres_url, "show fsync") == "on"
    assert query(postgres_url, "show synchronous_commit") == "on"
    assert query(postgres_url, "show server_encoding") == "UTF8"


def test_every_test_gets_a_database_of_its_own(postgresql: PostgreSQL) -> None:
    assert query(postgresql.fresh(), "select current_database()") != query(
        postgresql.fresh(), "select current_database()"
    )


def test_a_committed_row_survives_kill_9_and_restart() -> None:
    with PostgreSQL.start() as cluster:
        with psycopg.connect(cluster.url.replace("+psycopg", "")) as connection:
            connection.execute("create table kept as select 42 as number")
        cluster.kill()
        with pytest.raises(psycopg.OperationalError):
            query(cluster.url, "select 1")
        cluster.restart()
        assert query(cluster.url, "select number from kept") == "42"
    assert not cluster.directory.exists()


def test_a_partner_may_not_publish_to_the_exchange_of_the_adapter(rabbitmq: RabbitMQ) -> None:
    url = rabbitmq.fresh()
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().exchange_declare("care", "topic")
    with pika.BlockingConnection(
        pika.URLParameters(rabbitmq.partner("planning", beside=url))
    ) as partner:
        channel = partner.channel()
        channel.confirm_delivery()
        with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
            channel.basic_publish("care", "lulea.message", b"")


def test_the_broker_refuses_a_wrong_password(rabbitmq: RabbitMQ) -> None:
    port = pika.URLParameters(rabbitmq.url).port
    with pytest.raises((pika.exceptions.ProbableAuthenticationError, ConnectionClosedByBroker)):
        pika.BlockingConnection(pika.URLParameters(f"amqp://adapter:wrong@127.0.0.1:{port}/"))


def test_without_root_a_missing_server_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packages, "RABBITMQ_SCRIPTS", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ServerError, match=r"apt-get install .* rabbitmq-server$"):
        install.install()


def test_installing_when_all_is_there_changes_nothing() -> None:
    command = ["python3", "-m", "tests.kit.servers.install"]
    root = ROOT
    done = subprocess.run(command, cwd=root, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
