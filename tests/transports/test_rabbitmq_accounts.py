"""Who could read another's messages at the broker, or speak as another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapter.core.errors import TransientError
from adapter.transports.rabbitmq import (
    Account,
    Power,
    Topology,
    permissions,
    powers,
    read_accounts,
)
from adapter.transports.rabbitmq.connection import connect
from tests.kit.bus import ENDPOINTS, ignore
from tests.kit.servers import RabbitMQ
from tests.kit.servers.packages import RABBITMQ_SCRIPTS

USERS = {"planning": "planning", "lulea": "lulea"}


def account(user: str, **more: Any) -> Account:
    allowed = permissions(user)
    values = {"configure": allowed.configure, "write": allowed.write, "read": allowed.read}
    return Account(user=user, **values | more)


def told(*accounts: Account, of: str = "lulea") -> list[str]:
    """What is said of one user, beside another that has what it should have."""
    all_ = [*accounts, *(account(u) for u in USERS if u not in {a.user for a in accounts})]
    return [p.what for p in powers(all_, USERS, ["planning", "lulea"], "adapter") if p.user == of]


def test_users_with_the_documented_permissions_are_in_order() -> None:
    assert told() == []


def test_the_user_of_the_adapter_may_do_everything() -> None:
    assert told(Account(user="adapter", configure=".*", write=".*", read=".*"), of="adapter") == []


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"read": r"\.inbox$"}, "could read what is sent to planning"),
        ({"read": r"^(care\.in|lulea\.inbox)$"}, "could take what every partner sends"),
        ({"read": r"^(care\.dead|lulea\.inbox)$"}, "could take the dead letters"),
        ({"read": r"^(care|lulea\.inbox)$"}, "could copy what is sent to every endpoint"),
        ({"write": r"^care(\.in)?$"}, "could send to every endpoint as if it were the adapter"),
        ({"write": r"^(amq\.default|care\.in)$"}, "could write into the queue of every endpoint"),
        ({"write": r"^(care\.in|planning\.inbox)$"}, "could fill the queue of planning"),
        ({"configure": r"^lulea\."}, "could delete lulea.inbox"),
        ({"tags": ("impersonator",)}, "could speak as every other user"),
        ({"tags": ("administrator",)}, "could give itself every permission"),
        ({"write": "^$"}, "may not publish to care.in"),
        ({"read": ""}, "may not read lulea.inbox"),
    ],
)
def test_each_power_that_a_partner_should_not_have_or_lacks_is_named(
    more: dict[str, Any], what: str
) -> None:
    [named] = told(account("lulea", **more))
    assert named.startswith(what)


def test_a_user_of_nobody_is_judged_as_well() -> None:
    guest = Account(user="guest", configure="", write="", read=".*", tags=("administrator",))
    assert told(guest, of="guest")[0] == "could read what is sent to planning"


def test_a_partner_without_permissions_is_named() -> None:
    named = list(powers([account("planning")], USERS, [], "adapter"))
    what = "has no permissions in this virtual host"
    assert named == [Power(user="lulea", what=what, endpoint="lulea", is_lacking=True)]


def test_the_management_api_is_asked_with_its_own_user(httpserver: HTTPServer) -> None:
    signed = {"Authorization": "Basic d2F0Y2g6aHVzaA=="}
    row = {"user": "lulea", "vhost": "a/b", "configure": "^$", "write": "w", "read": "r"}
    users = [{"name": "lulea", "tags": ["impersonator"]}, {"name": "old", "tags": "a,b"}]
    httpserver.expect_request("/api/users", headers=signed).respond_with_json(users)
    httpserver.expect_request(
        "/api/vhosts/a/b/permissions",
        headers=signed,  # werkzeug decodes %2F
    ).respond_with_json([row])
    management = httpserver.url_for("/").replace("//", "//watch:hush@", 1)
    [found] = read_accounts("amqp://adapter:x@127.0.0.1:1/a%2Fb", management)
    expected = {"user": "lulea", "configure": "^$", "write": "w", "read": "r"}
    assert found == Account(**expected, tags=("impersonator",))


def test_a_management_api_that_refuses_or_is_away_is_named_without_its_password(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_request("/api/users").respond_with_data("no", status=401)
    for management, why in (
        (httpserver.url_for("/"), "the management API answers 401"),
        ("http://watch:hush@127.0.0.1:1", "the management API does not answer: Connection"),
    ):
        with pytest.raises(TransientError) as unseen:
            read_accounts("amqp://adapter:x@127.0.0.1:1/", management)
        assert unseen.value.detail.startswith(why)


def test_without_either_it_says_that_it_could_not_see(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TransientError, match=r"no broker_management .* and no rabbitmqctl here"):
        read_accounts("amqp://adapter:x@127.0.0.1:1/", "")


def test_a_broker_on_another_machine_is_not_asked_of_the_tool_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(RABBITMQ_SCRIPTS))
    with pytest.raises(TransientError, match="the broker is elsewhere"):
        read_accounts("amqp://adapter:x@broker.example:1/", "")


@pytest.mark.servers
def test_rabbitmqctl_tells_what_the_users_of_the_virtual_host_may_do(
    monkeypatch: pytest.MonkeyPatch, rabbitmq: RabbitMQ, rabbitmq_url: str
) -> None:
    with connect(rabbitmq_url, "test") as connection:
        Topology(ENDPOINTS, ignore).declare(connection)
    for name, value in rabbitmq.tool_environment().items():
        monkeypatch.setenv(name, value)
    found = {each.user: each for each in read_accounts(rabbitmq_url, "")}
    assert found["lulea"] == account("lulea")
    assert found["adapter"].read == ".*"
    with pytest.raises(TransientError, match="rabbitmqctl speaks to another broker"):
        read_accounts("amqp://adapter:x@127.0.0.1:1/", "")
