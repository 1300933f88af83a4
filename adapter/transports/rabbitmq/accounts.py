"""What the users of a virtual host may do, judged: who could read another's messages, or speak.

The rules of RabbitMQ: a user may configure, write or read what a pattern matches, and publishes
to an exchange that it may write. Whoever may write the default exchange writes into every queue.
The broker checks `user_id` for everybody but a user with the tag `impersonator`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapter.transports.rabbitmq.ownership import STORE
from adapter.transports.rabbitmq.topology import DEAD, EXCHANGE, INCOMING, inbox

DEFAULT_EXCHANGE = "amq.default"  # its name in permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of the broker: its tags, and its three patterns in one virtual host."""

    user: str
    configure: str
    write: str
    read: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a user could do, or cannot, and should not."""

    user: str
    what: str
    endpoint: str = ""  # whose user it is; "" for a user of nobody
    is_lacking: bool = False  # it cannot do what its endpoint must


_READS = {
    INCOMING: "could take what every partner sends to the adapter",
    DEAD: "could take the dead letters of every partner",
    EXCHANGE: "could copy what is sent to every endpoint",
}
_WRITES = {
    EXCHANGE: "could send to every endpoint as if it were the adapter",
    DEFAULT_EXCHANGE: "could write into the queue of every endpoint",
    DEAD: "could write dead letters",
}
_TAGS = {
    "impersonator": "could speak as every other user",
    "administrator": "could give itself every permission",
}


def powers(
    accounts: Sequence[Account], users: Mapping[str, str], inboxes: Sequence[str], ours: str
) -> Iterator[Power]:
    """Yield what somebody could do and should not, and what a partner's user lacks.

    `users` has the endpoint of each partner's user, `inboxes` the endpoints that have a queue.
    `ours` is the adapter's own user, which may do everything.
    """
    for account in accounts:
        if account.user != ours:
            endpoint = users.get(account.user, "")
            for what in dict.fromkeys(_excess(account, endpoint, inboxes)):
                yield Power(user=account.user, what=what, endpoint=endpoint)
    by_user = {account.user: account for account in accounts}
    for user, endpoint in users.items():
        for what in _lacking(by_user.get(user), endpoint, inboxes):
            yield Power(user=user, what=what, endpoint=endpoint, is_lacking=True)


def _excess(account: Account, endpoint: str, inboxes: Sequence[str]) -> Iterator[str]:
    for tag, what in _TAGS.items():
        # Administrators are meant to be that, but no partner is.
        if tag in account.tags and (endpoint or tag != "administrator"):
            yield what
    foreign = [name for name in inboxes if name != endpoint]
    reads = {inbox(name): f"could read what is sent to {name}" for name in foreign} | _READS
    fills = {inbox(name): f"could fill the queue of {name} from elsewhere" for name in inboxes}
    for pattern, table in ((account.read, reads), (account.write, _WRITES | fills)):
        yield from (what for name, what in table.items() if _matches(pattern, name))
    yield from _changes(account, inboxes)


def _changes(account: Account, inboxes: Sequence[str]) -> Iterator[str]:
    names = [EXCHANGE, INCOMING, DEAD, STORE, *map(inbox, inboxes)]
    changed = [name for name in names if _matches(account.configure, name)]
    if changed:
        yield f"could delete {', '.join(changed)}"


def _lacking(account: Account | None, endpoint: str, inboxes: Sequence[str]) -> Iterator[str]:
    if account is None:
        yield "has no permissions in this virtual host"
        return
    if not _matches(account.write, INCOMING):
        yield f"may not publish to {INCOMING}"
    if endpoint in inboxes and not _matches(account.read, inbox(endpoint)):
        yield f"may not read {inbox(endpoint)}"


def _matches(pattern: str, name: str) -> bool:
    """Whether a permission covers a name; one that only Erlang can read covers everything."""
    try:
        return bool(pattern) and re.search(pattern, name) is not None
    except re.error:
        return True
